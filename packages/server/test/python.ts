// Packages of Python that clients of the server use, each in an environment of its own, installed once.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What a program printed, and how it ended: null where it could not start. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export function run(command: string, args: string[], cwd?: string): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', ({ message }) => resolve({ code: null, stdout, stderr: message }));
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/**
 * The interpreter of an environment that has a package of exactly that version.
 * @returns undefined where it cannot be installed, which is printed.
 */
export async function installed(name: string, requirement: string): Promise<string | undefined> {
  const venv = join(root, '.cache', 'venvs', name);
  const python = join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const stamp = join(venv, 'installed');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === requirement) return python;
  rmSync(venv, { recursive: true, force: true });
  const made = await run('python3', ['-m', 'venv', venv]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const patience = ['--timeout', '15', '--retries', '1'];
  const last = made.code === 0 ? await run(python, [...pip, ...patience, requirement]) : made;
  if (last.code === 0) {
    writeFileSync(stamp, requirement);
    return python;
  }
  console.log(`SKIP ${requirement}: ${last.stderr.trim().split('\n').at(-1)}`);
  return undefined;
}
