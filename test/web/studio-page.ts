// The built studio as the tests visit it: the package as it is served, with a recorder beside the page, and what was
// heard and kept.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import * as assert from 'uvu/assert';
import { startStudioServer } from '../../src/cli/studio-server.js';
import type { Utterance } from '../../src/frontend/utterance.js';
import { type AudioBuffer, VoirsPipeline } from '../../src/index.js';
import { snr } from '../browser/signal.js';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const FIRST = 'Seven words are spoken in this page.';
export const TEXT = `${FIRST} It has two sentences.`;
/** Decibels to Node's samples, whose multiply-adds may round otherwise (test/browser/speak.test.ts). */
const LEAST_SNR = 60;

/** Records what reaches the loudspeaker and which words are marked, from outside the page's own code. */
export const SPY = `
  globalThis.heard = { blocks: [], words: [], longest: 0 };
  const { connect } = AudioNode.prototype;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to instanceof AudioDestinationNode && !this.isTape && !heard.isOff) {
      to.context.audioWorklet.addModule('/tape.js').then(() => {
        const tape = new AudioWorkletNode(to.context, 'tape');
        tape.isTape = true;
        tape.port.onmessage = ({ data }) => heard.blocks.push(data);
        connect.call(this, tape);
        connect.call(tape, to);
      });
    }
    return connect.call(this, to, ...rest);
  };
  const look = () => {
    const [range] = CSS.highlights?.get('voirs-word') ?? [];
    const word = range ? String(range) : undefined;
    if (word !== undefined && word !== heard.words.at(-1)) heard.words.push(word);
    requestAnimationFrame(look);
  };
  look();
  if (PerformanceObserver.supportedEntryTypes.includes('longtask'))
    new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) heard.longest = Math.max(heard.longest, duration);
    }).observe({ entryTypes: ['longtask'] });
`;
const TAPE = `registerProcessor('tape', class extends AudioWorkletProcessor {
  process([[input]]) {
    if (input && input.some((sample) => sample !== 0)) this.port.postMessage(input.slice());
    return true;
  }
});`;

interface Heard {
  blocks: Float32Array[];
  words: string[];
  longest: number;
}

/**
 * Serves the package from a folder that has the recorder too: the page's policy allows no script from elsewhere.
 * @param pages more files beside the page, by name.
 * @param engine files of dist/browser in place of the package's, or beside them.
 */
export async function serveStudio(
  pages: Readonly<Record<string, string>> = {},
  engine: Readonly<Record<string, string>> = {},
): Promise<{ url: string; close(): void }> {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const served = mkdtempSync(join(root, '.cache', 'studio-'));
  const studio = join(served, 'dist', 'studio');
  cpSync(join(root, 'dist', 'studio'), studio, { recursive: true });
  for (const [name, content] of Object.entries({ ...pages, 'tape.js': TAPE }))
    writeFileSync(join(studio, name), content);
  for (const folder of ['dist/player', 'vendor', 'weights'])
    symlinkSync(join(root, folder), join(served, folder), 'dir');
  mkdirSync(join(served, 'dist', 'browser'));
  for (const name of readdirSync(join(root, 'dist', 'browser'))) {
    if (!(name in engine))
      symlinkSync(join(root, 'dist', 'browser', name), join(served, 'dist', 'browser', name));
  }
  for (const [name, content] of Object.entries(engine))
    writeFileSync(join(served, 'dist', 'browser', name), content);
  const { server, url } = await startStudioServer(served, 0);
  const close = (): void => {
    server.close();
    server.closeAllConnections();
    void library?.then((pipeline) => pipeline.dispose());
    rmSync(served, { recursive: true });
  };
  return { url, close };
}

export const state = (page: Page, word: string): Promise<unknown> =>
  page.waitForFunction((wanted) => document.querySelector('.bar .state')?.textContent === wanted, word);

export async function write(page: Page, text: string): Promise<void> {
  await page.click('text=Write');
  await page.fill('#text', text);
}

/** Without silence: a machine that is too busy to keep up inserts some. */
async function heardSamples(page: Page): Promise<Float32Array> {
  const blocks = await page.evaluate(() =>
    (globalThis as unknown as { heard: Heard }).heard.blocks.flatMap((block) =>
      [...block].filter((sample) => sample !== 0),
    ),
  );
  return Float32Array.from(blocks);
}

export interface Kept {
  text: string;
  edits: Record<string, { utterance: Utterance }>;
  lexicon: Record<string, string>;
}

/**
 * What the page has kept of the work, as if it were left now.
 * @param options.byItself waits for what the page writes half a second after a change.
 */
export async function stored(page: Page, { byItself = false } = {}): Promise<Kept> {
  if (byItself) await page.waitForTimeout(600);
  else await page.evaluate(() => dispatchEvent(new Event('pagehide')));
  return page.evaluate(
    () =>
      new Promise<Kept>((resolve, reject) => {
        const opening = indexedDB.open('keyval-store');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction('keyval').objectStore('keyval').get('voirs-studio-work');
          reading.onsuccess = () => resolve(reading.result);
        };
      }),
  );
}

let library: Promise<VoirsPipeline> | undefined;

/** The library in Node, made once. */
const inNode = (): Promise<VoirsPipeline> =>
  (library ??= VoirsPipeline.create({ backend: 'wasm', numThreads: 1 }));

/** What has been heard since `forgetHeard` must be the library's samples, from the first sound on. */
export async function mustSound(
  page: Page,
  speak: (pipeline: VoirsPipeline) => Promise<AudioBuffer>,
): Promise<void> {
  using audio = await speak(await inNode());
  const own = audio.samples.filter((sample) => sample !== 0);
  const samples = (await heardSamples(page)).subarray(0, own.length);
  assert.ok(snr(own, samples) >= LEAST_SNR, `${snr(own, samples)} dB`);
}

export const forgetHeard = (page: Page): Promise<unknown> =>
  page.evaluate(() => Object.assign(globalThis, { heard: { blocks: [], words: [], longest: 0 } }));

/** Waits for sound, and for its end. */
export async function hearToTheEnd(page: Page): Promise<void> {
  await page.waitForFunction(() => (globalThis as unknown as { heard: Heard }).heard.blocks.length > 0);
  await state(page, 'The end');
  await page.waitForTimeout(100); // the last blocks
}

/**
 * Writes the text and plays it by Ctrl+Enter. What reaches the loudspeaker must be the library's samples, and the words
 * must be lit in their order.
 * @returns milliseconds from the key to the first sound, and of the longest task of the page's thread.
 */
export async function hearTheText(page: Page): Promise<{ warmMs: number; longestMs: number }> {
  await write(page, TEXT);
  await page.waitForTimeout(200); // the last blocks of what was paused
  await forgetHeard(page);
  const pressed = await page.evaluate(() => performance.now());
  await page.keyboard.press('Control+Enter');
  await page.waitForFunction(() => (globalThis as unknown as { heard: Heard }).heard.blocks.length > 0);
  const warmMs = (await page.evaluate(() => performance.now())) - pressed;
  await state(page, 'The end');
  const heard = await page.evaluate(() => {
    const { words, longest } = (globalThis as unknown as { heard: Heard }).heard;
    return { words, longest };
  });
  await mustSound(page, (pipeline) => pipeline.synthesize(FIRST));
  const words = TEXT.match(/\w+/g)!;
  assert.ok(heard.words.length >= 5, heard.words.join());
  let next = 0;
  for (const word of heard.words) {
    next = words.indexOf(word, next) + 1;
    assert.ok(next > 0, `${word} was lit out of turn`);
  }
  return { warmMs, longestMs: heard.longest };
}
