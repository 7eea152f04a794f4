// If this fails, a page that speaks in a worker stutters, gets other samples, waits for a worker that is gone, or keeps
// workers that it has disposed.
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser, type PageOptions } from '../../bench/lib/browser/harness.js';
import { startServer } from '../../bench/lib/browser/static-server.js';
import type { WorkerAnswers, WorkerWish } from './pages/worker.js';

const test = suite('a worker in a browser');
const script = new URL('./pages/worker.ts', import.meta.url);
const root = fileURLToPath(new URL('../..', import.meta.url));
const browser = await openBrowser();

/** Whether a page comes to have so many workers: the developer tools hear of a worker's end a little later. */
async function has(page: Page, count: number): Promise<boolean> {
  for (let tries = 0; page.workers().length !== count && tries < 250; tries++) await page.waitForTimeout(20);
  return page.workers().length === count;
}

test('refuses to serve where there is no worker', async () => {
  const { serveWorkerPipeline, VoirsError } = await import('../../src/index.js');
  assert.throws(
    () => serveWorkerPipeline(),
    (error: unknown) => error instanceof VoirsError,
  );
});

if (browser) {
  const run = (argument: WorkerWish, options: Partial<PageOptions> = {}) =>
    browser.run<WorkerAnswers>({ script, argument, ...options });

  for (const numThreads of [1, 2]) {
    test(`gives what the page makes, with numThreads ${numThreads}`, async () => {
      const { value, complaints } = await run({ numThreads }, { isolated: true });
      assert.equal(complaints, []);
      assert.is(value.threads, numThreads);
      assert.ok(value.isEqual);
      assert.ok(value.chunks! > 2);
      assert.equal(value.fault, value.wanted);
      assert.is(value.aborted, 'ABORTED');
      assert.is(value.disposed, 'DISPOSED');
      assert.equal(value.lost, ['WORKER_LOST', 'WORKER_LOST', 'WORKER_LOST']);
      assert.ok(value.afterRestart! > 0.3);
    });
  }

  test('ends its worker with dispose', async () => {
    const files = new Map([['/index.html', '<!doctype html><link rel="icon" href="data:,">']]);
    await using server = await startServer({ files, mounts: { '/package/': root } });
    const { value } = await browser.visit({
      url: `http://127.0.0.1:${server.port}/index.html`,
      drive: async (page) => {
        await page.evaluate(async (bundle) => {
          const { createWorkerPipeline } = await import(bundle);
          Object.assign(globalThis, { pipeline: await createWorkerPipeline({ numThreads: 1 }) });
        }, '/package/dist/browser/voirs.js');
        const seen = [await has(page, 1)];
        for (const [verb, count] of [
          ['restart', 1],
          ['dispose', 0],
        ] as const) {
          await page.evaluate(async (name) => {
            const { pipeline } = globalThis as unknown as { pipeline: Record<string, () => unknown> };
            await pipeline[name]!();
          }, verb);
          seen.push(await has(page, count));
        }
        return seen;
      },
    });
    assert.equal(value, [true, true, true]);
  });

  test('speaks with a bundle of another origin', async () => {
    const headers = { 'Access-Control-Allow-Origin': '*', 'Cross-Origin-Resource-Policy': 'cross-origin' };
    const respond = (path: string) => (path.startsWith('/package/') ? { headers } : undefined);
    const base = 'http://localhost:PORT/package/';
    const { value } = await run({ numThreads: 2, base }, { isolated: true, respond });
    assert.equal([value.threads, value.isEqual], [2, true]);
  });

  test('names the URL of a script that is missing', async () => {
    const respond = (path: string) => (/voirs-worker/.test(path) ? { status: 404, body: '' } : undefined);
    const { error } = (await run({ numThreads: 1 }, { respond })).value;
    assert.is(error!.code, 'WORKER_LOST');
    assert.match(error!.got!, /http.*voirs-worker\.js/);
    assert.match(error!.suggestion!, /worker: \(\) => new Worker/);
  });

  test('passes on what the worker cannot load', async () => {
    const respond = (path: string) => (/vocoder-v2/.test(path) ? { status: 404, body: '' } : undefined);
    const { error } = (await run({ numThreads: 1 }, { respond })).value;
    assert.is(error!.code, 'INVALID_WEIGHTS');
  });

  test.after(() => browser.close());
}
test.run();
