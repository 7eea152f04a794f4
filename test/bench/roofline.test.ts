// If this fails, bench roofline miscounts the products of the models, and its claim of what a machine allows is wrong.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { peakLoop } from '../../bench/lib/peak.js';
import { countProducts } from '../../bench/suites/roofline.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { random } from '../random.js';

const test = suite('bench roofline');

/** Multiply-adds that the kernels report for one convolution over `rows` rows, "same" padding. */
async function counted(shape: { inChannels: number; outChannels: number; kernel: number }, rows: number) {
  const { inChannels, outChannels, kernel } = shape;
  const { backend, release } = await acquireBackend('wasm', { numThreads: 1 });
  const weight = random(inChannels * outChannels * kernel, 1, 0.1);
  const spec = { ...shape, weight, bias: new Float32Array(outChannels), padding: (kernel - 1) / 2 };
  const layer = backend.ops.prepareConv1d(spec);
  const x = tf.tensor3d(new Float32Array(rows * inChannels), [1, rows, inChannels]);
  const count = await countProducts(async () => backend.run((ops) => ops.conv1d(x, layer)).dispose());
  x.dispose();
  layer.dispose();
  await release();
  return count;
}

test('counts each method as it multiplies', async () => {
  const rows = 240;
  assert.is(await counted({ inChannels: 192, outChannels: 96, kernel: 1 }, rows), rows * 192 * 96); // direct
  assert.is(
    await counted({ inChannels: 192, outChannels: 384, kernel: 5 }, rows),
    (rows * 192 * 384 * 8) / 4,
  ); // Toom-Cook
  assert.is(await counted({ inChannels: 32, outChannels: 32, kernel: 3 }, rows), (rows * 32 * 32 * 8) / 6);
  assert.is(await counted({ inChannels: 64, outChannels: 64, kernel: 7 }, rows), (rows * 64 * 64 * 47) / 26); // FFT
  assert.is(await counted({ inChannels: 8, outChannels: 1, kernel: 7 }, rows), rows * 8 * 7); // one output
});

test('the loop of multiply-adds runs, and says how many there are', async () => {
  const loop = await peakLoop();
  loop.run();
  assert.is(loop.gflop, (4_000_000 * 12 * 8) / 1e9);
});

test.run();
