// Our kernels against TensorFlow.js's, shape by shape and as a whole vocoder and acoustic model, in turns on
// one heap.
import type * as tf from '#tf';
import type { Backend } from '../../src/backends/backend.js';
import type { Ops } from '../../src/backends/ops.js';
import { CompositeOps } from '../../src/backends/reference.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { WasmOps } from '../../src/backends/wasm/ops.js';
import { acquireModels } from '../../src/synthesis/shared-models.js';
import { defaultVoiceFolder } from '../../src/voices/catalog.js';
import { loadVoiceFiles } from '../../src/voices/files.js';
import { spread } from '../lib/comparison.js';
import { acousticRun, vocoderRun } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { acousticInputs, framesOf, secondsOf, vocoderInputs } from '../lib/inputs.js';
import { operationTable } from '../lib/kernel-ops.js';
import { shapeTable } from '../lib/kernel-shapes.js';
import { type MeasuredCase, type Measurement, measure } from '../lib/measure.js';
import { modelShapes } from '../lib/model-shapes.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report, Table } from '../lib/report.js';
import { pairedRatios } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'our WebAssembly kernels against the stock ones: GFLOP/s by shape, whole models';

export const options = {
  threads: { kind: 'count', default: 1, does: 'threads of our kernels' },
  runs: { kind: 'count', default: 9, does: 'counted runs' },
  seconds: { kind: 'number', default: 3.5, does: 'audio that the whole models make' },
  only: { kind: 'name', of: ['shapes', 'models'], does: 'one half' },
} as const satisfies Options;

const SEED = 1;

/** The shipped models with our kernels and with the composites only. */
async function modelTable(
  backend: Backend,
  stockBackend: Backend,
  frames: number,
  runs: number,
): Promise<Table> {
  const files = await loadVoiceFiles(defaultVoiceFolder());
  const [own, stock] = [
    await acquireModels(backend, files, 'medium'),
    await acquireModels(stockBackend, files, 'medium'),
  ];
  const cases = [own, stock].flatMap((models): MeasuredCase[] => [
    { name: 'vocoder', run: vocoderRun(models.vocoder, vocoderInputs(frames, SEED)) },
    { name: 'acoustic model', run: acousticRun(models, acousticInputs(frames, SEED)) },
  ]);
  const measured = await measure(cases, { warmups: 3, runs });
  const seconds = secondsOf(frames);
  const rtf = ({ wallMs, cpuMs }: Measurement) =>
    [wallMs, cpuMs].map(({ median }) => median / 1000 / seconds);
  const rows = [0, 1].map((model) => {
    const [ours, theirs] = [measured[model]!, measured[model + 2]!];
    const ratios = (['wallMs', 'cpuMs'] as const).map((clock) =>
      spread(pairedRatios(theirs.samples[clock], ours.samples[clock])),
    );
    return [ours.name, ...rtf(theirs), ...rtf(ours), ...ratios];
  });
  rows.push([
    'bytes of vocoder weights',
    stock.vocoder.weightBytes,
    null,
    own.vocoder.weightBytes,
    null,
    null,
    null,
  ] as never);
  await own.release();
  await stock.release();
  return {
    title: `Models, ${seconds.toFixed(1)} s of audio`,
    columns: ['model', 'stock RTF', 'CPU', 'own RTF', 'CPU', 'stock / own, wall', 'CPU'],
    rows,
  };
}

/** @throws Error on an unknown option or value, or where our kernels could not be loaded. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { threads, runs, seconds, only } = parseOptions(options, args);
  const { backend, release } = await acquireBackend('wasm', { numThreads: threads });
  const { ops } = backend;
  if (!(ops instanceof WasmOps) || !ops.kernels)
    throw new Error(`no own kernels: ${backend.versions.features}`);
  const stock = new CompositeOps('prelu');
  const stockBackend: Backend = Object.create(backend, {
    run: { value: (graph: (ops: Ops) => tf.TensorContainer) => backend.run(() => graph(stock)) },
  });
  const tables: Table[] = [];
  if (only !== 'models') {
    tables.push(await shapeTable(backend, stock, ops.kernels, runs, await modelShapes()));
    tables.push(await operationTable(backend, stock, runs));
  }
  if (only !== 'shapes') {
    tables.push(await modelTable(backend, stockBackend, framesOf(seconds), runs));
  }
  stock.dispose();
  await release();
  return {
    name: 'kernels',
    environment: environment({ seed: SEED, warmups: 3, runs }),
    tables,
    notes: [
      `${threads} thread(s); TensorFlow.js's kernels always run on one`,
      'GFLOP/s: operations of the convolution by its definition over the least processor time of the runs, with leaky ReLU on the way in, bias and leaky ReLU on the way out',
      'ratios are of the runs of one round, median with 95 % interval, of processor time unless the column says wall; over 1 ours is faster',
    ],
  };
}
