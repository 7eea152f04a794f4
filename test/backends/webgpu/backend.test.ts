// If this fails, the GPU returns garbage after a fault, takes more memory for every new length, or computes
// wrong values.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { maxAbs } from '../../../bench/lib/goldens.js';
import type { ConvPart, Layer, Ops } from '../../../src/backends/ops.js';
import { CompositeOps } from '../../../src/backends/reference.js';
import { WebgpuBackend, webgpuPlugin } from '../../../src/backends/webgpu/backend.js';
import { bucketOf } from '../../../src/backends/webgpu/buffer-pool.js';
import { openGpu } from '../../../src/backends/webgpu/device.js';
import { exactHalves } from '../../../src/backends/webgpu/kernels/weights.js';
import { dispatch } from '../../../src/backends/webgpu/program.js';
import { hasDawn } from '../../dawn.js';
import { voirsError } from '../../expect.js';
import { random } from '../../random.js';

const host = suite('webgpu on the host');

host('makes buffers in four sizes per octave, at most a quarter unused', () => {
  for (const bytes of [1, 256, 257, 1000, 4096, 4097, 1e6, 123_456_789]) {
    const bucket = bucketOf(bytes);
    assert.ok(bucket >= bytes && (bucket <= bytes * 1.25 || bucket === 256), `${bytes}: ${bucket}`);
    assert.is(bucketOf(bucket), bucket);
    assert.is(bucket % 4, 0);
  }
});

host('packs weights as halves only where that loses nothing', () => {
  const values = Float32Array.of(1, -0.5, 0, 2 ** -24, 3 * 2 ** -24, -63);
  const { words, scale } = exactHalves(values)!;
  const halves = new Uint16Array(words.buffer);
  const decoded = Float32Array.from(values, (_, i) => {
    const half = halves[i]!;
    if ((half & 0x7fff) === 0) return 0;
    const power = (half >>> 10) & 31;
    assert.ok(power > 0, 'a half below the normal range, which a GPU may flush to zero');
    return (half & 0x8000 ? -1 : 1) * (1 + (half & 0x3ff) / 1024) * 2 ** (power - 15) * scale;
  });
  assert.equal(decoded, values);
  assert.is(exactHalves(Float32Array.of(1, 0.1)), undefined);
});

host.run();

if (await hasDawn(import.meta.url)) {
  const test = suite('webgpu on a device');
  const stock = new CompositeOps('leakyrelu');
  const backend = (await webgpuPlugin.create({ numThreads: 1 })) as WebgpuBackend;

  const values = async (on: WebgpuBackend, graph: () => tf.Tensor): Promise<Float32Array> => {
    const result = on.run(graph);
    const out = new Float32Array(result.size);
    try {
      await on.read(result, out);
    } finally {
      result.dispose();
    }
    return out;
  };
  /** Compares our kernel with the reference on one device. */
  const same = async (graph: (ops: Ops) => tf.Tensor): Promise<void> => {
    const [own, reference] = [
      await values(backend, () => graph(backend.ops)),
      await values(backend, () => graph(stock)),
    ];
    assert.ok(own.some((v) => v !== 0));
    assert.ok(maxAbs(own, reference) < 1e-4, `differs by ${maxAbs(own, reference)}`);
  };
  const signal = (rows: number, channels: number, seed = 5) =>
    tf.tensor3d(random(rows * channels, seed), [1, rows, channels]);

  test('convolves with dilation, halves, odd channels and a residual', async () => {
    for (const [cin, cout, kernel, dilation] of [
      [16, 8, 7, 3],
      [3, 5, 3, 2],
    ] as const) {
      const size = cin * cout * kernel;
      for (const weight of [random(size, 1), random(size, 1).map((w) => Math.round(w * 64) / 64)]) {
        await same((ops) => {
          const form = { inChannels: cin, outChannels: cout, kernel, dilation, leakyIn: 0.1 };
          const padding = ((kernel - 1) * dilation) / 2;
          const activation = { leaky: 0.2 };
          const layer = ops.prepareConv1d({ ...form, padding, activation, weight, bias: random(cout, 2) });
          const y = ops.conv1d(signal(150, cin), layer, signal(150, cout, 6));
          layer.dispose();
          return y;
        });
      }
    }
  });

  test('computes some rows of a convolution, with everything that is added', async () => {
    for (const [cin, cout, activation] of [
      [8, 8, 'linear'],
      [8, 1, 'tanh'],
      [12, 8, 'tanh'],
      [5, 6, 'relu'],
    ] as const) {
      await same((ops) => {
        const form = { inChannels: cin, outChannels: cout, kernel: 3, dilation: 2, padding: 2, activation };
        const layer = ops.prepareConv1d({
          ...form,
          weight: random(cin * cout * 3, 1),
          bias: random(cout, 2),
        });
        const part = { rows: { from: 7, to: 60 }, residualFrom: 5, sum: signal(53, cout, 8) };
        const y = ops.conv1d(signal(90, cin), layer, signal(70, cout, 6), part);
        layer.dispose();
        return y;
      });
    }
  });

  test('refuses a residual or a sum of another shape', async () => {
    let layer: Layer<'conv1d'> | undefined;
    backend.run((ops) => {
      const form = { inChannels: 8, outChannels: 8, kernel: 3, padding: 1 };
      layer = ops.prepareConv1d({ ...form, weight: random(8 * 8 * 3, 1) });
    });
    const wrong: (() => { residual?: tf.Tensor3D; part: ConvPart })[] = [
      () => ({ residual: signal(39, 8), part: {} }),
      () => ({ residual: signal(40, 4), part: {} }),
      () => ({ residual: signal(40, 8), part: { residualFrom: 1 } }),
      () => ({ part: { sum: signal(41, 8) } }),
    ];
    for (const make of wrong) {
      const convolve = () => {
        const { residual, part } = make();
        return backend.ops.conv1d(signal(40, 8), layer!, residual, part);
      };
      await voirsError(() => values(backend, convolve), 'SYNTHESIS_FAILED');
    }
    layer!.dispose();
  });

  test('upsamples without the zero taps', async () => {
    await same((ops) => {
      const form = { inChannels: 16, outChannels: 8, kernel: 16, stride: 8, leakyIn: 0.1 };
      const layer = ops.prepareUpsample1d({ ...form, weight: random(16 * 8 * 16, 1), bias: random(8, 2) });
      const y = ops.upsample1d(signal(30, 16), layer);
      layer.dispose();
      return y;
    });
  });

  test('attends as the reference does', async () => {
    const linear = (seed: number) => ({
      weight: random(192 * 192, seed).map((w) => w / 14),
      bias: random(192, seed + 1),
      inChannels: 192,
      outChannels: 192,
    });
    await same((ops) => {
      const layer = ops.prepareAttention({
        heads: 2,
        q: linear(1),
        k: linear(3),
        v: linear(5),
        out: linear(7),
      });
      const y = ops.attention(signal(37, 192), layer, signal(37, 192, 6));
      layer.dispose();
      return y;
    });
  });

  test('normalises as the reference does', async () => {
    await same((ops) => {
      const layer = ops.prepareLayerNorm({ weight: random(192, 1), bias: random(192, 2), epsilon: 1e-5 });
      const y = ops.layerNorm(signal(9, 192), layer);
      layer.dispose();
      return y;
    });
  });

  test('gathers rows as the reference does', async () => {
    await same((ops) => ops.gather(signal(9, 192), tf.tensor1d([0, 0, 3, 8, 8, 2], 'int32')));
  });

  test('runs fifty lengths in the buffers of the longest', async () => {
    const { instance } = backend as unknown as { instance: tf.KernelBackend };
    const allocated = () =>
      (instance.memory() as unknown as { numBytesAllocatedInGPU: number }).numBytesAllocatedInGPU;
    let layer: Layer<'conv1d'> | undefined;
    backend.run((ops) => {
      const form = { inChannels: 16, outChannels: 8, kernel: 7, dilation: 3, padding: 9 };
      layer = ops.prepareConv1d({ ...form, weight: random(16 * 8 * 7, 1) });
    });
    const speak = (rows: number) =>
      values(backend, () => tf.tanh(backend.ops.conv1d(signal(rows, 16), layer!)));
    for (const rows of [700, 620, 540, 460, 400]) await speak(rows);
    const warm = allocated();
    for (let rows = 401; rows <= 695; rows += 6) await speak(rows);
    assert.is(allocated(), warm);
    layer!.dispose();
  });

  test('throws at the read after a shader that does not compile', async () => {
    const broken = () =>
      dispatch({
        key: 'broken',
        code: () => 'fn main(index: i32) { result[index] = nonsense; }',
        inputs: {},
        uniforms: {},
        outputShape: [4],
        outputComponents: 1,
        workgroups: 1,
      });
    const error = await voirsError(() => values(backend, broken), 'DEVICE_ERROR');
    assert.match(error.message, /nonsense|wasm/);
    assert.equal(await values(backend, () => tf.tanh(tf.tensor1d([0]))), Float32Array.of(0));
  });

  test('says what to do when the device is lost', async () => {
    const gpu = await openGpu();
    const lost = new WebgpuBackend(gpu);
    const result = lost.run((ops) => ops.gather(signal(9, 192), tf.tensor1d([1, 2], 'int32')));
    gpu.device.destroy();
    const out = new Float32Array(result.size);
    const error = await voirsError(() => lost.read(result, out), 'DEVICE_ERROR');
    assert.match(error.message, /lost.*create new ones/s);
    assert.ok(out.every((v) => v === 0));
    await voirsError(() => lost.run(() => tf.tensor1d([1])), 'DEVICE_ERROR');
    result.dispose();
    lost.dispose();
  });

  test.after(() => {
    stock.dispose();
    backend.dispose();
  });
  test.run();
}
