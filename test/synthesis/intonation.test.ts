// If this fails, questions end low like statements, exclamations are spoken flat, or "Where are you?" rises like "Are you?".
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from '../../src/index.js';

const test = suite('intonation');
let pipeline: VoirsPipeline;
test.before(async () => {
  pipeline = await VoirsPipeline.create({ cacheSize: 0 });
});
test.after(() => pipeline.dispose());

/** Pitches [N], z-scores, of a sentence's tokens, with and without the rule, and which of them are spoken. */
async function pitches(text: string, voice: string) {
  const both = [];
  for (const intonation of ['rule', 'model'] as const) {
    const { sentences } = await pipeline.prepare(text, { voice, intonation });
    both.push(sentences[0]!.tokens);
  }
  const [bent, plain] = both as [(typeof both)[0], (typeof both)[0]];
  const spoken = plain.flatMap(({ symbol }, n) => (/^[A-Z]/.test(symbol) ? [n] : []));
  const mean = (tokens: typeof bent) => {
    const frames = spoken.reduce((sum, n) => sum + tokens[n]!.duration, 0);
    return spoken.reduce((sum, n) => sum + tokens[n]!.pitch * tokens[n]!.duration, 0) / frames;
  };
  return { bent, plain, spoken, last: spoken.at(-1)!, mean };
}

for (const voice of ['hazel', 'miles']) {
  for (const text of [
    'You are coming?',
    'Did they leave the door open?',
    'Tea or no tea, my dear friend Tom?',
  ]) {
    test(`${voice} ends "${text}" well above its mean, and begins it as before`, async () => {
      const { bent, plain, last, mean } = await pitches(text, voice);
      assert.ok(bent[last]!.pitch > mean(plain) + 1.2, `${bent[last]!.pitch} over ${mean(plain)}`);
      assert.ok(bent[last]!.pitch > plain[last]!.pitch + 1);
      assert.is(bent[0]!.pitch, plain[0]!.pitch);
    });
  }

  for (const text of ['You are coming.', 'Where are you going?', 'Tell me, who would have known?']) {
    test(`${voice} speaks "${text}" as its model predicts`, async () => {
      const { bent, plain } = await pitches(text, voice);
      assert.equal(bent, plain);
    });
  }

  test(`${voice} moves wider in an exclamation`, async () => {
    const { bent, plain, spoken, mean } = await pitches('What a wonderful morning this is!', voice);
    const width = (tokens: typeof bent) =>
      Math.max(...spoken.map((n) => tokens[n]!.pitch)) - Math.min(...spoken.map((n) => tokens[n]!.pitch));
    assert.ok(width(bent) > 1.1 * width(plain), `${width(bent)} against ${width(plain)}`);
    assert.ok(mean(bent) > mean(plain));
  });
}

test('bends the sound too: the last voiced frames of a question are higher', async () => {
  const heard = [];
  for (const intonation of ['rule', 'model'] as const) {
    const mel = await pipeline.mel('You are coming?', { intonation });
    const voiced = [...mel.f0!].filter((hz) => hz > 0).slice(-12);
    heard.push(voiced.reduce((sum, hz) => sum + hz, 0) / voiced.length);
    mel.dispose?.();
  }
  assert.ok(heard[0]! > 1.3 * heard[1]!, `${heard[0]} Hz against ${heard[1]} Hz`);
});

test.run();
