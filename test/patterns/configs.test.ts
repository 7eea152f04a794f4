// If this fails, a machine with little memory is configured for much, or the presets do not do what they are
// named for.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SynthesisConfig } from '../../src/config.js';
import {
  createMemoryEfficientConfig,
  memoryPreset,
  PRESSURE_STEPS,
  pressureSettings,
} from '../../src/patterns/adaptive-tts.js';

const test = suite('memory configurations');
const MB = 2 ** 20;

test('chooses by available memory: below 1,024 MiB, below 4,096, more', () => {
  const rows: [number, object][] = [
    [
      1024 * MB - 1,
      {
        sampleRate: 16000,
        quality: 'low',
        useGpu: false,
        numThreads: 1,
        memoryLimitMb: 64,
        cacheSize: 5,
        enablePreprocessing: false,
        enablePostprocessing: false,
      },
    ],
    [
      1024 * MB,
      {
        sampleRate: 22050,
        quality: 'medium',
        useGpu: false,
        numThreads: 2,
        memoryLimitMb: 256,
        cacheSize: 25,
        enablePreprocessing: true,
        enablePostprocessing: false,
      },
    ],
    [
      4096 * MB,
      {
        sampleRate: 22050,
        quality: 'medium',
        useGpu: true,
        numThreads: 4,
        memoryLimitMb: 512,
        cacheSize: 50,
        enablePreprocessing: true,
        enablePostprocessing: true,
      },
    ],
  ];
  for (const [bytes, wanted] of rows) {
    const others = new SynthesisConfig().toJSON();
    assert.equal(createMemoryEfficientConfig(bytes).toJSON(), { ...others, ...wanted }, `${bytes / MB} MB`);
  }
  assert.equal(createMemoryEfficientConfig(4096 * MB - 1), createMemoryEfficientConfig(2000 * MB));
  assert.ok([64, 256, 512].includes(createMemoryEfficientConfig().memoryLimitMb));
});

test('has the three presets', () => {
  const facts = (name: 'memory' | 'performance' | 'balanced') => {
    const { quality, cacheSize, memoryLimitMb, enablePostprocessing, useGpu } = memoryPreset(name);
    return [quality, cacheSize, memoryLimitMb, enablePostprocessing, useGpu];
  };
  assert.equal(facts('memory'), ['low', 5, 64, false, false]);
  assert.equal(facts('performance'), ['high', 100, 1024, true, true]);
  assert.equal(facts('balanced'), ['medium', 25, 256, true, false]);
  assert.is(memoryPreset('balanced', { cacheSize: 3 }).cacheSize, 3);
});

test('has the levels of pressure', () => {
  assert.equal(PRESSURE_STEPS, [
    { level: 'moderate', above: 0.5 },
    { level: 'high', above: 0.75 },
    { level: 'critical', above: 0.9 },
  ]);
  const facts = (level: 'critical' | 'high' | 'moderate' | 'low') => Object.values(pressureSettings(level));
  assert.equal(facts('critical'), ['low', false, 1, 32, 1]);
  assert.equal(facts('high'), ['low', false, 2, 64, 5]);
  assert.equal(facts('moderate'), ['medium', true, 2, 128, 15]);
  assert.equal(facts('low'), ['medium', true, 4, 256, 30]);
});

test.run();
