// If this fails, every pipeline of a program carries weights of its own, or pipelines that are gone keep their memory.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { summarize } from '../../bench/lib/statistics.js';
import { measureCycles, measureSharing } from '../../bench/suites/sharing.js';

const test = suite('pipelines on one backend');
const MB = 2 ** 20;

test('40 more cost less than 1 MB each, weights and heap are one, and the last to go takes them along', async () => {
  const { before, one, created, spoken, alone, after } = await measureSharing(40);
  assert.equal([one.weightsHolders, created.weightsHolders, alone.weightsHolders], [1, 41, 1]);
  for (const [state, left] of Object.entries({ created, spoken, alone })) {
    assert.equal(
      [left.tensors, left.tensorBytes, left.weightsBytes, left.wasmHeap],
      [one.tensors, one.tensorBytes, one.weightsBytes, one.wasmHeap],
      state,
    );
    assert.ok(left.rss - one.rss < 40 * MB, `RSS ${one.rss} -> ${left.rss} (${state})`);
    assert.ok(
      left.heapUsed - one.heapUsed < 8 * MB,
      `JS heap ${one.heapUsed} -> ${left.heapUsed} (${state})`,
    );
  }
  // The frontend's tables are 10 MB of it. A copy of the weights as they were loaded would be 39 MB more.
  assert.ok(one.arrayBuffers < 20 * MB, `${one.arrayBuffers} bytes of ArrayBuffers beside the heap`);
  assert.equal([after.tensors, after.tensorBytes], [before.tensors, before.tensorBytes]);
  assert.ok(one.external > one.wasmHeap, 'the heap counts as external memory');
  assert.ok(after.external < 20 * MB, `${after.external} bytes outside the JS heap when all are gone`);
  assert.ok(one.rss - after.rss > one.weightsBytes / 2, `RSS ${one.rss} -> ${after.rss}`);
});

test('24 made, used and disposed in turn end within 5 % of the RSS after the fifth', async () => {
  const cycles = await measureCycles(24);
  const [fifth, last] = [cycles[4]!, cycles.at(-1)!];
  for (const { tensors, tensorBytes } of cycles) assert.equal([tensors, tensorBytes], [0, 0]);
  // RSS goes to and fro by pages of V8's, so neither end is one reading.
  const rss = (from: number, to?: number) => summarize(cycles.slice(from, to).map((one) => one.rss)).median;
  const [early, late] = [rss(4, 13), rss(-9)];
  assert.ok(late < 1.05 * early, `RSS ${early} -> ${late}`);
  assert.ok(last.external < fifth.external + 64 * 1024, `external ${fifth.external} -> ${last.external}`);
  assert.ok(last.heapUsed < fifth.heapUsed + 2 * MB, `JS heap ${fifth.heapUsed} -> ${last.heapUsed}`);
});

test.run();
