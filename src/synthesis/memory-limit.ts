// How a memory limit is divided: a pure function from the limit and the sizes of a voice to what each consumer may have,
// printed by memoryReport() so that nobody has to guess.

import type { Backend } from '../backends/backend.js';
import type { WeightForm } from '../backends/ops.js';
import { VoirsError } from '../errors.js';
import type { Log } from '../log.js';
import { forceCollection } from '../memory/garbage.js';
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

/** What the plan needs to know of a vocoder. */
export interface VocoderSizes {
  /** Most values of one tensor per mel frame, over all stages: samples of the stage per frame x channels. */
  valuesPerFrame: number;
  /** Frames of context on either side of a chunk. */
  contextFrames: number;
}

/** What it needs to know of an acoustic model. */
export interface AcousticSizes {
  /** Most values per frame that are alive together. */
  valuesPerFrame: number;
  framesPerSecond: number;
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
  /** A WASM heap larger than the weights in it and this is left for a fresh one, after the call and by reset(). */
  workingHeapBytes: number;
}

/** Tensors of a stage that are alive together: input, sum, and what a residual block works on. */
const LIVE_TENSORS = 6;

/**
 * Of the size of the files, which hold 16-bit floats: twice that as 32-bit ones, about four times transformed, and neither
 * is more than half the limit. Needed before a voice is loaded.
 */
export function weightForm(limitMb: number, fileBytes: number): WeightForm {
  const limitBytes = limitMb * MIB;
  if (limitBytes >= 8 * fileBytes) return 'fast';
  return limitBytes >= 4 * fileBytes ? 'compact' : 'half';
}

const frameBytes = (vocoder: VocoderSizes): number => vocoder.valuesPerFrame * 4 * LIVE_TENSORS;

/**
 * Least memory that a voice needs in a heap, beside what {@link ENGINE_BYTES} stands for: weights as loaded, what kernels
 * work in, and the larger of a sentence of 10 seconds in the acoustic model and the smallest chunk in the vocoder.
 */
export function memoryFloor(heldBytes: number, acoustic: AcousticSizes, vocoder: VocoderSizes): number {
  const sentence = acoustic.valuesPerFrame * 4 * acoustic.framesPerSecond * FLOOR_SECONDS;
  const chunk = (SMALLEST_CHUNK + 2 * vocoder.contextFrames) * frameBytes(vocoder);
  return heldBytes + Math.max(sentence, chunk);
}

/** @param limitMb in MiB, as `memoryLimitMb`. */
export function planMemory(limitMb: number, weights: WeightForm, vocoder: VocoderSizes): MemoryPlan {
  const limitBytes = limitMb * MIB;
  const frames = Math.floor(limitBytes / 8 / frameBytes(vocoder)) - 2 * vocoder.contextFrames;
  return {
    limitBytes,
    audioBytes: Math.floor(limitBytes / 2),
    resultsBytes: Math.floor(limitBytes / 16),
    weights,
    chunkFrames: Math.min(LARGEST_CHUNK, Math.max(SMALLEST_CHUNK, frames)),
    workingHeapBytes: Math.max(24 * MIB, Math.floor(limitBytes / 2)),
  };
}

// Keeps a WebAssembly heap, which can only grow, within a pipeline's memory limit: refuses limits that a voice cannot be
// spoken in, and leaves a heap that a long sentence has blown up for a fresh one.

/**
 * Where the backend has a heap of its own. Elsewhere (libtensorflow, a graphics card) memory is not ours to bound.
 * @throws VoirsError MEMORY_ERROR that states the least limit.
 */
export function mustReachFloor(
  limitMb: number,
  backend: Backend,
  { weights, acoustic, vocoder }: ModelsHold,
  sampleRate: number,
): void {
  const { wasmHeapBytes, kernelScratchBytes = 0 } = backend.memory();
  if (wasmHeapBytes === undefined) return;
  const sizes = { valuesPerFrame: acoustic.valuesPerFrame, framesPerSecond: sampleRate / vocoder.hop };
  const floorMb = Math.ceil(memoryFloor(weights().bytes + kernelScratchBytes, sizes, vocoder) / 2 ** 20);
  if (limitMb >= floorMb) return;
  throw new VoirsError('MEMORY_ERROR', 'memoryLimitMb is less than this voice needs', {
    got: `${limitMb}`,
    wanted: `${floorMb} or more`,
    suggestion: 'Give the voice more memory, or choose a smaller one',
  });
}

export class HeapLimit {
  constructor(
    private readonly backend: Backend,
    /** What the heap may have besides the weights in it. */
    private readonly workingBytes: number,
    private readonly onLeft: (recycled: Recycled) => void,
    private readonly log: Log,
  ) {}

  /** Leaves the heap if it is too large, between two jobs. @throws Error when no other can be had; the old one stays. */
  async leave(): Promise<void> {
    const recycled = await recycleBackend(this.backend, this.workingBytes);
    if (!recycled) return;
    forceCollection(); // the old heap is a large object that V8 is in no hurry to free
    this.log.debug(`left a heap of ${recycled.fromBytes} bytes for one of ${recycled.toBytes}`);
    this.onLeft(recycled);
  }

  /** A call that ends with the heap within its limit. */
  async call<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      await this.leaveIfPossible();
    }
  }

  async *chunks<T>(chunks: AsyncGenerator<T, void, undefined>): AsyncGenerator<T, void, undefined> {
    try {
      yield* chunks;
    } finally {
      await this.leaveIfPossible();
    }
  }

  /** What a call has made is not lost because its heap stays large: the next one tries again. */
  private async leaveIfPossible(): Promise<void> {
    await this.leave().catch((error: unknown) => {
      if (!(error instanceof VoirsError && error.code === 'DISPOSED'))
        this.log.error(`no fresh heap: ${String(error)}`);
    });
  }
}
