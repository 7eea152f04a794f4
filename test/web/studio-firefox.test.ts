// If this fails, people with Firefox hear nothing in the studio or see it broken.
import { type BrowserContext, firefox, type Page } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FIREFOX_ADVICE, findFirefox } from '../../scripts/firefox.mjs';
import { patience } from '../../scripts/patience.mjs';
import { hearTheText, SPY, serveStudio, state } from './studio-page.js';

const test = suite('studio in Firefox');
const STORY = `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'self'; script-src 'self' 'wasm-unsafe-eval'">
<title>A story</title>
<script type="module" src="/story.js"></script>
<voirs-speech for="story"></voirs-speech>
<article id="story"><p>Tea is ready.</p></article>`;
const STORY_SCRIPT = `import { VoirsSpeech } from '/voirs/dist/browser/speech-element.js';
VoirsSpeech.workletUrl = '/voirs/dist/player/worklet.js';`;
/** Firefox has no sound without a device, and CI none; this is its own stand-in of one, which keeps the time. */
const PREFERENCES = { 'media.cubeb.force_mock_context': true };

const executablePath = findFirefox();
if (executablePath === undefined) console.log(`SKIP: no Firefox here; ${FIREFOX_ADVICE}`);
else {
  const { url, close } = await serveStudio({ 'story.html': STORY, 'story.js': STORY_SCRIPT });
  const options = { executablePath, firefoxUserPrefs: PREFERENCES };
  const browser = await firefox.launch({ ...options, channel: 'moz-firefox' });
  const complaints: string[] = [];

  async function visit(path: string): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext();
    await context.addInitScript(SPY);
    const page = await context.newPage();
    page.setDefaultTimeout(300_000 * patience());
    page.on('console', (message) => {
      if (/error|warning/.test(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(`uncaught: ${error.message}`));
    await page.goto(url + path);
    return { context, page };
  }

  const { page } = await visit('');

  test('speaks as the library does, and lights each word', async () => {
    await page.waitForSelector('.status .calm');
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await page.click('.play');
    await state(page, 'Playing');
    await page.click('.play');
    await state(page, 'Paused');
    await hearTheText(page);
  });

  test('pauses, seeks by a click on a word, and moves by keys', async () => {
    const box = (await page.locator('.sentence .words').nth(1).boundingBox())!;
    await page.mouse.click(box.x + 6, box.y + box.height / 2); // "It"
    await state(page, 'Playing');
    await page.keyboard.press('Space');
    await state(page, 'Paused');
    assert.is(await page.textContent('.bar .where'), 'Sentence 2 of 2');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.waitForFunction(
      () => document.querySelector('.bar .where')?.textContent === 'Sentence 1 of 2',
    );
  });

  test('reads a page with <voirs-speech> under a strict policy', async () => {
    const { context, page } = await visit('story.html');
    await page.locator('voirs-speech').getByRole('button').click();
    await page.waitForFunction(
      () => (document.querySelector('voirs-speech') as HTMLElement & { state: string }).state === 'ended',
    );
    const { words } = await page.evaluate(
      () => (globalThis as unknown as { heard: { words: string[] } }).heard,
    );
    assert.equal(words, ['Tea', 'is', 'ready']);
    await context.close();
  });

  test('says nothing on the console that a policy or a fault would', () => {
    assert.equal(complaints, []);
  });

  test.after(async () => {
    await browser.close();
    close();
  });
}
test.run();
