// If this fails, voirs does not speak in browsers, or gives other samples there than in Node.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';
import { maxAbs } from '../../bench/lib/goldens.js';
import { VoirsPipeline } from '../../src/index.js';
import type { SpeakWish, Spoken } from './pages/speak.js';
import { snr } from './signal.js';

const test = suite('speech in a browser');
const script = new URL('./pages/speak.ts', import.meta.url);
const TEXT = 'Hello, world. Dr. Smith paid $3.50 for two quinoa salads!';
/**
 * A browser runs the kernels in relaxed SIMD, whose multiply-adds round once where those of Node 20 round
 * twice; over two models that comes to an inaudible 2e-4 of a sample.
 */
const LEAST_SNR = 60;

const browser = await openBrowser();

/** The same in Node. */
async function inNode(text: string): Promise<Pick<Spoken, 'samples' | 'words'>> {
  await using pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1 });
  using audio = await pipeline.synthesize(text);
  const words = audio.timeline.words.map(({ text, start }) => ({ text, start }));
  return { samples: audio.samples.slice(), words };
}

test('speaks the text in Node', async () => {
  const { samples } = await inNode(TEXT);
  assert.ok(samples.length > 22050 * 3);
});

if (browser) {
  const speak = (argument: SpeakWish, isolated: boolean) =>
    browser.run<Spoken>({ script, argument, isolated });

  test('gives the samples of Node on one thread and on two', async () => {
    const node = await inNode(TEXT);
    const { value: one, complaints } = await speak({ text: TEXT }, false);
    assert.equal(complaints, []);
    assert.equal(one.words, node.words);
    const decibels = snr(node.samples, one.samples);
    assert.ok(decibels >= LEAST_SNR, `${decibels} dB over the difference to Node; wanted ${LEAST_SNR}`);
    assert.match(one.backend.versions.features!, /SIMD, own convolutions/);

    const { value: two, complaints: more } = await speak({ text: TEXT, numThreads: 2 }, true);
    assert.equal(more, []);
    assert.is(two.backend.threads, 2);
    assert.is(maxAbs(two.samples, one.samples), 0);
  });

  test('runs one thread without cross-origin isolation', async () => {
    const { value, complaints } = await speak({ text: 'Hello.', numThreads: 4 }, false);
    assert.is(value.backend.threads, 1);
    assert.ok(value.samples.length > 5000);
    assert.equal(complaints, []);
  });

  test.after(() => browser.close());
}
test.run();
