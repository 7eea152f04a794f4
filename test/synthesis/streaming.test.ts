// If this fails, streams click at seams, cannot be stopped, or leave memory behind.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import { type AudioBuffer, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('streaming');
const TEXT =
  'The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background! Is it easy?';
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1 });
});
test.after(() => pipeline.dispose());

async function collect(stream: AsyncIterable<AudioBuffer>) {
  const sizes: number[] = [];
  const parts: Float32Array[] = [];
  const words: { text: string; start: number; end: number }[] = [];
  let time = 0;
  for await (const chunk of stream) {
    assert.ok(Math.abs(chunk.startTime - time) < 1e-9, 'chunks follow each other');
    sizes.push(chunk.samples.length);
    parts.push(chunk.samples.slice());
    words.push(...chunk.timeline.words);
    time += chunk.duration;
    chunk.dispose();
  }
  const samples = new Float32Array(sizes.reduce((a, b) => a + b, 0));
  let at = 0;
  for (const part of parts) {
    samples.set(part, at);
    at += part.length;
  }
  return { sizes, samples, words };
}

test('chunks joined are the whole utterance, words included', async () => {
  using whole = await pipeline.synthesize(TEXT);
  const { samples, words, sizes } = await collect(pipeline.stream(TEXT));
  assert.ok(maxAbs(samples, whole.samples) <= 1e-6, `${maxAbs(samples, whole.samples)}`);
  assert.is(words.length, whole.timeline.words.length);
  words.forEach((word, i) => {
    const same = whole.timeline.words[i]!;
    assert.is(word.text, same.text);
    assert.ok(Math.abs(word.start - same.start) < 1e-9 && Math.abs(word.end - same.end) < 1e-9);
  });
  assert.ok(sizes[0]! <= 16 * 256 && sizes[0]! < sizes[1]! && sizes.length > 4, `${sizes}`);
});

test('options act on a stream as on the whole', async () => {
  const options = { voice: 'miles', speakingRate: 1.3, pitchShift: 3, volumeGain: -4 };
  using whole = await pipeline.synthesize(TEXT, options);
  const { samples } = await collect(pipeline.stream(TEXT, options));
  assert.ok(maxAbs(samples, whole.samples) <= 1e-6);
});

test('nothing is made before it is asked for', async () => {
  const stream = pipeline.stream(TEXT);
  const before = pipeline.arena.stats().leases;
  const first = await stream.next();
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.is(pipeline.arena.stats().leases, before + 1, 'one chunk asked for, one chunk made');
  (first.value as AudioBuffer).dispose();
  await stream.return();
});

test('leaving a stream early frees everything', async () => {
  const tensors = engineCounts().tensors;
  for await (const chunk of pipeline.stream(TEXT)) {
    chunk.dispose();
    break;
  }
  assert.is(engineCounts().tensors, tensors);
  assert.is(pipeline.arena.stats().leases, 0);
});

test('an aborted signal stops within one chunk and frees everything; the next call works', async () => {
  const tensors = engineCounts().tensors;
  const controller = new AbortController();
  let chunks = 0;
  const error = await voirsError(async () => {
    for await (const chunk of pipeline.stream(TEXT, { signal: controller.signal })) {
      chunk.dispose();
      if (++chunks === 2) controller.abort('enough');
    }
  }, 'ABORTED');
  assert.is(error.cause, 'enough');
  assert.is(chunks, 2);
  assert.is(engineCounts().tensors, tensors);
  assert.is(pipeline.arena.stats().leases, 0);

  const whole = new AbortController();
  const doomed = pipeline.synthesize(TEXT, { signal: whole.signal, onProgress: () => whole.abort() });
  await voirsError(() => doomed, 'ABORTED');
  assert.is(pipeline.arena.stats().leases, 0);
  await voirsError(() => pipeline.synthesize(TEXT, { signal: AbortSignal.abort() }), 'ABORTED');
  using audio = await pipeline.synthesize('Still here.');
  assert.ok(audio.duration > 0.3);
});

test('four streams at once each get their own text', async () => {
  const texts = ['One little fish.', 'Two big dogs.', 'Three black birds.', 'Four brown bears.'];
  const together = await Promise.all(texts.map((text) => collect(pipeline.stream(text))));
  for (const [i, text] of texts.entries()) {
    using alone = await pipeline.synthesize(text);
    assert.ok(maxAbs(together[i]!.samples, alone.samples) <= 1e-6, text);
  }
});

test('bad options of a stream are refused at the call', async () => {
  await voirsError(() => pipeline.stream(TEXT, { speakingRate: 3 }), 'INVALID_OPTIONS');
  await voirsError(() => pipeline.stream('   '), 'INVALID_TEXT');
});

test.run();
