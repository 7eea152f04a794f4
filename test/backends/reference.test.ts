// If this fails, the reference for an operation is wrong, and with it every faster form that is compared with
// it.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { maxAbs } from '../../bench/lib/goldens.js';
import type { Backend } from '../../src/backends/backend.js';
import type { Conv1dSpec } from '../../src/backends/ops.js';
import { acquireBackend, type BackendHold } from '../../src/backends/registry.js';
import { random } from '../random.js';
import { graphValues } from './graph-values.js';
import { tensorflowHere } from './tensorflow/here.js';

const leaky = (x: number, slope: number) => (x < 0 ? x * slope : x);

/** Convolution by its definition: y[t, o] = b[o] + sum over i, k of w[o, i, k] x[t s + k d - p, i]. */
function convolve(x: Float32Array, length: number, spec: Conv1dSpec): Float32Array {
  const {
    weight,
    bias,
    inChannels,
    outChannels,
    kernel,
    stride = 1,
    dilation = 1,
    padding,
    leakyIn,
    activation,
  } = spec;
  const out = Math.floor((length + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const y = new Float32Array(out * outChannels);
  for (let t = 0; t < out; t++) {
    for (let o = 0; o < outChannels; o++) {
      let sum = bias?.[o] ?? 0;
      for (let k = 0; k < kernel; k++) {
        const at = t * stride + k * dilation - padding;
        if (at < 0 || at >= length) continue;
        for (let i = 0; i < inChannels; i++) {
          const value = x[at * inChannels + i]!;
          sum +=
            weight[(o * inChannels + i) * kernel + k]! *
            (leakyIn === undefined ? value : leaky(value, leakyIn));
        }
      }
      if (activation === 'relu') sum = Math.max(0, sum);
      if (activation === 'tanh') sum = Math.tanh(sum);
      if (typeof activation === 'object') sum = leaky(sum, activation.leaky);
      y[t * outChannels + o] = sum;
    }
  }
  return y;
}

for (const name of ['wasm', 'cpu', ...((await tensorflowHere()) ? ['tensorflow'] : [])]) {
  const test = suite(`reference operations on ${name}`);
  let hold: BackendHold;
  let backend: Backend;
  test.before(async () => {
    hold = await acquireBackend(name, { numThreads: 1 });
    backend = hold.backend;
  });
  test.after(() => hold.release());

  const values = (graph: () => tf.Tensor): Float32Array => graphValues(backend, graph);
  const close = (got: Float32Array, wanted: Float32Array) =>
    assert.ok(maxAbs(got, wanted) < 2e-5, `differs by ${maxAbs(got, wanted)}`);

  test('computes a convolution by its definition, whatever its settings', () => {
    const shapes = fc.record({
      cin: fc.integer({ min: 1, max: 9 }),
      cout: fc.integer({ min: 1, max: 9 }),
      kernel: fc.constantFrom(1, 3, 5, 7),
      dilation: fc.integer({ min: 1, max: 5 }),
      stride: fc.integer({ min: 1, max: 3 }),
      length: fc.integer({ min: 1, max: 40 }),
      leakyIn: fc.constantFrom(undefined, 0.1),
      activation: fc.constantFrom<Conv1dSpec['activation']>('linear', 'relu', 'tanh', { leaky: 0.1 }),
      withResidual: fc.boolean(),
      withSum: fc.boolean(),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(
        shapes,
        ({
          cin,
          cout,
          kernel,
          dilation,
          stride,
          length,
          leakyIn,
          activation,
          withResidual,
          withSum,
          seed,
        }) => {
          fc.pre(stride === 1 || dilation === 1);
          const spec: Conv1dSpec = {
            weight: random(cout * cin * kernel, seed),
            bias: random(cout, seed + 1),
            inChannels: cin,
            outChannels: cout,
            kernel,
            dilation,
            stride,
            padding: ((kernel - 1) * dilation) / 2,
            leakyIn,
            activation,
          };
          const x = random(length * cin, seed + 2);
          const wanted = convolve(x, length, spec);
          const residual = withResidual ? random(wanted.length, seed + 3) : undefined;
          const sum = withSum ? random(wanted.length, seed + 4) : undefined;
          const got = values(() => {
            const layer = backend.ops.prepareConv1d(spec);
            const r = residual && tf.tensor3d(residual.slice(), [1, wanted.length / cout, cout]);
            const part = sum && { sum: tf.tensor3d(sum.slice(), [1, wanted.length / cout, cout]) };
            const y = backend.ops.conv1d(tf.tensor3d(x.slice(), [1, length, cin]), layer, r, part);
            layer.dispose();
            return y;
          });
          const joined = wanted.map((v, i) => v + (residual?.[i] ?? 0) + (sum?.[i] ?? 0));
          close(got, joined);
        },
      ),
      { numRuns: 60, seed: 3 },
    );
  });

  test('computes some rows of a convolution as of the whole', () => {
    const shapes = fc.record({
      kernel: fc.constantFrom(3, 4, 7, 11),
      dilation: fc.integer({ min: 1, max: 5 }),
      stride: fc.integer({ min: 1, max: 3 }),
      length: fc.integer({ min: 12, max: 60 }),
      at: fc.tuple(fc.nat(59), fc.nat(59)),
      residualFrom: fc.option(fc.nat(4), { nil: undefined }),
      seed: fc.integer({ min: 1, max: 1e6 }),
    });
    fc.assert(
      fc.property(shapes, ({ kernel, dilation, stride, length, at, residualFrom, seed }) => {
        fc.pre(stride === 1 || dilation === 1);
        const [cin, cout] = [8, 8];
        const padding = Math.floor(((kernel - 1) * dilation) / 2);
        const spec: Conv1dSpec = {
          weight: random(cout * cin * kernel, seed),
          ...{ inChannels: cin, outChannels: cout, kernel, dilation, stride, padding, leakyIn: 0.1 },
        };
        const x = random(length * cin, seed + 1);
        const whole = convolve(x, length, spec);
        const count = whole.length / cout;
        const [a, b] = [at[0] % count, at[1] % count];
        const [from, to] = [Math.min(a, b), Math.max(a, b) + 1];
        const residual = random((to - from + 5) * cout, seed + 2);
        const got = values(() => {
          const layer = backend.ops.prepareConv1d(spec);
          const r =
            residualFrom === undefined ? undefined : tf.tensor3d(residual.slice(), [1, to - from + 5, cout]);
          const part = { rows: { from, to }, residualFrom };
          const y = backend.ops.conv1d(tf.tensor3d(x.slice(), [1, length, cin]), layer, r, part);
          layer.dispose();
          return y;
        });
        const added = (n: number) => (residualFrom === undefined ? 0 : residual[residualFrom * cout + n]!);
        close(
          got,
          whole.subarray(from * cout, to * cout).map((v, n) => v + added(n)),
        );
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('upsamples some rows as of the whole', () => {
    const [cin, cout, length, kernel, stride] = [8, 8, 9, 16, 8];
    const spec = {
      weight: random(cin * cout * kernel, 1),
      ...{ inChannels: cin, outChannels: cout, kernel, stride, leakyIn: 0.1 },
    };
    const x = random(length * cin, 2);
    const of = (frames?: { from: number; to: number }) =>
      values(() => {
        const layer = backend.ops.prepareUpsample1d(spec);
        const y = backend.ops.upsample1d(tf.tensor3d(x.slice(), [1, length, cin]), layer, frames);
        layer.dispose();
        return y;
      });
    const whole = of();
    for (const [from, to] of [
      [0, 1],
      [0, 9],
      [3, 7],
      [8, 9],
    ] as const) {
      close(of({ from, to }), whole.subarray(from * stride * cout, to * stride * cout));
    }
  });

  for (const [kernel, stride] of [
    [16, 8],
    [4, 2],
    [8, 4],
    [11, 5],
    [7, 3],
    [2, 2],
    [12, 4],
  ] as [number, number][]) {
    test(`transposes a convolution of kernel ${kernel}, stride ${stride}`, () => {
      const [cin, cout, length] = [3, 2, 6];
      const weight = random(cin * cout * kernel, kernel);
      const bias = random(cout, stride);
      const x = random(length * cin, 9);
      const pad = (kernel - stride) / 2;
      const wanted = new Float32Array(length * stride * cout);
      for (let n = 0; n < length * stride; n++) wanted.set(bias, n * cout);
      for (let j = 0; j < length; j++) {
        for (let k = 0; k < kernel; k++) {
          const n = j * stride + k - pad;
          if (n < 0 || n >= length * stride) continue;
          for (let i = 0; i < cin; i++) {
            for (let o = 0; o < cout; o++) {
              wanted[n * cout + o]! += leaky(x[j * cin + i]!, 0.1) * weight[(i * cout + o) * kernel + k]!;
            }
          }
        }
      }
      const spec = { weight, bias, inChannels: cin, outChannels: cout, kernel, stride, leakyIn: 0.1 };
      const got = values(() => {
        const layer = backend.ops.prepareUpsample1d(spec);
        const y = backend.ops.upsample1d(tf.tensor3d(x, [1, length, cin]), layer);
        layer.dispose();
        return y;
      });
      close(got, wanted);
    });
  }

  test('gathers rows, each as often as asked', () => {
    const x = random(5 * 3, 4);
    const rows = Int32Array.of(0, 0, 2, 4, 4, 4, 1);
    const got = values(() => backend.ops.gather(tf.tensor3d(x, [1, 5, 3]), tf.tensor1d(rows, 'int32')));
    assert.equal(
      [...got],
      [...rows].flatMap((row) => [...x.slice(row * 3, row * 3 + 3)]),
    );
  });

  test('normalises to mean 0 and deviation 1, then applies gain and offset', () => {
    const [rows, channels] = [4, 16];
    const x = random(rows * channels, 5).map((v) => v * 30 + 7);
    const [gain, offset] = [random(channels, 6), random(channels, 7)];
    const wanted = new Float32Array(x.length);
    for (let r = 0; r < rows; r++) {
      const row = x.subarray(r * channels, (r + 1) * channels);
      const mean = row.reduce((a, b) => a + b, 0) / channels;
      const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / channels;
      row.forEach((v, c) => {
        wanted[r * channels + c] = ((v - mean) / Math.sqrt(variance + 1e-5)) * gain[c]! + offset[c]!;
      });
    }
    const got = values(() => {
      const layer = backend.ops.prepareLayerNorm({ weight: gain, bias: offset, epsilon: 1e-5 });
      const y = backend.ops.layerNorm(tf.tensor3d(x, [1, rows, channels]), layer);
      layer.dispose();
      return y;
    });
    close(got, wanted);
  });

  test('attends by softmax(q k / sqrt(C / heads)) v and four linear layers', () => {
    const [tokens, channels, heads] = [5, 8, 2];
    const linear = (seed: number) => ({
      weight: random(channels * channels, seed),
      bias: random(channels, seed + 50),
      inChannels: channels,
      outChannels: channels,
    });
    const spec = { heads, q: linear(11), k: linear(12), v: linear(13), out: linear(14) };
    const x = random(tokens * channels, 15);
    const project = (input: Float32Array, { weight, bias }: ReturnType<typeof linear>) =>
      Float32Array.from({ length: tokens * channels }, (_, at) => {
        const [n, o] = [Math.floor(at / channels), at % channels];
        let sum = bias[o]!;
        for (let i = 0; i < channels; i++) sum += input[n * channels + i]! * weight[o * channels + i]!;
        return sum;
      });
    const [q, k, v] = [project(x, spec.q), project(x, spec.k), project(x, spec.v)];
    const width = channels / heads;
    const joined = new Float32Array(tokens * channels);
    for (let h = 0; h < heads; h++) {
      for (let n = 0; n < tokens; n++) {
        const scores = Array.from({ length: tokens }, (_, m) => {
          let dot = 0;
          for (let c = h * width; c < (h + 1) * width; c++)
            dot += q[n * channels + c]! * k[m * channels + c]!;
          return Math.exp(dot / Math.sqrt(width));
        });
        const total = scores.reduce((a, b) => a + b, 0);
        for (let c = h * width; c < (h + 1) * width; c++) {
          joined[n * channels + c] = scores.reduce(
            (sum, s, m) => sum + (s / total) * v[m * channels + c]!,
            0,
          );
        }
      }
    }
    const got = values(() => {
      const layer = backend.ops.prepareAttention(spec);
      const y = backend.ops.attention(tf.tensor3d(x, [1, tokens, channels]), layer);
      layer.dispose();
      return y;
    });
    close(got, project(joined, spec.out));
  });

  test.run();
}
