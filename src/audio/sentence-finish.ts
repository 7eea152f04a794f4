// What makes a sentence of raw samples fit to be heard, sample by sample in order, so that a stream's chunks and the
// whole get the same: no constant offset, the stated loudness, no step at either edge.
import { factorOf } from './levels.js';

/** Integrated loudness that speech is brought to, LUFS: EBU R128's. It leaves room for 6 dB of the caller's own. */
export const TARGET_LUFS = -23;
/** Most that loudness moves a sentence, dB: what lies further off is no speech, and would become loud noise. */
const MOST_DB = 15;
/** Corner of the high-pass that removes offsets, Hz; 0.1 dB at the lowest voices' 65 Hz. */
const CORNER_HZ = 10;
/** Seconds of fade at either edge, raised cosine. */
const FADE_SECONDS = 0.005;

/** Finishes one sentence; its parts must come in order. */
export class SentenceFinish {
  private readonly factor: number;
  private readonly pole: number;
  private readonly fade: number;
  private x1 = 0;
  private y1 = 0;

  /**
   * @param loudness of the sentence as it is, LUFS; undefined for silence, which stays as loud as it is.
   * @param length samples of the sentence.
   */
  constructor(
    loudness: number | undefined,
    sampleRate: number,
    private readonly length: number,
  ) {
    const decibels = loudness === undefined ? 0 : TARGET_LUFS - loudness;
    this.factor = factorOf(Math.min(MOST_DB, Math.max(-MOST_DB, decibels)));
    this.pole = Math.exp((-2 * Math.PI * CORNER_HZ) / sampleRate);
    this.fade = Math.min(Math.round(FADE_SECONDS * sampleRate), Math.floor(length / 2));
  }

  /** Samples [from, from + samples.length) of the sentence, in place. */
  apply(samples: Float32Array, from: number): void {
    const { factor, pole, fade, length } = this;
    let { x1, y1 } = this;
    for (let i = 0; i < samples.length; i++) {
      const x = samples[i]!;
      y1 = x - x1 + pole * y1;
      x1 = x;
      const edge = Math.min(from + i, length - 1 - from - i);
      samples[i] =
        y1 * (edge < fade ? factor * (0.5 - 0.5 * Math.cos((Math.PI * (edge + 0.5)) / fade)) : factor);
    }
    this.x1 = x1;
    this.y1 = y1;
  }
}
