// If this fails, people lose their place or their file when something comes in between: a reload, another voice, a lost
// connection; or a finger on the picture does something else than it should.
import { readFileSync } from 'node:fs';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';
import { patience } from '../../scripts/patience.mjs';
import { VoirsPipeline } from '../../src/index.js';
import { serveStudio, state, stored, write } from './studio-page.js';

const test = suite('studio, interrupted');

const executablePath = findChromium();
if (executablePath === undefined) console.log(`SKIP: no browser here; ${CHROMIUM_ADVICE}`);
else {
  const { url, close } = await serveStudio();
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });

  async function visit(
    options: Parameters<typeof browser.newContext>[0] = {},
  ): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ serviceWorkers: 'block', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(120_000 * patience());
    await page.goto(url);
    await page.waitForSelector('.status .calm');
    return { context, page };
  }

  const where = (page: Page, words: string): Promise<unknown> =>
    page.waitForFunction((wanted) => document.querySelector('.bar .where')?.textContent === wanted, words);

  const { context, page } = await visit();

  test('goes on with the sentence that was heard when the page was loaded again', async () => {
    await write(page, 'One. Two. Three is a sentence that goes on for a while, so that it is heard.');
    await page.click('text=Listen');
    await page.locator('.dot').nth(2).click();
    await state(page, 'Playing');
    await stored(page);
    await page.reload();
    await page.waitForSelector('.status .calm');
    await where(page, 'Sentence 3 of 3');
    assert.is(await page.textContent('.bar .state'), '');
    await page.click('.play');
    await state(page, 'Playing');
    await where(page, 'Sentence 3 of 3');
    await page.click('.play');
    await state(page, 'Paused');
  });

  test('speaks on with another voice, and with the first one again', async () => {
    await write(page, 'This is the first. This is the second, and then it is over.');
    await page.click('text=Listen');
    await page.locator('.dot').nth(1).click();
    await state(page, 'Playing');
    for (const name of ['BDL', 'Miles', 'Hazel']) {
      await page.click(`.card >> text=${name}`);
      await state(page, 'Playing');
      await where(page, 'Sentence 2 of 2');
    }
    await page.locator('.card', { hasText: 'Kathleen' }).locator('label').click();
    await page.click('.card >> text=SLT'); // before the one before has come
    await state(page, 'The end');
    assert.is(await page.locator('.notice.problem').count(), 0);
    await page.click('.card >> text=Hazel');
    await page.waitForSelector('.status .calm');
  });

  /** The samples of the WAV file that the studio saves. @param meanwhile done after the first sentence. */
  async function saved(meanwhile: () => Promise<unknown>): Promise<Int16Array> {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page
        .locator('.save')
        .getByRole('button', { name: 'WAV' })
        .click()
        .then(() => page.waitForSelector('.progress >> text=/: [1-9] of 8 sentences/'))
        .then(meanwhile),
    ]);
    const bytes = readFileSync((await download.path())!);
    return new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + bytes.byteLength));
  }

  test('saves a file in one voice and at one speed, whatever is changed while it is made', async () => {
    const text = 'One here. Two here. Three here. Four here. Five here. Six here. Seven here. Eight here.';
    await write(page, text);
    const samples = await saved(async () => {
      await page.click('.card >> text=Miles'); // of the same set
      await page.$eval('#rate', (range) => {
        (range as HTMLInputElement).value = '2';
        range.dispatchEvent(new Event('input', { bubbles: true }));
      });
      await page.fill('#text', 'Something else.');
    });
    await using pipeline = await VoirsPipeline.create({ backend: 'wasm', numThreads: 1 });
    using speech = await pipeline.synthesize(text);
    const apart = samples.reduce(
      (most, sample, n) => Math.max(most, Math.abs(sample / 32_768 - (speech.samples[n] ?? 0))),
      0,
    );
    assert.is(samples.length, speech.samples.length);
    assert.ok(apart < 0.01, `${apart}`);
    await page.click('.card >> text=Hazel');
    await page.dblclick('#rate');
  });

  test('says so when another set of voices takes the place of a file that is being made', async () => {
    await write(page, Array.from({ length: 40 }, (_, n) => `This is number ${n}.`).join(' '));
    await page.locator('.save').getByRole('button', { name: 'WAV' }).click();
    await page.waitForSelector('.progress >> text=/: [1-9]\\d* of 40 sentences/');
    await page.click('.card >> text=SLT');
    await page.waitForSelector('.notice.problem >> text=as another voice was chosen. Save it again.');
    assert.is(await page.locator('.progress').count(), 0);
    await page.click('.notice.problem >> text=Close');
    await page.click('.card >> text=Hazel');
    await page.waitForSelector('.status .calm');
  });

  test('speaks on without a connection, and tells what a voice that is not here needs', async () => {
    const { context, page } = await visit();
    await write(page, 'This goes on. It has a second sentence. And a third one.');
    await page.click('text=Listen');
    await page.locator('.dot').first().click();
    await state(page, 'Playing');
    await context.setOffline(true);
    await context.route('**/voirs/**', (route) => route.abort()); // setOffline does not reach a page's workers
    await state(page, 'The end');
    assert.is(await page.locator('.notice.problem').count(), 0);
    await page.locator('.dot').last().click();
    await state(page, 'Playing');
    await page.click('.card >> text=SLT');
    await page.waitForSelector(
      '.notice.problem >> text=The voice could not be loaded. Check your connection',
    );
    await page.click('.notice.problem >> text=Close');
    await page.click('.card >> text=Hazel');
    await page.click('.play');
    await state(page, 'Playing');
    await where(page, 'Sentence 3 of 3');
    await context.setOffline(false);
    await context.unroute('**/voirs/**');
    await page.click('.card >> text=SLT');
    await page.waitForSelector('.status .calm');
    await state(page, 'The end');
    assert.is(await page.locator('.notice.problem').count(), 0);
    await context.close();
  });

  test('takes a finger on the picture for what it does: lift, stretch, scroll, tap', async () => {
    const { context, page } = await visit({
      ...{ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true },
    });
    const touch: CDPSession = await context.newCDPSession(page);
    const finger = (type: 'touchStart' | 'touchMove' | 'touchEnd', points: [number, number][]) =>
      touch.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y]) => ({ x, y })) });
    async function drag([x, y]: [number, number], [dx, dy]: [number, number]): Promise<void> {
      await finger('touchStart', [[x, y]]);
      for (let n = 1; n <= 8; n++) await finger('touchMove', [[x + (dx * n) / 8, y + (dy * n) / 8]]);
      await finger('touchEnd', []);
    }
    await write(page, 'More tea, please, and some cake.');
    await page.tap('text=Listen');
    await page.tap('text=Play this sentence');
    await state(page, 'The end');
    const edits = (): Promise<number> => stored(page).then((kept) => Object.keys(kept.edits).length);
    const scrolled = (): Promise<number> => page.evaluate(() => scrollY);
    /** A place of the picture that can be held in one way, or in none. */
    const placeOf = async (cursor: string, below: number): Promise<[number, number]> => {
      await page.$eval('canvas', (canvas) => canvas.scrollIntoView({ block: 'center', behavior: 'instant' }));
      return page.$eval(
        'canvas',
        (canvas, { cursor, below }) => {
          const { left, top, width } = canvas.getBoundingClientRect();
          const at = { clientY: top + below, bubbles: true, pointerType: 'touch' };
          for (let x = left + 40; x < left + width - 40; x += 2) {
            for (let y = top + below; y < top + below + 90; y += 3) {
              canvas.dispatchEvent(new PointerEvent('pointermove', { ...at, clientX: x, clientY: y }));
              if ((canvas as HTMLElement).style.cursor === cursor) return [x, y] as [number, number];
            }
          }
          throw new Error(`no place has the cursor ${cursor}`);
        },
        { cursor, below },
      );
    };
    const pan = (): Promise<number> =>
      page.$eval('.pan', (range) => Number((range as HTMLInputElement).value));

    let place = await placeOf('default', 200);
    let before = await scrolled();
    await drag(place, [0, -120]);
    await page.waitForFunction((was) => scrollY > was + 40, before);
    assert.is(await page.textContent('.bar .state'), 'The end', 'a finger that scrolls must not play');
    place = await placeOf('default', 200);
    const shown = await pan();
    await drag(place, [shown > 500 ? 90 : -90, 0]);
    assert.ok(Math.abs((await pan()) - shown) > 50, `from ${shown} to ${await pan()}`);
    assert.is(await page.textContent('.bar .state'), 'The end');
    assert.is(await edits(), 0);

    place = await placeOf('ns-resize', 120);
    before = await scrolled();
    await drag(place, [0, -40]);
    await page.waitForSelector('.state.edited');
    assert.is(await scrolled(), before, 'a finger that holds a point must not scroll');
    assert.is(await edits(), 1);
    await state(page, 'The end');
    await page.tap('[aria-label="Undo"]');
    place = await placeOf('ew-resize', 62);
    await drag(place, [35, 4]);
    await page.waitForSelector('.state.edited');
    assert.is(await edits(), 1);
    await state(page, 'The end');
    place = await placeOf('default', 200);
    await page.touchscreen.tap(...place);
    await state(page, 'Playing');
    await context.close();
  });

  test.after(async () => {
    await context.close();
    await browser.close();
    close();
  });
}
test.run();
