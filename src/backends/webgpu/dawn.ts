// WebGPU in Node: Dawn, from the optional package `webgpu`, loaded only when this backend is asked for. It stays out
// of the host's globals.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import type { GpuGlobals } from '#tf-webgpu';
import type { GpuEntry } from './device.js';

interface Dawn {
  create(options: string[]): GPU;
  globals: GpuGlobals;
}

/** The package, or how to get it. */
export async function loadDawn(): Promise<GpuEntry | { reason: string }> {
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
    const { create, globals } = (await import(pathToFileURL(path).href)) as Dawn;
    return { gpu: create([]), globals };
  } catch (error) {
    return {
      reason: `the package "webgpu" does not load here (${(error as Error).message.split('\n', 1)[0]}); reinstall it with "npm install webgpu", or use the backend "wasm"`,
    };
  }
}
