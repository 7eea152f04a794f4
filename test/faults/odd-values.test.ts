// If this fails, a value of the wrong kind ends a call with a TypeError of our inside, after work has begun, or
// with a message that fills a log.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as voirs from '../../src/index.js';
import { AudioBuffer, SynthesisConfig, VoirsError, VoirsPipeline } from '../../src/index.js';

const test = suite('odd values');

const circular: Record<string, unknown> = {};
circular.self = circular;

/** None of them is right anywhere below. */
const ODD: unknown[] = [
  ...[null, -1.5, Number.NaN, 1n, true, Symbol('s'), [null], new Map(), new Date(Number.NaN)],
  ...['\u001b]0;title\u0007', 'x'.repeat(100_000), new Uint8Array(3), new AbortController(), circular],
  ...[Object.create(null, { x: { value: 1, enumerable: true } }), { toString: 1 }, { constructor: 1 }],
  ...[JSON.parse('{"__proto__":{}}'), Object.create({ constructor: undefined }), new URL('file:///x')],
];

type Call = (value: never) => unknown;
const CONFIG_FIELDS = Object.keys(new SynthesisConfig({}, {}).toJSON());

/** Calls that take no pipeline, by name. */
const CALLS: Record<string, Call> = {
  fromJSON: (value) => SynthesisConfig.fromJSON(value),
  update: (value) => new SynthesisConfig({}, {}).update({ pauses: value, numbers: value }),
  memoryPreset: (value) => voirs.memoryPreset(value),
  fromWav: (value) => AudioBuffer.fromWav(value),
  load: (value) => AudioBuffer.load(value),
  'fromWav arena': (value) => AudioBuffer.fromWav(new Uint8Array(3), { arena: value }),
  optimizeAudioFormat: (value) => voirs.optimizeAudioFormat(value),
  analyzeAudio: (value) => voirs.analyzeAudio(value),
  lease: (value) => new voirs.Arena().lease(value),
  monitorMemory: (value) => voirs.monitorMemory('x', value),
  profileMemoryUsage: (value) => voirs.profileMemoryUsage(value),
  backendPlugin: (value) => voirs.backendPlugin(value),
  captionCues: (value) => voirs.captionCues(value),
  'captionCues words': (value) => voirs.captionCues({ words: [value], marks: [] }),
  toTextGrid: (value) => voirs.toTextGrid(value),
  'toTextGrid duration': (value) => voirs.toTextGrid({ words: [], marks: [] }, { duration: value }),
  toLrc: (value) => voirs.toLrc({ words: [], marks: [] }, { text: value, lines: value }),
  VttStream: (value) => new voirs.VttStream().push(value),
};
for (const field of CONFIG_FIELDS) {
  if (field !== 'numThreads')
    CALLS[`config.${field}`] = (value) => new SynthesisConfig({ [field]: value }, {});
}
for (const field of ['weights', 'voice', 'backend', 'lexicon', 'config', 'signal', 'onProgress']) {
  // Whatever passes the check of one field ends at a folder that is not there.
  const others = field === 'weights' ? {} : { weights: '/no/such/folder' };
  CALLS[`create ${field}`] = (value) => VoirsPipeline.create({ ...others, [field]: value });
}

async function refuses(call: Call, value: unknown, name: string): Promise<void> {
  const what = `${name} of ${typeof value}`;
  try {
    await call(value as never);
  } catch (error) {
    if (!(error instanceof VoirsError)) throw new Error(`${what}: ${(error as Error).stack}`);
    assert.ok(error.message.length < 3000, `${what}: ${error.message.length} characters`);
    assert.not(/[\p{Cc}\p{Cf}]/u.test(error.message), `${what}: ${error.message}`);
    return;
  }
  if (!ACCEPTED.has(`${name} ${typeof value}`)) throw new Error(`${what} was accepted`);
}

/** Right by their type. */
const ACCEPTED = new Set([
  ...['useGpu', 'enablePreprocessing', 'strictSsml', 'enablePostprocessing'].map(
    (f) => `config.${f} boolean`,
  ),
  ...['config.numbers object', 'config.pauses object', 'update object', 'fromJSON object'],
  ...[
    'toLrc string',
    'synthesize strictSsml boolean',
    'synthesize numbers object',
    'synthesize pauses object',
  ],
]);

test('are refused with a short VoirsError', async () => {
  for (const [name, call] of Object.entries(CALLS)) for (const value of ODD) await refuses(call, value, name);
});

test('are refused by the calls of a pipeline, which goes on', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  const calls: Record<string, Call> = {
    setVoice: (value) => pipeline.setVoice(value),
    on: (value) => pipeline.on('memory', value),
    render: (value) => pipeline.render(value),
  };
  const fields =
    'input voice speakingRate pitchShift intonation volumeGain unsupported emoji leaveOut strictSsml numbers pauses lexicon signal onProgress';
  // '' is refused last of all: what passes the check of one field does no work.
  for (const field of [...fields.split(' '), 'constructor', '__proto__x']) {
    calls[`synthesize ${field}`] = (value) => pipeline.synthesize('', { [field]: value } as never);
  }
  for (const [name, call] of Object.entries(calls)) for (const value of ODD) await refuses(call, value, name);
  for (const text of ODD.filter((value) => typeof value !== 'string')) {
    await refuses((value) => pipeline.synthesize(value), text, 'synthesize');
    await refuses((value) => pipeline.prepare(value), text, 'prepare');
  }
  using audio = await pipeline.synthesize('Hi.');
  assert.ok(audio.duration > 0.2);
});

test.run();
