// If this fails, a long-running process leaks: tensors, slabs, leases or WASM heap grow with every synthesis.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { engineCounts } from '../../src/backends/engine.js';
import { acquireBackend } from '../../src/backends/registry.js';
import { VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('steady state');
const NOUNS = ['cat', 'river', 'engine', 'morning', 'piano', 'thunderstorm', 'idea'];
/** Texts of 1 to 4 words, all different. */
const textOf = (i: number) =>
  `${Array.from({ length: 1 + ((i * 5) % 4) }, (_, n) => NOUNS[(i * 3 + n) % NOUNS.length]).join(' ')} ${i}.`;

test('200 syntheses of varying length leave the tensor count, the slabs and the leases as they were', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  const hold = await acquireBackend('wasm', { numThreads: 1 });
  const tensors = engineCounts();
  for (let i = 0; i < 200; i++) {
    const audio = await pipeline.synthesize(textOf(i), { speakingRate: 2 });
    audio.dispose();
    if (i === 0 || i === 199) assert.equal(engineCounts(), tensors, `after ${i + 1}`);
  }
  const stats = pipeline.arena.stats();
  assert.is(stats.slabsAllocated, 1);
  assert.equal([stats.leases, stats.usedBytes], [0, 0]);
  const heap = hold.backend.memory().wasmHeapBytes!;
  assert.ok(heap < 320 * 2 ** 20, `the WASM heap has grown to ${heap} bytes`);
  pipeline.reset();
  assert.is(pipeline.arena.stats().capacityBytes, 0);
  hold.release();
});

test('buffers that are dropped without dispose() are reclaimed', async () => {
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

test('a full arena is MEMORY_ERROR; disposing makes room again', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, memoryLimitMb: 16 });
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
