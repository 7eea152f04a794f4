// WebGPU in Node: Dawn, from the optional package `webgpu`, loaded only when a program asks for this backend,
// and without changing the program's globals.
import type { GpuGlobals } from '#tf-webgpu';

/** Access to WebGPU. */
export interface GpuEntry {
  gpu: Pick<GPU, 'requestAdapter'>;
  /** WebGPU's constants and classes: the browser's, or the package's. */
  globals: GpuGlobals;
}

interface Dawn {
  create(options: string[]): GPU;
  globals: GpuGlobals;
}

/** Imports a module by a name that bundlers do not see. */
const unbundled = <T>(name: string): Promise<T> =>
  import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name) as Promise<T>;

/** WebGPU of the package, or the reason why there is none and what to do. */
export async function loadDawn(): Promise<GpuEntry | { reason: string }> {
  const { createRequire } = await unbundled<typeof import('node:module')>('node:module');
  const { pathToFileURL } = await unbundled<typeof import('node:url')>('node:url');
  let path: string;
  try {
    // As require() finds it: beside voirs, above it, or in NODE_PATH.
    path = createRequire(import.meta.url).resolve('webgpu');
  } catch {
    return {
      reason:
        'Node has no WebGPU of its own; add it with "npm install webgpu" (130 MB), or use the backend "wasm"',
    };
  }
  try {
    const { create, globals } = await unbundled<Dawn>(pathToFileURL(path).href);
    return { gpu: create([]), globals };
  } catch (error) {
    return {
      reason: `the package "webgpu" does not load here (${(error as Error).message.split('\n', 1)[0]}); reinstall it with "npm install webgpu", or use the backend "wasm"`,
    };
  }
}
