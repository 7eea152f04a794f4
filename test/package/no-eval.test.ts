// If this fails, voirs does not run where code may not be made from strings: hardened servers, pages with a
// Content-Security-Policy.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import '../cli/run-cli.js'; // builds dist/
import { openBrowser } from '../../bench/lib/browser/harness.js';
import type { Tried } from '../browser/pages/no-eval.js';

const test = suite('policies without unsafe-eval');
const program = fileURLToPath(new URL('./no-eval.mjs', import.meta.url));

function isRefused(error: { code?: string; message?: string; suggestion?: string } | undefined): void {
  assert.is(error?.code, 'DEVICE_ERROR', JSON.stringify(error));
  assert.match(error!.message!, /unsafe-eval/);
  assert.match(error!.suggestion!, /samples/);
}

test('speaks in Node, and refuses only toNdarray', () => {
  const flag = '--disallow-code-generation-from-strings';
  const { status, stdout, stderr } = spawnSync(process.execPath, [flag, program], { encoding: 'utf8' });
  assert.is(status, 0, stderr);
  const { isForbidden, errors, chunks, seconds, captions, flac, hasReport } = JSON.parse(stdout);
  assert.ok(isForbidden, 'the flag forbids nothing');
  for (const error of errors) isRefused(error);
  assert.ok(chunks > 1 && captions > 20 && flac > 1000 && hasReport, stdout);
  for (const one of seconds) assert.ok(one > 0.4, stdout);
});

const browser = await openBrowser();
if (browser) {
  test('speaks in a page, and refuses only toNdarray', async () => {
    const policy = "default-src 'self' data:; script-src 'self' 'wasm-unsafe-eval'";
    const { value } = await browser.run<Tried>({
      script: new URL('../browser/pages/no-eval.ts', import.meta.url),
      isolated: true,
      respond: (path) =>
        path === '/index.html' ? { headers: { 'Content-Security-Policy': policy } } : undefined,
    });
    assert.ok(value.isForbidden, 'the policy forbids nothing');
    assert.ok(value.seconds > 0.4);
    assert.is(value.threads, 2);
    isRefused(value.error);
  });

  test.after(() => browser.close());
}

test.run();
