// If this fails, the default backend's own convolutions are wrong for some shape, length or value, and the
// voice is distorted there.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { maxAbs } from '../../../bench/lib/goldens.js';
import type { Backend } from '../../../src/backends/backend.js';
import { engineCounts } from '../../../src/backends/engine.js';
import type { Conv1dSpec, ConvPart, Layer, RowRange } from '../../../src/backends/ops.js';
import { CompositeOps } from '../../../src/backends/reference.js';
import { acquireBackend, type BackendHold } from '../../../src/backends/registry.js';
import type { ConvolutionLayer } from '../../../src/backends/wasm/convolution.js';
import { random } from '../../random.js';
import { graphValues } from '../graph-values.js';

interface Case extends Omit<Conv1dSpec, 'weight' | 'bias' | 'padding'> {
  dilation: number;
  length: number;
  withResidual: boolean;
  withSum?: boolean;
  /** Rows of the result that are wanted; default all. */
  rows?: RowRange | undefined;
  seed: number;
}

/** Rows of the result. */
function lengthOut({ kernel, stride = 1, dilation, length }: Case): number {
  const span = (kernel - 1) * dilation;
  return Math.floor((length + 2 * Math.floor(span / 2) - span - 1) / stride) + 1;
}

/** Two positions within any length; the same position twice is one row. */
const stretch = fc.option(fc.tuple(fc.nat(1500), fc.nat(1500)), { nil: undefined });

function within(places: [number, number] | undefined, length: number): RowRange | undefined {
  if (!places) return undefined;
  const [a, b] = places.map((place) => place % length) as [number, number];
  return { from: Math.min(a, b), to: Math.max(a, b) + 1 };
}

function specOf(shape: Case): Conv1dSpec {
  const { inChannels, outChannels, kernel, dilation, seed } = shape;
  const scale = 1 / Math.sqrt(inChannels * kernel);
  return {
    ...shape,
    weight: random(outChannels * inChannels * kernel, seed).map((w) => w * scale),
    bias: random(outChannels, seed + 1),
    padding: Math.floor(((kernel - 1) * dilation) / 2),
  };
}

for (const numThreads of [1, 2]) {
  const test = suite(`own convolutions, ${numThreads} thread(s)`);
  const reference = new CompositeOps('prelu');
  let hold: BackendHold;
  let backend: Backend;
  test.before(async () => {
    hold = await acquireBackend('wasm', { numThreads });
    backend = hold.backend;
  });
  test.after(() => {
    backend.run(() => reference.dispose());
    return hold.release();
  });

  const values = (graph: () => tf.Tensor): Float32Array => graphValues(backend, graph);

  /** The same convolution by our kernels and by the reference. */
  function both(
    shape: Case,
    x: Float32Array,
  ): { own: Float32Array; wanted: Float32Array; layer: Layer<'conv1d'> } {
    const spec = specOf(shape);
    const { inChannels, outChannels, length, withResidual, withSum, rows, seed } = shape;
    const rowsOut = lengthOut(shape);
    const residual = withResidual ? random(rowsOut * outChannels, seed + 2) : undefined;
    let layer: Layer<'conv1d'>;
    const [own, wanted] = [backend.ops, reference].map((ops) =>
      values(() => {
        const prepared = ops.prepareConv1d(spec);
        if (ops === backend.ops) layer = prepared;
        const r = residual && tf.tensor3d(residual.slice(), [1, rowsOut, outChannels]);
        const part: ConvPart = rows ? { rows, residualFrom: rows.from } : {};
        const summed = rows ? rows.to - rows.from : rowsOut;
        if (withSum) part.sum = tf.tensor3d(random(summed * outChannels, seed + 4), [1, summed, outChannels]);
        const y = ops.conv1d(tf.tensor3d(x.slice(), [1, length, inChannels]), prepared, r, part);
        prepared.dispose();
        return y;
      }),
    );
    return { own: own!, wanted: wanted!, layer: layer! };
  }

  /** Allows a transform a larger error than the direct kernel, which sums in the order of the reference. */
  function isClose(shape: Case): void {
    const { own, wanted, layer } = both(shape, random(shape.length * shape.inChannels, shape.seed + 3));
    assert.is(layer.constructor.name, 'ConvolutionLayer', 'the shape is one of ours');
    const limit = (layer as ConvolutionLayer).method === 'direct' ? 2e-6 : 1e-5;
    const difference = maxAbs(own, wanted);
    assert.ok(difference <= limit, `differs by ${difference}; wanted ${limit}: ${JSON.stringify(shape)}`);
  }

  const fused = {
    leakyIn: fc.constantFrom(undefined, 0.1, 0.01),
    activation: fc.constantFrom<Conv1dSpec['activation']>('linear', 'relu', { leaky: 0.1 }),
    withResidual: fc.boolean(),
    withSum: fc.boolean(),
    places: stretch,
    seed: fc.integer({ min: 1, max: 1e6 }),
  };

  test('convolves any channels to eight or more', () => {
    const shapes = fc.record({
      inChannels: fc.constantFrom(1, 3, 7, 8, 12, 30, 64, 80, 192, 300, 768),
      outChannels: fc.constantFrom(8, 9, 24, 31, 48, 81),
      kernel: fc.constantFrom(1, 3, 5, 9),
      dilation: fc.integer({ min: 1, max: 12 }),
      length: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 13, max: 450 })),
      ...fused,
    });
    fc.assert(
      fc.property(shapes, ({ places, ...shape }) =>
        isClose({ ...shape, rows: within(places, shape.length) }),
      ),
      { numRuns: numThreads === 1 ? 60 : 20, seed: 5 },
    );
  });

  test('convolves by transforms, of any length', () => {
    const shapes = fc
      .record({
        channels: fc.constantFrom(8, 16, 32, 64, 128, 256),
        kernel: fc.constantFrom(3, 5, 7, 11),
        dilation: fc.constantFrom(1, 2, 3, 5, 12, 31),
        length: fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 71, max: 1500 })),
        ...fused,
      })
      .map(({ channels, places, ...shape }) => ({
        ...shape,
        inChannels: channels,
        outChannels: channels,
        rows: within(places, shape.length),
      }));
    fc.assert(
      fc.property(shapes, (shape) => isClose(shape)),
      { numRuns: numThreads === 1 ? 150 : 40, seed: 6 },
    );
  });

  test('convolves with strides longer and shorter than the kernel', () => {
    const shapes = fc.record({
      inChannels: fc.constantFrom(1, 2, 3, 8),
      outChannels: fc.constantFrom(8, 13, 16, 64),
      kernel: fc.constantFrom(1, 3, 4, 8, 20, 64),
      stride: fc.constantFrom(2, 3, 4, 32),
      dilation: fc.constant(1),
      length: fc.integer({ min: 64, max: 900 }),
      ...fused,
    });
    fc.assert(
      fc.property(shapes, ({ places, ...shape }) =>
        isClose({ ...shape, rows: within(places, lengthOut(shape)) }),
      ),
      { numRuns: numThreads === 1 ? 60 : 20, seed: 7 },
    );
  });

  test('convolves to one output, with tanh and without', () => {
    const shapes = fc.record({
      inChannels: fc.constantFrom(4, 8, 12, 32, 256),
      outChannels: fc.constant(1),
      kernel: fc.constantFrom(1, 3, 7, 11),
      dilation: fc.constantFrom(1, 2, 5),
      length: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 700 })),
      ...fused,
      activation: fc.oneof(fused.activation, fc.constant<'tanh'>('tanh')),
    });
    fc.assert(
      fc.property(shapes, ({ places, ...shape }) =>
        isClose({ ...shape, rows: within(places, shape.length) }),
      ),
      { numRuns: numThreads === 1 ? 60 : 20, seed: 8 },
    );
  });

  test('computes tanh from zero to saturation', () => {
    const at = [0, 1e-41, 1e-8, 0.3, 0.624, 0.626, 1, 4, 9, 20, 90, 1e4, 3e38, Number.POSITIVE_INFINITY];
    const x = Float32Array.from([...at, ...at.map((v) => -v)]);
    const spec: Conv1dSpec = {
      weight: Float32Array.of(1, 0, 0, 0),
      ...{ inChannels: 4, outChannels: 1, kernel: 1, padding: 0, activation: 'tanh' },
    };
    const rows = Float32Array.from({ length: 4 * x.length }, (_, i) => (i % 4 === 0 ? x[i / 4]! : 0));
    const got = values(() => {
      const layer = backend.ops.prepareConv1d(spec);
      const y = backend.ops.conv1d(tf.tensor3d(rows, [1, x.length, 4]), layer);
      layer.dispose();
      return y;
    });
    assert.ok(maxAbs(got, x.map(Math.tanh)) <= 1.2e-7, `differs by ${maxAbs(got, x.map(Math.tanh))}`);
    assert.is(got[2], Math.fround(1e-8), 'small values keep their digits');
  });

  for (const kernel of [3, 7, 11]) {
    const shape: Case = {
      inChannels: 16,
      outChannels: 16,
      kernel,
      dilation: 3,
      length: 333,
      leakyIn: 0.1,
      withResidual: false,
      seed: kernel,
    };
    test(`convolves silence, denormals and loud values, kernel ${kernel}`, () => {
      const size = shape.length * shape.inChannels;
      const silent = both(shape, new Float32Array(size));
      assert.ok(maxAbs(silent.own, silent.wanted) <= 1e-6);
      const denormal = both(shape, new Float32Array(size).fill(1e-41));
      assert.ok(maxAbs(denormal.own, silent.wanted) <= 1e-6);
      const loud = both(
        shape,
        random(size, 9).map((v) => v * 1e6),
      );
      assert.ok(maxAbs(loud.own, loud.wanted) <= 10, `${maxAbs(loud.own, loud.wanted)} of 1e6`);
      for (const { own } of [silent, denormal, loud]) assert.ok(own.every(Number.isFinite));
    });

    test(`ignores the contents of the working buffer, kernel ${kernel}`, () => {
      const x = random(shape.length * shape.inChannels, 8);
      const first = both(shape, x).own;
      both(shape, new Float32Array(x.length).fill(Number.NaN));
      assert.equal(both(shape, x).own, first);
    });
  }

  for (const [kernel, stride] of [
    [16, 8],
    [4, 2],
    [8, 4],
    [11, 5],
    [7, 3],
    [12, 4],
  ] as [number, number][]) {
    test(`upsamples without the zero taps, kernel ${kernel}, stride ${stride}`, () => {
      const [inChannels, outChannels, length] = [20, 16, 37];
      const spec = {
        weight: random(inChannels * outChannels * kernel, 1),
        bias: random(outChannels, 2),
        ...{ inChannels, outChannels, kernel, stride, leakyIn: 0.1 },
      };
      const x = random(length * inChannels, 3);
      const [own, wanted] = [backend.ops, reference].map((ops) =>
        values(() => {
          const layer = ops.prepareUpsample1d(spec);
          if (ops === backend.ops) assert.is(layer.constructor.name, 'UpsamplingLayer');
          const y = ops.upsample1d(tf.tensor3d(x.slice(), [1, length, inChannels]), layer);
          layer.dispose();
          return y;
        }),
      );
      assert.ok(maxAbs(own!, wanted!) <= 2e-6, `differs by ${maxAbs(own!, wanted!)}`);
    });
  }

  test('refuses rows that a result or a residual does not have', () => {
    const spec = specOf({
      inChannels: 8,
      outChannels: 8,
      kernel: 3,
      dilation: 1,
      length: 9,
      withResidual: false,
      seed: 1,
    });
    const run = (rows: RowRange, residualRows?: number) => () =>
      values(() => {
        const layer = backend.ops.prepareConv1d(spec);
        try {
          const r = residualRows ? tf.tensor3d(random(residualRows * 8, 2), [1, residualRows, 8]) : undefined;
          return backend.ops.conv1d(tf.tensor3d(random(72, 1), [1, 9, 8]), layer, r, {
            rows,
            residualFrom: 2,
          });
        } finally {
          layer.dispose();
        }
      });
    assert.is(run({ from: 2, to: 7 }, 7)().length, 40);
    for (const rows of [
      { from: -1, to: 3 },
      { from: 4, to: 4 },
      { from: 4, to: 10 },
    ]) {
      assert.throws(run(rows), /no such rows/);
    }
    assert.throws(run({ from: 2, to: 7 }, 6), /another shape/);
  });

  test('allocates nothing but the result of a run', () => {
    const spec = specOf({
      inChannels: 32,
      outChannels: 32,
      kernel: 11,
      dilation: 5,
      length: 0,
      withResidual: false,
      seed: 1,
    });
    const layer = backend.ops.prepareConv1d(spec);
    const run = () =>
      values(() => backend.ops.conv1d(tf.tensor3d(random(4000 * 32, 1), [1, 4000, 32]), layer));
    const first = run();
    const [heap, tensors] = [backend.memory().wasmHeapBytes, engineCounts().tensors];
    for (let i = 0; i < 50; i++) run();
    assert.equal(run(), first);
    assert.is(backend.memory().wasmHeapBytes, heap);
    assert.is(engineCounts().tensors, tensors);
    layer.dispose();
    layer.dispose();
    assert.throws(run, /dispose/);
  });
  test.run();
}
