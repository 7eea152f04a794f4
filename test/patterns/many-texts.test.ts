// If this fails, long jobs pile memory up, lose or reorder their results, or leave pipelines and buffers
// behind.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { AudioBuffer } from '../../src/audio/audio-buffer.js';
import {
  type BatchProgress,
  batchSynthesize,
  OptimizedTTS,
  resetAfter,
  streamingSynthesize,
} from '../../src/patterns/many-texts.js';
import { voirsError } from '../expect.js';
import { FakeSpeaker } from './fake-speaker.js';

const test = suite('service patterns');
/** Texts of different lengths: 1, 2, 3, ... characters. */
const textsOf = (n: number) => Array.from({ length: n }, (_, i) => 'x'.repeat(i + 1));

test('cleans up after every 100 syntheses, and when asked', async () => {
  const pipeline = new FakeSpeaker();
  const tts = await OptimizedTTS.create({ pipeline });
  for (let i = 0; i < 250; i++) (await tts.synthesize('text')).dispose();
  assert.equal(pipeline.resets, [100, 200]);
  await tts.cleanup();
  assert.equal(pipeline.resets, [100, 200, 250]);
  await tts.dispose();
  assert.is(pipeline.disposals, 0, 'a pipeline of the caller stays alive');
});

test('leaves no buffer when a clean-up or a progress callback throws', async () => {
  const pipeline = new FakeSpeaker();
  const broken = () => {
    throw new RangeError('broken');
  };
  pipeline.reset = broken;
  const sound = new FakeSpeaker();
  const tts = await OptimizedTTS.create({ pipeline, cleanupThreshold: 1 });
  const calls = [
    () => tts.synthesize('text'),
    () => batchSynthesize(textsOf(60), { pipeline }),
    () => batchSynthesize(textsOf(3), { pipeline: sound, onProgress: broken }),
  ];
  for (const call of calls) {
    try {
      await call();
      assert.unreachable('nothing was thrown');
    } catch (error) {
      assert.instance(error, RangeError);
    }
    assert.equal([pipeline.arena.stats().leases, sound.arena.stats().leases], [0, 0]);
  }
});

test('makes a pipeline of its own with the options and disposes it', async () => {
  let own: FakeSpeaker | undefined;
  const create = async (options: object) => {
    own = new FakeSpeaker(options);
    return own;
  };
  {
    await using tts = await OptimizedTTS.create({ create, cleanupThreshold: 2, voice: 'bdl' });
    for (let i = 0; i < 3; i++) (await tts.synthesize('text')).dispose();
  }
  assert.equal([own!.options, own!.resets, own!.disposals], [{ voice: 'bdl' }, [2], 1]);
  await voirsError(() => OptimizedTTS.create({ create, cleanupThreshold: 0 }), 'INVALID_OPTIONS');
});

test('speaks 1,000 texts in batches with progress and resets', async () => {
  const pipeline = new FakeSpeaker();
  const progress: BatchProgress[] = [];
  const texts = textsOf(1000);
  const results = await batchSynthesize(texts, {
    pipeline,
    batchSize: 20,
    onProgress: (p) => progress.push(p),
  });
  assert.equal(
    results.map((audio) => audio.samples.length),
    texts.map((text) => text.length),
  );
  assert.is(progress.length, 50);
  assert.equal(progress[0], { batch: 1, batches: 50, done: 20, total: 1000 });
  assert.equal(progress[49], { batch: 50, batches: 50, done: 1000, total: 1000 });
  assert.equal(
    pipeline.resets,
    Array.from({ length: 10 }, (_, i) => (i + 1) * 100),
  );
  for (const audio of results) audio.dispose();
});

test('takes a default batch size, a short last batch and no texts', async () => {
  const pipeline = new FakeSpeaker();
  const done: number[] = [];
  const options = { pipeline, onProgress: (p: BatchProgress) => done.push(p.done) };
  for (const audio of await batchSynthesize(textsOf(23), options)) audio.dispose();
  assert.equal([done, pipeline.resets], [[10, 20, 23], []]);
  assert.equal(await batchSynthesize([], { pipeline }), []);
});

test('keeps no buffer and no pipeline of a batch that fails', async () => {
  const pipeline = new FakeSpeaker();
  const failing = ['one', 'two', ''];
  const error = await batchSynthesize(failing, { create: async () => pipeline }).catch((e: Error) => e);
  assert.is((error as Error).message, 'nothing to say');
  assert.equal([pipeline.arena.stats().leases, pipeline.disposals], [0, 1]);
  await voirsError(() => batchSynthesize('one text'), 'INVALID_OPTIONS');
  await voirsError(() => batchSynthesize(['a'], { pipeline, batchSize: 0 }), 'INVALID_OPTIONS');
});

test('streams 10,000 texts with one buffer and one slab at a time', async () => {
  const pipeline = new FakeSpeaker();
  let pulled = 0;
  function* source() {
    for (let i = 0; i < 10_000; i++) {
      pulled++;
      yield `text number ${i}`;
    }
  }
  let count = 0;
  for await (const audio of streamingSynthesize(source(), { pipeline })) {
    assert.is(++count, pulled, 'a text was pulled before it was asked for');
    assert.is(pipeline.arena.stats().leases, 1);
    audio.dispose();
  }
  assert.equal([count, pipeline.resets.length, pipeline.resets[0]], [10_000, 200, 50]);
  assert.is(pipeline.arena.stats().slabsAllocated, 1);
});

test('loads nothing early, and closes source and pipeline when left', async () => {
  const made: FakeSpeaker[] = [];
  let isClosed = false;
  async function* source() {
    try {
      for (;;) yield 'again';
    } finally {
      isClosed = true;
    }
  }
  const create = async () => {
    made.push(new FakeSpeaker());
    return made[0]!;
  };
  const stream = streamingSynthesize(source(), { create });
  assert.is(made.length, 0);
  for await (const audio of stream) {
    audio.dispose();
    break;
  }
  assert.equal([made.length, made[0]!.disposals, made[0]!.spoken.length, isClosed], [1, 1, 1, true]);
  await voirsError(() => streamingSynthesize('one text'), 'INVALID_OPTIONS');
});

test('passes an error in the stream on and frees the pipeline', async () => {
  const pipeline = new FakeSpeaker();
  const seen: AudioBuffer[] = [];
  let message = '';
  try {
    for await (const audio of streamingSynthesize(['a', ''], { create: async () => pipeline }))
      seen.push(audio);
  } catch (error) {
    message = (error as Error).message;
  }
  assert.equal([seen.length, message, pipeline.disposals], [1, 'nothing to say', 1]);
  seen[0]!.dispose();
});

test('resets at the end of a scope and keeps the error of the work', async () => {
  const pipeline = new FakeSpeaker();
  assert.is(await resetAfter(pipeline, async () => 7), 7);
  assert.is(pipeline.resets.length, 1);
  const failing = () => {
    throw new Error('inside');
  };
  const error = await resetAfter(pipeline, failing).catch((e: Error) => e);
  assert.equal([(error as Error).message, pipeline.resets.length], ['inside', 2]);
  const unresettable = {
    reset() {
      throw new Error('reset failed');
    },
  };
  assert.is(((await resetAfter(unresettable, failing).catch((e: Error) => e)) as Error).message, 'inside');
  assert.is(
    ((await resetAfter(unresettable, () => 1).catch((e: Error) => e)) as Error).message,
    'reset failed',
  );
});

test.run();
