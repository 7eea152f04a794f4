// If this fails, the figures that benches print (and the README quotes) claim a middle or a certainty they do not have.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seededRandom } from '../../bench/inputs.js';
import { quantile, summarize } from '../../bench/statistics.js';

const test = suite('bench statistics');

test('middle and spread of a known set', () => {
  const s = summarize([9, 1, 5, 3, 7]);
  assert.equal([s.count, s.median, s.mean, s.min, s.max, s.iqr], [5, 5, 5, 1, 9, 4]);
  assert.is(s.medianInterval, undefined, 'five samples allow no 95 % statement');
  assert.equal(summarize([1, 2, 3, 4, 5, 6]).medianInterval, [1, 6]);
  // The textbook case: of 20 samples the 6th and the 15th bound the median with 95.9 %.
  assert.equal(summarize(Array.from({ length: 20 }, (_, i) => i + 1)).medianInterval, [6, 15]);
});

test('order of the samples decides nothing, and everything lies within the range', () => {
  const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1, maxLength: 40 }), (samples) => {
      const s = summarize(samples);
      assert.equal(s, { ...summarize([...samples].reverse()), mean: s.mean });
      assert.ok(s.min <= s.median && s.median <= s.max && s.iqr <= s.max - s.min + 1e-9);
      const interval = s.medianInterval;
      if (interval) assert.ok(interval[0] <= s.median && s.median <= interval[1]);
    }),
    { numRuns: 200 },
  );
});

test('the interval holds the true median at least 95 times in 100', () => {
  const random = seededRandom(3);
  let held = 0;
  for (let trial = 0; trial < 2000; trial++) {
    // Skewed, as timings are; the median of -ln(u) is ln 2.
    const interval = summarize(Array.from({ length: 11 }, () => -Math.log(1 - random()))).medianInterval!;
    if (interval[0] <= Math.LN2 && Math.LN2 <= interval[1]) held++;
  }
  assert.ok(held >= 0.95 * 2000 && held < 2000, `held ${held} of 2000`);
});

test('quantiles interpolate', () => {
  assert.is(quantile([0, 10], 0.25), 2.5);
  assert.is(quantile([4], 0.9), 4);
});

test('nothing is made of no samples or of a failed timing', () => {
  assert.throws(() => summarize([]), RangeError);
  assert.throws(() => summarize([1, Number.NaN]), RangeError);
});

test.run();
