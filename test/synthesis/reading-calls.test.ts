// If this fails, a call's lexicon, numbers, pauses or strictness is ignored, or an odd value crashes.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PrepareOptions, SynthesisConfig, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('options of reading');
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({
    numThreads: 1,
    lexicon: { SQL: 'sequel', gif: '/dʒɪf/' },
    pauses: { sentence: 0.6, paragraph: 1.2 },
    numbers: { zero: 'oh' },
  });
});
test.after(() => pipeline.dispose());

const words = async (text: string, options: PrepareOptions = {}): Promise<string> => {
  const { sentences } = await pipeline.prepare(text, options);
  return sentences.flatMap((sentence) => sentence.words.map((word) => word.text)).join(' ');
};
const phones = async (text: string, options: PrepareOptions = {}): Promise<string> => {
  const { sentences } = await pipeline.prepare(text, options);
  return sentences[0]!.words[0]!.phones.join(' ');
};

test("asks the call's lexicon, then the pipeline's", async () => {
  assert.is(await words('MySQL'), 'my sequel');
  assert.is(await words('MySQL', { lexicon: { mysql: 'my ess cue ell' } }), 'my ess cue ell');
  assert.is(await words('MySQL', { lexicon: 'GUI gooey' }), 'my sequel');
  assert.is(await phones('gif'), 'JH IH1 F');
  assert.is(await phones('gif', { lexicon: { gif: 'G IH1 F' } }), 'G IH1 F');
  assert.is(await phones('gif'), 'JH IH1 F', 'a lexicon of a call is of that call');
});

test('speaks and streams with the lexicon of the call', async () => {
  const options = { lexicon: { tea: 'K AO1 F IY0' } };
  using usual = await pipeline.synthesize('Tea.');
  using own = await pipeline.synthesize('Tea.', options);
  assert.equal(usual.timeline.words[0]!.phones.map(({ phone }) => phone).join(' '), 'T IY1');
  assert.equal(own.timeline.words[0]!.phones.map(({ phone }) => phone).join(' '), 'K AO1 F IY0');
  const pieces = async function* () {
    yield 'Te';
    yield 'a.';
  };
  for await (const chunk of pipeline.stream(pieces(), options)) {
    for (const word of chunk.timeline.words) assert.is(word.phones.length, 4);
    chunk.dispose();
  }
});

test('reads numbers as the call asks, over the pipeline', async () => {
  assert.is(await words('at 405', { numbers: { digits: true } }), 'at four oh five');
  assert.is(await words('at 405', { numbers: { digits: true, zero: 'zero' } }), 'at four zero five');
  assert.is(await words('at 4210', { numbers: { digits: 'pairs' } }), 'at forty two ten');
});

test('pauses as the call asks, over the pipeline', async () => {
  const pauses = async (options: PrepareOptions) =>
    (await pipeline.prepare('One. Two.\n\nThree.', options)).sentences.map(({ pauseAfter }) => pauseAfter);
  assert.equal(await pauses({}), [0.6, 1.2, 0]);
  assert.equal(await pauses({ pauses: { sentence: 0 } }), [0, 1.2, 0]);
});

test('reads SSML strictly where asked', async () => {
  const ssml = '<speak>A & B</speak>';
  assert.is(await words(ssml, { input: 'ssml' }), 'a and b');
  await voirsError(() => words(ssml, { input: 'ssml', strictSsml: true }), 'INVALID_SSML');
  assert.ok(new SynthesisConfig({}, { VOIRS_STRICT_SSML: '1' }).strictSsml);
});

test('refuses odd values with what is wanted', async () => {
  const odd: PrepareOptions[] = [
    ...[3, null, ['a'], './lex.txt', { a: 3 }].map((lexicon) => ({ lexicon }) as unknown as PrepareOptions),
    ...[3, null, { digit: true }, { zero: 'nil' }].map(
      (numbers) => ({ numbers }) as unknown as PrepareOptions,
    ),
    ...[3, { sentence: -1 }, { para: 1 }].map((pauses) => ({ pauses }) as unknown as PrepareOptions),
    ...['yes', 1].map((strictSsml) => ({ strictSsml }) as unknown as PrepareOptions),
    ...['nothing', 1].map((unsupported) => ({ unsupported }) as unknown as PrepareOptions),
  ];
  for (const options of odd) {
    const error = await voirsError(() => pipeline.prepare('x', options), 'INVALID_OPTIONS');
    assert.ok(error.wanted, error.message);
  }
  for (const lexicon of [3, './lex.txt'])
    await voirsError(() => VoirsPipeline.create({ lexicon: lexicon as string }), 'INVALID_OPTIONS');
});

test.run();
