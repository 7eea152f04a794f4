// Types of chromium.mjs, for the harness.
/** Path of a Chromium or Chrome, or undefined where there is none, or CHROMIUM_PATH says "none". */
export function findChromium(): string | undefined;
/** What to do where there is none, in one sentence. */
export const CHROMIUM_ADVICE: string;
/** Installs Debian's chromium where that can be done unasked: as root, with apt-get, and none there. */
export function ensureChromium(): void;
