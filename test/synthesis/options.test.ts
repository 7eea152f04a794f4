// If this fails, a misspelt option of a call is ignored, or ends in a bare TypeError.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SynthesisConfig, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('options of calls');
const pipeline = await VoirsPipeline.create({ numThreads: 1 });
const utterance = await pipeline.prepare('Tea.');

/** Each call, with options. */
const CALLS: Record<string, (options: never) => unknown> = {
  create: (options) => VoirsPipeline.create(options),
  synthesize: (options) => pipeline.synthesize('Tea.', options),
  synthesizeWithMetrics: (options) => pipeline.synthesizeWithMetrics('Tea.', options),
  synthesizeSsml: (options) => pipeline.synthesizeSsml('<speak>Tea.</speak>', options),
  stream: (options) => pipeline.stream('Tea.', options),
  prepare: (options) => pipeline.prepare('Tea.', options),
  render: (options) => pipeline.render(utterance, options),
  SynthesisConfig: (options) => new SynthesisConfig(options, {}),
  update: (options) => new SynthesisConfig({}, {}).update(options),
};

for (const [name, call] of Object.entries(CALLS)) {
  test(`refuses an unknown option of ${name}`, async () => {
    for (const option of ['bogus', 'constructor', 'toString', '__proto__'])
      await voirsError(() => call(JSON.parse(`{"${option}":1}`) as never), 'INVALID_OPTIONS');
  });
  test(`refuses options of ${name} that are no object`, async () => {
    for (const options of [null, 5, 'slt', [], true])
      await voirsError(() => call(options as never), 'INVALID_OPTIONS');
  });
}

test('names the option that people mean', async () => {
  for (const [name, option, suggestion] of [
    ['synthesize', 'speed', 'Did you mean speakingRate?'],
    ['synthesize', 'rate', 'Did you mean speakingRate?'],
    ['stream', 'speaking_rate', 'Did you mean speakingRate?'],
    ['synthesize', 'pitch', 'Did you mean pitchShift?'],
    ['synthesize', 'volume', 'Did you mean volumeGain?'],
    ['synthesize', 'speaker', 'Did you mean voice?'],
    ['synthesize', 'lang', 'Did you mean voice?'],
    ['synthesize', 'onprogress', 'Did you mean onProgress?'],
    ['synthesize', 'format', 'Give it to encode or save, which write files'],
    ['synthesize', 'sampleRate', 'Give it to VoirsPipeline.create'],
    ['render', 'speed', 'Give speakingRate to synthesize, stream or prepare'],
    ['prepare', 'volumeGain', 'Give it to synthesize, stream or render'],
    ['create', 'threads', 'Did you mean numThreads?'],
    ['create', 'sample_rate', 'Did you mean sampleRate?'],
    ['create', 'speed', 'Give speakingRate to synthesize, stream or prepare'],
  ] as const) {
    const error = await voirsError(() => CALLS[name]!({ [option]: 1 } as never), 'INVALID_OPTIONS');
    assert.is(error.suggestion, suggestion, `${name} ${option}`);
  }
});

test('lists every option of create', async () => {
  const { wanted } = await voirsError(() => CALLS.create!({ bogus: 1 } as never), 'INVALID_OPTIONS');
  for (const name of ['voice', 'backend', 'weights', 'lexicon', 'config', 'numThreads', 'emoji'])
    assert.match(wanted!, name);
});

test('refuses values of the wrong type before any work', async () => {
  for (const [name, options] of [
    ['synthesize', { speakingRate: '2' }],
    ['synthesize', { pitchShift: null }],
    ['synthesize', { volumeGain: Number.NaN }],
    ['synthesize', { voice: 5 }],
    ['synthesize', { voice: null }],
    ['synthesize', { input: 'html' }],
    ['synthesize', { unsupported: 'drop' }],
    ['synthesize', { emoji: true }],
    ['synthesize', { onProgress: 5 }],
    ['stream', { signal: {} }],
    ['prepare', { signal: 'stop' }],
    ['render', { onProgress: 'x' }],
    ['create', { config: { quality: 'low' } }],
    ['create', { voice: 5 }],
    ['create', { backend: null }],
    ['create', { weights: 5 }],
    ['create', { lexicon: 5 }],
    ['create', { lexicon: ['voirs'] }],
    ['create', { lexicon: './lexicon.txt' }],
    ['create', { sampleRate: '22050' }],
  ] as const)
    await voirsError(() => CALLS[name]!(options as never), 'INVALID_OPTIONS');
});

test('says which part of a controller is the signal', async () => {
  const signal = new AbortController();
  const { suggestion } = await voirsError(() => CALLS.synthesize!({ signal } as never), 'INVALID_OPTIONS');
  assert.is(suggestion, 'Pass controller.signal');
});

test('shows a number in quotes as the string that it is', async () => {
  const { got } = await voirsError(
    () => CALLS.synthesize!({ speakingRate: '2' } as never),
    'INVALID_OPTIONS',
  );
  assert.is(got, '"2"');
});

test('takes undefined for an absent option', async () => {
  const absent = { voice: undefined, signal: undefined, onProgress: undefined, speakingRate: undefined };
  using audio = await pipeline.synthesize('Tea.', absent);
  assert.ok(audio.duration > 0);
  assert.is(new SynthesisConfig({}, {}).update({ quality: undefined }).quality, 'medium');
});

test('shows a voice that does not exist in printable characters', async () => {
  const { got } = await voirsError(
    () => CALLS.synthesize!({ voice: `\u001b${'x'.repeat(500)}` } as never),
    'VOICE_NOT_FOUND',
  );
  assert.ok(got!.length <= 80 && !got!.includes('\u001b'), got);
});

test.after(() => pipeline.dispose());

test.run();
