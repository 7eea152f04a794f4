// If this fails, people hear something other than the library's speech in the studio, cannot use it by keyboard or
// screen reader, or lose their work.
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';
import { patience } from '../../scripts/patience.mjs';
import { hearTheText, root, SPY, serveStudio, state, stored } from './studio-page.js';

const test = suite('studio');

test('has a page of at most 600 kB without the voice', () => {
  const assets = join(root, 'dist', 'studio', 'assets');
  const sizeOf = (path: string): number => brotliCompressSync(readFileSync(path)).length;
  const page = [join(root, 'dist', 'studio', 'index.html')];
  for (const name of readdirSync(assets)) {
    if (/^(index|client|worker|figtree).*\.(js|css|woff2)$/.test(name)) page.push(join(assets, name));
  }
  assert.ok(page.length >= 5, page.join());
  const engine = [
    ...['dist/browser/voirs.js', 'dist/player/worklet.js', 'vendor/wasm/voirs-kernels-worker.js'],
    ...['vendor/wasm/tfjs-backend-wasm-threaded-simd.wasm', 'vendor/wasm/voirs-kernels-shared-relaxed.wasm'],
  ].map((path) => join(root, path));
  const own = page.reduce((sum, path) => sum + sizeOf(path), 0);
  const all = own + engine.reduce((sum, path) => sum + sizeOf(path), 0);
  console.log(`the page: ${own} bytes, with the engine ${all} bytes (brotli)`);
  assert.ok(all <= 600_000, `${all} bytes`);
});

/** A place of the picture where the pointer has a form: over an edge of a sound, or a point of the melody. */
function placeOf(page: Page, cursor: string): Promise<[number, number]> {
  return page.$eval(
    'canvas',
    (canvas, wanted) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      for (let x = left + width * 0.3; x < left + width; x += 3) {
        for (let y = top + 60; y < top + height; y += 3) {
          canvas.dispatchEvent(new PointerEvent('pointermove', { clientX: x, clientY: y, bubbles: true }));
          if ((canvas as HTMLElement).style.cursor === wanted) return [x, y] as [number, number];
        }
      }
      throw new Error(`no place has the cursor ${wanted}`);
    },
    cursor,
  );
}

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
    page.setDefaultTimeout(60_000 * patience());
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
    await page.click('text=Write');
    await page.click('text=Listen');
    await page.locator('.shape-button').first().click();
    await page.waitForSelector('.word-tools');
    const name = (): Promise<string | null> => page.textContent('.word-name strong');
    await page.click('[aria-label="The next word"]');
    assert.is(await name(), 'words');
    await page.click('.word-buttons >> text=Longer');
    await page.waitForSelector('.sentence[data-state="ready"] .state.edited');
    await state(page, 'The end');
    const longer = (await stored(page)).edits;
    const [edit] = Object.values(longer);
    assert.ok(edit, 'the edit was not kept');

    // A point of the melody, lifted with the mouse.
    await page.locator('canvas').scrollIntoViewIfNeeded();
    const [x, y] = await placeOf(page, 'ns-resize');
    await page.mouse.move(x, y);
    await page.mouse.down();
    await page.mouse.move(x, y - 30, { steps: 4 });
    await page.mouse.up();
    await state(page, 'The end');
    const [lifted] = Object.values((await stored(page)).edits);
    const moved = lifted!.utterance.sentences[0]!.tokens.filter(
      ({ pitch }, n) => pitch !== edit.utterance.sentences[0]!.tokens[n]!.pitch,
    );
    assert.is(moved.length, 1);
    await page.click('[aria-label="Undo"]');
    await page.click('[aria-label="Undo"]');
    await page.waitForFunction(() => document.querySelector('.state.edited') === null);
    assert.equal((await stored(page)).edits, {});
  });

  test('says a word another way', async () => {
    await page.click('.word-buttons >> text=Say it another way');
    await page.fill('#sound', 'K QQ');
    await page.click('text=Hear it');
    await page.waitForSelector('.notice.problem >> text=That cannot be said');
    await page.click('.notice.problem >> text=Close');
    await page.fill('#sound', 'S W ER1 D Z');
    await page.click('text=Hear it');
    await state(page, 'The end');
    await page.waitForFunction(
      () => document.querySelector('.word-name .phones')?.textContent === 's w er d z',
    );
    assert.equal((await stored(page)).lexicon, { words: 'S W ER1 D Z' });
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
    const mp3 = await save('MP3');
    assert.is(mp3.subarray(0, 3).toString(), 'ID3');
    assert.ok(mp3.length > 20_000);
    assert.is((await save('WAV')).subarray(8, 12).toString(), 'WAVE');
    assert.is((await save('FLAC')).subarray(0, 4).toString(), 'fLaC');
    assert.is((await save('Opus')).subarray(0, 4).toString(), 'OggS');
    await page.click('text=Captions and other formats');
    const srt = (await save('SRT')).toString();
    assert.match(srt, /^1\n00:00:00,\d+ --> 00:00:0\d,\d+\nSeven words are spoken in this page\./);
    assert.match(srt, /It has two sentences\./);
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
  });

  test('keeps the work for the next visit', async () => {
    await page.fill('#text', 'Kept for later.');
    await stored(page);
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
    await offline.page.waitForSelector('.status .calm', { timeout: 60_000 * patience() });
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
