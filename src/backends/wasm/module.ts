// Loads TensorFlow.js's WebAssembly modules, single-threaded or threaded, alike in Node and in browsers. The
// stock loader turns threads off in Node, and Emscripten's glue would add handlers to the process
// (scripts/build.mjs removes them).
import type { BackendWasmModule } from '#tf-wasm';
import { VoirsError } from '../../errors.js';
import { FileFailure } from '../../host/contract.js';
import { host } from '../../host/host.js';
import { loadGlue } from './glue.js';
import { HeapGuard } from './heap.js';
import { compile, vendorFile } from './vendor-files.js';

/** Bytes of the smallest module with a SIMD instruction: valid exactly where there is SIMD128. */
const SIMD_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 9, 1, 7, 0, 65, 0, 253, 15, 26, 11,
]);

/** Why the modules cannot run here, and what to do; undefined where they can. */
export function whyNoWasm(): string | undefined {
  if (typeof WebAssembly !== 'object') {
    return 'this runtime has no WebAssembly (turned off, as in the lockdown modes of some browsers); turn it on for this page, or use the cpu backend';
  }
  if (!hasSimd()) return 'this runtime has no WebAssembly SIMD; use the cpu backend or a newer runtime';
  return undefined;
}

function hasSimd(): boolean {
  return typeof WebAssembly === 'object' && WebAssembly.validate(SIMD_PROBE);
}

/** A module and the memory behind its heap, if it could be found. */
export interface WasmInstance {
  module: BackendWasmModule;
  memory: WebAssembly.Memory | undefined;
  heap: HeapGuard;
}

/**
 * The memory that a module imports (the threaded one) or exports, found by its type, because builds name it
 * differently.
 */
function memoryOf(
  imports: WebAssembly.Imports,
  exports: WebAssembly.Exports,
): WebAssembly.Memory | undefined {
  const values = [
    ...Object.values(imports).flatMap((group) => Object.values(group)),
    ...Object.values(exports),
  ];
  return values.find((value): value is WebAssembly.Memory => value instanceof WebAssembly.Memory);
}

/**
 * A fresh instance with its own heap.
 * @param maxHeapBytes most bytes that the heap may grow to; default LARGEST_HEAP (heap.ts).
 * @throws VoirsError DEVICE_ERROR when WebAssembly, SIMD or (for threads > 1) shared memory is missing.
 */
export async function instantiate(threads: number, maxHeapBytes?: number): Promise<WasmInstance> {
  const threaded = threads > 1;
  const wasmFile = vendorFile(
    threaded ? 'tfjs-backend-wasm-threaded-simd.wasm' : 'tfjs-backend-wasm-simd.wasm',
  );
  const heap = new HeapGuard(maxHeapBytes);
  let memory: WebAssembly.Memory | undefined;
  try {
    const wasmModule = await compile(wasmFile);
    const { glue, location } = await loadGlue(threaded ? 'threaded' : 'single');
    const instance = await new Promise<Omit<BackendWasmModule, 'tfjs'>>((resolve, reject) => {
      glue({
        locateFile: (file: string) =>
          file.endsWith('.worker.js') ? vendorFile('threaded.worker.cjs') : vendorFile(file),
        mainScriptUrlOrBlob: location,
        // The stock kernels stay on the calling thread: few of them still run, and a second pool would cost
        // as many workers again.
        poolSize: 0,
        cores: 2, // the module halves this number
        ...heap.moduleOptions,
        onAbort: (reason: unknown) => reject(new Error(`the WebAssembly module aborted: ${reason}`)),
        instantiateWasm: (
          imports: WebAssembly.Imports,
          receive: (instance: WebAssembly.Instance, module: WebAssembly.Module) => void,
        ) => {
          WebAssembly.instantiate(wasmModule, imports).then((made) => {
            memory = memoryOf(imports, made.exports);
            receive(made, wasmModule);
          }, reject);
          return {};
        },
      }).then(resolve, reject);
    });
    const { cwrap } = instance;
    const module = Object.assign(instance, {
      tfjs: {
        init: cwrap('init', null, []),
        initWithThreadsCount: cwrap('init_with_threads_count', null, ['number']),
        getThreadsCount: cwrap('get_threads_count', 'number', []),
        registerTensor: cwrap('register_tensor', null, ['number', 'number', 'number']),
        disposeData: cwrap('dispose_data', null, ['number']),
        dispose: cwrap('dispose', null, []),
      },
    }) as BackendWasmModule;
    heap.guard(module, memory);
    return { module, memory, heap };
  } catch (cause) {
    throw new VoirsError('DEVICE_ERROR', 'The wasm backend could not be loaded', {
      got: cause instanceof Error ? cause.message : String(cause),
      suggestion: `${adviceAfter(cause)} Or choose another backend with { backend: "cpu" }`,
      cause,
    });
  }
}

/** What to do about a module that did not load, in one sentence. */
function adviceAfter(cause: unknown): string {
  if (cause instanceof FileFailure && cause.suggestion !== undefined) return cause.suggestion;
  if (host.name === 'node') return 'Reinstall voirs.';
  // The module compiled, but it is not the one that the code expects, or the browser refused its memory.
  return cause instanceof RangeError
    ? 'Close other tabs, or lower memoryLimitMb.'
    : 'Serve vendor/wasm of the same version of voirs as the code.';
}
