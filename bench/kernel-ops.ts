// The operations that are no convolutions, by our own kernels and by TensorFlow.js's, taking turns.
import * as tf from '#tf';
import type { Backend } from '../src/backends/backend.js';
import type { Layer, LinearSpec, Ops } from '../src/backends/ops.js';
import { spread } from './comparison.js';
import { measure } from './measure.js';
import type { Table } from './report.js';
import { pairedRatios } from './statistics.js';

/** One operation of a shape that the acoustic model has. */
interface Operation {
  name: string;
  /** [1, N, C] of the input. */
  rows: number;
  channels: number;
  /** Multiplications and additions; 0 where memory, not arithmetic, is the measure. */
  operations: number;
  prepare(ops: Ops): Layer<string>;
  run(ops: Ops, x: tf.Tensor3D, layer: Layer<string>): tf.Tensor;
}

const CHANNELS = 192;
const HEADS = 2;

const noise = (length: number): Float32Array => Float32Array.from({ length }, () => Math.random() - 0.5);

function linear(inChannels: number, outChannels: number): LinearSpec {
  return { weight: noise(inChannels * outChannels), bias: noise(outChannels), inChannels, outChannels };
}

function operationsAt(rows: number): Operation[] {
  const c = CHANNELS;
  const part = () => linear(c, c);
  const attention = { heads: HEADS, q: part(), k: part(), v: part(), out: part() };
  const norm = { weight: noise(c), bias: noise(c), epsilon: 1e-5 };
  const indices = Int32Array.from({ length: rows }, (_, t) => Math.floor(t / 6));
  return [
    {
      name: 'self-attention',
      rows,
      channels: c,
      operations: 8 * rows * c * c + 4 * rows * rows * c,
      prepare: (ops) => ops.prepareAttention(attention),
      run: (ops, x, layer) => ops.attention(x, layer as Layer<'attention'>, x),
    },
    {
      name: 'linear',
      rows,
      channels: c,
      operations: 2 * rows * c * c,
      prepare: (ops) => ops.prepareLinear(part()),
      run: (ops, x, layer) => ops.linear(x, layer as Layer<'linear'>),
    },
    {
      name: 'layer norm',
      rows,
      channels: c,
      operations: 0,
      prepare: (ops) => ops.prepareLayerNorm(norm),
      run: (ops, x, layer) => ops.layerNorm(x, layer as Layer<'layer-norm'>),
    },
    {
      name: 'length regulator',
      rows,
      channels: c,
      operations: 0,
      prepare: () => ({ kind: 'none', bytes: 0, dispose() {} }),
      run: (ops, x) => ops.gather(x, tf.tensor1d(indices, 'int32')),
    },
  ];
}

/** GFLOP/s (or ms) at the fastest, and ratios by round, for a short and a long sentence. */
export async function operationTable(backend: Backend, stock: Ops, runs: number): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const operation of [150, 844].flatMap(operationsAt)) {
    const forms = [stock, backend.ops].map((ops) => {
      let layer: Layer<string> | undefined;
      let x: tf.Tensor3D | undefined;
      backend.run(() => {
        layer = operation.prepare(ops);
        const { rows: n, channels } = operation;
        x = tf.keep(tf.tensor3d(noise(n * channels), [1, n, channels]));
      });
      return { ops, layer: layer!, x: x! };
    });
    const repeats = Math.ceil(2.5e7 / (operation.operations || operation.rows * CHANNELS * 20));
    const cases = forms.map(({ ops, layer, x }) => ({
      name: ops === stock ? 'stock' : 'own',
      run: () => {
        for (let i = 0; i < repeats; i++) backend.run(() => operation.run(ops, x, layer)).dispose();
      },
    }));
    const [theirs, ours] = await measure(cases, { warmups: 3, runs });
    const least = [theirs!, ours!].map(({ cpuMs }) => cpuMs.min / repeats);
    rows.push([
      operation.name,
      operation.rows,
      ...least,
      ...least.map((ms) => (operation.operations > 0 ? operation.operations / ms / 1e6 : null)),
      spread(pairedRatios(theirs!.samples.cpuMs, ours!.samples.cpuMs)),
    ]);
    for (const { layer, x } of forms) {
      layer.dispose();
      x.dispose();
    }
  }
  return {
    title: `Other operations, ${CHANNELS} channels`,
    columns: ['operation', 'rows', 'stock ms', 'own ms', 'stock GFLOP/s', 'own GFLOP/s', 'stock / own'],
    rows,
  };
}
