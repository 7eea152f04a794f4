// One of our backends in a process of its own: parity, the vocoder in growing pieces, and texts in concurrent
// calls. Prints one line of JSON; ends with code 3 and a reason where it cannot run here. Started by
// engines.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { backendPlugin } from '../../../src/backends/registry.js';
import { cudaSteps, firstMissing } from '../../../src/cli/setup/cuda.js';
import type { Vocoder } from '../../../src/models/model.js';
import { VoirsPipeline } from '../../../src/pipeline.js';
import type { Engine } from '../../../src/synthesis/engine.js';
import { generatorFrom, openEngine, vocoderRun } from '../engine.js';
import { fixture } from '../goldens.js';
import { secondsOf, vocoderInputs } from '../inputs.js';
import { goldenRows } from '../matrix/goldens.js';
import { measure } from '../measure.js';
import type { GpuAnswer, GpuRow, GpuTask } from './task.js';

/** Of the inputs; pytorch.py reads the same from files. */
export const SEED = 1;

function unavailable(reason: string): never {
  process.stdout.write(`${reason.replaceAll('\n', ' ')}\n`);
  process.exit(3);
}

/** Why a backend that loaded does not compute on a GPU. */
function whyNoGpu(name: string, versions: Readonly<Record<string, string>>): string {
  if (name === 'webgpu') return `the only adapter is ${versions.adapter}; see that Vulkan finds the card`;
  const gap = firstMissing(cudaSteps());
  return `it runs on the CPU; ${gap ? `${gap.missing}: ${gap.advice}` : 'libtensorflow found no GPU it knows'}`;
}

/**
 * Times work that returns the seconds of audio it made. A failure becomes a row too.
 *
 * @returns whether it succeeded.
 */
async function timed(
  rows: GpuRow[],
  row: Omit<GpuRow, 'wallMs' | 'audioSeconds'>,
  { warmups, runs }: GpuTask,
  work: () => Promise<number>,
): Promise<boolean> {
  let audioSeconds = 0;
  const run = async (): Promise<void> => {
    audioSeconds = await work();
  };
  try {
    const [measured] = await measure([{ name: row.form, run }], { warmups, runs });
    rows.push({ ...row, audioSeconds, wallMs: measured!.samples.wallMs });
    return true;
  } catch (error) {
    rows.push({ ...row, audioSeconds, wallMs: [], failed: (error as Error).message });
    return false;
  }
}

type GpuTimings = Pick<GpuAnswer, 'device' | 'versions' | 'firstRunMs' | 'vocoder'>;

/** The vocoder that is timed. */
async function generatorOf({ backend, models }: Engine, { model }: GpuTask): Promise<Vocoder> {
  if (model === 'voice') return models.vocoder;
  return generatorFrom(backend, fixture('hifigan-v3-tiny.pth'), fixture('hifigan-v3-tiny.json'));
}

async function vocoder(name: string, task: GpuTask, engine: Engine): Promise<GpuTimings> {
  const { backend } = engine;
  const generator = await generatorOf(engine, task);
  const first = performance.now();
  const { audio } = await vocoderRun(generator, vocoderInputs(task.frames, SEED))();
  const firstRunMs = performance.now() - first;
  const samples = audio!.data as Float32Array;
  writeFileSync(
    join(task.folder, `${name}.f32`),
    new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
  );
  const rows: GpuRow[] = [];
  for (const count of task.pieces) {
    const run = vocoderRun(generator, vocoderInputs(task.frames * count, SEED));
    const work = async () => {
      await run();
      return secondsOf(task.frames * count);
    };
    if (!(await timed(rows, { form: 'one run', count }, task, work))) break;
  }
  const { adapter, features } = backend.versions;
  const device = adapter ?? (name === 'tensorflow' ? `libtensorflow, ${features?.split(',')[0]}` : 'CPU');
  if (generator !== engine.models.vocoder) generator.dispose();
  return { device, versions: { ...backend.versions }, firstRunMs, vocoder: rows };
}

/**
 * Several calls of `synthesize` made together, as in a server: the pipeline's queue serves them one by one.
 */
async function speech(name: string, task: GpuTask, threads: number): Promise<GpuRow[]> {
  const rows: GpuRow[] = [];
  if (task.atOnce.length === 0) return rows;
  await using pipeline = await VoirsPipeline.create({ backend: name, numThreads: threads, cacheSize: 0 });
  for (const count of task.atOnce) {
    const texts = Array.from({ length: count }, (_, n) => task.texts[n % task.texts.length]!);
    const work = async () => {
      const spoken = await Promise.all(texts.map((text) => pipeline.synthesize(text)));
      let seconds = 0;
      for (const audio of spoken) {
        seconds += audio.duration;
        audio.dispose();
      }
      return seconds;
    };
    if (!(await timed(rows, { form: 'calls', count }, task, work))) break;
  }
  return rows;
}

async function main(name: string, threads: number, task: GpuTask): Promise<void> {
  const found = await (await backendPlugin(name)).probe();
  if (!found.available) unavailable(found.reason);
  const began = performance.now();
  // Kept to the end: every part runs on the same instance, whose shaders and plans are made once.
  await using engine = await openEngine({ backend: name, threads });
  const loadMs = performance.now() - began;
  const { usesGpu, versions } = engine.backend;
  if (task.needsGpu && usesGpu !== true) unavailable(whyNoGpu(name, versions));
  const timings = await vocoder(name, task, engine);
  const answer: GpuAnswer = {
    loadMs,
    ...timings,
    parity: await goldenRows(name, threads, task.effort),
    speech: await speech(name, task, threads),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
  process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit(0));
}

const { name, threads, task } = JSON.parse(process.argv[2]!) as {
  name: string;
  threads: number;
  task: GpuTask;
};
await main(name, threads, task);
