// Where the studio's test finds Firefox, and how a bare CI container gets one.
//
// playwright-core drives Firefox ESR by WebDriver BiDi. Its pinned version is the last one that Firefox ESR 153 knows all
// commands of: 1.65 sends emulation.setMediaFeaturesOverride, which ends every session there.
import { aptInstall, findProgram } from './apt.mjs';

const NAMES = ['firefox-esr', 'firefox'];

export const FIREFOX_ADVICE =
  'install Firefox (Debian: apt-get install firefox-esr) or set FIREFOX_PATH to a Firefox';

export function findFirefox() {
  const given = process.env.FIREFOX_PATH;
  if (given === 'none') return undefined;
  return given || findProgram(NAMES);
}

export function ensureFirefox() {
  if (process.env.FIREFOX_PATH || findFirefox() || process.getuid?.() !== 0) return;
  console.error('voirs: installing firefox-esr for the browser tests (once) ...');
  aptInstall('firefox-esr');
}
