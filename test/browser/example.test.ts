// If this fails, the bundle for pages or the example that shows how to use it is broken: no sound, no words
// in time, or no error message.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import ts from 'typescript';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js';
import { VoirsPipeline } from '../../src/index.js';
import { snr } from './signal.js';

const test = suite('the example for browsers');
const root = fileURLToPath(new URL('../..', import.meta.url));
const TEXT = 'Seven words are spoken in this page.';
/** Bytes that a page loads before its first weights. */
const MOST_BUNDLE_BYTES = 1_500_000;
/** Decibels to Node's samples, whose multiply-adds may round otherwise (speak.test.ts). */
const LEAST_SNR = 60;

let server: ChildProcess;
let url: string;
test.before(async () => {
  server = spawn(process.execPath, ['examples/browser/serve.mjs', '--port', '0'], { cwd: root });
  const [line] = (await once(server.stdout!, 'data')) as [Buffer];
  url = line.toString().trim();
});
test.after(async () => {
  server.kill();
  await once(server, 'exit');
});

/** Status and headers of a path that is sent as it is written. */
function ask(path: string): Promise<{ status: number; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path, method: 'HEAD' }, ({ statusCode, headers }) =>
      resolve({ status: statusCode!, headers }),
    )
      .on('error', reject)
      .end();
  });
}

test('serves types and isolation, and only the page and its files', async () => {
  const module = await ask('/voirs/vendor/wasm/voirs-kernels.wasm');
  assert.is(module.status, 200);
  assert.is(module.headers['content-type'], 'application/wasm');
  assert.is(module.headers['cross-origin-opener-policy'], 'same-origin');
  assert.is(module.headers['cross-origin-embedder-policy'], 'require-corp');
  for (const path of [
    '/voirs/package.json',
    '/voirs/dist/browser/../../package.json',
    '/voirs/dist/browser/%2e%2e/%2e%2e/package.json',
    '/../../package.json',
    '/serve.mjs',
    '/voirs/weights/',
    '/%ff',
  ]) {
    assert.is((await ask(path)).status, 404, path);
  }
});

test('has a bundle of one file, and a program that type-checks', () => {
  const bundle = `${root}/dist/browser/voirs.js`;
  assert.ok(statSync(bundle).size < MOST_BUNDLE_BYTES, `${statSync(bundle).size} bytes`);
  const source = readFileSync(bundle, 'utf8');
  assert.not.match(source, /\bimport\s*["'{*]|\bfrom\s*["']node:/);
  const later = [...new Set(source.match(/\bimport\("[^"]*"\)/g))].sort();
  const parts = ['models', 'readers', 'resampler', 'webgpu'];
  assert.equal(
    later,
    parts.map((name) => `import("./${name}.js")`),
  );
  const config = `${root}/examples/browser/tsconfig.json`;
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} };
  const { fileNames, options } = ts.getParsedCommandLineOfConfigFile(config, {}, host)!;
  assert.is(fileNames.length, 2);
  const found = ts.getPreEmitDiagnostics(ts.createProgram(fileNames, options));
  assert.equal(
    found.map(
      ({ file, messageText }) => `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    ),
    [],
  );
});

/** Records what the page plays and marks, from outside: its program has no part for tests. */
const SPY = `
  globalThis.heard = { chunks: [], marks: [] };
  const start = AudioBufferSourceNode.prototype.start;
  AudioBufferSourceNode.prototype.start = function (when) {
    const { sampleRate } = this.buffer;
    heard.chunks.push({ when, rate: sampleRate, samples: [...this.buffer.getChannelData(0)] });
    heard.context = this.context;
    return start.call(this, when);
  };
  addEventListener('DOMContentLoaded', () => {
    new MutationObserver(() => {
      const marked = document.querySelector('#said mark');
      if (marked) heard.marks.push({ word: marked.textContent, at: heard.context.currentTime });
    }).observe(document.querySelector('#said'), { childList: true });
  });
`;

/** A chunk that was given to Web Audio, and when it is due in the context's time. */
interface Played {
  when: number;
  rate: number;
  samples: number[];
}

interface Heard {
  chunks: Played[];
  marks: { word: string; at: number }[];
}

/** Seconds of the stream that were heard at a time of the context: a machine that is too slow leaves gaps. */
function heardBy(chunks: readonly Played[], time: number): number {
  let seconds = 0;
  for (const { when, rate, samples } of chunks) {
    seconds += Math.min(Math.max(time - when, 0), samples.length / rate);
  }
  return seconds;
}

async function speak(page: Page, text: string): Promise<void> {
  await page.fill('#text', text);
  await page.click('#speak');
}

/** Waits until the page is done. @returns what it played. */
async function heardOn(page: Page): Promise<Heard> {
  await page.waitForSelector('#speak:enabled');
  return page.evaluate(() => {
    const { chunks, marks } = (globalThis as unknown as { heard: Heard }).heard;
    return { chunks, marks };
  });
}

const browser = await openBrowser();
if (browser) {
  test('speaks as Node does and marks each word while it is heard', async () => {
    await using pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1 });
    using audio = await pipeline.synthesize(TEXT);
    const { words } = audio.timeline;
    for (const threads of ['1', '2']) {
      const { value, complaints } = await browser.visit({
        url,
        beforePage: SPY,
        drive: async (page) => {
          await page.fill('#threads', threads);
          await speak(page, TEXT);
          const heard = await heardOn(page);
          const state = await page.textContent('#state');
          const memory = await page.$$eval('#memory tr', (rows) =>
            rows.map(({ textContent }) => textContent!),
          );
          const files = await page.evaluate(() =>
            performance.getEntriesByType('resource').map(({ name }) => name),
          );
          return { ...heard, state, memory, files };
        },
      });
      assert.equal(complaints, []);
      const { chunks, marks, state, memory, files } = value;
      const samples = Float32Array.from(chunks.flatMap(({ samples }) => samples));
      assert.ok(snr(audio.samples, samples) >= LEAST_SNR, `${snr(audio.samples, samples)} dB`);
      for (const [n, { when, rate }] of chunks.entries()) {
        assert.is(rate, 22050);
        const before = chunks[n - 1];
        if (before) assert.ok(when - (before.when + before.samples.length / rate) > -1e-6, 'chunks overlap');
      }
      // A busy machine may leave a short word out, and a gap in the sound marks the word within it again; otherwise none
      // is marked twice, out of turn, or when another is heard.
      const hasGap = chunks.some(({ when }, n) => {
        const before = chunks[n - 1];
        return before && when - (before.when + before.samples.length / before.rate) > 1e-3;
      });
      const turns = hasGap ? marks.filter(({ word }, n) => word !== marks[n - 1]?.word) : marks;
      assert.ok(turns.length >= 3 && turns.length <= words.length, `${turns.length} marks`);
      let next = 0;
      for (const { word, at } of turns) {
        const n = words.findIndex(({ span }, i) => i >= next && TEXT.slice(...span) === word);
        assert.ok(n >= 0, `${word} was marked out of turn`);
        const { start, end } = words[n]!;
        const position = heardBy(chunks, at);
        assert.ok(position > start - 0.25 && position < end + 0.25, `${word} was marked at ${position} s`);
        next = n + 1;
      }
      assert.match(
        state!,
        threads === '1' ? /wasm, 1 thread: SIMD/ : /wasm, 2 threads: SIMD, 2 threads, own/,
      );
      assert.ok(
        memory.some((row) => /^WebAssembly heap[1-9]\d+\.\d MB$/.test(row)),
        memory.join(),
      );
      assert.ok(
        memory.some((row) => /^weights as loaded[1-9]\d+\.\d MB$/.test(row)),
        memory.join(),
      );
      assert.not(
        files.some((name) => name.endsWith('resampler.js')),
        'nothing was resampled',
      );
    }
  });

  test('stops a long text at once and shows an error', async () => {
    const { value } = await browser.visit({
      url,
      beforePage: SPY,
      drive: async (page) => {
        await speak(page, `${TEXT} `.repeat(20));
        await page.waitForFunction(() => (globalThis as unknown as { heard: Heard }).heard.marks.length > 0);
        await page.click('#stop');
        const stopped = await heardOn(page);
        const quiet = await page.textContent('#error');
        await page.selectOption('#backend', 'webgpu');
        await speak(page, TEXT);
        await page.waitForSelector('#speak:enabled');
        return { ...stopped, quiet, error: await page.textContent('#error') };
      },
    });
    const seconds = value.chunks.reduce((sum, { samples, rate }) => sum + samples.length / rate, 0);
    assert.ok(seconds < 20, `${seconds} s were made of a speech that was stopped in its first sentence`);
    assert.is(value.quiet, '');
    assert.match(value.error!, /webgpu.*no (WebGPU|adapter).*backend "wasm"|install/);
  });

  test('tells how far it has loaded, stops then, and says when there is no sound', async () => {
    const { value } = await browser.visit({
      url,
      beforePage: `
        globalThis.states = [];
        addEventListener('DOMContentLoaded', () => {
          new MutationObserver(() => states.push(document.querySelector('#state').textContent)).observe(
            document.querySelector('#state'), { childList: true });
        });
        // A browser without an output: its clock stands still, and the page's own runs fast.
        Object.defineProperty(AudioContext.prototype.__proto__, 'currentTime', { get: () => 0 });
        const now = performance.now.bind(performance);
        performance.now = () => 20 * now();
      `,
      drive: async (page) => {
        await speak(page, TEXT);
        await page.waitForFunction(() => /of [1-9]/.test(document.querySelector('#state')!.textContent!));
        await page.click('#stop');
        await page.waitForSelector('#speak:enabled');
        const stopped = await page.textContent('#state');
        const quiet = await page.textContent('#error');
        await speak(page, TEXT);
        await page.waitForSelector('#speak:enabled');
        const states = await page.evaluate(() => (globalThis as unknown as { states: string[] }).states);
        return { stopped, quiet, states, error: await page.textContent('#error') };
      },
    });
    assert.is(value.stopped, 'stopped');
    assert.is(value.quiet, '');
    assert.ok(value.states.some((state) => /^loading: \d+\.\d of [1-9]\d*\.\d MB$/.test(state)));
    assert.match(value.error!, /plays no sound\. Connect loudspeakers/);
  });

  test('loads the resampler for another sample rate', async () => {
    const { value } = await browser.visit({
      url,
      drive: (page) =>
        page.evaluate(async () => {
          const name = '/voirs/dist/browser/voirs.js';
          const { VoirsPipeline: Pipeline } = (await import(name)) as typeof import('../../src/index.js');
          const pipeline = await Pipeline.create({ numThreads: 1, sampleRate: 8000 });
          const spoken = await pipeline.synthesize('Yes.');
          const facts = { rate: spoken.sampleRate, rms: spoken.rms(), seconds: spoken.duration };
          await pipeline.dispose();
          const files = performance.getEntriesByType('resource').map(({ name }) => name);
          return { ...facts, files };
        }),
    });
    assert.is(value.rate, 8000);
    assert.ok(value.rms > 0.01 && value.seconds > 0.3);
    assert.ok(value.files.some((name) => name.endsWith('/voirs/dist/browser/resampler.js')));
  });

  test.after(() => browser.close());
}
test.run();
