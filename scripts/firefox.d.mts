// Types of firefox.mjs, for the tests.
/** Path of a Firefox, or undefined where there is none, or FIREFOX_PATH says "none". */
export function findFirefox(): string | undefined;
/** What to do where there is none, in one sentence. */
export const FIREFOX_ADVICE: string;
/** Installs Debian's firefox-esr where that can be done unasked: as root, with apt-get, and none there. */
export function ensureFirefox(): void;
