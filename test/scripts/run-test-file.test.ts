// If this fails, npm test waits for ever for a test that hangs, or counts it as passed.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { patience } from '../../scripts/patience.mjs';
import { runTestFile } from '../../scripts/run-test-file.mjs';

const test = suite('test runner');
/** Limits of 1.2 s of silence and 7.2 s of processor time. */
const TINY = 0.002;
const folder = mkdtempSync(join(tmpdir(), 'voirs-runner-'));
test.after(() => rmSync(folder, { recursive: true }));

function file(name: string, source: string): string {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(path, source);
  return path;
}

const COUNTS = 'console.log("  Total:     2\\n  Passed:    1\\n  Skipped:   1");';

test('counts what a file reports', async () => {
  const { passed, failed, skipped } = await runTestFile(file('reports', COUNTS), 1);
  assert.equal({ passed, failed, skipped }, { passed: 1, failed: 0, skipped: 1 });
});

test('counts a crash and a file without a test as failures', async () => {
  assert.is((await runTestFile(file('crashes', `${COUNTS} process.exit(3);`), 1)).failed, 1);
  assert.is((await runTestFile(file('empty', ''), 1)).failed, 1);
  assert.is((await runTestFile(file('skips', 'console.log("SKIP: nothing here");'), 1)).failed, 0);
});

test('stops a file that hangs, with its children', async () => {
  const source = `
    import { spawn } from 'node:child_process';
    ${COUNTS}
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
    setInterval(() => {}, 1000);`;
  const { failed, output } = await runTestFile(file('hangs', source), TINY);
  assert.is(failed, 1);
  assert.match(output, /stopped: it printed nothing( and computed nothing)? for \d+ s; VOIRS_TEST_PATIENCE/);
});

test('stops a file that computes without end', async () => {
  const { failed, output } = await runTestFile(file('spins', 'for (;;);'), TINY / 4);
  assert.is(failed, 1);
  assert.match(output, /stopped: it (used \d+ s of processor time|printed nothing)/);
});

test('refuses a patience that is no positive number', () => {
  const given = process.env.VOIRS_TEST_PATIENCE;
  try {
    for (const wrong of ['much', '0', '-1']) {
      process.env.VOIRS_TEST_PATIENCE = wrong;
      assert.throws(() => patience(), /VOIRS_TEST_PATIENCE is .*; wanted a positive number/);
    }
    process.env.VOIRS_TEST_PATIENCE = '2.5';
    assert.is(patience(), 2.5);
  } finally {
    if (given === undefined) delete process.env.VOIRS_TEST_PATIENCE;
    else process.env.VOIRS_TEST_PATIENCE = given;
  }
});

test.run();
