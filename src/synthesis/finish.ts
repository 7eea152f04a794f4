// What makes a sentence of raw samples fit to be heard, sample by sample in order, so that a stream's chunks and the
// whole get the same: no constant offset, the stated loudness, no step at either edge.

import { BLOCK_STEPS, BLOCKS_PER_SECOND, gatedLoudness, kWeightingPower } from '../audio/loudness.js';
import { bandCorners } from '../audio/mel-scale.js';
import { factorOf } from '../audio/operations.js';
import type { Token } from '../frontend/utterance.js';
import type { LoudnessOffset, LoudnessWeights, MelSettings, VoiceManifest } from '../voices/manifest.js';

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

// How loud a sentence will be, read from its mel before the vocoder makes a sample: a stream's first chunk already
// needs the gain that the whole sentence gets.

/** How loudness follows from frames, where it does. */
export interface FrameLoudness {
  /** Frames after which a measuring block begins anew. */
  readonly step: number;
  /** Frames [T, bands] -> LUFS; absent for frames that do not tell. */
  readonly estimate?: (mel: Float32Array) => number | undefined;
}

/** Of a voice's frames: a natural-log mel tells, another form or latents do not. */
export function frameLoudness(form: VoiceManifest['mel'], sampleRate: number): FrameLoudness {
  if (form.log === 'natural') return new MelLoudness(form, sampleRate);
  return { step: sampleRate / form.hopSize / BLOCKS_PER_SECOND };
}

/** Estimates loudness from mels of one form. */
export class MelLoudness implements FrameLoudness {
  /** Mean square, K-weighted, that a band adds to a frame when its magnitude is 1. */
  private readonly weights: Float64Array;
  /** Frames after which a measuring block begins anew. */
  readonly step: number;

  constructor(form: MelSettings, sampleRate: number) {
    const { bands, fftSize, windowSize } = form;
    const corners = bandCorners(form);
    const bin = sampleRate / fftSize;
    // Parseval: a frame's mean square is 2 / (N sum w^2) times the sum of |X|^2 over positive bins; Hann has 3/8 N.
    const perBin = 2 / (fftSize * 0.375 * windowSize);
    this.weights = Float64Array.from({ length: bands }, (_, band) => {
      const [from, centre, to] = [corners[band]!, corners[band + 1]!, corners[band + 2]!];
      // A triangle of area 1 over Hz is 1 / bin over bins: that is what a flat spectrum of 1 reads.
      const magnitudePerMel = bin;
      const bins = (to - from) / 2 / bin;
      return perBin * bins * magnitudePerMel ** 2 * kWeightingPower(centre, sampleRate);
    });
    this.step = sampleRate / form.hopSize / BLOCKS_PER_SECOND;
  }

  /** mel [T, bands] -> [T] K-weighted power of each frame. */
  framePowers(mel: Float32Array): Float64Array {
    const bands = this.weights.length;
    return Float64Array.from({ length: mel.length / bands }, (_, t) => {
      let power = 0;
      for (let b = 0; b < bands; b++) power += this.weights[b]! * Math.exp(2 * mel[t * bands + b]!);
      return power;
    });
  }

  /**
   * @param mel [T, bands], row-major.
   * @returns LUFS; undefined where all of it is below -70.
   */
  estimate(mel: Float32Array): number | undefined {
    const powers = this.framePowers(mel);
    const until = new Float64Array(powers.length + 1); // power of all frames before
    powers.forEach((power, t) => {
      until[t + 1] = until[t]! + power;
    });
    return blockLoudness(until, this.step);
  }
}

/** LU that samples are louder than their mel says at a pitch shift: linear between the measured ones, held beyond them. */
export function offsetAt(offsets: readonly LoudnessOffset[], semitones: number): number {
  if (offsets.length === 0) return 0;
  const above = offsets.findIndex((one) => one.semitones >= semitones);
  if (above === 0) return offsets[0]!.lu;
  if (above < 0) return offsets[offsets.length - 1]!.lu;
  const [low, high] = [offsets[above - 1]!, offsets[above]!];
  const share = (semitones - low.semitones) / (high.semitones - low.semitones);
  return low.lu + share * (high.lu - low.lu);
}

/** What a sentence's loudness is predicted from, per token. */
export interface TokenNumbers {
  /** [N, C] the encoder's hidden states. */
  hidden: Float32Array;
  /** [N] as predicted at rate 1. */
  logDurations: Float32Array;
  /** [N] as spoken. */
  durations: Int32Array;
  pitch: Float32Array;
  energy: Float32Array;
}

/**
 * How loud a sentence will be, from what is known before it is decoded: a linear readout of each token's logarithm of
 * K-weighted power, repeated over its frames and gated as BS.1770 gates. `npm run bench -- loudness` measures its error.
 *
 * @param framesPerStep frames after which a measuring block begins anew.
 * @returns LUFS; undefined where all of it is below -70.
 */
export function predictedLoudness(
  weights: LoudnessWeights,
  { hidden, logDurations, durations, pitch, energy }: TokenNumbers,
  framesPerStep: number,
): number | undefined {
  const channels = weights.hidden.length;
  const [energyHere, energyBefore, energyAfter] = weights.energy;
  const [pitchHere, pitchBefore, pitchAfter] = weights.pitch;
  const until = [0]; // power of all frames before
  durations.forEach((duration, n) => {
    let logPower = weights.bias + weights.logDuration * logDurations[n]!;
    for (let c = 0; c < channels; c++) logPower += weights.hidden[c]! * hidden[n * channels + c]!;
    logPower +=
      energyHere * energy[n]! + energyBefore * (energy[n - 1] ?? 0) + energyAfter * (energy[n + 1] ?? 0);
    logPower += pitchHere * pitch[n]! + pitchBefore * (pitch[n - 1] ?? 0) + pitchAfter * (pitch[n + 1] ?? 0);
    logPower += weights.pitchSquared * pitch[n]! ** 2;
    const power = Math.exp(logPower);
    for (let t = 0; t < duration; t++) until.push(until[until.length - 1]! + power);
  });
  return blockLoudness(until, framesPerStep);
}

/** @param until [T + 1] K-weighted power of all frames before each. @returns gated LUFS. */
function blockLoudness(until: ArrayLike<number>, framesPerStep: number): number | undefined {
  const frames = until.length - 1;
  // A sentence shorter than a block is one block of its own length.
  const blocks = Math.max(1, Math.floor(frames / framesPerStep) - BLOCK_STEPS + 1);
  const powers = Float64Array.from({ length: blocks }, (_, n) => {
    const from = Math.round(n * framesPerStep);
    const to = Math.min(frames, Math.round((n + BLOCK_STEPS) * framesPerStep));
    return (until[to]! - until[from]!) / (to - from);
  });
  return gatedLoudness(powers);
}

// Loudness that changes from word to word, as factors on samples: exact in each token's frames, without a click between.

/** Half the length of a ramp, in samples: 2.9 ms at 22,050 Hz, shorter than half a frame. */
const HALF_RAMP = 64;

/** The tokens' gains as a curve over a sentence's samples, the same for whichever part of them it is applied to. */
export class GainCurve {
  /** Sample at which each segment begins. */
  private readonly starts: number[] = [];
  /** Factor of each segment; neighbours differ. */
  private readonly factors: number[] = [];

  /** @param durations frames of each token; `hop` samples each. */
  constructor(tokens: readonly Token[], durations: ArrayLike<number>, hop: number) {
    let frame = 0;
    tokens.forEach(({ gain = 0 }, n) => {
      const factor = 10 ** (gain / 20);
      if (durations[n]! > 0 && factor !== this.factors.at(-1)) {
        this.starts.push(frame * hop);
        this.factors.push(factor);
      }
      frame += durations[n]!;
    });
  }

  /** Scales samples of the sentence in place; `from` is the place of the first in the sentence. */
  apply(samples: Float32Array, from: number): void {
    if (this.factors.every((factor) => factor === 1)) return;
    let segment = 0;
    for (let i = 0; i < samples.length; i++) {
      const at = from + i;
      while (segment + 1 < this.starts.length && at >= this.starts[segment + 1]! + HALF_RAMP) segment++;
      samples[i]! *= this.factorAt(at, segment);
    }
  }

  /** @param segment the one whose ramp from its predecessor was begun last, and whose successor's has not ended. */
  private factorAt(at: number, segment: number): number {
    const factor = this.factors[segment]!;
    const next = this.factors[segment + 1];
    if (next === undefined) return factor;
    const into = at - (this.starts[segment + 1]! - HALF_RAMP);
    return into <= 0 ? factor : factor + ((next - factor) * into) / (2 * HALF_RAMP);
  }
}
