// If this fails, speech at other sample rates is too fast, too slow, has seams, or leaks.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxAbs } from '../../bench/lib/goldens.js';
import { type AudioBuffer, VoirsPipeline } from '../../src/index.js';

const test = suite('sample rates');
const TEXT = 'The birch canoe slid on the smooth planks. Glue the sheet!';

/** At the voice's own rate; it also keeps the weights for the pipelines of each test. */
let own: VoirsPipeline;
let usual: AudioBuffer;
test.before(async () => {
  own = await VoirsPipeline.create({ numThreads: 1 });
  usual = await own.synthesize(TEXT);
});
test.after(async () => {
  usual.dispose();
  await own.dispose();
});

for (const sampleRate of [8000, 11025, 16000, 24000, 32000, 44100, 48000] as const) {
  test(`${sampleRate} Hz: same words at the same times, streamed equals whole`, async () => {
    await using pipeline = await VoirsPipeline.create({ numThreads: 1, sampleRate });
    using audio = await pipeline.synthesize(TEXT);
    assert.is(audio.sampleRate, sampleRate);
    assert.ok(Math.abs(audio.duration - usual.duration) < 1 / sampleRate);
    assert.equal(audio.timeline, usual.timeline);
    const power = (samples: Float32Array) => samples.reduce((sum, x) => sum + x * x, 0) / samples.length;
    assert.ok(
      Math.abs(10 * Math.log10(power(audio.samples) / power(usual.samples))) < 1,
      'the level has changed',
    );

    const joined = new Float32Array(audio.samples.length);
    const words: string[] = [];
    let at = 0;
    for await (const chunk of pipeline.stream(TEXT)) {
      assert.is(chunk.sampleRate, sampleRate);
      assert.ok(Math.abs(chunk.startTime - at / sampleRate) < 1e-9);
      joined.set(chunk.samples, at);
      at += chunk.samples.length;
      words.push(...chunk.timeline.words.map((word) => word.text));
      chunk.dispose();
    }
    assert.is(at, audio.samples.length);
    assert.ok(maxAbs(joined, audio.samples) <= 1e-5, `${maxAbs(joined, audio.samples)}`);
    assert.equal(
      words,
      audio.timeline.words.map((word) => word.text),
    );
    audio.dispose();
    for await (const chunk of pipeline.stream(TEXT)) {
      chunk.dispose();
      break;
    }
    assert.is(pipeline.arena.stats().leases, 0);
  });
}

test('a user lexicon wins, and its faults are named by line', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, lexicon: 'voirs V OY1 Z\n' });
  const utterance = await pipeline.prepare('This is voirs.');
  const word = utterance.sentences[0]!.words[2]!;
  assert.equal([word.phones.join(' '), word.provenance], ['V OY1 Z', 'user']);
  let message = '';
  try {
    await VoirsPipeline.create({ numThreads: 1, lexicon: 'fine F AY1 N\nbad Q9\n' });
  } catch (error) {
    message = (error as Error).message;
  }
  assert.match(message, /line 2/);
});

test.run();
