// Locates the WebAssembly files of the package and keeps their compiled forms: compiling costs more than
// instantiating.
import type { Arithmetic } from '../../host/contract.js';
import { host } from '../../host/host.js';

const compiled = new Map<string, Promise<WebAssembly.Module>>();

/** Location of a file that the build puts into vendor/wasm/. */
export const vendorFile = (name: string): string => host.files.ofPackage(`vendor/wasm/${name}`);

/**
 * The compiled module of a file; a failed compilation is tried again by the next call.
 * @throws what host.compile throws.
 */
export function compile(file: string, arithmetic?: Arithmetic): Promise<WebAssembly.Module> {
  let module = compiled.get(file);
  if (!module) {
    module = host.compile(file, arithmetic);
    module.catch(() => compiled.delete(file));
    compiled.set(file, module);
  }
  return module;
}
