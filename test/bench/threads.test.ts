// If this fails, bench threads does not show which kernel takes the time, or what a further thread saves.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../bench/suites/threads.js';
import { KernelModule } from '../../src/backends/wasm/kernel-module.js';

const test = suite('bench threads');

test('lists every kernel of a short text and restores the kernels', async () => {
  const { dispatch } = KernelModule.prototype;
  const report = await run({ args: ['--runs', '2', '--warm-ups', '1', '--text', 'Hello.'] });
  assert.is(KernelModule.prototype.dispatch, dispatch);
  const { rows } = report.tables[0]!;
  const named = new Map(rows.map((row) => [row[0], row]));
  for (const name of ['attention', 'toom5_wide_256', 'fft11_32', 'toom3_8', 'dot'])
    assert.ok(named.has(name), name);
  const [whole, all, ...each] = rows;
  assert.is(whole![3], 100);
  assert.is(
    all![1],
    each.reduce((n, row) => n + (row[1] as number), 0),
  );
  assert.ok((all![3] as number) > 30 && (all![3] as number) < 100, `kernels take ${all![3]} %`);
});

test.run();
