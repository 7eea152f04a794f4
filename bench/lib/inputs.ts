// Seeded inputs of a wanted length for the two models, the same for every engine in a comparison.
import { seededRandom } from '../../src/cli/bench-text.js';

/** `length` numbers from -scale to scale. */
export function noise(length: number, seed: number, scale = 1): Float32Array {
  const random = seededRandom(seed);
  return Float32Array.from({ length }, () => scale * (2 * random() - 1));
}

/** The number of frames of 256 samples at 22,050 Hz in `seconds`. */
export function framesOf(seconds: number): number {
  return Math.round((seconds * 22050) / 256);
}

/** Seconds of audio in `frames`. */
export function secondsOf(frames: number): number {
  return (frames * 256) / 22050;
}

/** mel [80, T] in the range of speech, source [2, 256 T]. */
export interface VocoderInputs {
  frames: number;
  mel: Float32Array;
  source: Float32Array;
}

/** tokens [N], durations [N] in frames, one speaker. */
export interface AcousticInputs {
  frames: number;
  tokens: number[];
  durations: number[];
  speaker: number;
}

/** Input of the vocoder without denormals or silence, which make some engines slow or fast. */
export function vocoderInputs(frames: number, seed: number): VocoderInputs {
  const random = seededRandom(seed);
  const mel = Float32Array.from({ length: 80 * frames }, () => -9 + 8 * random());
  const source = Float32Array.from({ length: 512 * frames }, () => 0.6 * (random() - 0.5));
  return { frames, mel, source };
}

/** Tokens of 6 frames each (what speech has on average), the last one making up the length. */
export function acousticInputs(frames: number, seed: number): AcousticInputs {
  const random = seededRandom(seed);
  const count = Math.max(2, Math.round(frames / 6));
  const durations = new Array<number>(count).fill(Math.floor(frames / count));
  for (let n = 0; n < frames % count; n++) durations[n]! += 1;
  // 10-78 are the phones of our voice's vocabulary.
  return { frames, tokens: durations.map(() => 10 + Math.floor(69 * random())), durations, speaker: 0 };
}
