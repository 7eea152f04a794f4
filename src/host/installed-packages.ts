// Finds packages that are installed where a program runs, as its own modules find them, without running anything in them.
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { isMainThread } from 'node:worker_threads';

/** Where modules are looked for: from the working folder, then from the program's own. */
function starts(): NodeJS.Require[] {
  const [, file, program] = process.argv; // in a worker, its file and then the program (worker/open-worker.ts)
  const files = isMainThread ? [file] : [file, program];
  const known = files.filter((path) => path !== undefined);
  const folders = [process.cwd(), ...known.map((path) => dirname(real(path) ?? path))];
  return [...new Set(folders)].map((folder) => createRequire(join(folder, 'program.js')));
}

function real(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

/** The folder of a package, by its name; undefined where there is none. */
export function installedPackage(name: string): string | undefined {
  for (const modules of starts()) {
    try {
      return dirname(modules.resolve(`${name}/package.json`));
    } catch {
      // not from this folder
    }
  }
  return undefined;
}

/** Names of the packages in the node_modules of those folders that have a file of that path. */
export function packagesWith(path: string): string[] {
  const found = new Set<string>();
  const folders = new Set(starts().flatMap((modules) => modules.resolve.paths('voirs') ?? []));
  for (const folder of folders) {
    for (const name of namesIn(folder)) if (existsSync(join(folder, name, path))) found.add(name);
  }
  return [...found].sort();
}

function namesIn(folder: string): string[] {
  return listed(folder).flatMap((name) =>
    name.startsWith('@') ? listed(join(folder, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith('.'));
  } catch {
    return []; // no such folder, or one that may not be read
  }
}

/** Whether a file, after links are followed, lies in a folder; a file that is not there does. */
export function liesWithin(folder: string, path: string): boolean {
  const [outer, inner] = [real(folder), real(path)];
  return outer === undefined || inner === undefined || inner.startsWith(outer + sep);
}
