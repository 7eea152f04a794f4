// If this fails, a program with many calls at once loses some, gets them out of order, or keeps their memory.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { type AudioBuffer, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';
import { type Left, left, MB } from './readings-of.js';

const test = suite('acceptance: load');
const FAST = { speakingRate: 2 };
const WORDS = ['no', 'tea', 'four', 'rivers', 'engine', 'cat', 'piano', 'idea'];
const wordOf = (i: number) => WORDS[i % WORDS.length]!;
let pipeline: VoirsPipeline;
let start: Left;
/** Samples of each word alone. */
const alone = new Map<string, Float32Array>();

test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  for (const word of WORDS) {
    const audio = await pipeline.synthesize(word, FAST);
    alone.set(word, audio.samples.slice());
    audio.dispose();
  }
  start = await left(pipeline);
});
test.after(() => pipeline.dispose());

/** Every counted kind of memory is where it was; the heaps may have taken one more step. */
async function isSettled(): Promise<void> {
  pipeline.arena.releaseFreeSlabs();
  const now = await left(pipeline);
  assert.equal([now.tensors, now.tensorBytes, now.leases], [start.tensors, start.tensorBytes, 0]);
  assert.ok(now.wasmHeap! - start.wasmHeap! < 48 * MB, `WASM heap ${start.wasmHeap} -> ${now.wasmHeap}`);
  assert.ok(now.heapUsed - start.heapUsed < 8 * MB, `JS heap ${start.heapUsed} -> ${now.heapUsed}`);
  assert.ok(now.rss - start.rss < 100 * MB, `RSS ${start.rss} -> ${now.rss}`);
}

/** Speaks `count` words at once. @returns in which order they were done. */
async function burst(count: number): Promise<number[]> {
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const audio = await pipeline.synthesize(wordOf(i), FAST);
      order.push(i);
      assert.is(maxAbs(audio.samples, alone.get(wordOf(i))!), 0, `call ${i} of ${count}`);
      audio.dispose();
    }),
  );
  return order;
}

const inOrder = (count: number) => Array.from({ length: count }, (_, i) => i);

test('completes 8 concurrent calls in order', async () => {
  assert.equal(await burst(8), inOrder(8));
  await isSettled();
});

test('answers each call of a burst of 50 with its own text', async () => {
  assert.is((await burst(50)).length, 50);
  await isSettled();
});

test('completes 10 calls after an overload of 200 aborted ones', async () => {
  const controller = new AbortController();
  const calls = Array.from({ length: 200 }, (_, i) =>
    pipeline.synthesize(wordOf(i), { ...FAST, signal: controller.signal }).then((audio) => audio.dispose()),
  );
  await calls[19];
  controller.abort();
  const results = await Promise.allSettled(calls);
  const codes = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
  assert.ok(codes.length >= 100 && codes.every((code) => code === 'ABORTED'), `${codes.length} given up`);
  assert.equal(await burst(10), inOrder(10));
  await isSettled();
});

test('streams 50 sentences with less than 100 MiB more at any chunk', async () => {
  const text = inOrder(50)
    .map((i) => `The ${wordOf(i)} is number ${i}.`)
    .join(' ');
  let sentences = 0;
  let most = 0;
  for await (const chunk of pipeline.stream(text, { ...FAST, onProgress: () => {} })) {
    sentences += chunk.timeline.words.filter((word) => word.text === 'the').length;
    most = Math.max(most, process.memoryUsage.rss() - start.rss);
    assert.is(pipeline.arena.stats().leases, 1, 'one chunk at a time');
    chunk.dispose();
  }
  assert.is(sentences, 50);
  assert.ok(most < 100 * MB, `${most} bytes more`);
  await isSettled();
});

test('switches voices 20 times in less than 100 MiB and no more weights', async () => {
  const heard = new Map<string, Float32Array>();
  const voices = pipeline.listVoices().map((voice) => voice.id);
  for (let i = 0; i < 20; i++) {
    const voice = voices[i % voices.length]!;
    pipeline.setVoice(voice);
    const audio = await pipeline.synthesize('tea', FAST);
    const before = heard.get(voice);
    if (before) assert.is(maxAbs(audio.samples, before), 0, voice);
    else heard.set(voice, audio.samples.slice());
    audio.dispose();
  }
  assert.is(heard.size, voices.length);
  assert.ok(heard.size > 1);
  pipeline.setVoice(voices[0]!);
  await isSettled();
});

test('gives each of 4 concurrent streams its own text', async () => {
  const texts = inOrder(4).map((i) => `${wordOf(i)} ${wordOf(i + 1)}. ${wordOf(i + 2)}.`);
  const expected: number[] = [];
  for (const text of texts) {
    const audio = await pipeline.synthesize(text, FAST);
    expected.push(audio.samples.length);
    audio.dispose();
  }
  const streams = texts.map((text) => pipeline.stream(text, FAST));
  const lengths = [0, 0, 0, 0];
  let open = 4;
  while (open > 0) {
    const chunks = await Promise.all(streams.map((stream) => stream.next()));
    open = 0;
    for (const [i, chunk] of chunks.entries()) {
      if (chunk.done) continue;
      open++;
      lengths[i]! += chunk.value.samples.length;
      chunk.value.dispose();
    }
  }
  assert.equal(lengths, expected);
  await isSettled();
});

/** One item of a mixed workload, by kind. */
const MIXED: ((i: number) => Promise<number>)[] = [
  async (i) => spoken(await pipeline.synthesize(wordOf(i), FAST)),
  async (i) =>
    spoken(await pipeline.synthesizeSsml(`<speak>${wordOf(i)}<break time="100ms"/></speak>`, FAST)),
  async (i) => spoken(await pipeline.render(await pipeline.prepare(wordOf(i), FAST))),
  async (i) => {
    let length = 0;
    for await (const chunk of pipeline.stream(`${wordOf(i)}. ${wordOf(i + 1)}.`, FAST))
      length += spoken(chunk);
    return length;
  },
  async (i) =>
    spoken(await pipeline.synthesize(wordOf(i), { ...FAST, voice: 'miles', pitchShift: 2, volumeGain: -3 })),
  async (i) => {
    const error = await voirsError(
      () => pipeline.synthesize(i % 2 ? '' : '\u0f00', { ...FAST, unsupported: 'error' }),
      i % 2 ? 'INVALID_TEXT' : 'UNSUPPORTED_TEXT',
    );
    return error.message.length;
  },
];

function spoken(audio: AudioBuffer): number {
  const { length } = audio.samples;
  assert.ok(audio.samples.every(Number.isFinite));
  audio.dispose();
  return length;
}

test('completes 30 mixed items, ten at a time, errors among them', async () => {
  const items = inOrder(30);
  let done = 0;
  const worker = async () => {
    for (let i = items.shift(); i !== undefined; i = items.shift()) {
      assert.ok((await MIXED[i % MIXED.length]!(i)) > 0, `item ${i}`);
      done++;
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  assert.is(done, 30);
  await isSettled();
});

test('speaks unchanged after every kind of refusal', async () => {
  const refusals: [code: Parameters<typeof voirsError>[1], call: () => unknown][] = [
    ['INVALID_TEXT', () => pipeline.synthesize('   ')],
    ['INVALID_OPTIONS', () => pipeline.synthesize('tea', { speakingRate: 9 })],
    ['INVALID_SSML', () => pipeline.synthesizeSsml('<speak><p>tea', { strictSsml: true })],
    ['VOICE_NOT_FOUND', () => pipeline.synthesize('tea', { voice: 'nobody' })],
    ['ABORTED', () => pipeline.synthesize('tea', { signal: AbortSignal.abort() })],
  ];
  for (const [code, call] of refusals) {
    await voirsError(call, code);
    const audio = await pipeline.synthesize('tea', FAST);
    assert.is(maxAbs(audio.samples, alone.get('tea')!), 0, code);
    audio.dispose();
  }
  await isSettled();
});

test.run();
