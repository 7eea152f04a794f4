// If this fails, the figures of docs/browser.md can no longer be measured, or are measured on something else.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openBrowser } from '../../bench/lib/browser/harness.js'; // scripts/test.mjs reads here that a browser is needed
import { run } from '../../bench/suites/browser.js';
import { findChromium } from '../../scripts/chromium.mjs';

const test = suite('bench browser');

test('refuses an unknown part', async () => {
  await run({ args: ['--only', 'start,wishes'] }).then(
    () => assert.unreachable('nothing was thrown'),
    (error: Error) => assert.match(error.message, /--only: no wishes; there are start, speech/),
  );
});

if (findChromium() === undefined) {
  await openBrowser(); // prints SKIP
} else {
  test('gives every engine a row and lists the files that a page loads', async () => {
    const args = ['--only', 'start,speech', '--loads', '1', '--runs', '1', '--warm-ups', '0'];
    const { tables, environment } = await run({ args });
    assert.match(environment.versions.Chromium!, /^\d+\./);
    const [start, files, speech, first] = tables;
    assert.equal(
      start!.rows.map(([engine]) => engine),
      ['wasm, 1 thread(s)', 'wasm, 2 thread(s)'],
    );
    for (const [, ...figures] of start!.rows) assert.ok(figures.every((figure) => Number(figure) > 0));
    const loaded = files!.rows.map(([file]) => String(file));
    for (const wanted of ['dist/browser/voirs.js', 'vendor/wasm/voirs-kernels-worker.js']) {
      assert.ok(loaded.includes(wanted), wanted);
    }
    assert.not(
      loaded.some((file) => /resampler|index\.js|\.cjs$/.test(file)),
      loaded.join(),
    );
    assert.is(speech!.rows.length, 6);
    assert.is(first!.rows.length, 2);
  });
}
test.run();
