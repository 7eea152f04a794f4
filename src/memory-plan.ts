// How a memory limit is divided: a pure function from the limit and the sizes of a voice to what each consumer may have,
// printed by memoryReport() so that nobody has to guess.

import type { WeightForm } from './backends/ops.js';

const MIB = 2 ** 20;

/** From this limit on, transformed weights take less than half of it. */
const FAST_WEIGHTS_MB = 192;
/** From this limit on, weights are kept as 32-bit floats. */
const WIDE_WEIGHTS_MB = 96;

/** Largest chunk of the vocoder where memory does not matter, whose context then costs 9 %: bench chunks. */
export const LARGEST_CHUNK = 288;
/** Smallest: below it most of the work would be context. */
const SMALLEST_CHUNK = 16;

/** What the plan needs to know of a vocoder. */
export interface VocoderSizes {
  /** Most values of one tensor per mel frame, over all stages: samples of the stage per frame x channels. */
  valuesPerFrame: number;
  /** Frames of context on either side of a chunk. */
  contextFrames: number;
}

/** Shares of a memory limit, in bytes where not said otherwise. */
export interface MemoryPlan {
  limitBytes: number;
  /** Most that audio of callers may take. */
  audioBytes: number;
  /** Most that kept results may take. */
  resultsBytes: number;
  /** Whether layers may keep transformed weights, which take 29 MB more for our voice. */
  weights: WeightForm;
  /** Mel frames that the vocoder takes at once. */
  chunkFrames: number;
  /** A WASM heap larger than the weights in it and this is made anew by reset(). */
  workingHeapBytes: number;
}

/** Tensors of a stage that are alive together: input, sum, and what a residual block works on. */
const LIVE_TENSORS = 6;

/** Needed before a voice is loaded, so of the limit alone. */
export function weightForm(limitMb: number): WeightForm {
  if (limitMb >= FAST_WEIGHTS_MB) return 'fast';
  return limitMb >= WIDE_WEIGHTS_MB ? 'compact' : 'half';
}

/** @param limitMb in MiB, as `memoryLimitMb`. */
export function planMemory(limitMb: number, { valuesPerFrame, contextFrames }: VocoderSizes): MemoryPlan {
  const limitBytes = limitMb * MIB;
  const frameBytes = valuesPerFrame * 4 * LIVE_TENSORS;
  const frames = Math.floor(limitBytes / 8 / frameBytes) - 2 * contextFrames;
  return {
    limitBytes,
    audioBytes: limitBytes,
    resultsBytes: Math.floor(limitBytes / 16),
    weights: weightForm(limitMb),
    chunkFrames: Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, frames)),
    workingHeapBytes: Math.max(24 * MIB, Math.floor(limitBytes / 2)),
  };
}
