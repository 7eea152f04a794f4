// If this fails, a page cannot speak with somebody else's model from a URL, or looks for voice packages that it cannot find.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser, PageError } from '../../bench/lib/browser/harness.js';
import { fixture } from '../../bench/lib/goldens.js';
import { VoirsPipeline } from '../../src/index.js';
import type { SpeakWish, Spoken } from './pages/speak.js';
import { snr } from './signal.js';

const test = suite("other people's voices in a browser");
const script = new URL('./pages/speak.ts', import.meta.url);
/** As in speak.test.ts: kernels in relaxed SIMD round once where those of Node 20 round twice. */
const LEAST_SNR = 60;
const TEXTS = { 'vits-speakers-tiny': 'a bad cab', 'conformer-hifigan-tiny': 'Hello, bright world.' };

const browser = await openBrowser();

if (browser) {
  const speak = (argument: SpeakWish) => browser.run<Spoken>({ script, argument });

  for (const [name, text] of Object.entries(TEXTS)) {
    test(`speaks with a folder of Hugging Face from a URL as Node does: ${name}`, async () => {
      const weights = fixture(name);
      await using pipeline = await VoirsPipeline.create({ weights, backend: 'wasm', numThreads: 1 });
      using audio = await pipeline.synthesize(text);
      const { value, complaints, requests } = await speak({
        text,
        weights: `/package/test/fixtures/${name}`,
      });
      const missing = complaints.filter((line) => !line.includes('404')); // files that a folder may have
      assert.equal(missing, []);
      assert.ok(requests.includes(`/package/test/fixtures/${name}/model.safetensors`));
      assert.equal(
        value.words.map((word) => word.text),
        audio.timeline.words.map((word) => word.text),
      );
      const decibels = snr(audio.samples, value.samples);
      assert.ok(decibels >= LEAST_SNR, `${decibels} dB over the difference to Node; wanted ${LEAST_SNR}`);
    });
  }

  test('says that a page finds no packages, and what to give instead', async () => {
    try {
      await speak({ text: 'Hello.', voice: '@me/voice:anna' });
      assert.unreachable('nothing was thrown');
    } catch (error) {
      assert.instance(error, PageError, String(error));
      const { code, suggestion } = error as PageError;
      assert.is(code, 'VOICE_NOT_FOUND');
      assert.match(suggestion!, /serve the folder voice of @me\/voice, and give its URL as weights/);
    }
  });

  test.after(() => browser.close());
}
test.run();
