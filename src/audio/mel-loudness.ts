// How loud a sentence will be, read from its mel before the vocoder makes a sample: a stream's first chunk already
// needs the gain that the whole sentence gets.
import { BLOCK_STEPS, BLOCKS_PER_SECOND, gatedLoudness, kWeightingPower } from './loudness.js';

/** What a mel was made with: natural logarithm of magnitudes of Hann windows under triangles of equal area. */
export interface MelForm {
  sampleRate: number;
  bands: number;
  fftSize: number;
  hopSize: number;
  windowSize: number;
  /** Hz. */
  minHz: number;
  maxHz: number;
  scale: 'slaney' | 'htk';
}

/** Hz -> mel and back: Slaney's Auditory Toolbox (straight to 1 kHz, then 27 steps to 6.4 kHz), or the HTK book's. */
const SCALES: Record<MelForm['scale'], { toMel(hz: number): number; toHz(mel: number): number }> = {
  slaney: {
    toMel: (hz) => (hz < 1000 ? (hz * 3) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4)),
    toHz: (mel) => (mel < 15 ? (mel * 200) / 3 : 1000 * 6.4 ** ((mel - 15) / 27)),
  },
  htk: {
    toMel: (hz) => 2595 * Math.log10(1 + hz / 700),
    toHz: (mel) => 700 * (10 ** (mel / 2595) - 1),
  },
};

/** Estimates loudness from mels of one form. */
export class MelLoudness {
  /** Mean square, K-weighted, that a band adds to a frame when its magnitude is 1. */
  private readonly weights: Float64Array;
  /** Frames after which a measuring block begins anew. */
  private readonly step: number;

  constructor(form: MelForm) {
    const { sampleRate, bands, fftSize, windowSize, minHz, maxHz } = form;
    const { toMel, toHz } = SCALES[form.scale];
    const [low, high] = [toMel(minHz), toMel(maxHz)];
    const edge = (n: number) => toHz(low + ((high - low) * n) / (bands + 1));
    const bin = sampleRate / fftSize;
    // Parseval: a frame's mean square is 2 / (N sum w^2) times the sum of |X|^2 over positive bins; Hann has 3/8 N.
    const perBin = 2 / (fftSize * 0.375 * windowSize);
    this.weights = Float64Array.from({ length: bands }, (_, band) => {
      const [from, centre, to] = [edge(band), edge(band + 1), edge(band + 2)];
      // A triangle of area 1 over Hz is 1 / bin over bins: that is what a flat spectrum of 1 reads.
      const magnitudePerMel = bin;
      const bins = (to - from) / 2 / bin;
      return perBin * bins * magnitudePerMel ** 2 * kWeightingPower(centre, sampleRate);
    });
    this.step = sampleRate / form.hopSize / BLOCKS_PER_SECOND;
  }

  /**
   * @param mel [T, bands], row-major.
   * @returns LUFS; undefined where all of it is below -70.
   */
  estimate(mel: Float32Array): number | undefined {
    const bands = this.weights.length;
    const frames = mel.length / bands;
    const until = new Float64Array(frames + 1); // power of all frames before
    for (let t = 0; t < frames; t++) {
      let power = 0;
      for (let b = 0; b < bands; b++) power += this.weights[b]! * Math.exp(2 * mel[t * bands + b]!);
      until[t + 1] = until[t]! + power;
    }
    // A sentence shorter than a block is one block of its own length.
    const blocks = Math.max(1, Math.floor(frames / this.step) - BLOCK_STEPS + 1);
    const powers = Float64Array.from({ length: blocks }, (_, n) => {
      const from = Math.round(n * this.step);
      const to = Math.min(frames, Math.round((n + BLOCK_STEPS) * this.step));
      return (until[to]! - until[from]!) / (to - from);
    });
    return gatedLoudness(powers);
  }
}
