// The vocoder alone, ours and HiFi-GAN's three sizes, against the rivals on the same weights at as many
// threads.
import { join } from 'node:path';
import type { Backend } from '../../src/backends/backend.js';
import { backendNames } from '../../src/backends/registry.js';
import type { Vocoder } from '../../src/models/model.js';
import { repositoryRoot, sharedNotes } from '../lib/cache.js';
import { type Comparison, comparisonTable } from '../lib/comparison.js';
import { generatorFrom, openEngine, vocoderRun } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { framesOf, vocoderInputs } from '../lib/inputs.js';
import { type Options, parseOptions } from '../lib/options.js';
import { lastLines, runProgram } from '../lib/program.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { compareWithRivals, onnxOrNote } from '../rivals/beside.js';
import { openRivals } from '../rivals/models.js';
import { exportedVoice, randomHifiganWeights } from '../rivals/onnx/ensure.js';
import type { Rival } from '../rivals/rival.js';

export const description = 'vocoders (ours, HiFi-GAN V1-V3) against onnxruntime-web and -node, as ratios';

/** Seconds of audio; V1 costs fifteen times what V2 does. */
const DEFAULT_SECONDS = { vocoder: 5, 'hifigan-v1': 1.5, 'hifigan-v2': 5, 'hifigan-v3': 5 } as const;
type Model = keyof typeof DEFAULT_SECONDS;
const MODELS = Object.keys(DEFAULT_SECONDS) as Model[];

export const options = {
  threads: { kind: 'counts', default: [1, 2], does: 'threads of every engine; a process for each number' },
  backend: { kind: 'name', of: backendNames(), default: 'wasm', does: 'our backend' },
  models: { kind: 'names', of: MODELS, default: MODELS, does: 'vocoders' },
  seconds: { kind: 'number', does: 'audio per run (default 5, 1.5 for hifigan-v1)' },
  runs: { kind: 'count', default: 9, does: 'counted runs of each engine' },
  'warm-ups': { kind: 'count', default: 3, least: 0, does: 'runs of each engine before' },
} as const satisfies Options;

/** How all models of a run are compared. */
interface Protocol {
  seed: number;
  warmups: number;
  runs: number;
  threads: number;
}

/** The generator that an ONNX file was exported from: the voice's, or one with seeded random weights. */
async function generatorOf(model: Model, backend: Backend, voice: Vocoder): Promise<Vocoder> {
  if (model === 'vocoder') return voice;
  const { weights, config } = randomHifiganWeights(model);
  return generatorFrom(backend, weights, config);
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
  await using engine = await openEngine({ backend, threads: protocol.threads, weights: exportedVoice() });
  const comparisons: Comparison[] = [];
  for (const model of models) {
    const onnx = await onnxOrNote(model, notes);
    if (onnx === undefined) continue;
    const voice = engine.models.vocoder;
    const generator = await generatorOf(model, engine.backend, voice);
    try {
      const frames = framesOf(seconds ?? DEFAULT_SECONDS[model]);
      const ours = vocoderRun(generator, vocoderInputs(frames, protocol.seed));
      comparisons.push(await compareWithRivals(model, ours, rivals, onnx, { ...protocol, frames }));
    } finally {
      if (generator !== voice) generator.dispose();
    }
  }
  return comparisons;
}

/** @throws Error on an unknown option or value. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const values = parseOptions(options, args);
  const { threads: counts, models, seconds, runs, 'warm-ups': warmups } = values;
  if (counts.length > 1) return runEach(counts, args);
  const [threads] = counts as [number];
  const notes = [
    `${values.backend}; engines take turns, each with the threads of the table's title; ratios are of the runs of one round, median with 95 % interval`,
    'one piece, inputs and outputs cross the engine boundary; hifigan-* have seeded random weights',
    ...sharedNotes('voices/aspen'),
  ];
  const rivals = await openRivals(notes);
  const versions = Object.fromEntries(rivals.map(({ name, version }) => [name, version]));
  const facts = environment({ seed: 1, warmups, runs, versions });
  const protocol = { seed: 1, warmups, runs, threads };
  const comparisons = await compareModels(models, values.backend, rivals, seconds, protocol, notes);
  const title = `vocoders, ${threads} thread${threads === 1 ? '' : 's'}`;
  const tables = [comparisonTable(title, comparisons)];
  return { name: 'vocoder', environment: facts, tables, notes, data: { comparisons } };
}

/** Each number of threads in a process of its own: onnxruntime-web keeps that of its first session. */
async function runEach(threads: readonly number[], args: readonly string[]): Promise<Report> {
  const script = join(repositoryRoot, 'bench', 'run.ts');
  const reports: Report[] = [];
  for (const count of threads) {
    const own = [...process.execArgv, script, 'vocoder', ...args, '--threads', String(count), '--json'];
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
