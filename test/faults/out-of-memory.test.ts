// If this fails, a full WebAssembly heap gives noise instead of an error, or a process never speaks again after one.
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { maxAbs } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import type { Layer } from '../../src/backends/ops.js';
import { CompositeOps } from '../../src/backends/reference.js';
import { wasmPlugin } from '../../src/backends/wasm/backend.js';
import { LARGEST_HEAP } from '../../src/backends/wasm/heap.js';
import { instantiate } from '../../src/backends/wasm/module.js';
import { type VoirsError, VoirsPipeline } from '../../src/index.js';
import { defaultVoiceFolder } from '../../src/voices/catalog.js';
import { voirsError } from '../expect.js';
import { smallHeap, storedTensors } from './small-heap.js';

const test = suite('out of memory');
const MB = 2 ** 20;
const SHORT = 'Hi.';
/** One sentence, which the acoustic model takes whole. */
const LONG = Array.from({ length: 24 }, () => 'and many more words came along').join(' ');

/** The heap of a pipeline that is loaded and has said something short, and what it said. */
let usual: { bytes: number; weights: number; samples: Float32Array };
test.before(async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  using audio = await pipeline.synthesize(SHORT);
  const { native, modelCache } = pipeline.memoryReport();
  usual = {
    bytes: native!.wasmHeapBytes!,
    weights: modelCache!.weightsBytes!,
    samples: audio.samples.slice(),
  };
});

test('a heap too small for the models: MEMORY_ERROR, and nothing stays loaded', async () => {
  const before = engineCounts();
  for (const share of [0.3, 0.45, 0.6]) {
    const { name } = smallHeap(Math.round((usual.bytes * share) / 65536) * 65536);
    const error = await voirsError(
      () => VoirsPipeline.create({ backend: name, numThreads: 1 }),
      'MEMORY_ERROR',
    );
    assert.match(error.message, /heap is full/);
    assert.equal(engineCounts(), before, `${share}`);
  }
});

for (const numThreads of [1, 2]) {
  test(`a text too long for the heap, ${numThreads} thread(s): again and again MEMORY_ERROR, and short ones are right`, async () => {
    const mostBytes = Math.round((usual.weights + (3 + numThreads) * MB) / 65536) * 65536;
    const { name, backend, pieces } = smallHeap(mostBytes);
    await using pipeline = await VoirsPipeline.create({ backend: name, numThreads, cacheSize: 0 });
    (await pipeline.synthesize(SHORT)).dispose();
    const counts = engineCounts();
    const before = [pieces(), storedTensors(backend())];
    for (let round = 0; round < 3; round++) {
      await voirsError(() => pipeline.synthesize(LONG), 'MEMORY_ERROR');
      assert.equal(engineCounts(), counts, 'tensors');
      assert.equal([pieces(), storedTensors(backend())], before, 'memory that the engine does not know of');
      assert.equal([pipeline.arena.stats().leases, pipeline.arena.stats().usedBytes], [0, 0]);
      const audio = await pipeline.synthesize(SHORT);
      assert.ok(maxAbs(audio.samples, usual.samples) <= 1e-5, 'spoken in halves where the heap is small');
      audio.dispose();
    }
    assert.ok(pipeline.memoryReport().native!.wasmHeapBytes! <= mostBytes);
  });
}

test('a second voice that does not fit: MEMORY_ERROR, and the first goes on in the same heap', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-second-voice-'));
  try {
    symlinkSync(defaultVoiceFolder(), join(folder, 'arctic'), 'junction'); // another path: models of its own
    const { name, pieces, allocations, failAt } = smallHeap(usual.bytes + 8 * MB);
    await using pipeline = await VoirsPipeline.create({ backend: name, numThreads: 1, cacheSize: 0 });
    (await pipeline.synthesize(SHORT)).dispose();
    const second = () =>
      VoirsPipeline.create({ backend: name, numThreads: 1, weights: join(folder, 'arctic') });
    const before = [engineCounts(), pieces()];
    const first = allocations();
    await voirsError(second, 'MEMORY_ERROR');
    assert.equal([engineCounts(), pieces()], before);
    // The same at points that the sizes do not reach: at the first allocation, in the midst of every kind of layer.
    const reached = allocations() - first;
    assert.ok(reached > 30, `${reached} allocations`);
    for (let n = 1; n < reached; n += n < 20 ? 1 : 7) {
      failAt(n);
      await voirsError(second, 'MEMORY_ERROR');
      assert.equal([engineCounts(), pieces()], before, `allocation ${n}`);
    }
    const audio = await pipeline.synthesize(SHORT);
    assert.is(maxAbs(audio.samples, usual.samples), 0);
    audio.dispose();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('the heap fills up at any point of a synthesis', async () => {
  const { name, backend, pieces, allocations, failAt } = smallHeap(LARGEST_HEAP);
  await using pipeline = await VoirsPipeline.create({ backend: name, numThreads: 1, cacheSize: 0 });
  const speak = async () => {
    const audio = await pipeline.synthesize(SHORT, { pitchShift: 1 });
    try {
      return audio.samples.slice();
    } finally {
      audio.dispose();
    }
  };
  const whole = await speak();
  const before = [engineCounts(), pieces(), storedTensors(backend())];
  const first = allocations();
  await speak();
  const all = allocations() - first;
  assert.ok(all > 100, `${all} allocations`);
  let divided = 0;
  for (let n = 1; n <= all; n += 5) {
    failAt(n, Number.POSITIVE_INFINITY);
    await voirsError(speak, 'MEMORY_ERROR');
    // For a moment only, the vocoder goes on in smaller chunks; the acoustic model has nothing to divide.
    failAt(n);
    try {
      assert.ok(maxAbs(await speak(), whole) <= 1e-5, `allocation ${n} of ${all}: the same sound`);
      divided++;
    } catch (error) {
      assert.is((error as VoirsError).code, 'MEMORY_ERROR', `allocation ${n}: ${error}`);
    }
    assert.equal([engineCounts(), pieces(), storedTensors(backend())], before, `allocation ${n} of ${all}`);
    assert.is(pipeline.arena.stats().leases, 0);
  }
  assert.ok(divided > 3 && divided < all / 5 - 3, `${divided} of ${all} recovered`);
  const audio = await pipeline.synthesize(SHORT);
  assert.is(maxAbs(audio.samples, usual.samples), 0);
  audio.dispose();
});

test('a chunk that the heap has no room for is spoken in smaller ones, whole and streamed', async () => {
  const text = 'This sentence takes some four seconds, which is more than a single chunk.';
  const spoken = async (backend?: string) => {
    await using pipeline = await VoirsPipeline.create({ backend, numThreads: 1, cacheSize: 0 });
    using audio = await pipeline.synthesize(text);
    const chunks: number[] = [];
    for await (using chunk of pipeline.stream(text)) for (const x of chunk.samples) chunks.push(x);
    const heapBytes = pipeline.memoryReport().native!.wasmHeapBytes!;
    return { whole: audio.samples.slice(), chunks: Float32Array.from(chunks), heapBytes };
  };
  const free = await spoken();
  const small = smallHeap(Math.round((usual.weights + 6 * MB) / 65536) * 65536);
  const tight = await spoken(small.name);
  assert.ok(tight.heapBytes < free.heapBytes - 6 * MB, `${tight.heapBytes} of ${free.heapBytes} bytes`);
  assert.ok(maxAbs(tight.whole, free.whole) <= 1e-5);
  assert.ok(maxAbs(tight.chunks, free.whole) <= 1e-5);
});

test('an allocation that fails inside a stock kernel is an error, where the kernel itself goes on', async () => {
  const backend = await wasmPlugin.create({ numThreads: 1, maxHeapBytes: 48 * MB });
  const weight = new Float32Array(7).fill(1);
  const stock = new CompositeOps('prelu');
  let layer: Layer<'conv1d'> | undefined;
  backend.run(() => {
    layer = stock.prepareConv1d({ weight, inChannels: 1, outChannels: 1, kernel: 7, padding: 3 });
  });
  const before = engineCounts();
  const convolve = (length: number) =>
    backend.run(() => stock.conv1d(tf.tensor3d(new Float32Array(length).fill(1), [1, length, 1]), layer!));
  // Input and output of 8 MiB fit; the table of 7 x 4 bytes per output that the kernel makes does not.
  await voirsError(() => convolve(2 * MB), 'MEMORY_ERROR');
  assert.equal(engineCounts(), before);
  const y = convolve(1000);
  const values = new Float32Array(1000);
  await backend.read(y, values);
  assert.equal([values[0], values[500], values[999]], [4, 7, 4]);
  y.dispose();
  layer!.dispose();
  backend.dispose();
});

test('near 4 GiB the allocator throws; no address lies past the heap', async () => {
  const { module } = await instantiate(1);
  const sizes = [
    512, 512, 512, 512, 512, 512, 256, 256, 256, 128, 64, 64, 64, 32, 16, 8, 8, 4, 2, 1, 1, 1, 600,
  ];
  let refusals = 0;
  let end = 0;
  for (const size of sizes) {
    try {
      const address = module._malloc(size * MB);
      assert.ok(address >= end && address + size * MB <= module.HEAPU8.byteLength, `${size} at ${address}`);
      end = address + size * MB;
    } catch (error) {
      assert.match((error as Error).message, /heap is full/);
      refusals++;
    }
  }
  assert.ok(refusals > 3 && module.HEAPU8.byteLength <= LARGEST_HEAP);
  assert.ok(end > LARGEST_HEAP - 64 * MB, 'nearly all of it can be used');
});

test.run();
