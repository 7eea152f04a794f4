// If this fails, people hear something other than the library's speech in the studio, cannot use it by keyboard or
// screen reader, or lose their work.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';
import { patience } from '../../scripts/patience.mjs';
import { extensionOf } from '../../src/audio/formats/format.js';
import type { Token, Utterance } from '../../src/frontend/utterance.js';
import { VoirsPipeline } from '../../src/index.js';
import { AUDIO, CAPTIONS } from '../../web/src/files/formats.js';
import { MOST } from '../../web/src/state/parts.js';
import * as ffmpeg from '../audio/ffmpeg.js';
import { epub3, zipped } from '../documents/book.js';
import {
  forgetHeard,
  hearTheText,
  hearToTheEnd,
  mustSound,
  root,
  SPY,
  serveStudio,
  state,
  stored,
  TEXT,
  write,
} from './studio-page.js';

const test = suite('studio');

test('has a page of at most 600 kB without the voice', async () => {
  const assets = join(root, 'dist', 'studio', 'assets');
  const compressed = promisify(brotliCompress);
  const sizeOf = async (paths: string[]): Promise<number> =>
    (await Promise.all(paths.map((path) => compressed(readFileSync(path))))).reduce(
      (sum, { length }) => sum + length,
      0,
    );
  const page = [join(root, 'dist', 'studio', 'index.html')];
  for (const name of readdirSync(assets)) {
    if (/^(index|client|worker|figtree).*\.(js|css|woff2)$/.test(name)) page.push(join(assets, name));
  }
  assert.ok(page.length >= 5, page.join());
  const engine = [
    ...['dist/browser/voirs.js', 'dist/player/worklet.js', 'vendor/wasm/voirs-kernels-worker.js'],
    ...['vendor/wasm/tfjs-backend-wasm-threaded-simd.wasm', 'vendor/wasm/voirs-kernels-shared-relaxed.wasm'],
  ].map((path) => join(root, path));
  const [own, rest] = await Promise.all([sizeOf(page), sizeOf(engine)]);
  const all = own + rest;
  console.log(`the page: ${own} bytes, with the engine ${all} bytes (brotli)`);
  assert.ok(all <= 600_000, `${all} bytes`);
});

/** A place of the picture, `below` pixels from its top or lower, where the pointer has a form that says what it can hold. */
function placeOf(page: Page, cursor: string, below: number): Promise<[number, number]> {
  return page.$eval(
    'canvas',
    (canvas, { cursor, below }) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      for (let x = left + width * 0.3; x < left + width; x += 3) {
        for (let y = top + below; y < top + height; y += 3) {
          canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y, bubbles: true }));
          if ((canvas as HTMLElement).style.cursor === cursor) return [x, y] as [number, number];
        }
      }
      throw new Error(`no place has the cursor ${cursor}`);
    },
    { cursor, below },
  );
}

/** Rows of the picture, in pixels from its top. */
const [WORDS_AT, PHONES_AT, MELODY_AT] = [6, 60, 120];

/** What ffmpeg is told of files without a header, and what it calls the codecs of the others. */
const RAW: Readonly<Record<string, readonly string[]>> = {
  pcm: ['-f', 's16le'],
  mulaw: ['-f', 'mulaw'],
  alaw: ['-f', 'alaw'],
};
const MONO = ['-ar', '22050', '-ac', '1'];
const CODECS: Readonly<Record<string, string>> = {
  ...{ mp3: 'mp3', wav: 'pcm_s16le', flac: 'flac', opus: 'opus', m4a: 'aac', aac: 'aac' },
};
/** Samples by which a file may be longer than the speech: a frame of MP3 and its encoder's delay. */
const MOST_LATE = 3000;

const executablePath = findChromium();
if (executablePath === undefined) console.log(`SKIP: no browser here; ${CHROMIUM_ADVICE}`);
else {
  const { url, close } = await serveStudio();
  // Sound is not allowed before a click, as for everyone.
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  const complaints: string[] = [];

  async function visit(
    options: Parameters<typeof browser.newContext>[0] = {},
  ): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ serviceWorkers: 'block', ...options });
    await context.addInitScript(SPY);
    const page = await context.newPage();
    if (options.serviceWorkers === 'allow') await page.addInitScript('heard.isOff = true');
    page.setDefaultTimeout(300_000 * patience());
    page.on('console', (message) => {
      const isOurs = message.text() !== 'Service Worker registration blocked by Playwright';
      if (isOurs && /error|warning/.test(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) =>
      complaints.push(`uncaught: ${error.name} ${error.message} ${error.stack}`),
    );
    await page.goto(url);
    await page.waitForSelector('.play');
    return { context, page };
  }

  const { context, page } = await visit();

  test('speaks as the library does, and lights each word', async () => {
    const clicked = await page.evaluate(() => performance.now());
    await page.click('.play');
    await state(page, 'Playing');
    const first = (await page.evaluate(() => performance.now())) - clicked;
    await page.click('.play');
    await state(page, 'Paused');
    const { warmMs, longestMs } = await hearTheText(page);
    console.log(
      `first sound on a first visit: ${first.toFixed(0)} ms; warm: ${warmMs.toFixed(0)} ms; ` +
        `longest task: ${longestMs.toFixed(0)} ms (this machine, as busy as it is)`,
    );
  });

  test('pauses, seeks by a click on a word, and moves by keys', async () => {
    const words = page.locator('.sentence .words');
    const box = (await words.nth(1).boundingBox())!;
    await page.mouse.click(box.x + 6, box.y + box.height / 2); // "It"
    await state(page, 'Playing');
    await page.keyboard.press('Space');
    await state(page, 'Paused');
    const where = (): Promise<string | null> => page.textContent('.bar .where');
    assert.is(await where(), 'Sentence 2 of 2');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.waitForFunction(
      () => document.querySelector('.bar .where')?.textContent === 'Sentence 1 of 2',
    );
    const position = (): Promise<number> =>
      page.$eval('.seek', (range) => Number((range as HTMLInputElement).value));
    const before = await position();
    await page.keyboard.press('ArrowRight');
    await page.waitForFunction(
      (was) => Number(document.querySelector<HTMLInputElement>('.seek')!.value) > was + 0.05,
      before,
    );
  });

  test('changes a sentence by hand, hears it again, and undoes that', async () => {
    await write(page, 'More tea.');
    await page.click('text=Listen');
    await page.click('text=Play this sentence');
    await hearToTheEnd(page);
    const name = (): Promise<string | null> => page.textContent('.word-name strong');
    await page.click('[aria-label="The next word"]');
    assert.is(await name(), 'tea');
    const edited = async (): Promise<Utterance> => Object.values((await stored(page)).edits)[0]!.utterance;
    await page.click('.word-buttons >> text=Longer');
    await page.waitForSelector('.sentence[data-state="ready"] .state.edited');
    await state(page, 'The end');
    let before = await edited();

    /** Drags with the mouse; what is heard then must be what the library makes of the edit. @returns changed tokens. */
    async function drag(cursor: string, below: number, by: readonly [number, number]): Promise<Token[][]> {
      await page.locator('canvas').scrollIntoViewIfNeeded();
      const [x, y] = await placeOf(page, cursor, below);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + by[0], y + by[1], { steps: 4 });
      await forgetHeard(page);
      await page.mouse.up();
      await hearToTheEnd(page);
      const after = await edited();
      await mustSound(page, (pipeline) => pipeline.render(after));
      const tokens = after.sentences[0]!.tokens.map((token, n) => [before.sentences[0]!.tokens[n]!, token]);
      before = after;
      return tokens.filter(([old, now]) => JSON.stringify(old) !== JSON.stringify(now));
    }

    const [sound, ...noOther] = await drag('ew-resize', PHONES_AT, [30, 0]);
    assert.is(noOther.length, 0);
    assert.ok(sound![1]!.duration! > sound![0]!.duration! + 2);
    const [point, ...none] = await drag('ns-resize', MELODY_AT, [0, -30]);
    assert.is(none.length, 0);
    assert.ok(point![1]!.pitch! > point![0]!.pitch! + 1);
    const word = await drag('ns-resize', WORDS_AT, [0, -40]);
    assert.is(new Set(word.map(([{ word }]) => word)).size, 1);
    for (const [old, now] of word) {
      assert.ok(now!.pitch! > old!.pitch! && now!.energy! > old!.energy! && now!.duration! >= old!.duration!);
    }
    for (let steps = 0; steps < 4; steps++) await page.click('[aria-label="Undo"]');
    await page.waitForFunction(() => document.querySelector('.state.edited') === null);
    assert.equal((await stored(page)).edits, {});
    await forgetHeard(page);
    await page.locator('.dot').first().click();
    await hearToTheEnd(page);
    await mustSound(page, (pipeline) => pipeline.synthesize('More tea.'));
  });

  test('says a word another way', async () => {
    await write(page, TEXT);
    await page.click('text=Listen');
    await page.locator('.shape-button').first().click();
    await page.click('[aria-label="The next word"]');
    await page.click('.word-buttons >> text=Say it another way');
    await page.fill('#sound', 'K QQ');
    await page.click('text=Hear it');
    await page.waitForSelector('.notice.problem >> text=“K QQ” cannot be said. Write it as it sounds');
    await page.click('.notice.problem >> text=Details');
    await page.waitForSelector('.notice.problem >> text=got "QQ"');
    await page.click('.notice.problem >> text=Close');
    await page.fill('#sound', 'S W ER1 D Z');
    await page.click('text=Hear it');
    await state(page, 'The end');
    await page.waitForFunction(
      () => document.querySelector('.word-name .phones')?.textContent === 's w er d z',
    );
    assert.equal((await stored(page)).lexicon, { words: 'S W ER1 D Z' });
    await page.click('.word-buttons >> text=Say it another way');
    await page.fill('#sound', 'WURDZ');
    await page.click('text=Hear it');
    await page.waitForSelector('.lexicon >> text=wurdz');
    assert.equal((await stored(page)).lexicon, { words: 'wurdz' });
    await page.click('[aria-label="Forget how to say words"]');
  });

  test('saves sound and captions', async () => {
    const save = async (name: string): Promise<Buffer> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('.save').getByRole('button', { name }).click(),
      ]);
      assert.match(download.suggestedFilename(), /^seven-words-are-spoken-in-this\.\w+$/);
      return readFileSync((await download.path())!);
    };
    await page.click('text=Captions and other formats');
    await using pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1 });
    using speech = await pipeline.synthesize(TEXT);
    for (const { format, name } of AUDIO) {
      const bytes = await save(name);
      if (format === 'wav') assert.is(bytes.length, 44 + 2 * speech.samples.length);
      if (!ffmpeg.HERE) continue;
      const raw = RAW[format] ?? [];
      const heard = ffmpeg.decoded(bytes, extensionOf(format), raw.length > 0 ? [...raw, ...MONO] : []);
      const late = heard.length - (speech.samples.length * (format === 'opus' ? 48_000 : 22_050)) / 22_050;
      assert.ok(late >= -1 && late <= MOST_LATE, `${format} has ${late} samples more`);
      if (raw.length > 0) continue;
      const { streams, format: file } = ffmpeg.probe(bytes, extensionOf(format));
      assert.is(streams[0]!.codec_name, CODECS[format]);
      const tags = { ...file.tags, ...streams[0]!.tags };
      const title = Object.entries(tags).find(([key]) => key.toLowerCase() === 'title')?.[1];
      if (format !== 'wav') assert.is(title, 'Seven words are spoken in this');
    }
    for (const { format, name } of CAPTIONS) {
      const text = (await save(name)).toString();
      assert.match(text, /[Ss]even/);
      if (format === 'srt')
        assert.match(text, /^1\n00:00:00,\d+ --> 00:00:0\d,\d+\nSeven words are spoken in this page\./);
    }
  });

  test('opens files, and refuses what is no text', async () => {
    const open = (name: string, content: string | Buffer): Promise<void> =>
      page.setInputFiles('input[type=file]', {
        ...{ name, mimeType: 'application/octet-stream' },
        buffer: Buffer.from(content),
      });
    await page.click('text=Write');
    await open('a.html', '<title>no</title><p>One &amp; two.</p><script>no()</script><p>Three.</p>');
    await page.waitForFunction(() => document.querySelector<HTMLTextAreaElement>('#text')!.value !== '');
    const text = (): Promise<string> => page.inputValue('#text');
    await page.waitForSelector('.notice >> text=a.html is open.');
    assert.is(await text(), 'One & two.\n\nThree.');
    await open(
      'b.srt',
      '1\n00:00:01,000 --> 00:00:02,000\n<i>Well</i>,\nnow\n\n2\n00:00:03,000 --> 00:00:04,000\nthen.\n',
    );
    await page.waitForSelector('.notice >> text=b.srt is open.');
    assert.is(await text(), 'Well, now then.');
    await open('c.png', Buffer.from([137, 80, 78, 71]));
    await page.waitForSelector('.notice.problem >> text=c.png is no file of text');
    await open('d.epub', 'not a book');
    await page.waitForSelector('.notice.problem >> text=/EPUB|zip/i');
    assert.is(await text(), 'Well, now then.');
    const drop = (name: string, content: Uint8Array): Promise<void> =>
      page.evaluate(
        ([name, bytes]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([Uint8Array.from(bytes)], name));
          for (const type of ['dragover', 'drop'])
            document.body.dispatchEvent(
              new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }),
            );
        },
        [name, [...content]] as const,
      );
    await drop('book.epub', zipped(epub3()));
    await page.waitForSelector('.notice >> text=book.epub is open.');
    assert.is(await text(), 'One.\n\nStill one.\n\nTwo.');
    await drop('notes.md', Buffer.from('# Notes\r\n\r\nBring *tea*.\r\n'));
    await page.waitForSelector('.notice >> text=notes.md is open.');
    assert.is(await text(), '# Notes\n\nBring *tea*.\n');
  });

  test('parses a large page in short steps', async () => {
    const paragraphs = Array.from({ length: 9000 }, (_, n) => `<p>This is <i>one of</i> many, ${n}.`);
    await page.evaluate(() => {
      const { write } = Document.prototype;
      const counts = Object.assign(globalThis, { pieces: [] as number[] });
      Document.prototype.write = function (...parts: string[]) {
        counts.pieces.push(parts.join('').length);
        write.apply(this, parts);
      };
    });
    await page.setInputFiles('input[type=file]', {
      ...{ name: 'large.html', mimeType: 'text/html' },
      buffer: Buffer.from(`<nav>Menu</nav>${paragraphs.join('\n')}<div hidden>no</div><p>Last<br>line.`),
    });
    await page.waitForSelector('.notice >> text=large.html is open.');
    const pieces = await page.evaluate(() => (globalThis as unknown as { pieces: number[] }).pieces);
    assert.ok(pieces.length > 8, `${pieces.length} pieces`);
    assert.ok(Math.max(...pieces) <= 40_000, pieces.join());
    const expected = Array.from({ length: 9000 }, (_, n) => `This is one of many, ${n}.`);
    assert.is((await stored(page)).text, [...expected, 'Last\nline.'].join('\n\n'));
  });

  test('draws only some sentences of a book, and plays its last', async () => {
    const last = 'Then it ends.';
    const sentences = Array.from({ length: 4000 }, (_, n) => `This is sentence ${n + 1} of a book.`);
    await write(page, [...sentences, last].join(' '));
    await page.waitForFunction(() => document.querySelector('.bar .where')?.textContent === '4001 sentences');
    await page.click('text=Listen');
    const drawn = page.locator('.sentence');
    assert.ok((await drawn.count()) < 100);
    await page.$eval('.listening', (list) => list.scrollTo({ top: list.scrollHeight, behavior: 'instant' }));
    await page.locator('.sentence', { hasText: last }).locator('.dot').click();
    await state(page, 'The end');
    assert.is(await page.textContent('.bar .where'), 'Sentence 4001 of 4001');
    assert.ok((await drawn.count()) < 100);
  });

  test('writes in a book part by part, and takes a whole choice for the whole text', async () => {
    const text = (): Promise<string> => stored(page).then((kept) => kept.text);
    const field = (): Promise<string> => page.inputValue('#text');
    await page.click('text=Write');
    // The part of the sentence that was heard.
    await page.waitForSelector('.parts >> text=Part 6 of 6');
    assert.ok((await field()).length <= MOST);
    const before = await text();
    await page.focus('#text');
    await page.keyboard.press('Control+End');
    await page.keyboard.type(' So it does.');
    await page.click('[aria-label="The part before"]');
    await page.waitForSelector('.parts >> text=Part 5 of 6');
    await page.focus('#text');
    await page.keyboard.press('Control+Home');
    await page.keyboard.type('Halfway. ');
    const start = before.indexOf((await field()).slice('Halfway. '.length, 200));
    const changed = `${before.slice(0, start)}Halfway. ${before.slice(start)} So it does.`;
    assert.is(await text(), changed);
    // A text that is too long for the field is not put into it as a whole.
    const pasted = 'A pasted sentence. '.repeat(8000);
    await page.keyboard.insertText(pasted);
    const at = start + 'Halfway. '.length;
    assert.is(await text(), changed.slice(0, at) + pasted + changed.slice(at));
    assert.ok((await field()).length <= MOST);
    await page.keyboard.type('Here.');
    assert.is(await text(), `${changed.slice(0, at)}${pasted}Here.${changed.slice(at)}`);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Only this.');
    assert.is(await text(), 'Only this.');
    await page.waitForSelector('.notice >> text=All parts of the text were replaced');
    while ((await page.locator('.parts').count()) === 0) await page.click('[aria-label="Undo"]');
    assert.is(await text(), `${changed.slice(0, at)}${pasted}Here.${changed.slice(at)}`);
  });

  test('takes back that there is nothing to save once there is', async () => {
    await page.fill('#text', '');
    await page.locator('.save').getByRole('button', { name: 'MP3' }).click();
    await page.waitForSelector('.notice >> text=There is nothing to save yet');
    await page.fill('#text', 'Now there is.');
    await page.waitForFunction(() => !document.body.textContent?.includes('nothing to save'));
  });

  test('keeps the work for the next visit', async () => {
    await page.fill('#text', 'Kept for later.');
    assert.is((await stored(page, { byItself: true })).text, 'Kept for later.');
    await page.reload();
    await page.waitForSelector('#text');
    assert.is(await page.inputValue('#text'), 'Kept for later.');
  });

  const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  async function violations(on: Page): Promise<string[]> {
    await on.evaluate(axe);
    return on.evaluate(async () => {
      const { axe } = globalThis as unknown as {
        axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
      };
      const found = await axe.run();
      return found.violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`),
      );
    });
  }

  for (const colorScheme of ['light', 'dark'] as const) {
    test(`can be used by everyone, ${colorScheme} and 320 px wide`, async () => {
      const phone = await visit({
        viewport: { width: 320, height: 640 },
        colorScheme,
        reducedMotion: 'reduce',
      });
      assert.equal(await violations(phone.page), []);
      await phone.page.click('text=Listen');
      await phone.page.locator('.dot').first().click();
      await phone.page.waitForSelector('.word-tools');
      await phone.page.click('.figures summary');
      assert.equal(await violations(phone.page), []);
      const faults = await phone.page.evaluate(() => {
        const small = [...document.querySelectorAll('button, summary, input, textarea, .card label')]
          .filter((one) => one.checkVisibility() && !one.matches('[type=radio], [type=file]'))
          .map((one) => ({ one, box: one.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && (box.height < 44 || box.width < 44))
          .map(({ one, box }) => `${one.outerHTML.slice(0, 80)}: ${box.width} x ${box.height}`);
        const { scrollWidth, clientWidth } = document.documentElement;
        return scrollWidth > clientWidth ? [...small, `${scrollWidth} px wide`] : small;
      });
      assert.equal(faults, []);
      await phone.page.click('[aria-label="Help"]');
      assert.equal(await violations(phone.page), []);
      await phone.context.close();
    });
  }

  test('works without a connection after one visit', async () => {
    const offline = await visit({ serviceWorkers: 'allow' });
    await offline.page.waitForSelector('.status .calm', { timeout: 300_000 * patience() });
    await offline.page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    const wanted = [
      ...['relaxed.wasm', 'tfjs-backend-wasm', 'worklet.js', 'voirs.js', 'acoustic.safetensors'],
      'cmudict.bin',
    ];
    let missing = wanted;
    while (missing.length > 0) {
      // waitForFunction takes any promise for a yes.
      missing = await offline.page.evaluate(async (parts) => {
        const names = (await caches.keys()).filter((name) => name.startsWith('voirs-'));
        const kept = await Promise.all(names.map(async (name) => (await caches.open(name)).keys()));
        const paths = kept.flat().map(({ url }) => url);
        return parts.filter((part) => !paths.some((path) => path.includes(part)));
      }, wanted);
    }
    await offline.context.setOffline(true);
    await offline.page.reload();
    await offline.page.waitForSelector('.play');
    await offline.page.click('.play');
    await state(offline.page, 'Playing');
    await offline.context.close();
  });

  test('says nothing on the console that a policy or a fault would', () => {
    assert.equal(complaints, []);
  });

  test.after(async () => {
    await context.close();
    await browser.close();
    close();
  });
}
test.run();
