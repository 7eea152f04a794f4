// How a memory limit is divided: a pure function from the limit and the sizes of a voice to what each consumer may have,
// shown by memoryReport().

import type { Backend } from '../backends/backend.js';
import type { WeightForm } from '../backends/ops.js';
import { VoirsError } from '../errors.js';
import { forceCollection } from '../memory/garbage.js';
import type { AcousticModel, Vocoder } from '../models/model.js';
import { type ModelsHold, type Recycled, recycleBackend } from './shared-models.js';

const MIB = 2 ** 20;

/**
 * Largest chunk of the vocoder where memory does not matter. Shorter ones pay for context, longer ones outgrow the caches: 64
 * to 160 frames take the least processor time, 288 up to 1.2 times as much and a larger heap (bench chunks).
 */
export const LARGEST_CHUNK = 128;
/** Smallest: below it most of the work would be context. */
const SMALLEST_CHUNK = 16;

/**
 * What voirs takes in a process besides the limit, whatever that is: code, the JavaScript heap, the pronunciation
 * dictionary, and garbage that V8 has not collected yet. `npm run bench -- limits` measures it against the empty process.
 */
export const ENGINE_BYTES = 80 * MIB;

/** Seconds of the sentence that the smallest limit has room for. */
const FLOOR_SECONDS = 10;

/** What the plan needs to know of two models: values alive together per mel frame, and frames of context. */
export interface ModelSizes {
  acoustic: Pick<AcousticModel, 'valuesPerFrame' | 'contextFrames'>;
  vocoder: Pick<Vocoder, 'valuesPerFrame' | 'contextFrames'>;
}

/** Shares of a memory limit, in bytes where not said otherwise. */
export interface MemoryPlan {
  limitBytes: number;
  /** Most that audio of callers may take. */
  audioBytes: number;
  /** Most that kept results may take. */
  resultsBytes: number;
  /** Form of the weights. */
  weights: WeightForm;
  /** Mel frames that the vocoder takes at once. */
  chunkFrames: number;
  /** Mel frames that an acoustic model makes at once, where it can make some alone. */
  decodedFrames: number;
  /** A WASM heap larger than the weights in it and this is left for a fresh one, after the call and by reset(). */
  workingHeapBytes: number;
}

/** Tensors of a stage that are alive together: input, sum, and what a residual block works on. */
const LIVE_TENSORS = 6;

/**
 * By the number of weights: 4 bytes each as 32-bit floats, about 8 transformed, 2 in 16 bits, and the first two are taken
 * where they are no more than half the limit. Known before a voice is loaded.
 */
export function weightForm(limitMb: number, weights: number): WeightForm {
  const limitBytes = limitMb * MIB;
  if (limitBytes >= 16 * weights) return 'fast';
  return limitBytes >= 8 * weights ? 'compact' : 'half';
}

const vocoderFrameBytes = ({ vocoder }: ModelSizes): number => vocoder.valuesPerFrame * 4 * LIVE_TENSORS;
const acousticFrameBytes = ({ acoustic }: ModelSizes): number => acoustic.valuesPerFrame * 4;

/** Fewest and most frames that a local acoustic model makes at once. */
const DECODED = [64, 2048] as const;

/**
 * Least memory that a voice needs in a heap, beside what {@link ENGINE_BYTES} stands for: weights as loaded, what kernels
 * work in, and the larger of what the acoustic model and the smallest chunk of the vocoder take. An acoustic model whose
 * frames depend on all others must have room for a sentence of 10 seconds.
 */
export function memoryFloor(heldBytes: number, sizes: ModelSizes, framesPerSecond: number): number {
  const { contextFrames } = sizes.acoustic;
  const frames = Number.isFinite(contextFrames)
    ? DECODED[0] + 2 * contextFrames
    : framesPerSecond * FLOOR_SECONDS;
  const chunk = (SMALLEST_CHUNK + 2 * sizes.vocoder.contextFrames) * vocoderFrameBytes(sizes);
  return heldBytes + Math.max(frames * acousticFrameBytes(sizes), chunk);
}

/** @param limitMb in MiB, as `memoryLimitMb`. */
export function planMemory(limitMb: number, weights: WeightForm, sizes: ModelSizes): MemoryPlan {
  const limitBytes = limitMb * MIB;
  const fitting = (frameBytes: number, contextFrames: number, least: number, most: number): number =>
    Math.min(most, Math.max(least, Math.floor(limitBytes / 8 / frameBytes) - 2 * contextFrames));
  const { acoustic, vocoder } = sizes;
  return {
    limitBytes,
    audioBytes: Math.floor(limitBytes / 2),
    resultsBytes: Math.floor(limitBytes / 16),
    weights,
    chunkFrames: fitting(vocoderFrameBytes(sizes), vocoder.contextFrames, SMALLEST_CHUNK, LARGEST_CHUNK),
    decodedFrames: fitting(acousticFrameBytes(sizes), acoustic.contextFrames, ...DECODED),
    workingHeapBytes: Math.max(24 * MIB, Math.floor(limitBytes / 2)),
  };
}

/**
 * Refuses limits that a voice cannot be spoken in, where the backend has a heap of its own. Elsewhere (libtensorflow, a
 * graphics card) memory is not ours to bound.
 * @throws VoirsError MEMORY_ERROR that states the least limit.
 */
export function throwBelowFloor(
  limitMb: number,
  backend: Backend,
  models: ModelsHold,
  sampleRate: number,
): void {
  const { wasmHeapBytes, kernelScratchBytes = 0 } = backend.memory();
  if (wasmHeapBytes === undefined) return;
  const held = models.weights().bytes + kernelScratchBytes;
  const floorMb = Math.ceil(memoryFloor(held, models, sampleRate / models.vocoder.hop) / MIB);
  if (limitMb >= floorMb) return;
  throw new VoirsError('MEMORY_ERROR', 'memoryLimitMb is less than this voice needs', {
    got: `${limitMb}`,
    wanted: `${floorMb} or more`,
    suggestion: 'Give the voice more memory, or choose a smaller one',
  });
}

/**
 * Leaves a WebAssembly heap, which can only grow, for a fresh one where it is more than `workingBytes` larger than the
 * weights in it, between two jobs.
 * @returns what came of it; undefined where there was no need.
 * @throws Error when no other heap can be had; the old one stays.
 */
export async function recycleWithin(backend: Backend, workingBytes: number): Promise<Recycled | undefined> {
  const recycled = await recycleBackend(backend, workingBytes);
  if (recycled) forceCollection(); // V8 is in no hurry to free the old heap, which is one large object
  return recycled;
}
