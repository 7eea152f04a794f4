// What is known of a sentence once it has been made.
import type { TimedWord } from '../../../src/audio/timeline.js';

/** A sentence as it sounds. */
export interface Render {
  /** As it is written. */
  text: string;
  /** [S] */
  samples: Float32Array;
  sampleRate: number;
  /** In seconds from the start of the sentence, spans in its text. */
  words: TimedWord[];
}
