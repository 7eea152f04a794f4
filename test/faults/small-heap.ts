// The wasm backend with a heap that is full early: real refusals by the real allocator, long before 4 GiB.
import { BackendWasm } from '#tf-wasm';
import type { Backend } from '../../src/backends/backend.js';
import { registerBackend } from '../../src/backends/registry.js';
import { wasmPlugin } from '../../src/backends/wasm/backend.js';
import { VoirsError } from '../../src/errors.js';

let made = 0;

interface SmallHeap {
  name: string;
  /** Once a pipeline has loaded it. */
  backend(): Backend;
  /** Pieces of the heap that are allocated from JavaScript and not freed: tensors, weights, working memory. */
  pieces(): number;
  /** Allocations from JavaScript until now. */
  allocations(): number;
  /** The n-th allocation from now on fails, as in a full heap, and so many after it (none unless told). */
  failAt(n: number, more?: number): void;
}

/** Registers one under a name of its own. */
export function smallHeap(maxHeapBytes: number): SmallHeap {
  const name = `wasm-small-${++made}`;
  let backend: Backend | undefined;
  let pieces = 0;
  let allocations = 0;
  let [failing, working] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const create: typeof wasmPlugin.create = async (options) => {
    backend = await wasmPlugin.create({ ...options, maxHeapBytes });
    const { wasm } = instanceOf(backend);
    const { _malloc: malloc, _free: free } = wasm;
    wasm._malloc = (bytes) => {
      allocations++;
      if (allocations >= failing && allocations < working)
        throw new VoirsError('MEMORY_ERROR', 'The heap is full, by injection');
      const address = malloc(bytes);
      pieces++;
      return address;
    };
    wasm._free = (address) => {
      pieces--;
      free(address);
    };
    return backend;
  };
  registerBackend(name, async () => ({ ...wasmPlugin, name, create }));
  return {
    name,
    backend: () => backend!,
    pieces: () => pieces,
    allocations: () => allocations,
    failAt: (n, more = 0) => {
      failing = allocations + n;
      working = failing + 1 + more;
    },
  };
}

/** Tensors that a wasm backend stores, whether the engine knows of them or not. */
export function storedTensors(backend: Backend): number {
  return (instanceOf(backend) as unknown as { numDataIds(): number }).numDataIds();
}

function instanceOf(backend: Backend): BackendWasm {
  // The backend's instance: what is exchanged together when reset() makes a heap anew.
  const parts = Object.values(backend).flatMap((part) => Object.values((part ?? {}) as object));
  return parts.find((part) => part instanceof BackendWasm) as BackendWasm;
}
