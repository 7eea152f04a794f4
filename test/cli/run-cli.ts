// Runs the built program as a user does: its own process, its real stdout, stderr and exit code.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSafetensors, writeSafetensors } from '../../src/checkpoints/safetensors.js';
import { type HostTensor, toFloat32, toInt32 } from '../../src/checkpoints/tensor.js';

export { scratch } from '../scratch.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
export const program = join(root, 'dist', 'cli', 'main.js');

const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts', 'build.mjs')], {
  encoding: 'utf8',
});
if (status !== 0) throw new Error(`the build failed:\n${stdout}${stderr}`);

/** Result of a run. */
export interface Run {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** Starts the program without the VOIRS_* settings of the developer's shell. */
export function startCli(
  args: readonly string[],
  env: Record<string, string> = {},
  cwd: string = process.cwd(),
): ChildProcess {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('VOIRS_')),
  );
  return spawn(process.execPath, [program, ...args], { env: { ...clean, ...env }, cwd });
}

/** Waits for the end of a started program. */
export function finish(child: ChildProcess): Promise<Run> {
  return new Promise((resolve, reject) => {
    const out: Buffer[] = [];
    let err = '';
    child.stdout!.on('data', (piece: Buffer) => out.push(piece));
    child.stderr!.on('data', (piece: Buffer) => {
      err += piece.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout: Buffer.concat(out), stderr: err }));
  });
}

/** Runs the program to its end. */
export async function runCli(
  args: readonly string[],
  { input = '', env = {}, cwd }: { input?: string; env?: Record<string, string>; cwd?: string } = {},
): Promise<Run> {
  const child = startCli(args, env, cwd);
  child.stdin!.on('error', () => {}); // a program that does not read its input closes it
  child.stdin!.end(input);
  return finish(child);
}

/** Form and samples of a PCM16 WAV, read by its chunks. */
export function readWav(file: Uint8Array): { sampleRate: number; channels: number; samples: Int16Array } {
  const bytes = new Uint8Array(file);
  const view = new DataView(bytes.buffer);
  const name = (at: number): string => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (name(0) !== 'RIFF' || name(8) !== 'WAVE' || view.getUint32(4, true) !== bytes.length - 8) {
    throw new Error('not a whole WAV file');
  }
  let form: { sampleRate: number; channels: number } | undefined;
  for (let at = 12; at < bytes.length; ) {
    const size = view.getUint32(at + 4, true);
    if (name(at) === 'fmt ') {
      form = { channels: view.getUint16(at + 10, true), sampleRate: view.getUint32(at + 12, true) };
    }
    if (name(at) === 'data')
      return { ...form!, samples: new Int16Array(bytes.slice(at + 8, at + 8 + size).buffer) };
    at += 8 + size + (size % 2);
  }
  throw new Error('a WAV without data');
}

/** The tensors of a safetensors file. */
export function readTensors(path: string): Map<string, HostTensor> {
  return readSafetensors(readFileSync(path)).tensors;
}

/** A safetensors file in memory. */
export function tensorFile(tensors: Record<string, HostTensor>): Uint8Array {
  return writeSafetensors(new Map(Object.entries(tensors)));
}

/** Largest difference of two tensors; infinite when their shapes differ. */
export function maxDifference(a: HostTensor | undefined, b: HostTensor | undefined): number {
  if (!a || !b || a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  const [x, y] = [a, b].map((tensor) => (tensor.dtype.startsWith('I') ? toInt32(tensor) : toFloat32(tensor)));
  let most = 0;
  for (let i = 0; i < x!.length; i++) {
    const difference = Math.abs(x![i]! - y![i]!);
    if (!(difference <= most)) most = difference; // NaN stays
  }
  return most;
}
