// If this fails, a service worker (an extension's, an offline page's) cannot speak at some sampling rate.
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';
import { startServer } from '../../bench/lib/browser/static-server.js';
import { SAMPLE_RATES } from '../../src/config.js';

const test = suite('service worker');
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const WORKER = `
import { VoirsPipeline } from '/voirs/dist/browser/service-worker.js';
async function speak(sampleRate) {
  const pipeline = await VoirsPipeline.create({ sampleRate, cacheSize: 0 });
  const audio = await pipeline.synthesize('Yes.');
  const spoken = { rate: audio.sampleRate, seconds: audio.duration, peak: audio.peak() };
  audio.dispose();
  await pipeline.dispose();
  return spoken;
}
self.addEventListener('message', (event) => {
  event.waitUntil(
    speak(event.data.sampleRate).then(
      (spoken) => event.ports[0].postMessage(spoken),
      (error) => event.ports[0].postMessage({ error: String(error) }),
    ),
  );
});
`;

const browser = await openBrowser();
if (browser) {
  test('speaks at every sampling rate', async () => {
    const files = new Map([
      [
        '/index.html',
        '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>worker</title>',
      ],
      ['/worker.js', WORKER],
    ]);
    await using server = await startServer({ files, mounts: { '/voirs/': ROOT } });
    const { value } = await browser.visit({
      url: `http://127.0.0.1:${server.port}/index.html`,
      drive: (page) =>
        page.evaluate(async (rates) => {
          const registered = await navigator.serviceWorker.register('/worker.js', { type: 'module' });
          const worker = (registered.active ?? registered.waiting ?? registered.installing)!;
          const answers: { rate: number; seconds: number; peak: number; error?: string }[] = [];
          for (const sampleRate of rates) {
            const { port1, port2 } = new MessageChannel();
            const answer = new Promise<(typeof answers)[0]>((resolve) => {
              port1.onmessage = ({ data }) => resolve(data);
            });
            worker.postMessage({ sampleRate }, [port2]);
            answers.push(await answer);
          }
          return answers;
        }, SAMPLE_RATES),
    });
    for (const [n, { rate, seconds, peak, error }] of value.entries()) {
      assert.is(error, undefined);
      assert.is(rate, SAMPLE_RATES[n]);
      assert.ok(Math.abs(seconds - value[0]!.seconds) < 0.01, `${seconds} s at ${rate} Hz`);
      assert.ok(peak > 0.05, `a peak of ${peak} at ${rate} Hz`);
    }
  });
  test.after(() => browser.close());
}
test.run();
