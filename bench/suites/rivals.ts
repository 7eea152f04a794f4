// The time that the rivals need for our two models on this machine: what ours is compared with.
import { environment } from '../lib/environment.js';
import { framesOf, secondsOf } from '../lib/inputs.js';
import { type MeasuredCase, measure } from '../lib/measure.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { onnxOrNote } from '../rivals/beside.js';
import { openRivals } from '../rivals/models.js';
import type { OnnxModel } from '../rivals/onnx/ensure.js';
import type { Rival, RivalSession, RivalTensors } from '../rivals/rival.js';
import { difference, inputsOf } from '../rivals/tensors.js';

export const description = 'onnxruntime-web and onnxruntime-node on our vocoder and acoustic model';

/** All that are exported with inputs of a given length. */
const MODELS: readonly Exclude<OnnxModel, 'acoustic'>[] = [
  'vocoder',
  'acoustic-forced',
  'hifigan-v1',
  'hifigan-v2',
  'hifigan-v3',
];

export const options = {
  threads: { kind: 'count', default: 1, does: 'threads of a rival' },
  runs: { kind: 'count', default: 11, does: 'counted runs' },
  // Longest first: V8 goes on compiling a rival's WebAssembly in the background for its first seconds.
  seconds: { kind: 'numbers', default: [10, 2], does: 'lengths of audio, the longest first' },
  models: { kind: 'names', of: MODELS, default: ['vocoder', 'acoustic-forced'], does: 'models' },
} as const satisfies Options;

interface Loaded {
  rival: Rival;
  session: RivalSession;
}

/** One model in every rival, at every length. */
async function compare(
  model: OnnxModel,
  loaded: Loaded[],
  seconds: number[],
  options: Protocol,
): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const length of seconds) {
    const inputs = inputsOf(model, framesOf(length), options.seed);
    const audioSeconds = secondsOf(framesOf(length));
    let reference: RivalTensors | undefined;
    const differences: number[] = [];
    for (const { session } of loaded) {
      const outputs = await session.run(inputs);
      reference ??= outputs;
      differences.push(difference(reference, outputs));
    }
    const cases = loaded.map(({ rival, session }): MeasuredCase => {
      return { name: rival.name, run: () => session.run(inputs) };
    });
    const measured = await measure(cases, options);
    for (const [i, { name, wallMs, cpuMs }] of measured.entries()) {
      const rtf = wallMs.median / 1000 / audioSeconds;
      rows.push([
        name,
        options.threads,
        length,
        wallMs.median,
        wallMs.iqr,
        cpuMs.median,
        rtf,
        differences[i]!,
      ]);
    }
  }
  const columns = [
    'engine',
    'threads',
    'audio s',
    'wall ms',
    'IQR ms',
    'CPU ms',
    'RTF',
    'max-abs against the first',
  ];
  return { title: model, columns, rows };
}

interface Protocol {
  seed: number;
  warmups: number;
  runs: number;
  threads: number;
}

/** @throws Error on an unknown option or value, or when no rival is available. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { threads, runs, seconds, models } = parseOptions(options, args);
  const protocol = { seed: 1, warmups: 5, runs, threads };
  const notes = ['RTF = wall time / audio; inputs and outputs cross the engine boundary in each run'];
  const opened = await openRivals(notes);
  if (opened.length === 0) throw new Error(notes.join('; '));
  const versions = Object.fromEntries(opened.map(({ name, version }) => [name, version]));
  const facts = environment({ ...protocol, versions });
  const tables: Table[] = [];
  for (const model of models) {
    const path = await onnxOrNote(model, notes);
    if (path === undefined) continue;
    const loaded: Loaded[] = [];
    for (const rival of opened) loaded.push({ rival, session: await rival.load(path, protocol) });
    tables.push(await compare(model, loaded, seconds, protocol));
    for (const { session } of loaded) await session.dispose();
  }
  return { name: 'rivals', environment: facts, tables, notes };
}
