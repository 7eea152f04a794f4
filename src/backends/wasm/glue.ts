// Emscripten's glue of TensorFlow.js's modules in Node: CommonJS files in vendor/wasm/. Bundlers for browsers
// use glue.browser.ts instead ("browser" in package.json).
import { createRequire } from 'node:module';
import type { BackendWasmModule } from '#tf-wasm';
import { vendorFile } from './vendor-files.js';

/** Makes an instance; takes Emscripten's Module object. */
export type Glue = (module: Record<string, unknown>) => Promise<Omit<BackendWasmModule, 'tfjs'>>;

/** The glue, and its location for the workers of the threaded module. */
export interface LoadedGlue {
  glue: Glue;
  location: string;
}

export async function loadGlue(kind: 'single' | 'threaded'): Promise<LoadedGlue> {
  const location = vendorFile(`${kind}.cjs`);
  const exported = createRequire(location)(location) as Glue | { default: Glue };
  return { glue: typeof exported === 'function' ? exported : exported.default, location };
}
