// How loud samples are, and making them louder or quieter. Channels count alike, so interleaved samples go as they are.
import { VoirsError } from '../errors.js';

/** Where `normalize` puts the largest sample: linear, above 0 to 1, or in dB below full scale. */
export type PeakTarget = number | { dBFS: number };

/** dB -> factor on samples. */
export function factorOf(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** dB that `gain` and `mix` take, in either direction. */
const MOST_DB = 120;

/** dB -> factor. @throws VoirsError INVALID_OPTIONS. */
export function gainFactor(decibels: number): number {
  if (typeof decibels === 'number' && Math.abs(decibels) <= MOST_DB) return factorOf(decibels);
  throw new VoirsError('INVALID_OPTIONS', 'Bad gain', {
    got: String(decibels),
    wanted: `dB, -${MOST_DB} to ${MOST_DB}`,
  });
}

/** Largest absolute sample; 0 for none. */
export function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) {
    const level = Math.abs(samples[i]!);
    if (level > peak) peak = level;
  }
  return peak;
}

/** Root of the mean square; 0 for no samples. */
export function rmsOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i]! * samples[i]!;
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}

/** In place. */
export function scale(samples: Float32Array, factor: number): void {
  if (factor === 1) return;
  for (let i = 0; i < samples.length; i++) samples[i]! *= factor;
}

/** The linear peak asked for. @throws VoirsError INVALID_OPTIONS. */
export function targetPeak(target: PeakTarget): number {
  if (typeof target === 'number' && target > 0 && target <= 1) return target;
  const decibels = typeof target === 'object' && target !== null ? target.dBFS : Number.NaN;
  if (typeof decibels === 'number' && decibels <= 0 && decibels >= -MOST_DB) return factorOf(decibels);
  throw new VoirsError('INVALID_OPTIONS', 'Bad peak', {
    got: JSON.stringify(target) ?? String(target),
    wanted: `a number above 0, up to 1, or { dBFS } from -${MOST_DB} to 0`,
  });
}
