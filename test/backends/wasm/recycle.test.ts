// If this fails, a WebAssembly heap that one long text has grown stays large for ever, or replacing it breaks
// the pipelines that share it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { outgrow } from '../../../bench/suites/reset.js';
import { engineCounts } from '../../../src/backends/engine.js';
import type { Layer } from '../../../src/backends/ops.js';
import { acquireBackend } from '../../../src/backends/registry.js';
import { VoirsPipeline } from '../../../src/index.js';
import { LARGEST_CHUNK, planMemory, weightForm } from '../../../src/synthesis/memory-limit.js';
import { voirsError } from '../../expect.js';
import { random } from '../../random.js';

const test = suite('replacing the heap');
const SMALL = { numThreads: 1, memoryLimitMb: 32, cacheSize: 0 };
const heapOf = (pipeline: VoirsPipeline) => pipeline.memoryReport().native!.wasmHeapBytes!;
const WEIGHTS = 10.3e6; // of our larger voice's two models
const SHORT = 'Is it the same?';

/** Leaves the heap 64 MiB larger than it was. */
const growHeap = () => outgrow(1, 2 ** 26);

test('plans shares that grow with the limit and never exceed it', () => {
  const acoustic = { valuesPerFrame: 768, contextFrames: 28 };
  const sizes = { acoustic, vocoder: { valuesPerFrame: 2048, contextFrames: 13 } };
  const plans = [16, 32, 64, 128, 256, 512, 1024].map((limit) =>
    planMemory(limit, weightForm(limit, WEIGHTS), sizes),
  );
  plans.forEach((plan, n) => {
    assert.ok(plan.chunkFrames >= 16 && plan.chunkFrames <= LARGEST_CHUNK);
    assert.ok(plan.resultsBytes <= plan.limitBytes / 16);
    assert.ok(plan.decodedFrames >= 64 && plan.decodedFrames <= 2048);
    if (n > 0) assert.ok(plan.chunkFrames >= plans[n - 1]!.chunkFrames);
    if (n > 0) assert.ok(plan.decodedFrames >= plans[n - 1]!.decodedFrames);
  });
  assert.equal(
    [32, 64, 128, 256].map((limit) => weightForm(limit, WEIGHTS)),
    ['half', 'half', 'compact', 'fast'],
  );
  assert.equal([plans[1]!.chunkFrames < LARGEST_CHUNK, plans[5]!.chunkFrames], [true, LARGEST_CHUNK]);
  const wide = { acoustic, vocoder: { valuesPerFrame: 16384, contextFrames: 13 } };
  assert.ok(planMemory(64, 'half', wide).chunkFrames < plans[2]!.chunkFrames);
});

test('keeps compact weights under a small limit', async () => {
  await using compact = await VoirsPipeline.create({ ...SMALL, memoryLimitMb: 120 });
  await using fast = await VoirsPipeline.create({ ...SMALL, memoryLimitMb: 512 });
  const [few, many] = [compact, fast].map((pipeline) => pipeline.memoryReport().modelCache!.weightsBytes!);
  assert.ok(few! < 0.65 * many!, `${few} of ${many} bytes`);
  assert.ok(compact.memoryReport().native!.kernelScratchBytes! > 0);
  using a = await compact.synthesize(SHORT);
  using b = await fast.synthesize(SHORT);
  const power = (samples: Float32Array) => samples.reduce((sum, v) => sum + v * v, 0);
  const difference = a.samples.map((v, i) => v - b.samples[i]!);
  const decibels = 10 * Math.log10(power(b.samples) / power(difference));
  assert.is(a.samples.length, b.samples.length);
  assert.ok(decibels > 40, `${decibels} dB`); // the phase of the source sums up every rounding of F0
});

test('keeps weights in 16 bits under the smallest limits, without loss', async () => {
  await using half = await VoirsPipeline.create(SMALL);
  await using compact = await VoirsPipeline.create({ ...SMALL, memoryLimitMb: 120 });
  const bytes = (pipeline: VoirsPipeline) => pipeline.memoryReport().modelCache!.weightsBytes!;
  assert.ok(bytes(half) < 0.53 * bytes(compact), `${bytes(half)} of ${bytes(compact)} bytes`);
  const [a, b] = [await half.prepare(SHORT), await compact.prepare(SHORT)];
  const numbers = ({ sentences }: typeof a) =>
    sentences.flatMap(({ tokens }) => tokens.map(({ duration, pitch, energy }) => [duration, pitch, energy]));
  assert.equal(numbers(a), numbers(b));
});

test('makes the same samples in small chunks', async () => {
  await using small = await VoirsPipeline.create(SMALL);
  await using large = await VoirsPipeline.create({ ...SMALL, memoryLimitMb: 120 });
  const text = 'The old clock in the hall strikes twelve, and nobody hears it.';
  using a = await small.synthesize(text);
  using b = await large.synthesize(text);
  const difference = a.samples.reduce((most, x, i) => Math.max(most, Math.abs(x - b.samples[i]!)), 0);
  assert.is(a.samples.length, b.samples.length);
  assert.ok(difference < 5e-6, `${difference}`);
  const { memoryPlan } = small.memoryReport().configuration!.settings as {
    memoryPlan: { chunkFrames: number };
  };
  assert.ok(memoryPlan.chunkFrames < LARGEST_CHUNK);
});

test('replaces a heap that has outgrown its share on reset()', async () => {
  await using pipeline = await VoirsPipeline.create(SMALL);
  await using neighbour = await VoirsPipeline.create(SMALL);
  using before = await pipeline.synthesize(SHORT);
  await growHeap();
  const tensors = engineCounts();
  const grown = heapOf(pipeline);
  // Resets at the same time, beside calls that are under way on the same heap: one of them replaces it.
  const [a, b] = await Promise.all([
    pipeline.synthesize(SHORT),
    neighbour.synthesize(SHORT),
    pipeline.reset(),
    neighbour.reset(),
    pipeline.reset(),
  ]);
  assert.ok(heapOf(pipeline) < grown, `${grown} bytes before, ${heapOf(pipeline)} after`);
  assert.equal(engineCounts(), tensors);
  assert.equal(a.samples, before.samples);
  assert.equal(b.samples, before.samples);
  using after = await pipeline.synthesize(SHORT);
  assert.equal(after.samples, before.samples);
  a.dispose();
  b.dispose();
  const heap = heapOf(pipeline);
  await pipeline.reset();
  assert.is(heapOf(pipeline), heap, 'a heap within its share stays');
});

test('moves every kind of layer and tensor to the new heap', async () => {
  for (const numThreads of [1, 2]) {
    const { backend, release } = await acquireBackend('wasm', { numThreads });
    const weight = random(5 * 8 * 3, 1);
    // Our kernels do not take five outputs: TensorFlow.js's do, and their weights are tensors.
    const specs = [5, 8].map((outChannels) => ({
      weight: outChannels === 5 ? weight : random(8 * 8 * 3, 2),
      inChannels: 8,
      outChannels,
      kernel: 3,
      padding: 1,
    }));
    const x = random(64 * 8, 3);
    let layers: Layer<'conv1d'>[] = [];
    const input = backend.run((ops) => {
      layers = specs.map((spec) => ops.prepareConv1d(spec));
      return tf.tensor3d(x, [1, 64, 8]);
    });
    const results = async (): Promise<Float32Array[]> => {
      const all: Float32Array[] = [];
      for (const layer of layers) {
        const y = backend.run((ops) => ops.conv1d(input, layer));
        const out = new Float32Array(y.size);
        await backend.read(y, out);
        y.dispose();
        all.push(out);
      }
      return all;
    };
    const before = await results();
    const counts = engineCounts();
    await backend.queue.run(() => backend.recycle!());
    assert.equal(await results(), before);
    assert.equal(engineCounts(), counts);
    input.dispose();
    for (const layer of layers) layer.dispose();
    await release();
  }
});

test('refuses a limit below what the voice needs and states the least', async () => {
  const { tensors } = engineCounts();
  const error = await voirsError(() => VoirsPipeline.create({ ...SMALL, memoryLimitMb: 16 }), 'MEMORY_ERROR');
  assert.is(engineCounts().tensors, tensors);
  const floor = Number(/wanted (\d+) or more/.exec(error.message)?.[1]);
  assert.ok(floor > 16 && floor <= 32, error.message);
  await voirsError(() => VoirsPipeline.create({ ...SMALL, memoryLimitMb: floor - 1 }), 'MEMORY_ERROR');
  await using pipeline = await VoirsPipeline.create({ ...SMALL, memoryLimitMb: floor });
  using audio = await pipeline.synthesize(SHORT);
  assert.ok(audio.duration > 0.5);
});

test('returns a heap to its share at the end of a call', async () => {
  await using pipeline = await VoirsPipeline.create(SMALL);
  const left: [number, number][] = [];
  pipeline.on('memory', (event) => {
    if (event.kind === 'recycle') left.push([event.fromBytes, event.toBytes]);
  });
  await growHeap();
  using whole = await pipeline.synthesize(SHORT);
  assert.is(left.length, 1);
  await growHeap();
  let samples = 0;
  for await (const chunk of pipeline.stream(SHORT)) {
    samples += chunk.samples.length;
    chunk.dispose();
  }
  assert.is(samples, whole.samples.length);
  assert.is(left.length, 2);
  for (const [from, to] of left) assert.ok(to < from, `${from} -> ${to}`);
  const { weightsBytes } = pipeline.memoryReport().modelCache!;
  assert.ok(heapOf(pipeline) <= weightsBytes! + 24 * 2 ** 20);
});

test('frees everything when disposed right after reset()', async () => {
  const { tensors } = engineCounts();
  const pipeline = await VoirsPipeline.create(SMALL);
  await growHeap();
  await Promise.all([pipeline.reset(), pipeline.dispose()]);
  assert.is(engineCounts().tensors, tensors);
});

test.run();
