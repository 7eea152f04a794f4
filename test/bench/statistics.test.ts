// If this fails, the figures that benches print (and the README quotes) state a wrong median or too narrow an
// interval.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  blockFit,
  linearFit,
  meanInterval,
  pairedRatios,
  quantile,
  summarize,
} from '../../bench/lib/statistics.js';
import { seededRandom } from '../../src/cli/bench-text.js';

const test = suite('bench statistics');

test('summarizes a known set', () => {
  const s = summarize([9, 1, 5, 3, 7]);
  assert.equal([s.count, s.median, s.mean, s.min, s.max, s.iqr], [5, 5, 5, 1, 9, 4]);
  assert.is(s.medianInterval, undefined, 'five samples allow no 95 % statement');
  assert.equal(summarize([1, 2, 3, 4, 5, 6]).medianInterval, [1, 6]);
  // The textbook case: of 20 samples the 6th and the 15th bound the median with 95.9 %.
  assert.equal(summarize(Array.from({ length: 20 }, (_, i) => i + 1)).medianInterval, [6, 15]);
});

test('gives the same for any order, within the range of the samples', () => {
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

test('holds the true median in its interval 95 times in 100', () => {
  const random = seededRandom(3);
  let held = 0;
  for (let trial = 0; trial < 2000; trial++) {
    // Skewed, as timings are; the median of -ln(u) is ln 2.
    const interval = summarize(Array.from({ length: 11 }, () => -Math.log(1 - random()))).medianInterval!;
    if (interval[0] <= Math.LN2 && Math.LN2 <= interval[1]) held++;
  }
  assert.ok(held >= 0.95 * 2000 && held < 2000, `held ${held} of 2000`);
});

test('interpolates quantiles', () => {
  assert.is(quantile([0, 10], 0.25), 2.5);
  assert.is(quantile([4], 0.9), 4);
});

test('refuses no samples and a failed timing', () => {
  assert.throws(() => summarize([]), RangeError);
  assert.throws(() => summarize([1, Number.NaN]), RangeError);
});

test('takes ratios of one round, which a busy moment leaves alone', () => {
  const busy = [1, 7, 2, 5, 1, 3, 1];
  const ratio = pairedRatios(
    busy.map((factor) => 3 * factor),
    busy.map((factor) => 2 * factor),
  );
  assert.is(ratio.median, 1.5);
  assert.is(ratio.iqr, 0);
  assert.throws(() => pairedRatios([1, 2], [1]), RangeError);
});

test('fits exact points with an interval of no width', () => {
  const fit = linearFit([0, 1, 2, 3, 4], [5, 7, 9, 11, 13]);
  assert.ok(Math.abs(fit.slope - 2) < 1e-12 && Math.abs(fit.intercept - 5) < 1e-12);
  assert.ok(fit.slopeInterval[1] - fit.slopeInterval[0] < 1e-9);
});

test('gives the textbook interval for a known set', () => {
  // Anscombe's first set: slope 0.50009, standard error 0.11791; t(0.975, 9) = 2.2622.
  const x = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5];
  const y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68];
  const { slope, intercept, slopeInterval } = linearFit(x, y);
  assert.ok(Math.abs(slope - 0.50009) < 1e-4 && Math.abs(intercept - 3.00009) < 1e-4);
  assert.ok(Math.abs(slopeInterval[1] - slope - 2.2622 * 0.11791) < 1e-3, `${slopeInterval}`);
});

test('holds the true slope in its interval about 95 times in 100', () => {
  const random = seededRandom(5);
  let held = 0;
  for (let trial = 0; trial < 2000; trial++) {
    const x = Array.from({ length: 8 }, (_, n) => n);
    const noise = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    const y = x.map((n) => 0.3 * n + noise());
    const [low, high] = linearFit(x, y).slopeInterval;
    if (low <= 0.3 && 0.3 <= high) held++;
  }
  assert.ok(held > 0.935 * 2000 && held < 0.965 * 2000, `held ${held} of 2000`);
});

test('widens the interval of a slope for readings that correlate', () => {
  const random = seededRandom(6);
  const x = Array.from({ length: 400 }, (_, n) => n);
  // The second forgets so slowly that block means resemble each other too.
  for (const [memory, leastHeld] of [
    [0.8, 0.9],
    [0.96, 0.8],
  ] as const) {
    const held = { naive: 0, blocks: 0 };
    for (let trial = 0; trial < 400; trial++) {
      let state = 0;
      const y = x.map((n) => {
        state = memory * state + random() - 0.5; // each reading remembers the one before
        return 0.01 * n + state;
      });
      const holds = ([low, high]: [number, number]) => Number(low <= 0.01 && 0.01 <= high);
      held.naive += holds(linearFit(x, y).slopeInterval);
      held.blocks += holds(blockFit(x, y, 20).slopeInterval);
    }
    assert.ok(held.naive < 0.6 * 400, `naive held ${held.naive} of 400`);
    assert.ok(held.blocks > leastHeld * 400, `block means held ${held.blocks} of 400`);
  }
  assert.throws(() => blockFit(x.slice(0, 30), x.slice(0, 30), 20), RangeError);
});

test('holds the true mean of few runs in 95 of 100 trials', () => {
  const random = seededRandom(8);
  const noise = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  for (const runs of [4, 6]) {
    let held = 0;
    for (let trial = 0; trial < 4000; trial++) {
      const { mean, interval } = meanInterval(Array.from({ length: runs }, () => 3 + noise()));
      assert.ok(interval[0] < mean && mean < interval[1]);
      if (interval[0] <= 3 && 3 <= interval[1]) held++;
    }
    assert.ok(held > 0.935 * 4000 && held < 0.965 * 4000, `${runs} runs: held ${held} of 4000`);
  }
  assert.equal(meanInterval([2, 2, 2, 2]), { mean: 2, interval: [2, 2] });
  assert.throws(() => meanInterval([1, 2, 3]), RangeError);
});

test('refuses too few points and points above each other', () => {
  assert.throws(() => linearFit([1, 2, 3, 4], [1, 2, 3, 4]), RangeError);
  assert.throws(() => linearFit([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]), RangeError);
  assert.throws(() => linearFit([1, 2, 3, 4, 5], [1, 2, 3, 4]), RangeError);
});

test.run();
