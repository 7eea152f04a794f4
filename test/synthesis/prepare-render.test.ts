// If this fails, a researcher's edits of durations, pitch or energy are lost or change what they should not.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { type Utterance, VoirsPipeline } from '../../src/index.js';
import { voirsError } from '../expect.js';

const test = suite('prepare and render');
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ numThreads: 1 });
});
test.after(() => pipeline.dispose());

test('rendered unedited, also after JSON, it is what synthesize gives', async () => {
  const text = 'Read me twice. Please!';
  using whole = await pipeline.synthesize(text);
  const utterance = await pipeline.prepare(text);
  using rendered = await pipeline.render(utterance);
  using stored = await pipeline.render(JSON.parse(JSON.stringify(utterance)) as Utterance);
  assert.is(maxAbs(rendered.samples, whole.samples), 0);
  assert.is(maxAbs(stored.samples, whole.samples), 0);
  assert.equal(rendered.timeline, whole.timeline);
});

test('rate, pitch and voice of prepare stand in the utterance', async () => {
  const options = { voice: 'miles', speakingRate: 0.8, pitchShift: -2 };
  using whole = await pipeline.synthesize('Slow and low.', options);
  using rendered = await pipeline.render(await pipeline.prepare('Slow and low.', options));
  assert.ok(maxAbs(rendered.samples, whole.samples) <= 1e-6);
});

test('a longer phone is longer by exactly its frames, and only what follows moves', async () => {
  const utterance = await pipeline.prepare('One two three.');
  using usual = await pipeline.render(utterance);
  const tokens = utterance.sentences[0]!.tokens;
  const vowel = tokens.findIndex((token) => token.symbol === 'UW1');
  tokens[vowel]!.duration! += 20;
  using longer = await pipeline.render(utterance);
  assert.is(longer.samples.length - usual.samples.length, 20 * 256);
  const [one, two, three] = usual.timeline.words;
  const [one2, two2, three2] = longer.timeline.words;
  assert.equal([one2!.start, one2!.end, two2!.start], [one!.start, one!.end, two!.start]);
  assert.ok(Math.abs(two2!.end - two!.end - (20 * 256) / 22050) < 1e-9);
  assert.ok(Math.abs(three2!.start - three!.start - (20 * 256) / 22050) < 1e-9);
});

test('energy and pitch edits are heard in their word', async () => {
  await using arctic = await VoirsPipeline.create({ voice: 'kathleen', numThreads: 1, cacheSize: 0 });
  const utterance = await arctic.prepare('One loud word.');
  using usual = await arctic.render(utterance);
  const [sentence] = utterance.sentences;
  const loud = sentence!.words.findIndex((word) => word.text === 'loud');
  for (const token of sentence!.tokens) if (token.word === loud) token.energy! += 1.5;
  using louder = await arctic.render(utterance);
  const word = usual.timeline.words[loud]!;
  const level = (samples: Float32Array) => {
    const part = samples.subarray(word.start * 22050, word.end * 22050);
    return Math.sqrt(part.reduce((sum, x) => sum + x * x, 0) / part.length);
  };
  assert.ok(
    level(louder.samples) > 1.2 * level(usual.samples),
    `${level(louder.samples) / level(usual.samples)}`,
  );
});

test('a broken utterance is refused by field', async () => {
  const fresh = () => pipeline.prepare('Break me.');
  const broken: [string, (utterance: Utterance) => void, string][] = [
    [
      'format',
      (u) => {
        (u as { format: string }).format = 'x';
      },
      'INVALID_TEXT',
    ],
    [
      'sentences',
      (u) => {
        u.sentences = [];
      },
      'INVALID_TEXT',
    ],
    [
      'format', // what JSON cannot write
      (u) => {
        (u as { format: unknown }).format = 1n;
      },
      'INVALID_TEXT',
    ],
    [
      'pauseAfter',
      (u) => {
        const circle: { self?: object } = {};
        circle.self = circle;
        (u.sentences[0] as { pauseAfter: unknown }).pauseAfter = circle;
      },
      'INVALID_TEXT',
    ],
    [
      'symbol',
      (u) => {
        u.sentences[0]!.tokens[1]!.symbol = 'QQ9';
      },
      'INVALID_TEXT',
    ],
    [
      'duration',
      (u) => {
        u.sentences[0]!.tokens[1]!.duration = -1;
      },
      'INVALID_OPTIONS',
    ],
    [
      'duration',
      (u) => {
        u.sentences[0]!.tokens[1]!.duration = 1e9;
      },
      'INVALID_OPTIONS',
    ],
    [
      'pitch',
      (u) => {
        u.sentences[0]!.tokens[1]!.pitch = Number.NaN;
      },
      'INVALID_OPTIONS',
    ],
    [
      'word',
      (u) => {
        u.sentences[0]!.tokens[1]!.word = 99;
      },
      'INVALID_TEXT',
    ],
    [
      'pauseAfter',
      (u) => {
        u.sentences[0]!.pauseAfter = -1;
      },
      'INVALID_TEXT',
    ],
  ];
  for (const [field, harm, code] of broken) {
    const utterance = await fresh();
    harm(utterance);
    const error = await voirsError(() => pipeline.render(utterance), code as 'INVALID_TEXT');
    if (field !== 'symbol') assert.match(error.message, field);
  }
  const silent = await fresh();
  for (const token of silent.sentences[0]!.tokens) token.duration = 0;
  await voirsError(() => pipeline.render(silent), 'SYNTHESIS_FAILED');
  using audio = await pipeline.render(await fresh());
  assert.ok(audio.duration > 0.3);
});

test.run();
