// The pitch of recorded speech, frame by frame as mels have them: what a source-driven vocoder needs for a mel that no
// model made, and what pitch errors are measured with.
import { optionNames, refuseUnknown, shown, VoirsError } from '../errors.js';
import type { AudioBuffer } from './audio-buffer.js';
import { framesIn, HIFIGAN_MEL, type MelForm, melForm, samplesBefore } from './mel-form.js';
import { monoSamples } from './mel-spectrogram.js';

export interface F0Options {
  /** Lowest and highest pitch that is looked for, Hz; default 60 and 500. */
  minHz?: number | undefined;
  maxHz?: number | undefined;
  /** Least share of a frame that repeats itself for it to count as voiced, 0 to 1; default 0.8. */
  threshold?: number | undefined;
}

/** F0 of each frame. */
export interface F0Contour {
  /** [T] Hz; in unvoiced frames the line between the voiced ones beside them, so that a source can be made of it. */
  hz: Float64Array;
  /** [T] 1 where the frame is voiced, else 0. */
  voiced: Uint8Array;
}

const OPTIONS = optionNames<F0Options>({ minHz: true, maxHz: true, threshold: true });

/**
 * The pitch of each frame of a mel of this form (YIN: de Cheveigné and Kawahara 2002, steps 2 to 5), with single frames
 * that leap an octave away corrected by their neighbours' median.
 * @param form what is not given is HiFi-GAN's; sample rate, hop and framing count.
 * @throws VoirsError INVALID_AUDIO, INVALID_OPTIONS.
 */
export function estimateF0(
  audio: AudioBuffer | Float32Array,
  form: Partial<MelForm> = HIFIGAN_MEL,
  options: F0Options = {},
): F0Contour {
  refuseUnknown(options, OPTIONS, 'estimateF0');
  const { minHz = 60, maxHz = 500, threshold = 0.8 } = options;
  const whole = melForm(form);
  const { sampleRate, hopSize, fftSize } = whole;
  const isRight = minHz >= 20 && maxHz > minHz && maxHz <= sampleRate / 4 && threshold >= 0 && threshold <= 1;
  if (!isRight) {
    throw new VoirsError('INVALID_OPTIONS', 'The range of estimateF0 cannot be', {
      got: shown({ minHz, maxHz, threshold }),
      wanted: `minHz from 20, maxHz up to ${sampleRate / 4}, threshold from 0 to 1`,
    });
  }
  const samples = monoSamples(audio, sampleRate, 'estimateF0');
  const frames = framesIn(samples.length, whole);
  const [shortest, longest] = [Math.floor(sampleRate / maxHz), Math.ceil(sampleRate / minHz)];
  const hz = new Float64Array(frames);
  const voiced = new Uint8Array(frames);
  const differences = new Float64Array(longest + 1);
  for (let frame = 0; frame < frames; frame++) {
    const middle = frame * hopSize - samplesBefore(whole) + fftSize / 2;
    const lag = periodAt(samples, Math.round(middle), { shortest, longest, threshold }, differences);
    if (lag === undefined) continue;
    hz[frame] = sampleRate / lag;
    voiced[frame] = 1;
  }
  withoutLeaps(hz, voiced);
  fillGaps(hz, voiced, Math.sqrt(minHz * maxHz));
  return { hz, voiced };
}

/** The period about a sample, in samples; undefined where nothing repeats itself. */
function periodAt(
  samples: Float32Array,
  middle: number,
  { shortest, longest, threshold }: { shortest: number; longest: number; threshold: number },
  differences: Float64Array,
): number | undefined {
  const start = middle - longest; // two windows of the longest period, compared
  let sum = 0;
  let level = 0;
  differences[0] = 1;
  for (let n = 0; n < longest; n++) level += (samples[start + n] ?? 0) ** 2;
  if (level / longest < 1e-8) return undefined; // -80 dB
  for (let lag = 1; lag <= longest; lag++) {
    let difference = 0;
    for (let n = 0; n < longest; n++) {
      const change = (samples[start + n] ?? 0) - (samples[start + n + lag] ?? 0);
      difference += change * change;
    }
    sum += difference;
    differences[lag] = sum > 0 ? (difference * lag) / sum : 1; // cumulative mean normalised, equation 8
  }
  let best = shortest;
  for (let lag = shortest; lag < longest; lag++) {
    if (differences[lag]! < differences[best]!) best = lag;
    const isDip = differences[lag]! < 0.15 && differences[lag + 1]! >= differences[lag]!;
    if (!isDip) continue;
    best = lag;
    break;
  }
  if (differences[best]! > 1 - threshold) return undefined;
  const [before, at, after] = [differences[best - 1]!, differences[best]!, differences[best + 1] ?? 1];
  const bend = before - 2 * at + after;
  return best + (bend > 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * bend))) : 0);
}

/** A frame more than 7 semitones away from the median of the voiced frames about it takes that median. */
function withoutLeaps(hz: Float64Array, voiced: Uint8Array): void {
  const given = hz.slice();
  for (let t = 0; t < hz.length; t++) {
    if (!voiced[t]) continue;
    const near: number[] = [];
    for (let i = Math.max(0, t - 4); i < Math.min(hz.length, t + 5); i++) if (voiced[i]) near.push(given[i]!);
    const median = near.sort((a, b) => a - b)[near.length >> 1]!;
    if (Math.abs(Math.log2(given[t]! / median)) > 7 / 12) hz[t] = median;
  }
}

/** Draws lines across unvoiced frames; `otherwise` stands where nothing is voiced. */
function fillGaps(hz: Float64Array, voiced: Uint8Array, otherwise: number): void {
  let last = -1;
  for (let t = 0; t <= hz.length; t++) {
    if (t < hz.length && !voiced[t]) continue;
    const [left, right] = [hz[last] ?? hz[t] ?? otherwise, hz[t] ?? hz[last] ?? otherwise];
    for (let i = last + 1; i < t; i++) hz[i] = left + ((right - left) * (i - last)) / (t - last);
    last = t;
  }
}
