// A WebAssembly heap that fails loudly: the module's allocator is silent when memory runs out, its own callers inside
// the module do not look, and near 4 GiB it hands out addresses past the heap's end.
import { VoirsError } from '../../errors.js';

/**
 * Most bytes that a heap may grow to. The allocator adds a request to its end in 32 bits: the half GiB above this is
 * what keeps that sum from wrapping around, which it does at 4,064 MiB with a request of 64.
 */
export const LARGEST_HEAP = 3584 * 2 ** 20;

const ADDRESS_SPACE = 2 ** 32;

/** What of an Emscripten module is guarded. */
interface Allocator {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Watches one heap. */
export class HeapGuard {
  private refused = 0;

  constructor(readonly maxBytes = LARGEST_HEAP) {}

  /** For the module: its limit, and where it tells that it could not grow (scripts/build.mjs puts both in the glue). */
  get moduleOptions(): { maxHeapBytes: number; onHeapRefused: () => void } {
    return {
      maxHeapBytes: this.maxBytes,
      onHeapRefused: () => {
        this.refused++;
      },
    };
  }

  /**
   * Makes the module's `_malloc`, which TensorFlow.js calls for every tensor, throw where it would fail.
   * @param memory of the module, if it was found: its own view is out of date once another thread has let it grow.
   */
  guard(module: Allocator, memory?: WebAssembly.Memory): void {
    const size = () => memory?.buffer.byteLength ?? module.HEAPU8.byteLength;
    module._free(module._malloc(1)); // the glue puts the export itself in its place on the first call
    const malloc = module._malloc;
    module._malloc = (bytes) => {
      const heap = size();
      if (heap + bytes > ADDRESS_SPACE) throw this.full(bytes, heap);
      const address = malloc(bytes) >>> 0; // addresses above 2 GiB arrive as negative numbers
      if (address === 0 || address + bytes > size()) throw this.full(bytes, heap);
      return address;
    };
  }

  /**
   * Runs work on the heap. Allocations inside the module go on without memory: a refusal during the work is an error,
   * whatever came of it.
   * @throws VoirsError MEMORY_ERROR.
   */
  watch<T>(work: () => T): T {
    const before = this.refused;
    let result: T;
    try {
      result = work();
    } catch (error) {
      if (this.refused === before || error instanceof VoirsError) throw error;
      throw this.full(undefined, undefined, error);
    }
    if (this.refused > before) throw this.full();
    return result;
  }

  private full(bytes?: number, heap?: number, cause?: unknown): VoirsError {
    return new VoirsError('MEMORY_ERROR', 'The WebAssembly heap is full', {
      ...(bytes === undefined ? {} : { got: `${bytes} bytes more over a heap of ${heap}` }),
      wanted: `at most ${this.maxBytes} bytes in all`,
      suggestion: 'Give the text in smaller pieces, or dispose pipelines you no longer need',
      cause,
    });
  }
}
