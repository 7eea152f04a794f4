// The operations other than plain convolutions, by our kernels and by TensorFlow.js's, in turns.
import * as tf from '#tf';
import type { Backend } from '../../src/backends/backend.js';
import type { Conv1dSpec, Layer, LinearSpec, Ops } from '../../src/backends/ops.js';
import { spread } from './comparison.js';
import { noise } from './inputs.js';
import { measure } from './measure.js';
import type { Table } from './report.js';
import { pairedRatios } from './statistics.js';

/** One operation of a shape that a model has. */
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

function linear(inChannels: number, outChannels: number): LinearSpec {
  return {
    weight: noise(inChannels * outChannels, 1, 0.5),
    bias: noise(outChannels, 2, 0.5),
    inChannels,
    outChannels,
  };
}

function operationsAt(rows: number): Operation[] {
  const c = CHANNELS;
  const part = () => linear(c, c);
  const attention = { heads: HEADS, q: part(), k: part(), v: part(), out: part() };
  const norm = { weight: noise(c, 1, 0.5), bias: noise(c, 2, 0.5), epsilon: 1e-5 };
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

/**
 * The vocoder's other convolutions, on 64 frames: one output and tanh; strides; a residual and a running sum.
 */
function vocoderOperations(): Operation[] {
  const samples = 64 * 256;
  const convolution = (
    name: string,
    shape: Omit<Conv1dSpec, 'weight'>,
    run: Operation['run'] = (ops, x, layer) => ops.conv1d(x, layer as Layer<'conv1d'>),
    rows = samples,
  ): Operation => {
    const { inChannels, outChannels, kernel, stride = 1 } = shape;
    const spec = {
      ...shape,
      weight: noise(inChannels * outChannels * kernel, 1, 0.5),
      bias: noise(outChannels, 2, 0.5),
    };
    const operations = (2 * rows * inChannels * outChannels * kernel) / stride;
    return { name, rows, channels: inChannels, operations, prepare: (ops) => ops.prepareConv1d(spec), run };
  };
  const last = { inChannels: 8, outChannels: 1, kernel: 7, padding: 3 };
  const sources = [
    [64, 32],
    [32, 4],
    [16, 2],
  ] as const;
  return [
    convolution('conv_post with tanh', { ...last, leakyIn: 0.01, activation: 'tanh' }),
    ...sources.map(([outChannels, stride]) => {
      const shape = { inChannels: 2, outChannels, kernel: 2 * stride, stride, padding: stride / 2 };
      return convolution(`source, stride ${stride}`, shape);
    }),
    convolution('source, stride 1', { inChannels: 2, outChannels: 8, kernel: 7, padding: 3 }),
    ...[8, 64].map((channels) => {
      const same = { inChannels: channels, outChannels: channels };
      const run: Operation['run'] = (ops, x, layer) => ops.conv1d(x, layer as Layer<'conv1d'>, x, { sum: x });
      const rows = channels === 8 ? samples : samples / 32;
      return convolution('k 3, residual and sum', { ...same, kernel: 3, padding: 1 }, run, rows);
    }),
  ];
}

/**
 * GFLOP/s (or ms) at the fastest, and ratios by round, for a short and a long sentence and for the vocoder's.
 */
export async function operationTable(backend: Backend, stock: Ops, runs: number): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const operation of [...[150, 844].flatMap(operationsAt), ...vocoderOperations()]) {
    const forms = [stock, backend.ops].map((ops) => {
      let layer: Layer<string> | undefined;
      let x: tf.Tensor3D | undefined;
      backend.run(() => {
        layer = operation.prepare(ops);
        const { rows: n, channels } = operation;
        x = tf.keep(tf.tensor3d(noise(n * channels, 3, 0.5), [1, n, channels]));
      });
      return { ops, layer: layer!, x: x! };
    });
    const repeats = Math.ceil(2.5e7 / (operation.operations || operation.rows * operation.channels * 20));
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
      operation.channels,
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
    title: 'Other operations',
    columns: [
      'operation',
      'rows',
      'channels',
      'stock ms',
      'own ms',
      'stock GFLOP/s',
      'own GFLOP/s',
      'stock / own',
    ],
    rows,
  };
}
