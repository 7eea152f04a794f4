// Where the browser tests find a browser, and how a bare CI container gets one.
import { aptInstall, findProgram } from './apt.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

export const CHROMIUM_ADVICE =
  'install Chromium (Debian: apt-get install chromium) or set CHROMIUM_PATH to a Chromium or Chrome';

export function findChromium() {
  const given = process.env.CHROMIUM_PATH;
  if (given === 'none') return undefined;
  return given || findProgram(NAMES);
}

export function ensureChromium() {
  if (process.env.CHROMIUM_PATH || findChromium() || process.getuid?.() !== 0) return;
  console.error('voirs: installing chromium for the browser tests (once) ...');
  aptInstall('chromium');
}
