// If this fails, a service does not give up memory when it must, holds two pipelines at once, or never
// returns to normal.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { PipelineOptions } from '../../src/config.js';
import { AdaptiveMemoryTTS } from '../../src/patterns/adaptive-tts.js';
import {
  type ProductionEvent,
  ProductionTTS,
  productionSettings,
} from '../../src/patterns/production-tts.js';
import { voirsError } from '../expect.js';
import { FakeSpeaker } from './fake-speaker.js';

const test = suite('pressure');
const MB = 2 ** 20;
const ROOMY = { availableBytes: 16_384 * MB, totalBytes: 16_384 * MB };

/** Makes fake speakers and fails when a second one lives. */
function factory(): { made: FakeSpeaker[]; create: (options: PipelineOptions) => Promise<FakeSpeaker> } {
  const made: FakeSpeaker[] = [];
  const create = async (options: PipelineOptions) => {
    assert.ok(
      made.every((speaker) => speaker.disposals === 1),
      'the old one lives while the new one is made',
    );
    made.push(new FakeSpeaker(options));
    return made.at(-1)!;
  };
  return { made, create };
}

test('rebuilds on a change of level only, checked every 10 s', async () => {
  const { made, create } = factory();
  let used = 0.3;
  let time = 0;
  const changes: unknown[] = [];
  const tts = new AdaptiveMemoryTTS({
    pipeline: { voice: 'slt', numThreads: 1 },
    read: () => used,
    now: () => time,
    create,
    onChange: (change) => changes.push([change.from, change.to, change.used]),
  });
  const speak = async () => (await tts.synthesize('text')).dispose();
  await speak();
  assert.equal(made[0]!.options, {
    voice: 'slt',
    quality: 'medium',
    useGpu: true,
    numThreads: 4,
    memoryLimitMb: 256,
    cacheSize: 30,
  });
  used = 0.95;
  time = 9_999;
  await speak();
  assert.is(made.length, 1, 'checked before its time');
  time = 10_000;
  await speak();
  await speak();
  assert.is(tts.level, 'critical');
  assert.equal([made.length, made[0]!.disposals, made[0]!.spoken.length], [2, 1, 2]);
  assert.equal([made[1]!.options.memoryLimitMb, made[1]!.options.quality], [32, 'low']);
  for (const [share, level] of [
    [0.86, 'critical'],
    [0.8, 'high'],
    [0.2, 'low'],
  ] as const) {
    used = share;
    time += 10_000;
    await speak();
    assert.is(tts.level, level);
  }
  assert.equal(changes, [
    [undefined, 'low', 0.3],
    ['low', 'critical', 0.95],
    ['critical', 'high', 0.8],
    ['high', 'low', 0.2],
  ]);
  await tts.dispose();
  assert.equal(
    made.map(({ disposals }) => disposals),
    [1, 1, 1, 1],
  );
  await voirsError(() => tts.synthesize('text'), 'DISPOSED');
});

test("counts a budget of the process beside the system's figure", async () => {
  const { made, create } = factory();
  await using tts = new AdaptiveMemoryTTS({ budgetBytes: 1 * MB, create });
  (await tts.synthesize('text')).dispose();
  assert.is(made[0]!.options.memoryLimitMb, 32);
});

test('takes production settings from the environment and the machine', async () => {
  const defaults = productionSettings({}, ROOMY);
  assert.equal(
    [defaults.quality, defaults.useGpu, defaults.memoryLimitMb, defaults.cacheSize],
    ['medium', true, 512, 50],
  );
  const tight = productionSettings({}, { availableBytes: 2000 * MB, totalBytes: 4096 * MB });
  assert.equal([tight.memoryLimitMb, tight.cacheSize, tight.useGpu], [200, 20, false]);
  const env = { TTS_MEMORY_LIMIT_MB: '64', TTS_QUALITY: 'high', TTS_USE_GPU: 'FALSE' };
  const own = productionSettings(env, ROOMY);
  assert.equal([own.memoryLimitMb, own.cacheSize, own.quality, own.useGpu], [64, 10, 'high', false]);
  assert.ok(own.numThreads! >= 1 && own.numThreads! <= 4);
  for (const bad of [{ TTS_MEMORY_LIMIT_MB: 'much' }, { TTS_USE_GPU: 'maybe' }, { TTS_QUALITY: 'superb' }])
    await voirsError(() => productionSettings(bad, ROOMY), 'INVALID_OPTIONS');
  await voirsError(() => new ProductionTTS({ env: { TTS_CLEANUP_INTERVAL: '0' } }), 'INVALID_OPTIONS');
  await voirsError(() => productionSettings({}, { ...ROOMY, availableBytes: 100 * MB }), 'INVALID_OPTIONS');
});

test('cleans up every TTS_CLEANUP_INTERVAL over 1,000 texts', async () => {
  const { made, create } = factory();
  await using tts = new ProductionTTS({
    ...ROOMY,
    env: { TTS_CLEANUP_INTERVAL: '250' },
    read: () => 0.5,
    create,
  });
  for (let i = 0; i < 1000; i++) (await tts.synthesize(`Production text ${i}`)).dispose();
  assert.equal([made.length, made[0]!.resets], [1, [250, 500, 750]]);
  assert.is(made[0]!.spoken[999], 'Production text 999');
});

test('cleans up over 85 %, degrades over 90 %, and recovers', async () => {
  const { made, create } = factory();
  const events: ProductionEvent[] = [];
  let used = 0.5;
  await using tts = new ProductionTTS({
    ...ROOMY,
    env: {},
    read: () => used,
    create,
    pipeline: { voice: 'bdl' },
    onEvent: (event) => events.push(event),
  });
  const speakAt = async (share: number) => {
    used = share;
    (await tts.synthesize('text')).dispose();
  };
  await speakAt(0.85);
  assert.equal([made[0]!.resets, events], [[], []]);
  await speakAt(0.86);
  assert.equal(made[0]!.resets, [1]);
  await speakAt(0.91);
  assert.is(tts.mode, 'emergency');
  const { quality, useGpu, memoryLimitMb, cacheSize, voice } = made[1]!.options;
  assert.equal([quality, useGpu, memoryLimitMb, cacheSize, voice], ['low', false, 32, 1, 'bdl']);
  await speakAt(0.87);
  assert.is(tts.mode, 'emergency');
  await speakAt(0.6);
  assert.is(tts.mode, 'normal');
  assert.is(made[2]!.options.memoryLimitMb, 512);
  assert.equal(
    events.map((event) => (event.kind === 'mode' ? event.mode : event.reason)),
    ['pressure', 'emergency', 'pressure', 'pressure', 'normal'],
  );
});

test.run();
