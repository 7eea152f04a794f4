// The wasm backend with a heap that is full early: real refusals by the real allocator, long before 4 GiB.
import { BackendWasm } from '#tf-wasm';
import type { Backend } from '../../src/backends/backend.js';
import { registerBackend } from '../../src/backends/registry.js';
import { wasmPlugin } from '../../src/backends/wasm/backend.js';

let made = 0;

/** Registers one under a name of its own. @returns the name, and the backend once a pipeline has loaded it. */
export function smallHeap(maxHeapBytes: number): { name: string; backend: () => Backend } {
  const name = `wasm-small-${++made}`;
  let backend: Backend | undefined;
  const create: typeof wasmPlugin.create = async (options) => {
    backend = await wasmPlugin.create({ ...options, maxHeapBytes });
    return backend;
  };
  registerBackend(name, async () => ({ ...wasmPlugin, name, create }));
  return { name, backend: () => backend! };
}

/** Tensors that a wasm backend stores, whether the engine knows of them or not. */
export function storedTensors(backend: Backend): number {
  const instance = Object.values(backend).find((part) => part instanceof BackendWasm) as BackendWasm;
  return (instance as unknown as { numDataIds(): number }).numDataIds();
}
