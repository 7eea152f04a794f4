// If this fails, the same text sounds different on a machine with more cores, or two pipelines disturb each other.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from '../../src/index.js';

const test = suite('threads and neighbours');
const TEXT = 'Is it the same voice?';

test('one thread and two, side by side and interleaved, make the same samples', async () => {
  const [one, two] = [
    await VoirsPipeline.create({ numThreads: 1 }),
    await VoirsPipeline.create({ numThreads: 2 }),
  ];
  const [a, b, again] = await Promise.all([one.synthesize(TEXT), two.synthesize(TEXT), one.synthesize(TEXT)]);
  assert.equal(b.samples, a.samples);
  assert.equal(again.samples, a.samples);
  assert.ok(
    a.samples.some((sample) => Math.abs(sample) > 0.05),
    'it is not silence',
  );
  await Promise.all([one.dispose(), two.dispose()]);
});

test.run();
