// The engines of the backends' matrix, and how each is asked: a process of its own, because libtensorflow and
// onnxruntime-web have one number of threads a process, and memory is a process's own.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setupFolder } from '../../src/backends/tensorflow/place.js';
import { cachePath, repositoryRoot } from '../cache.js';
import { lastLines, runProgram } from '../program.js';
import type { Unavailable } from '../unavailable.js';

/** One row of the matrix. */
export interface MatrixEngine {
  /** A backend of ours, or a rival's name. */
  name: string;
  threads: number;
  isRival: boolean;
  /** Seconds of audio that the vocoder is timed on: the reference takes minutes for what others do in one second. */
  seconds: number;
}

export const ENGINES: readonly MatrixEngine[] = [
  { name: 'wasm', threads: 1, isRival: false, seconds: 5 },
  { name: 'wasm', threads: 2, isRival: false, seconds: 5 },
  { name: 'cpu', threads: 1, isRival: false, seconds: 0.25 },
  { name: 'webgpu', threads: 1, isRival: false, seconds: 5 },
  { name: 'tensorflow', threads: 1, isRival: false, seconds: 5 },
  { name: 'tensorflow', threads: 2, isRival: false, seconds: 5 },
  { name: 'onnxruntime-web', threads: 1, isRival: true, seconds: 5 },
  { name: 'onnxruntime-web', threads: 2, isRival: true, seconds: 5 },
  { name: 'onnxruntime-node', threads: 1, isRival: true, seconds: 5 },
  { name: 'onnxruntime-node', threads: 2, isRival: true, seconds: 5 },
];

export const titleOf = ({ name, threads }: Pick<MatrixEngine, 'name' | 'threads'>): string =>
  `${name}, ${threads} thread${threads === 1 ? '' : 's'}`;

/** What a process is asked: time the vocoder, speak texts into files of raw float32, or run every golden. */
export type Task =
  | { do: 'vocode'; runs: number; warmups: number; onnx?: string; micro: boolean }
  | { do: 'speak'; texts: string[]; folder: string }
  | { do: 'goldens' };

/** What `vocode` answers. */
export interface VocodeAnswer {
  versions: Record<string, string>;
  /** Backend and models ready, from the moment the process began to load them. */
  loadMs: number;
  firstRunMs: number;
  wallMs: number[];
  cpuMs: number[];
  audioSeconds: number;
  peakRssBytes: number;
  micro: { name: string; operationsPerSecond: number; marginPercent: number }[];
}

/** What `speak` answers; the samples are in the folder, one file a text. */
export interface SpeakAnswer {
  versions: Record<string, string>;
  counts: number[];
}

/** Asks an engine in a process of its own; a reason where it cannot run here. */
export async function ask<Answer>(engine: MatrixEngine, task: Task): Promise<Answer | Unavailable> {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = join(repositoryRoot, 'bench', 'matrix', 'contestant.ts');
  const input = JSON.stringify({ engine, task });
  // A checkout's own set-up of libtensorflow serves its benches.
  const ofCheckout = cachePath('tensorflow', 'setup.json');
  const isSet = process.env.VOIRS_TENSORFLOW_DIR !== undefined || !existsSync(ofCheckout);
  const env: Record<string, string> = isSet ? {} : { VOIRS_TENSORFLOW_DIR: join(ofCheckout, '..') };
  const result = await runProgram(process.execPath, ['--import', tsx, script, input], env);
  if (result.code === 3) return { unavailable: result.stdout.trim().split('\n').at(-1)! };
  if (result.code !== 0) throw new Error(`${titleOf(engine)} failed: ${lastLines(result.stderr)}`);
  return JSON.parse(result.stdout.trim().split('\n').at(-1)!) as Answer;
}

function bytesBelow(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}

/** Bytes on disk of what an engine needs to run a model; no weights. Null where nothing of it is here. */
export function installedBytes({ name, isRival }: MatrixEngine): number | null {
  const own = bytesBelow(join(repositoryRoot, 'dist')) + bytesBelow(join(repositoryRoot, 'vendor'));
  if (isRival) {
    const modules = cachePath('rivals', 'node_modules');
    return bytesBelow(join(modules, name)) + bytesBelow(join(modules, 'onnxruntime-common')) || null;
  }
  if (name !== 'tensorflow') return own;
  const here = bytesBelow(cachePath('tensorflow')) || bytesBelow(setupFolder());
  return here === 0 ? null : own + here;
}
