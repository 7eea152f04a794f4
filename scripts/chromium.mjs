// Where the browser tests find a browser, and how a bare CI container gets one.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { aptInstall } from './apt.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

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
  aptInstall('chromium');
}
