// If this fails, the default backend's own attention, layer norm or wide convolutions are wrong, and with
// them durations, pitch and mel of every sentence.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { maxAbs } from '../../../bench/lib/goldens.js';
import type { Backend } from '../../../src/backends/backend.js';
import { engineCounts } from '../../../src/backends/engine.js';
import type { Conv1dSpec, LinearSpec, Ops } from '../../../src/backends/ops.js';
import { CompositeOps } from '../../../src/backends/reference.js';
import { acquireBackend, type BackendHold } from '../../../src/backends/registry.js';
import type { ConvolutionLayer } from '../../../src/backends/wasm/convolution.js';
import { random } from '../../random.js';
import { graphValues } from '../graph-values.js';

function linear(inChannels: number, outChannels: number, seed: number): LinearSpec {
  const weight = random(inChannels * outChannels, seed, 1 / Math.sqrt(inChannels));
  return { weight, bias: random(outChannels, seed + 1), inChannels, outChannels };
}

for (const numThreads of [1, 2]) {
  const test = suite(`own kernels of the acoustic model, ${numThreads} thread(s)`);
  const numRuns = numThreads === 1 ? 60 : 20;
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

  /** The result of a graph by our kernels and by the reference. */
  function both(graph: (ops: Ops) => tf.Tensor): [own: Float32Array, wanted: Float32Array] {
    const [own, wanted] = [backend.ops, reference].map((ops) => graphValues(backend, () => graph(ops)));
    return [own!, wanted!];
  }

  function attention(n: number, heads: number, width: number, seed: number, loud = 1, residual = false) {
    const channels = heads * width;
    const part = (i: number) => linear(channels, channels, seed + i);
    const spec = { heads, q: part(1), k: part(3), v: part(5), out: part(7) };
    const values = random(n * channels, seed, loud);
    return both((ops) => {
      const layer = ops.prepareAttention(spec);
      if (ops === backend.ops) assert.is(layer.constructor.name, 'OwnAttention', 'the shape is one of ours');
      const x = tf.tensor3d(values.slice(), [1, n, channels]);
      const y = ops.attention(x, layer, residual ? x : undefined);
      layer.dispose();
      return y;
    });
  }

  test('attends over any length, with and without a residual', () => {
    const shapes = fc.record({
      n: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 300 })),
      heads: fc.constantFrom(1, 2, 3),
      width: fc.constantFrom(8, 24, 96, 128),
      residual: fc.boolean(),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(shapes, ({ n, heads, width, residual, seed }) => {
        const [own, wanted] = attention(n, heads, width, seed, 1, residual);
        const difference = maxAbs(own, wanted);
        assert.ok(difference <= 5e-6, `differs by ${difference} at n ${n}, ${heads} x ${width}`);
      }),
      { numRuns, seed: 7 },
    );
  });

  test('keeps attention finite when scores are far apart', () => {
    const [own, wanted] = attention(75, 2, 96, 11, 60);
    assert.ok(own.every(Number.isFinite));
    // Scores of some thousands are rounded to some ten-thousandths, and weights by as much.
    assert.ok(maxAbs(own, wanted) <= 60 * 1e-4, `${maxAbs(own, wanted)} of 60`);
  });

  test('gives equal keys equal weights', () => {
    const [own, wanted] = attention(40, 2, 96, 12, 0);
    assert.ok(maxAbs(own, wanted) <= 2e-6);
  });

  test('normalises any rows, constant ones too', () => {
    const shapes = fc.record({
      rows: fc.integer({ min: 1, max: 200 }),
      channels: fc.constantFrom(4, 12, 192, 256),
      offset: fc.constantFrom(0, 5, -100),
      scale: fc.constantFrom(0, 1e-3, 1, 1e3),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(shapes, ({ rows, channels, offset, scale, seed }) => {
        const spec = { weight: random(channels, seed), bias: random(channels, seed + 1), epsilon: 1e-5 };
        const values = random(rows * channels, seed + 2, scale).map((v) => v + offset);
        const [own, wanted] = both((ops) => {
          const layer = ops.prepareLayerNorm(spec);
          if (ops === backend.ops) assert.is(layer.constructor.name, 'OwnLayerNorm');
          const y = ops.layerNorm(tf.tensor3d(values.slice(), [1, rows, channels]), layer);
          layer.dispose();
          return y;
        });
        // The mean's rounding, over the smallest deviation there can be (root of epsilon).
        const limit = 1e-5 + (Math.abs(offset) * 1e-6) / (scale / 2 + 3e-3);
        assert.ok(maxAbs(own, wanted) <= limit, `differs by ${maxAbs(own, wanted)}; wanted ${limit}`);
      }),
      { numRuns, seed: 8 },
    );
  });

  test('convolves between any channels by wide transforms', () => {
    const shapes = fc.record({
      inChannels: fc.constantFrom(96, 128, 192, 256),
      outChannels: fc.constantFrom(8, 72, 192),
      kernel: fc.constantFrom(3, 5),
      dilation: fc.constantFrom(1, 2, 5),
      length: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 300 })),
      leakyIn: fc.constantFrom(undefined, 0.1),
      activation: fc.constantFrom<Conv1dSpec['activation']>('linear', 'relu', { leaky: 0.1 }),
      withResidual: fc.boolean(),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(shapes, ({ length, withResidual, seed, ...shape }) => {
        const { inChannels, outChannels, kernel, dilation } = shape;
        const scale = 1 / Math.sqrt(inChannels * kernel);
        const weight = random(inChannels * outChannels * kernel, seed, scale);
        const spec = {
          ...shape,
          weight,
          bias: random(outChannels, seed + 1),
          padding: ((kernel - 1) * dilation) / 2,
        };
        const values = random(length * inChannels, seed + 2);
        const more = random(length * outChannels, seed + 3);
        const [own, wanted] = both((ops) => {
          const layer = ops.prepareConv1d(spec);
          if (ops === backend.ops) assert.is((layer as ConvolutionLayer).method, 'toom-cook');
          const x = tf.tensor3d(values.slice(), [1, length, inChannels]);
          const residual = withResidual ? tf.tensor3d(more.slice(), [1, length, outChannels]) : undefined;
          const y = ops.conv1d(x, layer, residual);
          layer.dispose();
          return y;
        });
        const difference = maxAbs(own, wanted);
        assert.ok(difference <= 1e-5, `differs by ${difference}: ${JSON.stringify({ ...shape, length })}`);
      }),
      { numRuns, seed: 9 },
    );
  });

  test('ignores the contents of the working buffer', () => {
    const first = attention(130, 2, 96, 21)[0];
    attention(130, 2, 96, 22, Number.NaN);
    const { tensors } = engineCounts();
    assert.equal(attention(130, 2, 96, 21)[0], first);
    assert.is(engineCounts().tensors, tensors);
  });

  test.run();
}
