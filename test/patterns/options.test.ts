// If this fails, a misspelt or impossible option of a memory pattern is ignored, or ends in a TypeError.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Arena } from '../../src/memory/arena.js';
import {
  AdaptiveMemoryTTS,
  createMemoryEfficientConfig,
  memoryPreset,
} from '../../src/patterns/adaptive-tts.js';
import { LeakDetector } from '../../src/patterns/leak-detector.js';
import {
  batchSynthesize,
  managedPipeline,
  OptimizedTTS,
  streamingSynthesize,
} from '../../src/patterns/many-texts.js';
import { optimizeAudioFormat } from '../../src/patterns/optimize-format.js';
import { createPipelinePool } from '../../src/patterns/pool.js';
import { ProductionTTS } from '../../src/patterns/production-tts.js';
import { profileMemoryUsage } from '../../src/patterns/profile.js';
import { voirsError } from '../expect.js';
import { FakeSpeaker } from './fake-speaker.js';

const test = suite('options of the patterns');
/** Fails when it is called: options are refused before anything is made. */
const create = () => {
  throw new Error('a pipeline was made');
};
const memory = { env: {}, availableBytes: 2 ** 34, totalBytes: 2 ** 34, create };

/** Each pattern, with options. */
const PATTERNS: Record<string, (options: object) => unknown> = {
  batchSynthesize: (options) => batchSynthesize(['a'], { create, ...options }),
  streamingSynthesize: (options) => streamingSynthesize(['a'], { create, ...options }),
  OptimizedTTS: (options) => OptimizedTTS.create({ create, ...options }),
  AdaptiveMemoryTTS: (options) => new AdaptiveMemoryTTS({ create, ...options }),
  ProductionTTS: (options) => new ProductionTTS({ ...memory, ...options }),
  createPipelinePool: (options) => createPipelinePool(options),
  managedPipeline: (options) => managedPipeline(() => 1, options),
  profileMemoryUsage: (options) => profileMemoryUsage(() => 1, options),
  track: (options) => new LeakDetector().track({}, options),
};

for (const [name, use] of Object.entries(PATTERNS)) {
  test(`refuses an unknown option of ${name}`, async () => {
    for (const option of ['bogus', 'constructor', 'toString'])
      await voirsError(() => use({ [option]: 1 }), 'INVALID_OPTIONS');
  });
}

test('suggests the nearest option', async () => {
  for (const [name, option, nearest] of [
    ['batchSynthesize', 'batchsize', 'batchSize'],
    ['streamingSynthesize', 'memoryLimitMB', 'memoryLimitMb'],
    ['OptimizedTTS', 'cleanupTreshold', 'cleanupThreshold'],
    ['AdaptiveMemoryTTS', 'budgetByte', 'budgetBytes'],
    ['ProductionTTS', 'onEvents', 'onEvent'],
    ['createPipelinePool', 'sizes', 'size'],
    ['profileMemoryUsage', 'setUp', 'setup'],
    ['track', 'lable', 'label'],
  ] as const) {
    const { suggestion } = await voirsError(() => PATTERNS[name]!({ [option]: 1 }), 'INVALID_OPTIONS');
    assert.is(suggestion, `Did you mean ${nearest}?`);
  }
});

test('refuses values that an option cannot have', async () => {
  for (const [name, options] of [
    ['batchSynthesize', { batchSize: '2' }],
    ['batchSynthesize', { onProgress: 5 }],
    ['batchSynthesize', { pipeline: null }],
    ['batchSynthesize', { create: 'x' }],
    ['streamingSynthesize', { resetEvery: Object.create(null) }],
    ['streamingSynthesize', { pipeline: {} }],
    ['OptimizedTTS', { cleanupThreshold: 1n }],
    ['AdaptiveMemoryTTS', { budgetBytes: 'much' }],
    ['AdaptiveMemoryTTS', { hysteresis: -1 }],
    ['AdaptiveMemoryTTS', { read: 0.5 }],
    ['AdaptiveMemoryTTS', { pipeline: null }],
    ['AdaptiveMemoryTTS', { pipeline: { voize: 'slt' } }],
    ['ProductionTTS', { availableBytes: Symbol('x') }],
    ['ProductionTTS', { env: { TTS_USE_GPU: 'constructor' } }],
    ['ProductionTTS', { onEvent: {} }],
    ['createPipelinePool', { size: Number.NaN }],
    ['profileMemoryUsage', { top: 0 }],
    ['profileMemoryUsage', { samplingIntervalBytes: '64' }],
    ['profileMemoryUsage', { setup: 5 }],
    ['track', { onCollected: 5 }],
  ] as const)
    await voirsError(() => PATTERNS[name]!(options), 'INVALID_OPTIONS');
});

test('refuses options, work and objects of another kind', async () => {
  for (const options of [null, 5, 'x', []] as never[])
    for (const use of [
      () => batchSynthesize(['a'], options),
      () => streamingSynthesize(['a'], options),
      () => OptimizedTTS.create(options),
      () => new AdaptiveMemoryTTS(options),
      () => new ProductionTTS(options),
      () => createPipelinePool(options),
      () => new LeakDetector().track({}, options),
      () => new LeakDetector().track(null as never),
      () => new LeakDetector().track(5 as never),
      () => managedPipeline(5 as never),
      () => profileMemoryUsage(undefined as never),
      () => createMemoryEfficientConfig('x' as never),
    ])
      await voirsError(use, 'INVALID_OPTIONS');
  for (const audio of [null, 5, {}, { samples: [] }, new FakeSpeaker(), new Arena().lease(1)] as never[])
    await voirsError(() => optimizeAudioFormat(audio), 'INVALID_AUDIO');
});

test('refuses an unknown preset and names the presets', async () => {
  const { suggestion, wanted } = await voirsError(() => memoryPreset('memroy' as never), 'INVALID_OPTIONS');
  assert.equal([suggestion, wanted], ['Did you mean memory?', 'one of memory, performance, balanced']);
  for (const name of ['', 'constructor', '__proto__', null, undefined, 5, {}, []] as never[])
    await voirsError(() => memoryPreset(name), 'INVALID_OPTIONS');
  await voirsError(() => memoryPreset('memory', { cashSize: 1 } as never), 'INVALID_OPTIONS');
});

test.run();
