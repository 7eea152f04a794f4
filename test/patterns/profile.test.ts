// If this fails, users cannot find the line of code that holds memory, or the operation of a model that takes
// it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { engineCounts } from '../../src/backends/engine.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { CONVOLUTION_KERNEL } from '../../src/backends/wasm/convolution.js';
import { profileMemoryUsage, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('memory profile');
const MB = 2 ** 20;

/**
 * Arrays of numbers that stay reachable: `count` of about 8 KB. One function, so that no optimiser inlines
 * another.
 */
function hoard(count: number): number[][] {
  const all: number[][] = [];
  for (let n = 0; n < count; n++) {
    const numbers: number[] = [];
    for (let i = 0; i < 1000; i++) numbers.push(i + 0.5);
    all.push(numbers);
  }
  return all;
}
function kept(): string[] {
  const strings: string[] = [];
  for (let i = 0; i < 200_000; i++) strings.push(`kept ${i}`);
  return strings;
}
function thrownAway(): number {
  let sum = 0;
  for (let i = 0; i < 2000; i++) sum += Array.from({ length: 1000 }, (_, n) => n + 0.25).length;
  return sum;
}

test('lists first the site that holds most, with file and line', async () => {
  const { sites, value } = await profileMemoryUsage(() => hoard(2000));
  assert.is(value.length, 2000);
  assert.match(sites[0]!.site, /^hoard .*profile\.test\.ts:\d+:\d+$/);
  assert.ok(sites[0]!.deltaBytes > 8 * MB, `${sites[0]!.deltaBytes}`);
  assert.ok(sites.length <= 10);
  const sizes = sites.map((site) => Math.abs(site.deltaBytes));
  assert.equal(
    sizes,
    [...sizes].sort((a, b) => b - a),
  );
});

test('separates what was there before from what was added', async () => {
  let before: string[] = [];
  const { sites } = await profileMemoryUsage(() => hoard(500), {
    top: 1000,
    setup: () => {
      before = kept();
    },
  });
  const setup = sites.find(({ site }) => site.startsWith('kept '))!;
  assert.ok(setup.beforeBytes > 2 * MB, `${setup.beforeBytes}`);
  assert.ok(Math.abs(setup.deltaBytes) < setup.beforeBytes / 4);
  assert.is(sites.find(({ site }) => site.startsWith('hoard '))!.beforeBytes, 0);
  assert.is(before.length, 200_000);
});

test('counts garbage only when asked for', async () => {
  const sum = (sites: { site: string; afterBytes: number }[]) =>
    sites.filter(({ site }) => /thrownAway|from/.test(site)).reduce((n, site) => n + site.afterBytes, 0);
  const held = sum((await profileMemoryUsage(thrownAway, { top: 1000 })).sites);
  const all = sum((await profileMemoryUsage(thrownAway, { top: 1000, includeCollected: true })).sites);
  assert.ok(held < MB, `${held}`);
  assert.ok(all > 8 * MB, `${all}`);
});

test('shows samples outside the heap in the runtime figures', async () => {
  const { before, after, value } = await profileMemoryUsage(() => new Float32Array(4 * MB));
  assert.ok(after.arrayBuffersBytes! - before.arrayBuffersBytes! >= value.byteLength);
});

test('passes an error through and frees the profiler', async () => {
  let message = '';
  await profileMemoryUsage(() => {
    throw new Error('inside');
  }).catch((error: Error) => {
    message = error.message;
  });
  assert.is(message, 'inside');
  assert.ok((await profileMemoryUsage(() => hoard(500))).sites.length > 0);
  await voirsError(() => profileMemoryUsage(() => 1, { samplingIntervalBytes: 1 }), 'INVALID_OPTIONS');
});

test('lists each kind of operation with calls, bytes and time', async () => {
  const { backend, release } = await acquireBackend('cpu', { numThreads: 1 });
  const graph = (): tf.Tensor =>
    backend.run(() => {
      const a = tf.tensor1d(new Float32Array(1000).fill(2));
      const b = tf.mul(a, a);
      return tf.reshape(tf.square(tf.add(tf.add(tf.add(b, a), a), a)), [10, 100]);
    });
  let tensor: tf.Tensor | undefined;
  const { operations, peakTensorBytes } = await profileMemoryUsage(async () => {
    await Promise.resolve();
    tensor = graph();
    tensor.dispose();
    tensor = graph();
  });
  assert.equal(
    operations.map(({ name, calls, bytes }) => [name, calls, bytes]),
    [
      ['Add', 6, 24_000],
      ['Multiply', 2, 8_000],
      ['Square', 2, 8_000],
      ['Reshape', 2, 0],
    ],
  );
  for (const { milliseconds } of operations) assert.ok(milliseconds! >= 0);
  assert.is(peakTensorBytes, engineCounts().bytes - 4_000 + 7 * 4_000);
  tensor!.dispose();
  await release();
});

test("lists ten operations of a synthesis, voirs' kernels among them", async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const speak = async () => (await pipeline.synthesize('Tea.', { speakingRate: 2 })).dispose();
  const { operations, sites, peakTensorBytes } = await profileMemoryUsage(speak);
  const own = operations.find(({ name }) => name === CONVOLUTION_KERNEL)!;
  assert.ok(own.calls > 50 && own.bytes > MB && own.milliseconds! > 0, JSON.stringify(operations));
  assert.ok(operations.length <= 10 && sites.length <= 10);
  assert.equal(
    operations.map(({ bytes }) => bytes),
    operations.map(({ bytes }) => bytes).sort((a, b) => b - a),
  );
  assert.is((await profileMemoryUsage(speak, { top: 1 })).operations.length, 1);
  const { bytes } = engineCounts();
  assert.ok(peakTensorBytes > bytes, `${peakTensorBytes} over ${bytes} at rest`);
});

test('ends a profile with its work, and takes one at a time', async () => {
  const inside = async () => {
    await voirsError(() => profileMemoryUsage(() => 1), 'INVALID_OPTIONS');
    throw new Error('inside');
  };
  await profileMemoryUsage(inside).catch((error: Error) => assert.is(error.message, 'inside'));
  assert.is(tf.engine().state.profiling, false);
  assert.equal((await profileMemoryUsage(() => 1)).operations, []);
});

test.run();
