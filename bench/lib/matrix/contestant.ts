// One engine of the matrix in a process of its own: does a task given as JSON and prints one line of JSON;
// ends with code 3 and a reason where the engine cannot run here. Started by engines.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '#tf';
import type { Backend } from '../../../src/backends/backend.js';
import type { Layer } from '../../../src/backends/ops.js';
import { backendPlugin } from '../../../src/backends/registry.js';
import { VoirsPipeline } from '../../../src/pipeline.js';
import { rivals } from '../../rivals/all.js';
import { loadContestant } from '../../rivals/beside.js';
import { openEngine, vocoderRun } from '../engine.js';
import { framesOf, secondsOf, vocoderInputs } from '../inputs.js';
import { measure } from '../measure.js';
import { microBenchmark } from '../micro.js';
import { isUnavailable } from '../unavailable.js';
import type { MatrixEngine, SpeakAnswer, Task, VocodeAnswer } from './engines.js';
import { type GoldenRow, goldenRows } from './goldens.js';

const SEED = 1;

function unavailable(reason: string): never {
  process.stdout.write(`${reason.replaceAll('\n', ' ')}\n`);
  process.exit(3);
}

/** A loaded vocoder, ours or a rival's. */
interface Contestant {
  versions: Record<string, string>;
  run(): Promise<unknown>;
  backend?: Backend;
}

async function open(
  { name, threads, isRival, seconds, device }: MatrixEngine,
  onnx?: string,
): Promise<Contestant> {
  const frames = framesOf(seconds);
  if (isRival) {
    const rival = await rivals[name]!();
    if (isUnavailable(rival)) unavailable(rival.unavailable);
    const { run } = await loadContestant(rival, onnx!, 'vocoder', { frames, seed: SEED, threads });
    return { versions: { [name]: rival.version }, run };
  }
  await mustLoad(name);
  const { backend, models } = await openEngine({ backend: name, threads });
  if (device === 'GPU' && backend.usesGpu !== true) {
    unavailable('it loads, but runs on a processor; `voirs doctor --cuda` lists what CUDA needs');
  }
  const run = vocoderRun(models.vocoder, vocoderInputs(frames, SEED));
  return { versions: { ...backend.versions }, run, backend };
}

/** Ends the process with the reason where a backend of ours does not load. */
async function mustLoad(name: string): Promise<void> {
  try {
    const found = await (await backendPlugin(name)).probe();
    if (!found.available) unavailable(found.reason);
  } catch (error) {
    unavailable((error as Error).message);
  }
}

/** The vocoder's dominant operation by itself: 7 taps, 32 channels, 8,192 samples. */
function micro(backend: Backend): VocodeAnswer['micro'] {
  const weight = Float32Array.from({ length: 32 * 32 * 7 }, (_, i) => Math.sin(i) / 16);
  const spec = { weight, inChannels: 32, outChannels: 32, kernel: 7, dilation: 3, padding: 9, leakyIn: 0.1 };
  const values = Float32Array.from({ length: 8192 * 32 }, (_, i) => Math.cos(i));
  let layer: Layer<'conv1d'> | undefined;
  const x = backend.run((ops) => {
    layer = ops.prepareConv1d(spec);
    return tf.tensor3d(values, [1, 8192, 32]);
  });
  const out = new Float32Array(1);
  const run = (): void => {
    const y = backend.run((ops) => ops.conv1d(x, layer!));
    void backend.read(y, out);
    y.dispose();
  };
  const results = microBenchmark([{ name: 'conv1d k 7, 32 channels, 8192 samples', run }], 1);
  layer!.dispose();
  x.dispose();
  return results.map(({ name, operationsPerSecond, marginPercent }) => ({
    name,
    operationsPerSecond,
    marginPercent,
  }));
}

async function vocode(engine: MatrixEngine, task: Task & { do: 'vocode' }): Promise<VocodeAnswer> {
  const began = performance.now();
  const { versions, run, backend } = await open(engine, task.onnx);
  const loadMs = performance.now() - began;
  const first = performance.now();
  await run();
  const firstRunMs = performance.now() - first;
  const [measured] = await measure([{ name: engine.name, run }], task);
  return {
    versions,
    loadMs,
    firstRunMs,
    ...measured!.samples,
    audioSeconds: secondsOf(framesOf(engine.seconds)),
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
    // benchmark.js takes synchronous work only; on a GPU that would time the dispatch, not the computation.
    micro: task.micro && backend && engine.name !== 'webgpu' ? micro(backend) : [],
  };
}

async function speak(engine: MatrixEngine, { texts, folder }: Task & { do: 'speak' }): Promise<SpeakAnswer> {
  await using pipeline = await VoirsPipeline.create({
    backend: engine.name,
    numThreads: engine.threads,
    enablePostprocessing: false,
  });
  const counts: number[] = [];
  for (const [i, text] of texts.entries()) {
    using audio = await pipeline.synthesize(text);
    const samples = audio.samples.slice();
    writeFileSync(join(folder, `${i}.f32`), new Uint8Array(samples.buffer));
    counts.push(samples.length);
  }
  return { versions: { ...pipeline.backend.versions }, counts };
}

/** The answer to a task. */
async function answer(engine: MatrixEngine, task: Task): Promise<VocodeAnswer | SpeakAnswer | GoldenRow[]> {
  if (task.do === 'vocode') return vocode(engine, task);
  await mustLoad(engine.name);
  return task.do === 'speak' ? speak(engine, task) : goldenRows(engine.name, engine.threads, task.effort);
}

const { engine, task } = JSON.parse(process.argv[2]!) as { engine: MatrixEngine; task: Task };
process.stdout.write(`${JSON.stringify(await answer(engine, task))}\n`, () => process.exit(0));
