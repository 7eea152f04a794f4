// Our own kernels against TensorFlow.js's, shape by shape and as a whole vocoder and acoustic model, in one process and
// on one heap, taking turns.
import { parseArgs } from 'node:util';
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
import { vocodeWhole } from '../lib/engine.js';
import { environment } from '../lib/environment.js';
import { framesOf, noise, secondsOf } from '../lib/inputs.js';
import { operationTable } from '../lib/kernel-ops.js';
import { shapeTable } from '../lib/kernel-shapes.js';
import { type MeasuredCase, type Measurement, measure } from '../lib/measure.js';
import { modelShapes } from '../lib/model-shapes.js';
import type { Report, Table } from '../lib/report.js';
import { pairedRatios } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'our WebAssembly kernels against the stock ones: GFLOP/s by shape, whole models';

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
  const mel = noise(frames * own.vocoder.bands, 1);
  const source = noise(frames * own.vocoder.hop * 2, 2);
  const tokens = Int32Array.from({ length: Math.ceil(frames / 5) }, (_, n) => 5 + (n % 30));
  const durations = tokens.map(() => 5);
  const cases = [own, stock].flatMap(({ vocoder, acoustic }): MeasuredCase[] => [
    { name: 'vocoder', run: () => vocodeWhole(vocoder, mel, source) },
    {
      name: 'acoustic model',
      run: async () => {
        const encoded = await acoustic.encode(tokens, 0);
        await acoustic.decode(encoded, { ...encoded.predicted, durations });
        encoded.dispose();
      },
    },
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

/** @throws Error on an unknown option, or where our kernels could not be loaded. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      threads: { type: 'string', default: '1' },
      runs: { type: 'string', default: '9' },
      seconds: { type: 'string', default: '3.5' },
      only: { type: 'string' },
    },
  });
  const [threads, runs] = [Number(values.threads), Number(values.runs)];
  const { backend, release } = await acquireBackend('wasm', { numThreads: threads });
  const { ops } = backend;
  if (!(ops instanceof WasmOps) || !ops.kernels)
    throw new Error(`no own kernels: ${backend.versions.features}`);
  const stock = new CompositeOps('prelu');
  const stockBackend: Backend = Object.create(backend, {
    run: { value: (graph: (ops: Ops) => tf.TensorContainer) => backend.run(() => graph(stock)) },
  });
  const tables: Table[] = [];
  if (values.only !== 'models') {
    tables.push(await shapeTable(backend, stock, ops.kernels, runs, await modelShapes()));
    tables.push(await operationTable(backend, stock, runs));
  }
  if (values.only !== 'shapes') {
    tables.push(await modelTable(backend, stockBackend, framesOf(Number(values.seconds)), runs));
  }
  stock.dispose();
  await release();
  return {
    name: 'kernels',
    environment: environment({ seed: 1, warmups: 3, runs }),
    tables,
    notes: [
      `${threads} thread(s); TensorFlow.js's own kernels run on one whatever is asked for`,
      'GFLOP/s: operations of the convolution by its definition over the least processor time of the runs, with leaky ReLU on the way in, bias and leaky ReLU on the way out',
      'ratios are of the runs of one round, median with 95 % interval, of processor time where not said otherwise; over 1 ours is faster',
    ],
  };
}
