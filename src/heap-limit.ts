// Keeps a WebAssembly heap, which can only grow, within a pipeline's memory limit: refuses limits that a voice cannot be
// spoken in, and leaves a heap that a long sentence has blown up for a fresh one.
import type { Backend } from './backends/backend.js';
import { VoirsError } from './errors.js';
import type { Log } from './log.js';
import { forceCollection } from './memory/garbage.js';
import { memoryFloor } from './memory-plan.js';
import { type ModelsHold, type Recycled, recycleBackend } from './voice-models.js';

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
