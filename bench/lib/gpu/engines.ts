// The engines of bench gpu, each set up for a machine with an NVIDIA card or, in a dry run, as this machine
// has it without one. Each runs in a process of its own, while this one watches the card's memory.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installRival } from '../../rivals/install.js';
import { cachePath, repositoryRoot, sharedPath } from '../cache.js';
import { lastLines, runProgram } from '../program.js';
import { ensureVenv, findVenv } from '../python.js';
import { DAWN_VERSION, softwareGpuEnvironment } from '../software-gpu.js';
import { isUnavailable, type Unavailable } from '../unavailable.js';
import { CardWatch } from './card.js';
import type { GpuAnswer, GpuTask } from './task.js';

export const GPU_ENGINE_NAMES = ['wasm', 'tensorflow', 'webgpu', 'pytorch'] as const;
export type GpuEngineName = (typeof GPU_ENGINE_NAMES)[number];

/** One engine, ready to run, or the reason why not. */
export interface GpuEngine {
  name: GpuEngineName;
  /** What the tables call it. */
  title: string;
  /** Whether it runs on the card, or on the CPU for comparison. */
  isForGpu: boolean;
  /** Set for a software GPU, whose times are not comparable. */
  isSoftware?: boolean;
  /** The interpreter, of the one that is not ours. */
  python?: string;
  env?: Record<string, string>;
  unavailable?: string;
}

/** How the engines are set up. */
export interface SetUp {
  /** Nothing is downloaded but the package `webgpu`, and processors stand in for the card. */
  isDryRun: boolean;
  /** A Python with torch, numpy and safetensors, in place of an environment of our own. */
  python: string | undefined;
}

const PYTHON_FOLDER = join(repositoryRoot, 'bench', 'lib', 'gpu');

/** The engines of those names. Setting up for a card downloads 5 GB the first time. */
export async function gpuEngines(how: SetUp, names: readonly GpuEngineName[]): Promise<GpuEngine[]> {
  const known = {
    wasm: async (): Promise<GpuEngine> => ({ name: 'wasm', title: 'wasm, 1 thread', isForGpu: false }),
    tensorflow: () => tensorflow(how),
    webgpu: () => webgpu(how),
    pytorch: () => pytorch(how),
  };
  const engines: GpuEngine[] = [];
  for (const name of GPU_ENGINE_NAMES) if (names.includes(name)) engines.push(await known[name]());
  return engines;
}

async function tensorflow({ isDryRun }: SetUp): Promise<GpuEngine> {
  const base = { name: 'tensorflow', isForGpu: !isDryRun } as const;
  const title = isDryRun ? 'tensorflow, CPU' : 'tensorflow, CUDA';
  const folder = cachePath(isDryRun ? 'tensorflow' : 'tensorflow-cuda', 'setup.json');
  const env = { VOIRS_TENSORFLOW_DIR: process.env.VOIRS_TENSORFLOW_DIR ?? dirname(folder) };
  // Without a set-up in the checkout, the user's serves.
  if (isDryRun) return { ...base, title, ...(existsSync(folder) ? { env } : {}) };
  console.error('setting up libtensorflow for CUDA (first time only: 3 GB to download)');
  const cli = join(repositoryRoot, 'dist', 'cli', 'main.js');
  const command = [cli, 'setup', 'tensorflow', '--cuda', '--dir', env.VOIRS_TENSORFLOW_DIR];
  const { code, stderr } = await runProgram(process.execPath, command);
  return { ...base, title, env, ...(code === 0 ? {} : { unavailable: lastLines(stderr) }) };
}

async function webgpu({ isDryRun }: SetUp): Promise<GpuEngine> {
  const base = { name: 'webgpu', isForGpu: !isDryRun } as const;
  if (isDryRun) {
    const env = await softwareGpuEnvironment();
    const title = 'webgpu, software GPU';
    return 'missing' in env
      ? { ...base, title, unavailable: env.missing }
      : { ...base, title, env, isSoftware: true };
  }
  const title = 'webgpu, Vulkan';
  const installed = await installRival('webgpu', DAWN_VERSION);
  if (isUnavailable(installed)) return { ...base, title, ...installed };
  return { ...base, title, env: { NODE_PATH: cachePath('rivals', 'node_modules') } };
}

async function pytorch({ isDryRun, python }: SetUp): Promise<GpuEngine> {
  const base = { name: 'pytorch', isForGpu: !isDryRun } as const;
  const title = isDryRun ? 'PyTorch, CPU' : 'PyTorch, CUDA';
  if (python !== undefined) return { ...base, title, python };
  if (!isDryRun) {
    const venv = await ensureVenv('torch', join(PYTHON_FOLDER, 'requirements.txt'));
    return { ...base, title, ...venv };
  }
  // The environment that exports ONNX files has PyTorch too.
  const found = findVenv('torch') ?? findVenv('onnx');
  const unavailable =
    'no Python environment with PyTorch is here, and a dry run makes none; npm run bench -- rivals makes one';
  return { ...base, title, ...(found ?? { unavailable }) };
}

/** An engine's answer, and the most memory of the card that it took. */
export interface GpuResult extends GpuAnswer {
  peakCardMiB: number | null;
}

/** Gives an engine its task; a reason where it cannot run here or failed. */
export async function askGpu(
  engine: GpuEngine,
  task: GpuTask,
  timeoutMs: number,
): Promise<GpuResult | Unavailable> {
  const { name, python } = engine;
  const command: [string, string[]] = python
    ? [python, [join(PYTHON_FOLDER, 'pytorch.py'), JSON.stringify({ task, shared: sharedPath() })]]
    : [
        process.execPath,
        [
          ...process.execArgv,
          join(PYTHON_FOLDER, 'contestant.ts'),
          JSON.stringify({ name, threads: 1, task }),
        ],
      ];
  // For all engines alike; 0 overrides what a program sets.
  const env = { ...engine.env, NVIDIA_TF32_OVERRIDE: task.tf32 ? '1' : '0', PYTHONDONTWRITEBYTECODE: '1' };
  const watch = task.needsGpu ? await CardWatch.start() : undefined;
  const began = performance.now();
  const { code, stdout, stderr } = await runProgram(...command, env, timeoutMs);
  const peakCardMiB = (await watch?.stop()) ?? null;
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (code === 3) return { unavailable: last };
  if (code !== 0) {
    const isLate = code === null && performance.now() - began >= timeoutMs;
    const how = isLate ? `not done after ${timeoutMs / 1000} s` : lastLines(stderr || stdout);
    return { unavailable: `failed: ${how}` };
  }
  return { ...(JSON.parse(last) as GpuAnswer), peakCardMiB };
}
