// If this fails, benches print a rival's ratio upside down, or beside a rival that computes another network.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compare, comparisonTable } from '../../bench/lib/comparison.js';
import { markdownTable } from '../../bench/lib/report.js';
import { pairedRatios } from '../../bench/lib/statistics.js';

const test = suite('bench comparison');

/** An engine that answers with one value, after more time than the clock of the processor can miss. */
function engine(name: string, answer: number) {
  const run = async () => {
    for (const until = performance.now() + 3; performance.now() < until; );
    return { audio: { data: Float32Array.of(answer, 0), dims: [1, 1, 2] } };
  };
  return { name, run };
}

test('a ratio is the rival over us, so that over 1 means that we are faster', async () => {
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

test('a rival with another answer is refused by name', async () => {
  const contestants = [engine('voirs', 0.5), engine('liar', 0.6)];
  try {
    await compare('m', 100, contestants, { warmups: 0, runs: 1 });
    assert.unreachable('compared');
  } catch (error) {
    assert.match((error as Error).message, /^liar differs from voirs by 0\.1/);
  }
});

test.run();
