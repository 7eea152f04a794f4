// The engines of the backends' matrix, each run in a process of its own, because libtensorflow and
// onnxruntime-web have one number of threads a process, and memory is measured by process.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setupFolder } from '../../../src/backends/tensorflow/place.js';
import { adapterName, isSoftware, probeGpu } from '../../../src/backends/webgpu/device.js';
import { cudaSteps, firstMissing } from '../../../src/cli/setup/cuda.js';
import { cachePath, repositoryRoot } from '../cache.js';
import { lastLines, runProgram } from '../program.js';
import { softwareGpuEnvironment } from '../software-gpu.js';
import type { Unavailable } from '../unavailable.js';

/** One row of the matrix. */
export interface MatrixEngine {
  /** A backend of ours, or a rival's name. */
  name: string;
  threads: number;
  isRival: boolean;
  /**
   * Seconds of audio that the vocoder is timed on: the reference takes minutes for what others do in one
   * second.
   */
  seconds: number;
  /**
   * How much work it gets; slow ones get few runs, and only texts and goldens that they finish in a minute.
   */
  effort: 'full' | 'short' | 'least';
  /** What it computes on, where the same engine has more than one row. */
  device?: 'GPU' | 'software GPU';
  /** Why it cannot run here. */
  unavailable?: string;
  /** What its process needs in its environment. */
  env?: Record<string, string>;
}

export const ENGINES: readonly MatrixEngine[] = [
  { name: 'wasm', threads: 1, isRival: false, seconds: 5, effort: 'full' },
  { name: 'wasm', threads: 2, isRival: false, seconds: 5, effort: 'full' },
  { name: 'cpu', threads: 1, isRival: false, seconds: 0.25, effort: 'short' },
  { name: 'webgpu', threads: 1, isRival: false, seconds: 5, effort: 'full', device: 'GPU' },
  { name: 'webgpu', threads: 1, isRival: false, seconds: 0.1, effort: 'least', device: 'software GPU' },
  { name: 'tensorflow', threads: 1, isRival: false, seconds: 5, effort: 'full' },
  { name: 'tensorflow', threads: 2, isRival: false, seconds: 5, effort: 'full' },
  { name: 'tensorflow', threads: 1, isRival: false, seconds: 5, effort: 'full', device: 'GPU' },
  { name: 'onnxruntime-web', threads: 1, isRival: true, seconds: 5, effort: 'full' },
  { name: 'onnxruntime-web', threads: 2, isRival: true, seconds: 5, effort: 'full' },
  { name: 'onnxruntime-node', threads: 1, isRival: true, seconds: 5, effort: 'full' },
  { name: 'onnxruntime-node', threads: 2, isRival: true, seconds: 5, effort: 'full' },
];

/** Names of all engines, and of those that are backends of ours. */
export const ENGINE_NAMES: readonly string[] = [...new Set(ENGINES.map(({ name }) => name))];
export const BACKEND_NAMES: readonly string[] = [
  ...new Set(ENGINES.filter(({ isRival }) => !isRival).map(({ name }) => name)),
];

/**
 * The engines of those names (absent: all), as they are on this machine; a missing GPU gives its row a
 * reason.
 */
export async function enginesHere(names: readonly string[] | undefined): Promise<MatrixEngine[]> {
  const chosen = ENGINES.filter(({ name }) => names?.includes(name) ?? true);
  return Promise.all(
    chosen.map(async (engine): Promise<MatrixEngine> => {
      if (engine.device === undefined) return engine;
      if (engine.device === 'software GPU') {
        const env = await softwareGpuEnvironment();
        return 'missing' in env ? { ...engine, unavailable: env.missing } : { ...engine, env };
      }
      return { ...engine, ...(engine.name === 'webgpu' ? await webgpuHere() : cudaHere()) };
    }),
  );
}

type Here = Pick<MatrixEngine, 'env' | 'unavailable'>;

async function webgpuHere(): Promise<Here> {
  const found = await probeGpu();
  // The benches' own package: its process finds out whether there is a GPU.
  const ofBenches = dirname(cachePath('rivals', 'node_modules', 'webgpu'));
  if (!found.available && existsSync(join(ofBenches, 'webgpu'))) return { env: { NODE_PATH: ofBenches } };
  if (!found.available) return { unavailable: found.reason };
  return isSoftware(found.info)
    ? { unavailable: `no GPU: the only adapter is ${adapterName(found.info)}` }
    : {};
}

/** The checkout's own set-up for CUDA (bench gpu makes it), or the user's. */
function cudaHere(): Here {
  const ofCheckout = dirname(cachePath('tensorflow-cuda', 'setup.json'));
  const isOwn = process.env.VOIRS_TENSORFLOW_DIR === undefined && existsSync(ofCheckout);
  const folder = isOwn ? ofCheckout : setupFolder();
  const gap = firstMissing(cudaSteps({ folder }));
  if (gap) return { unavailable: `no CUDA: ${gap.missing}; ${gap.advice}` };
  return { env: { VOIRS_TENSORFLOW_DIR: folder } };
}

export const titleOf = ({ name, threads, device }: MatrixEngine): string =>
  device ? `${name}, ${device}` : `${name}, ${threads} thread${threads === 1 ? '' : 's'}`;

/** The task of a process: time the vocoder, speak texts into files of raw float32, or run every golden. */
export type Task =
  | { do: 'vocode'; runs: number; warmups: number; onnx?: string; micro: boolean }
  | { do: 'speak'; texts: string[]; folder: string }
  | { do: 'goldens'; effort: MatrixEngine['effort'] };

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

/** The time limit of one task; then the process is ended. */
const TIMEOUT_SECONDS = 150;

/** Runs a task in an engine's own process. @returns its answer, or why it cannot run here or failed. */
export async function ask<Answer>(engine: MatrixEngine, task: Task): Promise<Answer | Unavailable> {
  if (engine.unavailable !== undefined) return { unavailable: engine.unavailable };
  const script = join(repositoryRoot, 'bench', 'lib', 'matrix', 'contestant.ts');
  const input = JSON.stringify({ engine, task });
  // A checkout's own set-up of libtensorflow serves its benches.
  const ofCheckout = cachePath('tensorflow', 'setup.json');
  const isSet = process.env.VOIRS_TENSORFLOW_DIR !== undefined || !existsSync(ofCheckout);
  const env = { ...(isSet ? {} : { VOIRS_TENSORFLOW_DIR: join(ofCheckout, '..') }), ...engine.env };
  const command = [...process.execArgv, script, input];
  const began = performance.now();
  const result = await runProgram(process.execPath, command, env, TIMEOUT_SECONDS * 1000);
  if (result.code === 3) return { unavailable: result.stdout.trim().split('\n').at(-1)! };
  if (result.code !== 0) {
    const isLate = result.code === null && performance.now() - began >= TIMEOUT_SECONDS * 1000;
    const how = isLate
      ? `not done after ${TIMEOUT_SECONDS} s`
      : `code ${result.code}, ${lastLines(result.stderr)}`;
    return { unavailable: `failed: ${how}` };
  }
  return JSON.parse(result.stdout.trim().split('\n').at(-1)!) as Answer;
}

function bytesBelow(path: string): number {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.size;
  return readdirSync(path).reduce((sum, name) => sum + bytesBelow(join(path, name)), 0);
}

/**
 * Bytes on disk of what an engine needs to run a model, without weights; null where none of it is installed.
 */
export function installedBytes({ name, isRival, device, env: setUp }: MatrixEngine): number | null {
  const own = bytesBelow(join(repositoryRoot, 'dist')) + bytesBelow(join(repositoryRoot, 'vendor'));
  if (isRival) {
    const modules = cachePath('rivals', 'node_modules');
    return bytesBelow(join(modules, name)) + bytesBelow(join(modules, 'onnxruntime-common')) || null;
  }
  if (name !== 'tensorflow') return own;
  if (device === 'GPU') return own + bytesBelow(setUp?.VOIRS_TENSORFLOW_DIR ?? setupFolder());
  const here = bytesBelow(cachePath('tensorflow')) || bytesBelow(setupFolder());
  return here === 0 ? null : own + here;
}
