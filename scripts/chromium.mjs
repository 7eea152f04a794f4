// Where the browser tests find a browser, and how a bare CI container gets one.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const LIMIT_MS = 240_000;

export const CHROMIUM_ADVICE =
  'install Chromium (Debian: apt-get install chromium) or set CHROMIUM_PATH to a Chromium or Chrome';

export function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given === 'none') return undefined;
  if (given) return given;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of NAMES) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {} // not there
    }
  }
  return undefined;
}

export function ensureChromium() {
  if (process.env.CHROMIUM_PATH || findChromium() || process.getuid?.() !== 0) return;
  console.error('voirs: installing chromium for the browser tests (once) ...');
  const apt = ['-qq', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1'];
  for (const command of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const { status, stderr, error } = spawnSync('apt-get', [...apt, ...command], {
      encoding: 'utf8',
      timeout: LIMIT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status === 0) continue;
    if (error?.code === 'ENOENT') return; // no apt-get here: the tests say what to do
    const reason = (error?.message ?? stderr ?? '').trim().split('\n').at(-1);
    console.error(`voirs: apt-get ${command[0]} failed: ${reason}`);
  }
}
