// The arithmetic behind the operations of AudioBuffer, and the checks of their options, which come first:
// times become frames, and decibels factors, before anything is leased or changed.
import { optionNames, refuseOtherThan, shown, VoirsError } from '../errors.js';
import type { Arena } from '../memory/arena.js';

export interface LoadOptions {
  /** Where the samples are leased, e.g. a pipeline's; default: an arena of their own. */
  arena?: Arena;
}

export interface TrimOptions {
  /** dB below full scale, -120 to 0; sound below it counts as silent. Default -50. */
  thresholdDb?: number;
  /** Seconds of silence left at either end, where there is as much. Default 0.05. */
  keepSeconds?: number;
}

export interface AppendOptions {
  /** Seconds of silence between the two, 0 to 3600. Default 0. */
  pause?: number;
}

export interface MixOptions {
  /** dB on the other audio, -120 to 120; default 0. */
  gainDb?: number;
  /** Seconds after which the other begins, 0 to 3600; default 0. */
  offset?: number;
}

/**
 * `linear`: keeps the sum of a sound with itself constant; `equal-power`: keeps the power of two unrelated
 * sounds constant (quarter of a sine); `smooth`: raised cosine, without a corner at either end.
 */
export type FadeCurve = 'linear' | 'equal-power' | 'smooth';

/** Where `normalize` puts the largest sample: linear, above 0 to 1, or in dB below full scale. */
export type PeakTarget = number | { dBFS: number };

/** The options of each operation. */
export const OPTIONS = {
  load: optionNames<LoadOptions>({ arena: true }),
  trim: optionNames<TrimOptions>({ thresholdDb: true, keepSeconds: true }),
  append: optionNames<AppendOptions>({ pause: true }),
  mix: optionNames<MixOptions>({ gainDb: true, offset: true }),
} as const;

/** Length and rate that times are measured against. */
export interface FrameGrid {
  /** Hz. */
  sampleRate: number;
  /** Frames of the audio; infinite where its end is no limit. */
  frames: number;
}

/** Longest silence or offset that `append` and `mix` take, in seconds. */
const LONGEST_SECONDS = 3600;

/** Seconds -> frames in [0, grid.frames]. @throws VoirsError INVALID_OPTIONS naming `what`. */
export function framesOf(seconds: number, what: string, { sampleRate, frames }: FrameGrid): number {
  const most = Number.isFinite(frames) ? frames : LONGEST_SECONDS * sampleRate;
  const asked = typeof seconds === 'number' ? Math.round(seconds * sampleRate) : Number.NaN;
  if (asked >= 0 && asked <= most) return asked + 0; // + 0: never -0
  throw new VoirsError('INVALID_OPTIONS', `Bad ${what}`, {
    got: shown(seconds),
    wanted: `seconds, 0 to ${most / sampleRate}`,
  });
}

/**
 * Places to cut at -> frames.
 * @throws VoirsError INVALID_OPTIONS unless they rise and lie inside the audio.
 */
export function cutsOf(seconds: readonly number[], grid: FrameGrid): number[] {
  if (!Array.isArray(seconds)) {
    throw new VoirsError('INVALID_OPTIONS', 'Bad places to split at', {
      got: shown(seconds),
      wanted: 'an array of seconds',
    });
  }
  const cuts = seconds.map((time) => framesOf(time, 'place to split at', grid));
  for (let i = 1; i < cuts.length; i++) {
    if (cuts[i]! >= cuts[i - 1]!) continue;
    throw new VoirsError('INVALID_OPTIONS', 'Places to split at must rise', {
      got: `${seconds[i - 1]}, then ${seconds[i]}`,
      wanted: 'seconds in order',
    });
  }
  return cuts;
}

/** @throws VoirsError INVALID_OPTIONS. */
export function chunkSize(size: number): number {
  if (Number.isInteger(size) && size >= 1) return size;
  throw new VoirsError('INVALID_OPTIONS', 'Bad chunk size', {
    got: shown(size),
    wanted: 'whole frames, 1 or more',
  });
}

/** What two sounds must share before they can be put together. */
interface SampleForm {
  /** Hz. */
  sampleRate: number;
  channels: number;
}

/** @throws VoirsError INVALID_AUDIO when the two differ. */
export function mustMatch(one: SampleForm, other: SampleForm): void {
  if (one.sampleRate !== other.sampleRate) {
    throw new VoirsError('INVALID_AUDIO', 'The two sample rates differ', {
      got: `${other.sampleRate} Hz`,
      wanted: `${one.sampleRate} Hz`,
      suggestion: `Convert one with resample(${one.sampleRate})`,
    });
  }
  if (one.channels !== other.channels) {
    throw new VoirsError('INVALID_AUDIO', 'The two numbers of channels differ', {
      got: String(other.channels),
      wanted: String(one.channels),
      suggestion: `Convert one with ${one.channels === 1 ? 'toMono()' : 'toStereo()'}`,
    });
  }
}

/** dB -> factor on samples, of any size. */
export function factorOf(decibels: number): number {
  return 10 ** (decibels / 20);
}

/** dB that `gain` and `mix` take, in either direction. */
const MOST_DB = 120;

/** dB -> factor, within the range that `gain` and `mix` take. @throws VoirsError INVALID_OPTIONS. */
export function checkedFactorOf(decibels: number): number {
  if (typeof decibels === 'number' && Math.abs(decibels) <= MOST_DB) return factorOf(decibels);
  throw new VoirsError('INVALID_OPTIONS', 'Bad gain', {
    got: shown(decibels),
    wanted: `dB, -${MOST_DB} to ${MOST_DB}`,
  });
}

/** The linear peak asked for. @throws VoirsError INVALID_OPTIONS. */
export function targetPeak(target: PeakTarget): number {
  if (typeof target === 'number' && target > 0 && target <= 1) return target;
  const decibels = typeof target === 'object' && target !== null ? target.dBFS : Number.NaN;
  if (typeof decibels === 'number' && decibels <= 0 && decibels >= -MOST_DB) return factorOf(decibels);
  throw new VoirsError('INVALID_OPTIONS', 'Bad peak', {
    got: shown(target),
    wanted: `a number above 0, up to 1, or { dBFS } from -${MOST_DB} to 0`,
  });
}

/** Level below which samples count as silence. @throws VoirsError INVALID_OPTIONS. */
export function silenceLevel(thresholdDb: number): number {
  if (typeof thresholdDb === 'number' && thresholdDb >= -MOST_DB && thresholdDb <= 0)
    return factorOf(thresholdDb);
  throw new VoirsError('INVALID_OPTIONS', 'Bad silence threshold', {
    got: shown(thresholdDb),
    wanted: `dB below full scale, -${MOST_DB} to 0`,
  });
}

/** Share of the way, 0 to 1 -> factor, 0 to 1. */
type Curve = (share: number) => number;

const CURVES: Record<FadeCurve, Curve> = {
  linear: (share) => share,
  'equal-power': (share) => Math.sin((share * Math.PI) / 2),
  smooth: (share) => (1 - Math.cos(share * Math.PI)) / 2,
};

/** @throws VoirsError INVALID_OPTIONS. */
export function fadeCurve(name: FadeCurve): Curve {
  refuseOtherThan(Object.keys(CURVES), name, 'fade curve');
  return CURVES[name];
}

/** Largest absolute sample of all channels; 0 for none. */
export function peakOf(samples: Float32Array): number {
  let peak = 0;
  for (let i = 0; i < samples.length; i++) {
    const level = Math.abs(samples[i]!);
    if (level > peak) peak = level;
  }
  return peak;
}

/** Root of the mean square over all channels; 0 for no samples. */
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

/** Fades in over the first `frames` frames, in place; the first sample becomes 0. */
export function fadeInto(samples: Float32Array, channels: number, frames: number, curve: Curve): void {
  for (let i = 0; i < frames * channels; i++) samples[i]! *= curve(Math.floor(i / channels) / frames);
}

/** Fades out over the last `frames` frames, in place; the last sample becomes 0. */
export function fadeOutOf(samples: Float32Array, channels: number, frames: number, curve: Curve): void {
  const last = samples.length - 1;
  for (let i = 0; i < frames * channels; i++) samples[last - i]! *= curve(Math.floor(i / channels) / frames);
}

/** Frames from `start` (inclusive) to `end`. */
interface FrameSpan {
  start: number;
  end: number;
}

/** Runs of at least `minFrames` frames in which every channel stays below `level`, in order. */
export function silentRuns(
  samples: Float32Array,
  channels: number,
  level: number,
  minFrames: number,
): FrameSpan[] {
  const runs: FrameSpan[] = [];
  const frames = samples.length / channels;
  let start = 0;
  const endAt = (end: number) => {
    if (end > start && end - start >= minFrames) runs.push({ start, end });
  };
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i]!) < level) continue;
    const frame = Math.floor(i / channels);
    endAt(frame);
    start = frame + 1;
  }
  endAt(frames);
  return runs;
}

/**
 * The audio without the silence at both ends, `keep` frames of which stay; empty when all of it is silent.
 */
export function soundingSpan(
  samples: Float32Array,
  channels: number,
  level: number,
  keep: number,
): FrameSpan {
  let first = 0;
  while (first < samples.length && Math.abs(samples[first]!) < level) first++;
  if (first === samples.length) return { start: 0, end: 0 };
  let last = samples.length - 1;
  while (Math.abs(samples[last]!) < level) last--;
  return {
    start: Math.max(0, Math.floor(first / channels) - keep),
    end: Math.min(samples.length / channels, Math.floor(last / channels) + 1 + keep),
  };
}

/** Adds `other`, scaled, to `out` from sample `at` on. */
export function addInto(out: Float32Array, other: Float32Array, at: number, factor: number): void {
  for (let i = 0; i < other.length; i++) out[at + i]! += other[i]! * factor;
}

/**
 * Joins two sounds with `frames` frames of both: the first fades as the second comes. `out` holds both less
 * those frames. The curve is taken at the frames' centres, so that the crossfade backwards is its mirror.
 */
export function crossfadeInto(
  out: Float32Array,
  one: Float32Array,
  other: Float32Array,
  channels: number,
  frames: number,
  curve: Curve,
): void {
  const overlap = frames * channels;
  const meet = one.length - overlap;
  out.set(one.subarray(0, meet));
  for (let i = 0; i < overlap; i++) {
    const share = (Math.floor(i / channels) + 0.5) / frames;
    out[meet + i] = one[meet + i]! * curve(1 - share) + other[i]! * curve(share);
  }
  out.set(other.subarray(overlap), one.length);
}

/** [S, 2] interleaved -> [S]: the mean of both sides. */
export function mixDown(stereo: Float32Array, mono: Float32Array): void {
  for (let i = 0; i < mono.length; i++) mono[i] = (stereo[2 * i]! + stereo[2 * i + 1]!) / 2;
}

/** [S] -> [S, 2] interleaved: the same on both sides. */
export function spread(mono: Float32Array, stereo: Float32Array): void {
  for (let i = 0; i < mono.length; i++) {
    stereo[2 * i] = mono[i]!;
    stereo[2 * i + 1] = mono[i]!;
  }
}
