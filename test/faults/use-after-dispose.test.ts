// If this fails, a program that uses what it has disposed reads memory that is somebody else's, or is told nothing.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { engineCounts } from '../../src/backends/engine.js';
import { acquireBackend } from '../../src/backends/registry.js';
import {
  AdaptiveMemoryTTS,
  AudioBuffer,
  analyzeAudio,
  createPipelinePool,
  OptimizedTTS,
  optimizeAudioFormat,
  ProductionTTS,
  VoirsPipeline,
} from '../../src/index.js';
import { Arena } from '../../src/memory/arena.js';
import { voirsError } from '../expect.js';

const test = suite('use after dispose, an arena that is full, forgotten buffers');
const FAST = { speakingRate: 2 };

/** Public members of a class: what TypeScript keeps private is listed by the caller. */
function members(of: object, hidden: readonly string[]): string[] {
  return Object.getOwnPropertyNames(of).filter((name) => name !== 'constructor' && !hidden.includes(name));
}

test('an audio buffer: every member throws DISPOSED, in a test that knows every member', async () => {
  const arena = new Arena();
  const make = () => new AudioBuffer(arena.lease(2000), 22050, { words: [], marks: [] });
  const gone = make();
  const other = make();
  gone.dispose();
  gone.dispose();
  const calls: Record<string, () => unknown> = {
    samples: () => gone.samples,
    duration: () => gone.duration,
    toNdarray: () => gone.toNdarray(),
    toWav: () => gone.toWav(),
    encode: () => gone.encode(),
    toPcm16: () => gone.toPcm16(),
    toBlob: () => gone.toBlob(),
    toReadableStream: () => gone.toReadableStream(),
    toNodeStream: () => gone.toNodeStream(),
    save: () => gone.save('never-written.wav'),
    rms: () => gone.rms(),
    peak: () => gone.peak(),
    gain: () => gone.gain(1),
    normalize: () => gone.normalize(),
    fadeIn: () => gone.fadeIn(0.01),
    fadeOut: () => gone.fadeOut(0.01),
    resample: () => gone.resample(8000),
    toMono: () => gone.toMono(),
    toStereo: () => gone.toStereo(),
    trimSilence: () => gone.trimSilence(),
    slice: () => gone.slice(),
    split: () => gone.split([0.01]),
    append: () => gone.append(other),
    mix: () => gone.mix(other),
    crossfade: () => gone.crossfade(other, 0.01),
    chunks: () => gone.chunks().next(),
    opening: () => gone.opening(1, { words: [], marks: [] }, 0),
  };
  for (const [name, call] of Object.entries(calls)) {
    await voirsError(call, 'DISPOSED').catch((error) => assert.unreachable(`${name}: ${error.message}`));
  }
  const harmless = ['dispose', 'isDisposed', 'captions']; // times are no samples
  const hidden = [
    'views',
    'seconds',
    'encodeContext',
    'grid',
    'timelineFromStart',
    'timelineWith',
    'part',
    'withChannels',
    'derived',
  ];
  assert.equal(
    members(AudioBuffer.prototype, [...harmless, ...hidden]).filter((name) => !(name in calls)),
    [],
    'a member that this test does not know',
  );
  assert.is(gone.isDisposed, true);
  for (const join of [() => other.append(gone), () => other.mix(gone), () => other.crossfade(gone, 0.01)])
    await voirsError(join, 'DISPOSED');
  await voirsError(() => analyzeAudio(gone), 'DISPOSED');
  await voirsError(() => optimizeAudioFormat(gone), 'DISPOSED');
  other.dispose();
  assert.equal([arena.stats().leases, arena.stats().usedBytes], [0, 0], 'what failed leased nothing');
});

test('a pipeline and a stream of it; audio outlives them', async () => {
  const before = engineCounts();
  const gone = await VoirsPipeline.create({ numThreads: 1 });
  const held = await gone.synthesize('Held.', FAST);
  const utterance = await gone.prepare('Prepared.');
  const stream = gone.stream('Streamed. And more. And more.', FAST);
  (await stream.next()).value?.dispose();
  const unused = gone.stream('Never asked for.');
  await Promise.all([gone.dispose(), gone.dispose()]);
  await gone.dispose();
  const calls: Record<string, () => unknown> = {
    synthesize: () => gone.synthesize('No.'),
    synthesizeSsml: () => gone.synthesizeSsml('<speak>No.</speak>'),
    stream: () => gone.stream('No.'),
    prepare: () => gone.prepare('No.'),
    render: () => gone.render(utterance),
    setVoice: () => gone.setVoice('miles'),
    reset: () => gone.reset(),
    'the next chunk': () => stream.next(),
    'the first chunk': () => unused.next(),
  };
  for (const [name, call] of Object.entries(calls)) {
    await voirsError(call, 'DISPOSED').catch((error) => assert.unreachable(`${name}: ${error.message}`));
  }
  assert.ok(held.rms() > 0.001, 'audio that is held is whole');
  held.dispose();
  assert.equal([engineCounts(), gone.arena.stats().leases], [before, 0]);
});

test('a backend, the services and a pool', async () => {
  const before = engineCounts();
  const { backend, release } = await acquireBackend('wasm', { numThreads: 1 });
  await release();
  await voirsError(() => backend.run(() => []), 'DISPOSED');

  const options = { pipeline: { numThreads: 1 } };
  for (const tts of [new AdaptiveMemoryTTS(options), new ProductionTTS(options)]) {
    (await tts.synthesize('On.', FAST)).dispose();
    await tts.dispose();
    await tts.dispose();
    await voirsError(() => tts.synthesize('Off.'), 'DISPOSED');
  }
  const optimized = await OptimizedTTS.create({ numThreads: 1 });
  (await optimized.synthesize('On.', FAST)).dispose();
  await optimized.dispose();
  await voirsError(() => optimized.synthesize('Off.'), 'DISPOSED');

  const pool = await createPipelinePool({ numThreads: 1, size: 1 });
  const out = await pool.acquire();
  await pool.cleanup();
  await voirsError(() => pool.acquire(), 'DISPOSED');
  (await out.synthesize('Still out.', FAST)).dispose();
  await pool.release(out);
  await voirsError(() => out.synthesize('Back.'), 'DISPOSED');
  assert.equal(engineCounts(), before);
});

test('an arena that fills up in a stream: MEMORY_ERROR for the chunk, the chunks before it stay whole', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const text =
    'The birch canoe slid on the smooth planks. Glue the sheet to the dark blue background. Is it?';
  const held: AudioBuffer[] = [];
  /** Leases blocks of that size until there is no room for another. */
  const fill = (length: number) => {
    try {
      for (;;) held.push(new AudioBuffer(pipeline.arena.lease(length), 22050, { words: [], marks: [] }));
    } catch {
      return;
    }
  };
  let first: Float32Array | undefined;
  const error = await voirsError(async () => {
    for await (const chunk of pipeline.stream(text)) {
      held.push(chunk);
      first = chunk.samples.slice();
      for (const length of [2 ** 20, 2 ** 17, 2 ** 14, 2 ** 12]) fill(length);
    }
  }, 'MEMORY_ERROR');
  assert.match(error.message, /arena is full/);
  assert.is(maxAbs(held[0]!.samples, first!), 0, 'the chunk that was made is whole');
  const { leases } = pipeline.arena.stats();
  assert.is(leases, held.length, 'the chunk that failed leased nothing');
  await voirsError(() => pipeline.synthesize(text), 'MEMORY_ERROR');
  assert.is(pipeline.arena.stats().leases, leases);
  for (const buffer of held) buffer.dispose();
  using whole = await pipeline.synthesize(text);
  assert.ok(whole.duration > 3);
});

test('forgotten chunks, parts and resampled copies are reclaimed by the finalizer', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, sampleRate: 16000 });
  const forget = async () => {
    for await (const _ of pipeline.stream('Forgotten. And gone.', FAST));
    const audio = await pipeline.synthesize('Forgotten too.', FAST);
    audio.slice(0.1, 0.2);
    audio.toStereo();
    const error = await voirsError(() => audio.resample(-1), 'INVALID_OPTIONS');
    assert.ok(error);
  };
  await forget();
  assert.ok(pipeline.arena.stats().leases > 3);
  for (let i = 0; i < 100 && pipeline.arena.stats().leases > 0; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal([pipeline.arena.stats().leases, pipeline.arena.stats().usedBytes], [0, 0]);
});

test('streams that are dropped before their end give back what they hold', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, sampleRate: 16000 });
  const text = 'A sentence that is long enough for two pieces of mel, of which only one is ever asked for.';
  const before = engineCounts().tensors;
  const drop = async () => {
    for (let n = 0; n < 3; n++) await pipeline.stream(text).next();
    pipeline.stream(text); // never begun
  };
  await drop();
  assert.is(engineCounts().tensors, before + 3, 'each holds its sentence');
  for (let i = 0; i < 100 && engineCounts().tensors > before; i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.is(engineCounts().tensors, before);
  using next = await pipeline.synthesize('Still there.');
  assert.ok(next.duration > 0.3);
});

test.run();
