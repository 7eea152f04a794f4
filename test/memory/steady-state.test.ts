// If this fails, a long-running process leaks: tensors, slabs, leases or WASM heap grow with every synthesis.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { runFresh, SETTLED_NODE } from '../../bench/lib/fresh/start.js';
import { blockFit } from '../../bench/lib/statistics.js';
import { measureGrowth } from '../../bench/suites/growth.js';
import type { Course } from '../../bench/suites/soak.js';
import { VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';
import { tinyVoice } from '../tiny-voice.js';

const test = suite('steady state');
const MB = 2 ** 20;
// One of a few kilobytes: what 300 syntheses leave behind is told from the noise by their number. That a real voice
// leaves nothing either is in acceptance-speaking, acceptance-load and `npm run bench -- soak`.
const voice = tinyVoice();
test.after(() => voice.remove());

test('grows by nothing that is counted from 100 to 300 syntheses', async () => {
  const input = { count: 300, every: 5, seed: 1, threads: 1, weights: voice.folder };
  const { samples, done } = await runFresh<Course>({ name: 'soak', nodeFlags: SETTLED_NODE }, input);
  assert.is(done, 300);
  const [first, ...later] = samples.filter(({ at }) => at >= 100);
  assert.is(later.length, 40);
  for (const { at, tensors, slabsAllocated, leases, arena, wasmHeap, arrayBuffers } of later) {
    assert.is(tensors, samples[0]!.tensors, `tensors after ${at}`);
    assert.equal([slabsAllocated, leases, arena], [1, 0, MB], `slabs and leases after ${at}`);
    // One step of its growth, 20 %, is for a text that is longer than all before it.
    assert.ok(wasmHeap! < 1.25 * first!.wasmHeap!, `WASM heap ${first!.wasmHeap} -> ${wasmHeap} after ${at}`);
    // Kept results are of different lengths: their arena may take one more slab (4 MiB). Leaked audio would be 20 MiB.
    assert.ok(
      arrayBuffers < first!.arrayBuffers + 5 * MB,
      `${arrayBuffers} bytes of ArrayBuffers after ${at}`,
    );
  }
  // The rest of the warm-up (V8 goes on compiling) is far less than one leaked second of audio, 88 kB.
  const slope = (kind: 'rss' | 'heapUsed') =>
    blockFit(
      later.map(({ at }) => at),
      later.map((reading) => reading[kind]),
      10,
    ).slope;
  assert.ok(slope('rss') < 64 * 1024, `RSS grows by ${slope('rss')} bytes per synthesis`);
  assert.ok(slope('heapUsed') < 8 * 1024, `the JS heap grows by ${slope('heapUsed')} bytes per synthesis`);
});

test('leaves no object, array, string or closure of 100 syntheses', async () => {
  const { programs, code } = await measureGrowth({
    ...{ count: 200, warmups: 100, seed: 1, threads: 1, weights: voice.folder },
  });
  assert.ok(Math.abs(programs.bytes) < 4096, `${programs.count} objects more, ${programs.bytes} bytes`);
  assert.ok(code.bytes > 0, 'V8 compiles meanwhile: the snapshots are of two moments');
});

test('reclaims buffers that are dropped without dispose()', async () => {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  const drop = async () => {
    await pipeline.synthesize('Forgotten.');
  };
  for (let i = 0; i < 4; i++) await drop();
  for (let i = 0; i < 50 && pipeline.arena.stats().leases > 0; i++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.is(pipeline.arena.stats().leases, 0);
});

test('throws MEMORY_ERROR for a full arena until audio is disposed', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, memoryLimitMb: 32 });
  const held = [1, 2, 3].map(() => pipeline.arena.lease(2 ** 20)); // three of four slabs
  using last = await pipeline.synthesize('This one still fits.');
  const long = Array.from({ length: 60 }, () => 'this needs more than what is left').join(', ');
  await voirsError(() => pipeline.synthesize(long), 'MEMORY_ERROR');
  assert.ok(last.samples.some((x) => x !== 0));
  for (const lease of held) lease.release();
  using audio = await pipeline.synthesize('Room again.');
  assert.ok(audio.duration > 0.3);
});

test.run();
