// What audio operations are asked for, in the caller's units, made into frames: out of range is said before anything runs.
import { VoirsError } from '../errors.js';
import type { Arena } from '../memory/arena.js';

export interface LoadOptions {
  /** Where the samples are leased, e.g. a pipeline's; default: an arena of their own. */
  arena?: Arena;
}

export interface TrimOptions {
  /** dB below full scale, -120 to 0; what stays below it is silence. Default -50. */
  thresholdDb?: number;
  /** Silence left at either end, where there is as much. Default 0.05. */
  keepSeconds?: number;
}

export interface MixOptions {
  /** On the other audio; default 0. */
  gainDb?: number;
  /** Seconds after which the other begins; default 0. */
  offset?: number;
}

/** Length and rate that times are measured against. */
export interface FrameGrid {
  sampleRate: number;
  /** Frames of the audio; infinite where no end limits what may be asked. */
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
    got: String(seconds),
    wanted: `seconds, 0 to ${most / sampleRate}`,
  });
}

/** Places to cut at -> frames. @throws VoirsError INVALID_OPTIONS unless they rise and lie inside the audio. */
export function cutsOf(seconds: readonly number[], grid: FrameGrid): number[] {
  if (!Array.isArray(seconds)) {
    throw new VoirsError('INVALID_OPTIONS', 'Bad places to split at', {
      got: String(seconds),
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
    got: String(size),
    wanted: 'whole frames, 1 or more',
  });
}
