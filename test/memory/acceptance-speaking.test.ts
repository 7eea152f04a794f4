// If this fails, speaking costs more memory than promised: one text, fifty, or a whole book chapter.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from '../../src/index.js';
import { LARGEST_CHUNK } from '../../src/synthesis/memory-limit.js';
import { left, MB } from './readings-of.js';

const test = suite('acceptance: speaking');
const NOUNS = ['cat', 'river', 'engine', 'morning', 'piano', 'thunderstorm', 'idea'];
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 }); // kept results would count as growth
});
test.after(() => pipeline.dispose());

test('leaves only the audio of one synthesis, in a heap under 100 MiB', async () => {
  const before = await left(pipeline);
  const audio = await pipeline.synthesize('The birch canoe slid on the smooth planks.');
  const after = await left(pipeline);
  assert.ok(after.heapUsed < 100 * MB, `${after.heapUsed} bytes of JS heap`);
  assert.ok(after.peakRss < 400 * MB, `${after.peakRss} bytes of RSS at most`);
  assert.equal([after.tensors, after.tensorBytes], [before.tensors, before.tensorBytes]);
  assert.equal([after.slabs, after.leases], [1, 1]);
  assert.ok(
    after.arenaUsed! >= audio.samples.byteLength && after.arenaUsed! < 2 * audio.samples.byteLength + 8192,
  );
  audio.dispose();
  assert.is((await left(pipeline)).arenaUsed, 0);
});

test('keeps every kind of memory level over 50 syntheses', async () => {
  const textOf = (i: number) => `${[0, 1, 2].map((n) => NOUNS[(i * 3 + n) % NOUNS.length]).join(' ')} ${i}.`;
  for (let i = 0; i < 10; i++) (await pipeline.synthesize(textOf(i), { speakingRate: 2 })).dispose();
  const before = await left(pipeline);
  for (let i = 10; i < 60; i++) {
    const audio = await pipeline.synthesize(textOf(i), { speakingRate: 2 });
    assert.ok(pipeline.arena.stats().usedBytes < MB, `${pipeline.arena.stats().usedBytes} bytes for one`);
    audio.dispose();
  }
  const after = await left(pipeline);
  for (const kind of ['tensors', 'tensorBytes', 'slabs', 'leases', 'arenaUsed', 'arrayBuffers'] as const)
    assert.is(after[kind], before[kind], kind);
  assert.ok(after.wasmHeap! - before.wasmHeap! < 16 * MB, 'WASM heap'); // one step of its growth, at most
  assert.ok(after.wasmHeap! < 192 * MB, `the WASM heap has grown to ${after.wasmHeap} bytes`);
  assert.ok(
    (after.heapUsed - before.heapUsed) / 50 < MB / 50,
    `${after.heapUsed - before.heapUsed} bytes of JS heap`,
  );
  assert.ok((after.rss - before.rss) / 50 < MB, `${after.rss - before.rss} bytes of RSS`);
});

test('speaks 6,800 characters in one call under 500 MiB', async () => {
  const sentence = (n: number) =>
    `${Array.from({ length: 6 + (n % 7) }, (_, i) => NOUNS[(n + 3 * i) % 7]).join(' ')}.`;
  let text = '';
  for (let n = 0; text.length < 6800; n++) text += `${sentence(n)} `;
  const before = await left(pipeline);
  const audio = await pipeline.synthesize(text, { speakingRate: 2 });
  const words = text.split(/\s+/).filter((word) => word !== '').length;
  assert.is(audio.timeline.words.length, words);
  const after = await left(pipeline);
  assert.ok(
    after.peakRss - before.rss < 500 * MB,
    `${after.peakRss - before.rss} bytes more RSS at the peak`,
  );
  // A run over the whole text would take gigabytes; a window of one chunk takes a few tensors of its length.
  const windowBytes = (LARGEST_CHUNK + 32) * 256 * 4 * 32;
  assert.ok(after.wasmHeap! - before.wasmHeap! < 4 * windowBytes, `${after.wasmHeap! - before.wasmHeap!}`);
  assert.is(after.tensors, before.tensors);
  audio.dispose();
  await pipeline.reset();
  assert.is((await left(pipeline)).slabs, 0);
});

test.run();
