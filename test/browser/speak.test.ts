// If this fails, voirs does not speak in browsers, or says something else there than in Node.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from '../../src/index.js';
import { maxAbs } from '../goldens.js';
import { openBrowser } from './harness.js';
import type { SpeakWish, Spoken } from './pages/speak.js';

const test = suite('speech in a browser');
const script = new URL('./pages/speak.ts', import.meta.url);
const TEXT = 'Hello, world. Dr. Smith paid $3.50 for two quinoa salads!';
/**
 * Largest difference of a sample from Node's. The WebAssembly is the same and IEEE arithmetic is exact, so only
 * Math.exp, log and sin may differ between two releases of V8, in their last bit.
 */
const TOLERANCE = 1e-4;

const browser = await openBrowser();

/** The same in Node. */
async function inNode(text: string): Promise<Pick<Spoken, 'samples' | 'words'>> {
  await using pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1 });
  using audio = await pipeline.synthesize(text);
  const words = audio.timeline.words.map(({ text, start }) => ({ text, start }));
  return { samples: audio.samples.slice(), words };
}

test('the tests have a text that Node speaks', async () => {
  const { samples } = await inNode(TEXT);
  assert.ok(samples.length > 22050 * 3);
});

if (browser) {
  const speak = (argument: SpeakWish, isolated: boolean) =>
    browser.run<Spoken>({ script, argument, isolated });

  test('one thread says what Node says, and two threads say the same sample for sample', async () => {
    const node = await inNode(TEXT);
    const { value: one, complaints } = await speak({ text: TEXT }, false);
    assert.equal(complaints, []);
    assert.equal(one.words, node.words);
    const difference = maxAbs(one.samples, node.samples);
    assert.ok(difference <= TOLERANCE, `samples differ from Node's by ${difference}`);
    assert.match(one.backend.versions.features!, /SIMD, own convolutions/);

    const { value: two, complaints: more } = await speak({ text: TEXT, numThreads: 2 }, true);
    assert.equal(more, []);
    assert.is(two.backend.threads, 2);
    assert.is(maxAbs(two.samples, one.samples), 0);
  });

  test('without cross-origin isolation there is one thread, whatever was asked for', async () => {
    const { value, complaints } = await speak({ text: 'Hello.', numThreads: 4 }, false);
    assert.is(value.backend.threads, 1);
    assert.ok(value.samples.length > 5000);
    assert.equal(complaints, []);
  });

  test.after(() => browser.close());
}
test.run();
