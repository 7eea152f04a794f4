// Where the WebAssembly files of the package are, and their compiled forms, kept because compiling costs more than
// instantiating.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** Path of a file that the build puts into vendor/wasm/. */
export const vendorFile = (name: string): string =>
  fileURLToPath(new URL(`../../../vendor/wasm/${name}`, import.meta.url));

export function compile(file: string): Promise<WebAssembly.Module> {
  let module = compiled.get(file);
  if (!module) {
    module = readFile(file).then((bytes) => WebAssembly.compile(bytes));
    module.catch(() => compiled.delete(file));
    compiled.set(file, module);
  }
  return module;
}
