// If this fails, a wrong option is accepted in silence, or a right one is refused.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SynthesisConfig, type SynthesisConfigInput } from '../src/config.js';
import { VoirsError } from '../src/errors.js';

const test = suite('configuration');

function refusal(run: () => unknown): VoirsError {
  try {
    run();
  } catch (error) {
    assert.instance(error, VoirsError);
    return error as VoirsError;
  }
  throw new Error('nothing was thrown');
}

test('defaults are those of the guide', () => {
  const config = new SynthesisConfig({}, {});
  assert.is(config.sampleRate, 22050);
  assert.is(config.quality, 'medium');
  assert.is(config.useGpu, false);
  assert.is(config.memoryLimitMb, 512);
  assert.is(config.cacheSize, 100);
  assert.ok(config.numThreads >= 1 && config.numThreads <= 4);
  assert.ok(config.enablePreprocessing && config.enablePostprocessing);
  assert.equal([config.unsupported, config.emoji, config.leaveOut], ['skip', 'skip', ['citations']]);
});

test('takes what is left out from the environment', () => {
  assert.equal(new SynthesisConfig({}, { VOIRS_LEAVE_OUT: 'code, tables' }).leaveOut, ['code', 'tables']);
  assert.is(new SynthesisConfig({}, { VOIRS_UNSUPPORTED: 'name' }).unsupported, 'name');
});

test('refuses what nothing is called in leaveOut', () => {
  assert.throws(() => new SynthesisConfig({ leaveOut: ['emphasis' as 'code'] }, {}), /wanted a list of code/);
  assert.throws(() => new SynthesisConfig({}, { VOIRS_LEAVE_OUT: 'x' }), /VOIRS_LEAVE_OUT/);
});

test('every value the guide uses is accepted', () => {
  for (const memoryLimitMb of [32, 64, 128, 256, 512, 1024]) new SynthesisConfig({ memoryLimitMb }, {});
  for (const cacheSize of [1, 5, 10, 25, 50, 100]) new SynthesisConfig({ cacheSize }, {});
  for (const numThreads of [1, 2, 4, 32]) new SynthesisConfig({ numThreads }, {});
  for (const sampleRate of [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000] as const)
    new SynthesisConfig({ sampleRate }, {});
  for (const quality of ['low', 'medium', 'high', 'ultra'] as const) new SynthesisConfig({ quality }, {});
  for (const either of [true, false]) {
    const flags = { useGpu: either, enablePreprocessing: either, enablePostprocessing: either };
    const { useGpu, enablePreprocessing, enablePostprocessing } = new SynthesisConfig(flags, {});
    assert.equal({ useGpu, enablePreprocessing, enablePostprocessing }, flags);
  }
});

const bad: [string, unknown][] = [
  ['sampleRate', 11000],
  ['quality', 'best'],
  ['useGpu', 'yes'],
  ['numThreads', 0],
  ['numThreads', 33],
  ['numThreads', 1.5],
  ['memoryLimitMb', 8],
  ['memoryLimitMb', Number.NaN],
  ['cacheSize', -1],
  ['enablePreprocessing', 1],
  ['volume', 3],
];
for (const [field, value] of bad) {
  test(`${field}: ${value} is refused with what was got and wanted`, () => {
    const error = refusal(() => new SynthesisConfig({ [field]: value } as SynthesisConfigInput, {}));
    assert.is(error.code, 'INVALID_OPTIONS');
    assert.match(error.message, field);
    assert.ok(error.got && error.wanted);
  });
}

test('the environment is read, explicit options win, bad variables are named', () => {
  const env = {
    VOIRS_NUM_THREADS: '2',
    VOIRS_USE_GPU: 'true',
    VOIRS_MEMORY_LIMIT_MB: '64',
    VOIRS_CACHE_SIZE: '5',
  };
  const config = new SynthesisConfig({ cacheSize: 7 }, env);
  assert.equal([config.numThreads, config.useGpu, config.memoryLimitMb, config.cacheSize], [2, true, 64, 7]);
  const error = refusal(() => new SynthesisConfig({}, { VOIRS_NUM_THREADS: 'many' }));
  assert.match(error.message, 'VOIRS_NUM_THREADS');
  assert.match(refusal(() => new SynthesisConfig({}, { VOIRS_USE_GPU: 'maybe' })).message, 'VOIRS_USE_GPU');
});

test('reads decimal numbers only from the environment', () => {
  for (const text of [' 0x10 ', '0x10', ' 2', '2.0', '1e1', '+2', '\u0662'])
    assert.match(refusal(() => new SynthesisConfig({}, { VOIRS_NUM_THREADS: text })).message, 'NUM_THREADS');
});

test('refuses names that every object inherits', () => {
  for (const name of ['constructor', 'toString', '__proto__'])
    assert.is(refusal(() => new SynthesisConfig(JSON.parse(`{"${name}":1}`), {})).code, 'INVALID_OPTIONS');
});

test('copy, update and JSON keep everything and are checked', () => {
  const config = new SynthesisConfig({ quality: 'low', numThreads: 3 }, {});
  assert.equal(SynthesisConfig.fromJSON(JSON.stringify(config)).toJSON(), config.toJSON());
  assert.equal(config.copy().toJSON(), config.toJSON());
  assert.is(config.update({ cacheSize: 1 }).quality, 'low');
  assert.is(refusal(() => config.update({ numThreads: 99 })).code, 'INVALID_OPTIONS');
  assert.is(refusal(() => SynthesisConfig.fromJSON('[1]')).code, 'INVALID_OPTIONS');
  assert.is(refusal(() => SynthesisConfig.fromJSON('{')).code, 'INVALID_OPTIONS');
  assert.throws(() => {
    (config as { cacheSize: number }).cacheSize = 3;
  });
});

test.run();
