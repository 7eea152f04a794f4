// If this fails, the studio leaves a graphics card unused, or falls silent when one is lost.
import { chromium } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WEBGPU_FLAGS } from '../../bench/lib/browser/harness.js';
import { CHROMIUM_ADVICE, findChromium } from '../../scripts/chromium.mjs';
import { patience } from '../../scripts/patience.mjs';
import { hearTheText, SPY, serveStudio, state } from './studio-page.js';

const test = suite('studio with a graphics card');

/**
 * In the worker, before the engine: the software adapter says that it is a card, and the clock hardly moves once its
 * device is open, so that the trial finds it fast. A message takes the card away.
 */
const CARD = `
const { gpu } = navigator;
const request = gpu.requestAdapter.bind(gpu);
const now = performance.now.bind(performance);
let device, opened;
gpu.requestAdapter = async (options) => {
  if (device === null) return null;
  const adapter = await request(options);
  Object.defineProperty(adapter, 'info', { value: { description: 'A card' } });
  const open = adapter.requestDevice.bind(adapter);
  adapter.requestDevice = async (wanted) => {
    device = await open(wanted);
    opened = now();
    return device;
  };
  return adapter;
};
performance.now = () => (opened === undefined ? now() : opened + (now() - opened) / 1e4);
new BroadcastChannel('card').onmessage = () => {
  device.destroy();
  device = null;
  opened = undefined;
};
`;
const WORKER = `import './card.js';
import { serveWorkerPipeline } from './voirs.js';
serveWorkerPipeline();`;

const executablePath = findChromium();
if (executablePath === undefined) console.log(`SKIP: no browser here; ${CHROMIUM_ADVICE}`);
else {
  const { url, close } = await serveStudio({}, { 'card.js': CARD, 'voirs-worker.js': WORKER });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', ...WEBGPU_FLAGS] });
  const context = await browser.newContext({ serviceWorkers: 'block' });
  await context.addInitScript(SPY);
  const page = await context.newPage();
  page.setDefaultTimeout(300_000 * patience());

  test('takes the card where it is faster, and says so', async () => {
    await page.goto(url);
    await page.waitForSelector('.status .calm');
    assert.is(await page.textContent('.status'), 'Ready · on your graphics card');
    await page.click('.figures summary');
    await page.waitForSelector('.figures td >> text=the graphics card (webgpu)');
    await page.waitForSelector('.figures .note >> text=it was faster than the processor in a trial');
  });

  test('speaks on the processor when the card is lost, and says so', async () => {
    await page.evaluate(() => new BroadcastChannel('card').postMessage('gone'));
    await page.click('.play');
    await state(page, 'Playing');
    await page.click('.play');
    await state(page, 'Paused');
    await hearTheText(page);
    assert.is(await page.textContent('.status'), 'Ready · on your processor, as the graphics card has gone');
    await page.waitForSelector('.figures td >> text=the processor (wasm)');
    await page.waitForSelector('.figures .note >> text=The graphics card has gone');
    assert.is(await page.locator('.notice.problem').count(), 0);
  });

  test.after(async () => {
    await browser.close();
    close();
  });
}
test.run();
