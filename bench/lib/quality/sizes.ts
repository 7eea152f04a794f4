// The bytes that an engine takes on disk.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../cache.js';

/** Bytes of a file or of all files below a folder; 0 where there is none. Links are not followed. */
export function bytesOf(path: string): number {
  const status = statSync(path, { throwIfNoEntry: false });
  if (!status?.isDirectory()) return status?.size ?? 0;
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .reduce((total, entry) => total + bytesOf(join(path, entry.name)), 0);
}

interface Manifest {
  dependencies?: Record<string, string>;
}

/** Bytes of the packages that a package depends on, each counted once, all from one node_modules folder. */
function dependencyBytes(folder: string): number {
  const modules = join(folder, 'node_modules');
  const seen = new Set<string>();
  const visit = (path: string): number => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
    let bytes = 0;
    for (const name of Object.keys(dependencies)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const dependency = join(modules, name);
      bytes += bytesOf(dependency) + visit(dependency);
    }
    return bytes;
  };
  return visit(folder);
}

/** What an installation of our package takes with one voice folder as its only voices. */
export function packageBytes(weights: string): number {
  const parts = ['dist', 'vendor', join('weights', 'lexicon')].map((part) => join(repositoryRoot, part));
  const own = [...parts, weights].reduce((total, path) => total + bytesOf(path), 0);
  return own - bytesOf(join(weights, 'golden')) + dependencyBytes(repositoryRoot);
}
