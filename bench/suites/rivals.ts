// The yardstick: what the rivals need for our own two models, on this machine.
import { parseArgs } from 'node:util';
import { environment } from '../lib/environment.js';
import { framesOf, secondsOf } from '../lib/inputs.js';
import { type MeasuredCase, measure } from '../lib/measure.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable } from '../lib/unavailable.js';
import { openRivals } from '../rivals/models.js';
import { ensureOnnx, type OnnxModel } from '../rivals/onnx/ensure.js';
import type { Rival, RivalSession, RivalTensors } from '../rivals/rival.js';
import { difference, inputsOf } from '../rivals/tensors.js';

export const description = 'onnxruntime-web and onnxruntime-node on our vocoder and acoustic model';

const plainGenerators: OnnxModel[] = ['hifigan-v1', 'hifigan-v2', 'hifigan-v3'];

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

/** @throws Error on an unknown option, or when no rival can be had. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1' },
      runs: { type: 'string', default: '11' },
      // Longest first: V8 goes on compiling a rival's WebAssembly in the background for its first seconds.
      seconds: { type: 'string', default: '10,2' },
      models: { type: 'string', default: 'vocoder,acoustic-forced' },
    },
  });
  const protocol = { seed: 1, warmups: 5, runs: Number(values.runs), threads: Number(values.threads) };
  const notes = ['RTF = wall time / audio; inputs and outputs cross the engine boundary in each run'];
  const opened = await openRivals(notes);
  if (opened.length === 0) throw new Error(notes.join('; '));
  const versions = Object.fromEntries(opened.map(({ name, version }) => [name, version]));
  const facts = environment({ ...protocol, versions });
  const tables: Table[] = [];
  for (const model of parseModels(values.models)) {
    const path = await ensureOnnx(model);
    if (isUnavailable(path)) {
      notes.push(path.unavailable);
      continue;
    }
    const loaded: Loaded[] = [];
    for (const rival of opened) loaded.push({ rival, session: await rival.load(path, protocol) });
    tables.push(await compare(model, loaded, values.seconds.split(',').map(Number), protocol));
    for (const { session } of loaded) await session.dispose();
  }
  return { name: 'rivals', environment: facts, tables, notes };
}

function parseModels(list: string): OnnxModel[] {
  const known: OnnxModel[] = ['vocoder', 'acoustic-forced', ...plainGenerators];
  return list.split(',').map((name) => {
    const model = known.find((candidate) => candidate === name);
    if (model === undefined) throw new Error(`no model ${name}; there are ${known.join(', ')}`);
    return model;
  });
}
