// Finds the package's own files in Node. A bundler for servers (Next.js, esbuild) moves the code and leaves the
// files in node_modules, so the place of the code alone does not tell.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const isPackage = (folder: string): boolean => existsSync(join(folder, 'vendor', 'wasm'));

/** The folder itself and those above it. */
function* upwards(folder: string): Generator<string> {
  for (let here = folder, last = ''; here !== last; last = here, here = dirname(here)) yield here;
}

/**
 * The package's root: two folders above the code, as in src/host/ and dist/host/; where that is none, the first
 * node_modules/voirs above the code, then above the program's working folder. Without any, the place beside the
 * code, which errors then name.
 * @param code URL of a module of dist/host/, or of the bundle that it is part of; undefined in CommonJS bundles.
 */
export function findPackage(code: string | undefined, working: string): string {
  const own = code?.startsWith('file:') ? dirname(fileURLToPath(code)) : working;
  const beside = join(own, '..', '..');
  if (isPackage(beside)) return beside;
  for (const start of [own, working]) {
    for (const folder of upwards(start)) {
      const installed = join(folder, 'node_modules', 'voirs');
      if (isPackage(installed)) return installed;
    }
  }
  return beside;
}
