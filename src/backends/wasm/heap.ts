// Throws when a WebAssembly heap is full. Without this the module's allocator reports nothing, its callers
// inside the module do not check, and near 4 GiB it returns addresses past the end of the heap.
import { VoirsError } from '../../errors.js';

/**
 * Most bytes that a heap may grow to. The allocator adds a request to the heap's end in 32 bits: the half GiB
 * above this keeps that sum from wrapping around, which happens at 4,064 MiB with a request of 64 MiB.
 */
export const LARGEST_HEAP = 3584 * 2 ** 20;

const ADDRESS_SPACE = 2 ** 32;

/** The part of an Emscripten module that is guarded. */
interface Allocator {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Watches the allocations of one heap. */
export class HeapGuard {
  private refused = 0;

  constructor(readonly maxBytes = LARGEST_HEAP) {}

  /**
   * Options for the module: the limit, and a function to call when it could not grow; scripts/build.mjs patches the
   * glue to use both.
   */
  get moduleOptions(): { maxHeapBytes: number; onHeapRefused: () => void } {
    return {
      maxHeapBytes: this.maxBytes,
      onHeapRefused: () => {
        this.refused++;
      },
    };
  }

  /**
   * Makes the module's `_malloc`, which TensorFlow.js calls for every tensor, throw instead of failing.
   * @param memory the module's memory, if it was found: HEAPU8 is out of date once another thread has grown
   * it.
   */
  guard(module: Allocator, memory?: WebAssembly.Memory): void {
    const size = () => memory?.buffer.byteLength ?? module.HEAPU8.byteLength;
    module._free(module._malloc(1)); // on its first call the glue replaces `_malloc` by the export itself
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
   * Runs work on the heap. Code inside the module goes on when an allocation fails, so a refusal during the
   * work is an error even where the work returns a result.
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
