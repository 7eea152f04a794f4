// Emscripten's glue of TensorFlow.js's modules in browsers: ES modules made of the same files, so that a
// bundler includes them; the workers of the threaded module load the served file.
import type { LoadedGlue } from './glue.js';
import { vendorFile } from './vendor-files.js';

export async function loadGlue(kind: 'single' | 'threaded'): Promise<LoadedGlue> {
  const { glue } = await (kind === 'single' ? import('#wasm-glue-single') : import('#wasm-glue-threaded'));
  return { glue, location: vendorFile('threaded.cjs') };
}
