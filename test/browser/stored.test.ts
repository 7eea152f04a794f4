// If this fails, pages load a voice again at every visit, or lose a download that breaks off, or speak with a damaged
// copy.
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';

const test = suite('files that a browser keeps');
const root = fileURLToPath(new URL('../..', import.meta.url));
const ACOUSTIC = '/weights/aspen/acoustic.safetensors';
const VOCODER = '/weights/aspen/vocoder-v2.safetensors';

/** Each request as its path and the range that it asks for. */
const requests: string[] = [];
/** Bytes after which an answer breaks off, by path: once, or with `refuses` until it is removed. */
const cuts = new Map<string, { after: number; refuses?: boolean }>();

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.wasm': 'application/wasm' };

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url!, 'http://x').pathname);
  const { range } = request.headers;
  if (path === '/') {
    response.setHeader('Content-Type', 'text/html').end('<link rel="icon" href="data:,">');
    return;
  }
  const file = join(root, path);
  const size = statSync(file, { throwIfNoEntry: false })?.size;
  if (size === undefined) {
    response.writeHead(404).end();
    return;
  }
  requests.push(range === undefined ? path : `${path} ${range}`);
  const cut = cuts.get(path);
  if (cut?.refuses && range !== undefined) {
    response.writeHead(503).end();
    return;
  }
  if (cut && !cut.refuses) cuts.delete(path);
  const start = range === undefined ? 0 : Number(range.match(/\d+/)![0]);
  response.writeHead(range === undefined ? 200 : 206, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Content-Length': size - start,
    'Cache-Control': 'no-store',
    ETag: '"one"',
    ...(range === undefined ? {} : { 'Content-Range': `bytes ${start}-${size - 1}/${size}` }),
  });
  const stream = createReadStream(file, { start, ...(cut ? { end: start + cut.after - 1 } : {}) });
  stream.on('data', (piece) => response.write(piece));
  stream.on('end', () => {
    if (!cut) response.end();
    else setTimeout(() => response.destroy(), 300); // what was written arrives first
  });
});

interface Loaded {
  loadedBytes: number;
  totalBytes: number;
  error?: string;
}

/** Creates a pipeline in the page; the backend cpu needs no other files. */
function load(page: Page): Promise<Loaded> {
  return page.evaluate(async () => {
    const url = '/dist/browser/voirs.js';
    const { VoirsPipeline } = (await import(url)) as typeof import('../../src/index.js');
    const facts = { loadedBytes: 0, totalBytes: 0 };
    try {
      const pipeline = await VoirsPipeline.create({
        backend: 'cpu',
        onProgress: ({ loadedBytes, totalBytes }) => Object.assign(facts, { loadedBytes, totalBytes }),
      });
      await pipeline.dispose();
      await new Promise((resolve) => setTimeout(resolve, 500)); // files are kept after they are used
      return facts;
    } catch (error) {
      return { ...facts, error: (error as Error).message };
    }
  });
}

const keptIn = (page: Page): Promise<string[]> =>
  page.evaluate(async () => {
    const keys = await (await caches.open('voirs-assets-1')).keys();
    return keys.map(({ url }) => new URL(url).pathname).sort();
  });

const executablePath = findChromium();
if (executablePath === undefined) console.log(`SKIP: no browser here; ${CHROMIUM_ADVICE}`);
else {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const context = await browser.newContext();
  await context.addInitScript('globalThis.__name = (value) => value'); // tsx names functions by it
  const open = async (): Promise<Page> => {
    requests.length = 0;
    const page = await context.newPage();
    await page.goto(url);
    return page;
  };

  test('goes on with a download that breaks off', async () => {
    const page = await open();
    cuts.set(ACOUSTIC, { after: 3_000_000 });
    const { loadedBytes, totalBytes, error } = await load(page);
    assert.is(error, undefined);
    assert.is(loadedBytes, totalBytes);
    const ranges = requests.filter((one) => one.startsWith(`${ACOUSTIC} bytes=`));
    assert.is(ranges.length, 1, requests.join('\n'));
    assert.ok(Number(ranges[0]!.match(/=(\d+)-/)![1]) > 1_000_000, ranges[0]);
    assert.ok((await keptIn(page)).includes(ACOUSTIC));
    await page.close();
  });

  test('loads weights once, and works without a connection', async () => {
    const page = await open();
    const { loadedBytes, totalBytes } = await load(page);
    assert.is(loadedBytes, totalBytes);
    assert.ok(totalBytes > 5_000_000);
    assert.equal(
      requests.filter((one) => one.endsWith('.safetensors')),
      [],
    );
    await context.setOffline(true);
    assert.is((await load(page)).error, undefined);
    await context.setOffline(false);
    await page.close();
  });

  test('loads a damaged copy again', async () => {
    const page = await open();
    await page.evaluate(async (path) => {
      const cache = await caches.open('voirs-assets-1');
      for (const { url } of await cache.keys())
        if (new URL(url).pathname === path) await cache.put(url, new Response('damaged'));
    }, VOCODER);
    assert.is((await load(page)).error, undefined);
    assert.equal(
      requests.filter((one) => one.endsWith('.safetensors')),
      [VOCODER],
    );
    await page.close();
  });

  test('removes all of it when it is asked to', async () => {
    const page = await open();
    await page.evaluate(async () => {
      const url = '/dist/browser/voirs.js';
      await ((await import(url)) as typeof import('../../src/index.js')).clearAssetCache();
    });
    assert.equal(await keptIn(page), []);
    await page.close();
  });

  test('goes on at the next visit with what the last one has loaded', async () => {
    const page = await open();
    cuts.set(ACOUSTIC, { after: 3_000_000, refuses: true });
    const { error } = await load(page);
    assert.match(error!, /acoustic.safetensors cannot be read/);
    await page.close();
    cuts.clear();
    const next = await open();
    assert.is((await load(next)).error, undefined);
    const [first] = requests.filter((one) => one.startsWith(ACOUSTIC));
    assert.ok(Number(first!.match(/bytes=(\d+)-/)?.[1]) > 1_000_000, first);
    assert.is((await keptIn(next)).filter((path) => path === ACOUSTIC).length, 1);
    await next.close();
  });

  test.after(async () => {
    await browser.close();
    server.close();
    server.closeAllConnections();
  });
}
test.run();
