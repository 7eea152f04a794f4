// If this fails, the same text sounds different on a machine with more cores, or two pipelines disturb each
// other.
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import type { Backend } from '../../../src/backends/backend.js';
import { acquireBackend } from '../../../src/backends/registry.js';
import { ControlBlock, type Job } from '../../../src/backends/wasm/threads/control-block.js';
import { KernelThreads } from '../../../src/backends/wasm/threads/pool.js';
import { VoirsPipeline } from '../../../src/index.js';
import { random } from '../../random.js';

const test = suite('threads and neighbours');
const TEXT = 'Is it the same voice?';

test('makes the same samples on one thread and on two, interleaved', async () => {
  const globals = Object.getOwnPropertyNames(globalThis);
  const [one, two] = [
    await VoirsPipeline.create({ numThreads: 1 }),
    await VoirsPipeline.create({ numThreads: 2 }),
  ];
  const [a, b, again] = await Promise.all([one.synthesize(TEXT), two.synthesize(TEXT), one.synthesize(TEXT)]);
  assert.equal(b.samples, a.samples);
  assert.equal(again.samples, a.samples);
  assert.ok(
    a.samples.some((sample) => Math.abs(sample) > 0.05),
    'it is not silence',
  );
  // A global Worker of Node looks like that of a page to others: @mediabunny/aac-encoder then fails.
  assert.equal(Object.getOwnPropertyNames(globalThis).includes('Worker'), globals.includes('Worker'));
  await Promise.all([one.dispose(), two.dispose()]);
});

/** Number of jobs that were split, over all pools of this process. */
let split = 0;
const post = ControlBlock.prototype.post;
ControlBlock.prototype.post = function (job: Job) {
  split++;
  post.call(this, job);
};

/** Workers of ours that this process has started. */
const workers: Worker[] = [];
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...rest) {
  if (typeof message === 'object' && 'control' in message && !workers.includes(this)) workers.push(this);
  postMessage.call(this, message, ...rest);
};

interface Shape {
  inChannels: number;
  outChannels: number;
  kernel: number;
  dilation: number;
  length: number;
  withResidual: boolean;
}

function convolve(backend: Backend, shape: Shape): Float32Array {
  const { inChannels, outChannels, kernel, dilation, length, withResidual } = shape;
  const y = backend.run((ops) => {
    const weight = random(outChannels * inChannels * kernel, 1).map((w) => w / kernel);
    const padding = ((kernel - 1) * dilation) / 2;
    const layer = ops.prepareConv1d({
      ...shape,
      weight,
      padding,
      leakyIn: 0.1,
      bias: random(outChannels, 2),
    });
    const x = tf.tensor3d(random(length * inChannels, 3), [1, length, inChannels]);
    const residual = tf.tensor3d(random(length * outChannels, 4), [1, length, outChannels]);
    const result = ops.conv1d(x, layer, withResidual ? residual : undefined);
    layer.dispose();
    return result;
  });
  const out = new Float32Array(y.size);
  void backend.read(y, out);
  y.dispose();
  return out;
}

test('computes every shape bit for bit alike on 1 to 4 threads', async () => {
  const holds = await Promise.all([1, 2, 3, 4].map((numThreads) => acquireBackend('wasm', { numThreads })));
  const square = fc.constantFrom(8, 16, 32, 64).map((channels): [number, number] => [channels, channels]);
  const direct = fc.tuple(fc.constantFrom<number>(3, 40, 80, 192), fc.constantFrom<number>(8, 64, 256));
  const shapes = fc.record({
    channels: fc.oneof(square, direct),
    kernel: fc.constantFrom(1, 3, 5, 7, 11),
    dilation: fc.constantFrom(1, 2, 3, 5),
    length: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 400, max: 4000 })),
    withResidual: fc.boolean(),
  });
  const before = split;
  fc.assert(
    fc.property(shapes, ({ channels: [inChannels, outChannels], ...rest }) => {
      const shape = { inChannels, outChannels, ...rest };
      const [one, ...others] = holds.map(({ backend }) => convolve(backend, shape));
      for (const other of others) assert.equal(other, one);
    }),
    { numRuns: 40, seed: 7 },
  );
  assert.ok(split - before > 40, `${split - before} calls were split; most of them have to be`);
  await Promise.all(holds.map(({ release }) => release()));
});

test('ends the workers with their backend', () => {
  assert.ok(workers.length > 0);
  for (const worker of workers) assert.is(worker.threadId, -1, 'a worker of a disposed backend lives');
});

test('continues on one thread when a worker dies', async () => {
  const shape = { inChannels: 32, outChannels: 32, kernel: 7, dilation: 3, length: 3000, withResidual: true };
  workers.length = 0;
  const { backend, release } = await acquireBackend('wasm', { numThreads: 3 });
  assert.is(workers.length, 2);
  assert.match(backend.versions.features!, /3 threads/);
  const wanted = convolve(backend, shape);
  await workers[0]!.terminate();
  assert.equal(convolve(backend, shape), wanted);
  assert.is(backend.threads, 1);
  assert.match(backend.versions.features!, /1 thread \(no workers: .*ended/);
  await release();
  for (const worker of workers) assert.is(worker.threadId, -1, 'its successors have ended too');
});

test('continues on one thread when a worker cannot start', async () => {
  // Imports what workers do not have.
  const bytes = [0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 97, 1, 98, 0, 0];
  const module = new WebAssembly.Module(new Uint8Array(bytes));
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const pool = await KernelThreads.start(module, memory, 64, 2, () => {});
  assert.match(pool.failure ?? '', /import/i);
  const job = { kernel: 0, units: 1000, grain: 1, minimumUnits: 1, args: [], scratch: 0, scratchBytes: 0 };
  assert.not(pool.takes(job));
  await pool.stop();
});

test('does every unit once when no worker joins', () => {
  const jobs = fc.record({
    units: fc.integer({ min: 1, max: 500 }),
    grain: fc.constantFrom(1, 4, 24),
    minimumUnits: fc.integer({ min: 1, max: 60 }),
    threads: fc.integer({ min: 1, max: 32 }),
    thread: fc.nat(),
  });
  fc.assert(
    fc.property(jobs, ({ threads, thread, ...form }) => {
      const block = new ControlBlock(new ArrayBuffer(ControlBlock.bytes(threads)), 0, threads);
      const done = new Array<number>(form.units).fill(0);
      const count = (_: number, args: readonly number[]) => {
        const [from, to] = args.slice(1) as [number, number];
        for (let unit = from; unit < to; unit++) done[unit]!++;
        assert.is(from % form.grain, 0);
      };
      block.post({ kernel: 0, ...form, args: [5], scratch: 0, scratchBytes: 0 });
      block.work(thread % threads, count);
      assert.ok(done.every((times) => times === 1));
      block.work((thread + 1) % threads, count); // a thread that joins late finds nothing left
      assert.ok(done.every((times) => times === 1));
    }),
  );
});

test.run();
