// Python for the few jobs that have no JavaScript library: virtual environments, made on demand.
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath } from './cache.js';
import { lastLines, runProgram } from './program.js';
import type { Unavailable } from './unavailable.js';

/** A virtual environment whose packages are those of its requirements file. */
export interface PythonEnvironment {
  /** Path of its interpreter. */
  python: string;
}

/** The name of a Python 3.10 or later. */
export async function findPython(): Promise<string | Unavailable> {
  const wanted = 'import sys; sys.exit(0 if sys.version_info >= (3, 10) else 1)';
  for (const name of ['python3', 'python']) {
    if ((await runProgram(name, ['-c', wanted])).code === 0) return name;
  }
  return { unavailable: 'no Python 3.10 or later on the PATH' };
}

function interpreterOf(name: string): string {
  const bin = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  return join(cachePath('venvs', name), ...bin);
}

/** An environment that `ensureVenv` made before, with any requirements. */
export function findVenv(name: string): PythonEnvironment | undefined {
  const isMade = existsSync(cachePath('venvs', name, 'requirements.installed'));
  return isMade ? { python: interpreterOf(name) } : undefined;
}

/**
 * Makes (once) the virtual environment .cache/venvs/NAME with the packages of a requirements file; a changed
 * file makes it again. Reports on stderr, because the first time downloads for minutes.
 */
export async function ensureVenv(
  name: string,
  requirements: string,
): Promise<PythonEnvironment | Unavailable> {
  const folder = cachePath('venvs', name);
  const stamp = join(folder, 'requirements.installed');
  const python = interpreterOf(name);
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return { python };
  const system = await findPython();
  if (typeof system !== 'string') return system;
  console.error(
    `making a Python environment for ${name} (first time only): ${wanted.trim().replace(/\n/g, ', ')}`,
  );
  rmSync(folder, { recursive: true, force: true });
  const steps: [string, string[]][] = [
    [system, ['-m', 'venv', folder]],
    [python, ['-m', 'pip', 'install', '--quiet', '-r', requirements]],
  ];
  for (const [command, args] of steps) {
    const result = await runProgram(command, args);
    if (result.code !== 0) {
      return { unavailable: `${args.slice(0, 3).join(' ')} failed: ${lastLines(result.stderr)}` };
    }
  }
  writeFileSync(stamp, wanted);
  return { python };
}
