// Where a machine keeps what voirs made or fetched for it and can make again: one folder in the user's cache.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The folder `voirs` in the user's cache: VOIRS_CACHE_DIR, XDG_CACHE_HOME, or what the platform has. */
export function userCacheFolder(): string {
  const { VOIRS_CACHE_DIR, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (VOIRS_CACHE_DIR) return VOIRS_CACHE_DIR;
  if (XDG_CACHE_HOME) return join(XDG_CACHE_HOME, 'voirs');
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'voirs');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'voirs');
  return join(homedir(), '.cache', 'voirs');
}
