// The vocoder alone, ours and HiFi-GAN's three sizes, against the rivals on the same weights at as many threads.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Backend } from '../../src/backends/backend.js';
import type { Vocoder } from '../../src/models/model.js';
import { repositoryRoot } from '../lib/cache.js';
import { type Comparison, type Contestant, compare, comparisonTable } from '../lib/comparison.js';
import { generatorFrom, openEngine, vocoderRun } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { framesOf, vocoderInputs } from '../lib/inputs.js';
import { lastLines, runProgram } from '../lib/program.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable } from '../lib/unavailable.js';
import { openRivals } from '../rivals/models.js';
import { ensureOnnx, type OnnxModel, randomHifiganWeights } from '../rivals/onnx/ensure.js';
import type { Rival } from '../rivals/rival.js';
import { inputsOf } from '../rivals/tensors.js';

export const description = 'vocoders (ours, HiFi-GAN V1-V3) against onnxruntime-web and -node, as ratios';

/** Seconds of audio; V1 costs fifteen times what V2 does. */
const DEFAULT_SECONDS = { vocoder: 5, 'hifigan-v1': 1.5, 'hifigan-v2': 5, 'hifigan-v3': 5 } as const;
type Model = keyof typeof DEFAULT_SECONDS;

/** How all models of a run are compared. */
interface Protocol {
  seed: number;
  warmups: number;
  runs: number;
  threads: number;
}

/** The generator that an ONNX file was exported from: the voice's own, or one with seeded random weights. */
async function generatorOf(model: Model, backend: Backend, voice: Vocoder): Promise<Vocoder> {
  if (model === 'vocoder') return voice;
  const { weights, config } = randomHifiganWeights(model);
  return generatorFrom(backend, weights, config);
}

/** One model through every engine; rivals are loaded for it and disposed after it. */
async function compareModel(
  model: Model,
  generator: Vocoder,
  rivals: Rival[],
  onnx: string,
  frames: number,
  options: Protocol,
): Promise<Comparison> {
  const contestants: Contestant[] = [
    { name: 'voirs', run: vocoderRun(generator, vocoderInputs(frames, options.seed)) },
  ];
  const inputs = inputsOf(model satisfies OnnxModel, frames, options.seed);
  const sessions = [];
  for (const rival of rivals) {
    const session = await rival.load(onnx, { threads: options.threads });
    sessions.push(session);
    contestants.push({ name: rival.name, run: () => session.run(inputs) });
  }
  try {
    return await compare(model, frames, contestants, options);
  } finally {
    for (const session of sessions) await session.dispose();
  }
}

/** All models at one number of threads, ours and every rival's. */
async function compareModels(
  models: readonly Model[],
  backend: string,
  rivals: Rival[],
  seconds: number | undefined,
  protocol: Protocol,
  notes: string[],
): Promise<Comparison[]> {
  await using engine = await openEngine({ backend, threads: protocol.threads });
  const comparisons: Comparison[] = [];
  for (const model of models) {
    const onnx = await ensureOnnx(model);
    if (isUnavailable(onnx)) {
      notes.push(onnx.unavailable);
      continue;
    }
    const voice = engine.models.vocoder;
    const generator = await generatorOf(model, engine.backend, voice);
    try {
      const frames = framesOf(seconds ?? DEFAULT_SECONDS[model]);
      comparisons.push(await compareModel(model, generator, rivals, onnx, frames, protocol));
    } finally {
      if (generator !== voice) generator.dispose();
    }
  }
  return comparisons;
}

/** @throws Error on an unknown option. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1,2' },
      backend: { type: 'string', default: 'wasm' },
      models: { type: 'string', default: Object.keys(DEFAULT_SECONDS).join(',') },
      seconds: { type: 'string' },
      runs: { type: 'string', default: '9' },
      'warm-ups': { type: 'string', default: '3' },
    },
  });
  const counts = values.threads.split(',');
  if (counts.length > 1) return runEach(counts, args);
  const [warmups, runs] = [Number(values['warm-ups']), Number(values.runs)];
  const models = parseModels(values.models);
  const seconds = values.seconds === undefined ? undefined : Number(values.seconds);
  const notes = [
    `${values.backend}; engines take turns, each with as many threads as the table says, ratios are of the runs of one round, median with 95 % interval`,
    'one piece, inputs and outputs cross the engine boundary; hifigan-* have seeded random weights',
  ];
  const rivals = await openRivals(notes);
  const versions = Object.fromEntries(rivals.map(({ name, version }) => [name, version]));
  const facts = environment({ seed: 1, warmups, runs, versions });
  const protocol = { seed: 1, warmups, runs, threads: Number(values.threads) };
  const comparisons = await compareModels(models, values.backend, rivals, seconds, protocol, notes);
  const title = `vocoders, ${values.threads} thread${values.threads === '1' ? '' : 's'}`;
  const tables = [comparisonTable(title, comparisons)];
  return { name: 'vocoder', environment: facts, tables, notes, data: { comparisons } };
}

/** Each number of threads in a process of its own: onnxruntime-web keeps that of its first session. */
async function runEach(threads: readonly string[], args: readonly string[]): Promise<Report> {
  const script = join(repositoryRoot, 'bench', 'run.ts');
  const reports: Report[] = [];
  for (const count of threads) {
    const own = [...process.execArgv, script, 'vocoder', ...args, '--threads', count, '--json'];
    const { code, stdout, stderr } = await runProgram(process.execPath, own);
    if (code !== 0) throw new Error(`${count} threads: ${lastLines(stderr)}`);
    reports.push(JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as Report);
  }
  const first = reports[0]!;
  return {
    ...first,
    tables: reports.flatMap(({ tables }) => tables),
    notes: [...new Set(reports.flatMap(({ notes }) => notes))],
    data: Object.fromEntries(reports.map(({ data }, i) => [`threads${threads[i]}`, data])),
  };
}

function parseModels(list: string): Model[] {
  return list.split(',').map((name) => {
    if (name in DEFAULT_SECONDS) return name as Model;
    throw new Error(`no vocoder ${name}; there are ${Object.keys(DEFAULT_SECONDS).join(', ')}`);
  });
}
