// Every rival that speaks text, for the bench of quality.
import { openEspeak } from './espeak-ng/index.js';
import { openKokoro } from './kokoro/index.js';
import { openPiper } from './piper/index.js';
import type { OpenSpeechRival } from './speech.js';

/** By name, unopened. */
export const speechRivals: Record<string, OpenSpeechRival> = {
  piper: openPiper,
  kokoro: openKokoro,
  'espeak-ng': openEspeak,
};
