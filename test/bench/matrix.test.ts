// If this fails, the matrix of backends shows wrong figures, or a missing backend ends the bench.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { agreement } from '../../bench/lib/matrix/agreement.js';
import { barChart } from '../../bench/lib/matrix/chart.js';
import { ask, ENGINES, enginesHere, titleOf } from '../../bench/lib/matrix/engines.js';
import { isUnavailable } from '../../bench/lib/unavailable.js';

const test = suite('matrix of backends');

test('measures the largest and mean difference and their power', () => {
  assert.equal(agreement([3, 4], [3, 4]), { maxAbs: 0, meanAbs: 0, snr: Number.POSITIVE_INFINITY });
  const { maxAbs, meanAbs, snr } = agreement([3, -4], [3.3, -4.4]);
  assert.ok(Math.abs(maxAbs - 0.4) < 1e-12 && Math.abs(meanAbs - 0.35) < 1e-12 && Math.abs(snr - 20) < 1e-9);
  assert.throws(() => agreement([1], [1, 2]), RangeError);
});

test('draws a bar for each value, by its logarithm', () => {
  const bar = (name: string, value: number) => ({ name, value, low: value, high: value, isRival: false });
  const svg = barChart('a < b', 'unit', [bar('one', 0.01), bar('two', 0.1), bar('three', 1)]);
  assert.match(svg, 'a &lt; b');
  const widths = [...svg.matchAll(/width="([\d.]+)" height="20"/g)].map(([, width]) => Number(width));
  assert.equal(widths, [0, 280, 560]);
  assert.throws(() => barChart('', '', []), RangeError);
});

test('gives the reason why an engine is missing', async () => {
  const answer = await ask(
    { name: 'abacus', threads: 1, isRival: false, effort: 'full', seconds: 1 },
    { do: 'goldens', effort: 'full' },
  );
  assert.ok(isUnavailable(answer));
  assert.match(answer.unavailable, /no such backend.*abacus/);
});

test('says what a missing GPU lacks', async () => {
  const before = process.env.VOIRS_TENSORFLOW_DIR;
  process.env.VOIRS_TENSORFLOW_DIR = '/nonexistent';
  try {
    const [cuda] = (await enginesHere(['tensorflow'])).filter(({ device }) => device === 'GPU');
    const answer = await ask(cuda!, { do: 'goldens', effort: 'full' });
    assert.ok(isUnavailable(answer));
    assert.match(answer.unavailable, /^no CUDA: .*(install|--gpus all|voirs setup tensorflow --cuda)/);
  } finally {
    if (before === undefined) delete process.env.VOIRS_TENSORFLOW_DIR;
    else process.env.VOIRS_TENSORFLOW_DIR = before;
  }
});

test('gives every row a title of its own', () => {
  assert.is(new Set(ENGINES.map(titleOf)).size, ENGINES.length);
});

test.run();
