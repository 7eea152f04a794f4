// If this fails, a page cannot take a vocoder or a mel by itself, or a strict policy stops it.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';
import { fixture, maxAbs } from '../../bench/lib/goldens.js';
import { loadVocoder, melSpectrogram } from '../../src/index.js';
import { type Taken, toneOf } from './pages/parts.js';

const test = suite('parts in a browser');
const NAMES = { model: 'hifigan-v2-tiny.pth', config: 'hifigan-v2-tiny.json' } as const;

async function inNode(): Promise<Float32Array> {
  const config = fixture(NAMES.config);
  await using vocoder = await loadVocoder(fixture(NAMES.model), { config, backend: 'wasm', numThreads: 1 });
  using mel = melSpectrogram(toneOf(6000), { bands: vocoder.bands });
  using audio = await vocoder.vocode(mel);
  return audio.samples.slice();
}

test('copies a tone in Node', async () => {
  assert.ok((await inNode()).some((x) => x !== 0));
});

const browser = await openBrowser();
if (browser) {
  test('takes a vocoder from a URL under a policy without eval, as in Node', async () => {
    const policy = "default-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'";
    const { value, complaints } = await browser.run<Taken>({
      script: new URL('./pages/parts.ts', import.meta.url),
      argument: {
        model: `/package/test/fixtures/${NAMES.model}`,
        config: `/package/test/fixtures/${NAMES.config}`,
      },
      respond: (path) =>
        path === '/index.html' ? { headers: { 'Content-Security-Policy': policy } } : undefined,
    });
    const own = complaints.filter((line) => !/unsafe-eval|Content Security Policy/.test(line));
    assert.equal(own, []);
    assert.is(value.leases, 1);
    assert.match(value.refusal, /^DEVICE_ERROR Use values and bands instead/);
    const difference = maxAbs(value.samples, await inNode());
    assert.ok(difference < 1e-3, `differs by ${difference}`);
  });

  test.after(() => browser.close());
}
test.run();
