// If this fails, benches print the inverse of a rival's ratio, or the ratio to a rival that computes another
// network.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare, comparisonTable } from '../../bench/lib/comparison.js';
import { markdownTable } from '../../bench/lib/report.js';
import { pairedRatios } from '../../bench/lib/statistics.js';
import { compareWithRivals } from '../../bench/rivals/beside.js';
import type { Rival } from '../../bench/rivals/rival.js';

const test = suite('bench comparison');

/** An engine that answers with one value, after more time than the clock of the processor can miss. */
function engine(name: string, answer: number) {
  const run = async () => {
    for (const until = performance.now() + 3; performance.now() < until; );
    return { audio: { data: Float32Array.of(answer, 0), dims: [1, 1, 2] } };
  };
  return { name, run };
}

test('divides the rival by us, so that over 1 means we are faster', async () => {
  const contestants = [engine('voirs', 0.5), engine('rival', 0.5001)];
  const result = await compare('m', 100, contestants, { warmups: 1, runs: 7 });
  const [ours, theirs] = result.measurements;
  assert.is(result.ratios.length, 1);
  assert.is(result.ratios[0]!.rival, 'rival');
  assert.equal(result.ratios[0]!.wall, pairedRatios(theirs!.samples.wallMs, ours!.samples.wallMs));
  assert.ok(Math.abs(result.differences[1]! - 1e-4) < 1e-6);
  const table = comparisonTable('t', [result]);
  assert.is(table.rows.length, 2);
  assert.ok(table.rows.every((row) => row.length === table.columns.length));
  assert.match(markdownTable(table), /\| voirs +\|/);
});

test('refuses a rival with another answer by name', async () => {
  const contestants = [engine('voirs', 0.5), engine('liar', 0.6)];
  try {
    await compare('m', 100, contestants, { warmups: 0, runs: 1 });
    assert.unreachable('compared');
  } catch (error) {
    assert.match((error as Error).message, /^liar differs from voirs by 0\.1/);
  }
});

test('disposes every rival, also when one is refused', async () => {
  const open: string[] = [];
  const rival = (name: string, answer: number): Rival => ({
    name,
    version: '1',
    async load(path, { threads }) {
      assert.equal([path, threads], ['model.onnx', 2]);
      open.push(name);
      const dispose = async () => void open.splice(open.indexOf(name), 1);
      return { run: engine(name, answer).run, dispose };
    },
  });
  const options = { frames: 10, seed: 1, threads: 2, warmups: 0, runs: 1 };
  const ours = engine('voirs', 0.5).run;
  const both = [rival('one', 0.5), rival('other', 0.5)];
  const { ratios } = await compareWithRivals('vocoder', ours, both, 'model.onnx', options);
  assert.equal(
    ratios.map((ratio) => ratio.rival),
    ['one', 'other'],
  );
  assert.equal(open, []);
  await compareWithRivals('vocoder', ours, [rival('liar', 0.6)], 'model.onnx', options).then(
    () => assert.unreachable('compared'),
    (error: Error) => assert.match(error.message, /^liar differs/),
  );
  assert.equal(open, []);
});

test.run();
