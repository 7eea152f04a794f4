// If this fails, a repeated text is spoken with the voice, speed or volume of another call, a change to one result
// reaches the next, or kept results outgrow their share of the memory limit.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type SynthesisOptions, VoirsPipeline } from '../../src/index.js';
import type { SynthesisCache } from '../../src/synthesis/cache.js';
import { voirsError } from '../expect.js';

const test = suite('kept results');
const TEXT = 'Keep me.';

function stats(pipeline: VoirsPipeline) {
  return pipeline.memoryReport().modelCache!.results!;
}

test('an equal request is a copy: samples and times equal, changes to one reach nobody', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  using first = await pipeline.synthesize(TEXT);
  const samples = first.samples.slice();
  const timeline = structuredClone(first.timeline);
  first.gain(-20).fadeIn(0.1);
  first.timeline.words[0]!.text = 'changed';
  const done: number[] = [];
  using second = await pipeline.synthesize(TEXT, { onProgress: (share) => done.push(share) });
  assert.equal(second.samples, samples);
  assert.equal(second.timeline, timeline);
  assert.is(done.at(-1), 1);
  assert.equal([stats(pipeline).hits, stats(pipeline).misses, stats(pipeline).entries], [1, 1, 1]);
  second.normalize(0.01);
  second.timeline.words.length = 0;
  using third = await pipeline.synthesize(TEXT);
  assert.equal(third.samples, samples);
  assert.equal(third.timeline, timeline);
  assert.is(pipeline.arena.stats().leases, 3, 'the audio layer counts what callers hold, not what is kept');
});

test('everything that changes the sound is another request', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  const others: [text: string, options: SynthesisOptions][] = [
    ['Keep me!', {}],
    [TEXT, { speakingRate: 1.5 }],
    [TEXT, { pitchShift: 3 }],
    [TEXT, { volumeGain: 6 }],
    [TEXT, { voice: pipeline.listVoices().find(({ isDefault }) => !isDefault)!.id }],
    ['<speak>Keep me.</speak>', { input: 'ssml' }],
    ['<speak>Keep me.</speak>', { input: 'ssml', strictSsml: true }],
    [TEXT, { lexicon: { me: 'M AY1' } }],
    [TEXT, { lexicon: 'me M IY0' }],
    [TEXT, { numbers: { digits: true } }],
    [TEXT, { pauses: { sentence: 1 } }],
    [TEXT, { intonation: 'model' }],
  ];
  (await pipeline.synthesize(TEXT)).dispose();
  for (const [text, options] of others) (await pipeline.synthesize(text, options)).dispose();
  assert.equal([stats(pipeline).hits, stats(pipeline).misses], [0, 13]);
  (await pipeline.synthesize(TEXT, { speakingRate: 1, pitchShift: 0, volumeGain: 0 })).dispose();
  assert.is(stats(pipeline).hits, 1, 'a default that is spelled out is the same request');

  // The voice that was set, not the one of the call before, is what an unnamed voice means.
  using before = await pipeline.synthesize(TEXT);
  pipeline.setVoice(others[4]![1].voice!);
  using after = await pipeline.synthesize(TEXT);
  using named = await pipeline.synthesize(TEXT, others[4]![1]);
  assert.equal(after.samples, named.samples);
  assert.not.equal(after.samples, before.samples);
});

test('bounded by entries and by its share of the limit; reset() and dispose() let go', async () => {
  const pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 2 });
  for (const text of ['One.', 'Two.', 'Three.', 'Two.'])
    (await pipeline.synthesize(text, { speakingRate: 2 })).dispose();
  const { entries, evictions, hits, bytes, maxBytes } = stats(pipeline);
  assert.equal([entries, evictions, hits], [2, 1, 1]);
  assert.ok(bytes > 4096 && bytes <= maxBytes!, `${bytes}`);
  await pipeline.reset();
  assert.equal([stats(pipeline).entries, stats(pipeline).bytes], [0, 0]);
  (await pipeline.synthesize('Two.', { speakingRate: 2 })).dispose();
  assert.is(stats(pipeline).entries, 1);
  const { cache } = (pipeline as unknown as { engine: { cache: SynthesisCache } }).engine;
  assert.is(cache.stats().entries, 1);
  await pipeline.dispose();
  assert.equal([cache.stats().entries, cache.stats().bytes], [0, 0]);
  await voirsError(() => pipeline.memoryReport(), 'DISPOSED');

  await using none = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  for (let i = 0; i < 2; i++) (await none.synthesize('One.', { speakingRate: 2 })).dispose();
  assert.equal([stats(none).entries, stats(none).hits], [0, 0]);
});

test('an aborted call gets nothing, a bad one is refused, a failed one is not kept', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  (await pipeline.synthesize(TEXT)).dispose();
  await voirsError(() => pipeline.synthesize(TEXT, { signal: AbortSignal.abort() }), 'ABORTED');
  await voirsError(() => pipeline.synthesize(TEXT, { voice: 'nobody' }), 'VOICE_NOT_FOUND');
  await voirsError(() => pipeline.synthesize(TEXT, { speakingRate: 9 }), 'INVALID_OPTIONS');
  await voirsError(() => pipeline.synthesize(10n as unknown as string), 'INVALID_TEXT');
  const controller = new AbortController();
  const failing = pipeline.synthesize('Cut me short. And me.', {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await voirsError(() => failing, 'ABORTED');
  assert.equal([stats(pipeline).entries, pipeline.arena.stats().leases], [1, 0]);
});

test('a stream neither fills the cache nor is served from it', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  for (let i = 0; i < 2; i++) for await (const chunk of pipeline.stream(TEXT)) chunk.dispose();
  assert.equal([stats(pipeline).entries, stats(pipeline).hits, stats(pipeline).misses], [0, 0, 0]);
});

test('metrics: of a call that worked and of one that was answered from what is kept', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  const began = performance.now();
  const spoken = await pipeline.synthesizeWithMetrics(TEXT);
  const most = (performance.now() - began) / 1000;
  const kept = await pipeline.synthesizeWithMetrics(TEXT);
  using _spoken = spoken.audio;
  using _kept = kept.audio;
  const { processingSeconds, audioSeconds, realTimeFactor, rssBytes, cacheHitRate } = spoken.metrics;
  assert.ok(processingSeconds > 0 && processingSeconds <= most);
  assert.is(audioSeconds, spoken.audio.duration);
  assert.is(realTimeFactor, processingSeconds / audioSeconds);
  assert.ok(rssBytes! > 50e6);
  assert.equal([cacheHitRate, kept.metrics.cacheHitRate], [0, 0.5]);
  assert.equal(kept.audio.samples, spoken.audio.samples);
  await voirsError(() => pipeline.synthesizeWithMetrics('Hello.', { speakingRate: 9 }), 'INVALID_OPTIONS');
});

test.run();
