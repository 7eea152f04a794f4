// The median of a set of timings and its confidence interval; medians, because a shared machine has outliers.

/** Facts about one set of samples, in the samples' own unit. */
export interface Summary {
  count: number;
  median: number;
  mean: number;
  min: number;
  max: number;
  /** Interquartile range: the width of the middle half. */
  iqr: number;
  /**
   * At least 95 % confidence for the median, from order statistics; absent under 6 samples, where there is
   * none.
   */
  medianInterval?: [low: number, high: number];
}

/** Of one value or more. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The q-quantile (0-1) of ascending samples, interpolated linearly between neighbours. */
export function quantile(ascending: readonly number[], q: number): number {
  const position = (ascending.length - 1) * q;
  const below = Math.floor(position);
  const a = ascending[below]!;
  const b = ascending[Math.min(below + 1, ascending.length - 1)]!;
  return a + (b - a) * (position - below);
}

/** Middle and spread of samples. @throws RangeError on an empty set or one that holds a non-finite number. */
export function summarize(samples: readonly number[]): Summary {
  if (samples.length === 0 || !samples.every(Number.isFinite)) {
    throw new RangeError(`summarize needs at least one sample, all finite; got [${samples.join(', ')}]`);
  }
  const sorted = [...samples].sort((a, b) => a - b);
  const rank = medianRank(sorted.length);
  return {
    count: sorted.length,
    median: quantile(sorted, 0.5),
    mean: mean(sorted),
    min: sorted[0]!,
    max: sorted.at(-1)!,
    iqr: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    ...(rank === null ? {} : { medianInterval: [sorted[rank]!, sorted[sorted.length - 1 - rank]!] }),
  };
}

/**
 * The largest r with P(the median lies outside [x(r), x(n-1-r)]) <= 5 %: the number of samples below the
 * median is binomial(n, 1/2), for any distribution (Conover, Practical Nonparametric Statistics, 3.2).
 */
function medianRank(count: number): number | null {
  let probability = 0.5 ** count;
  let tail = 0;
  let rank: number | null = null;
  for (let r = 0; r < count / 2; r++) {
    tail += probability;
    if (2 * tail > 0.05) return rank;
    rank = r;
    probability *= (count - r) / (r + 1);
  }
  return rank;
}

/**
 * How many times as long `slow` takes as `fast`, round by round: a busy moment hits both runs of a round and
 * cancels.
 * @throws RangeError when the two sets are not of one length.
 */
export function pairedRatios(slow: readonly number[], fast: readonly number[]): Summary {
  if (slow.length !== fast.length) {
    throw new RangeError(`pairedRatios needs as many samples of both; got ${slow.length} and ${fast.length}`);
  }
  return summarize(slow.map((time, i) => time / fast[i]!));
}

/** A straight line through points, and how far its slope can be trusted. */
export interface LinearFit {
  slope: number;
  intercept: number;
  /** 95 % confidence interval of the slope, for normal residuals. */
  slopeInterval: [low: number, high: number];
}

/**
 * Least squares.
 * @param worth of so many residuals, in independent ones.
 * @throws RangeError on fewer than 5 points or points that all have the same x.
 */
export function linearFit(
  x: readonly number[],
  y: readonly number[],
  worth: (residuals: readonly number[]) => number = ({ length }) => length,
): LinearFit {
  const n = x.length;
  const [meanX, meanY] = [mean(x), mean(y)];
  const squares = x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
  if (n < 5 || y.length !== n || !(squares > 0)) {
    throw new RangeError(`linearFit needs at least 5 points with different x; got ${n} x and ${y.length} y`);
  }
  const slope = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i]! - meanY), 0) / squares;
  const intercept = meanY - slope * meanX;
  const residuals = x.map((value, i) => y[i]! - intercept - slope * value);
  const freedom = worth(residuals) - 2;
  const sum = residuals.reduce((total, residual) => total + residual ** 2, 0);
  const margin = studentQuantile(freedom) * Math.sqrt(sum / freedom / squares);
  return { slope, intercept, slopeInterval: [slope - margin, slope + margin] };
}

/**
 * What residuals of which each resembles the one before are worth (lag-1 autocorrelation, Santer et al. 2000,
 * doi 10.1029/1999JD901105); five at least, below which no interval can be trusted.
 */
function independentWorth(residuals: readonly number[]): number {
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  const products = residuals.slice(1).reduce((sum, residual, i) => sum + residual * residuals[i]!, 0);
  const correlation = squares > 0 ? Math.max(0, products / squares) : 0;
  return Math.max(5, (residuals.length * (1 - correlation)) / (1 + correlation));
}

/**
 * The 97.5 % quantile of Student's t from 3 degrees of freedom on, to 0.5 % (Abramowitz and Stegun 26.7.5).
 */
function studentQuantile(freedom: number): number {
  const z = 1.959964;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / freedom + second / freedom ** 2 + third / freedom ** 3;
}

/**
 * Mean of independent, roughly normal values and its 95 % confidence interval: what repeated runs of one
 * measurement say.
 * @throws RangeError on fewer than 4 values, from which no interval could be trusted.
 */
export function meanInterval(values: readonly number[]): {
  mean: number;
  interval: [low: number, high: number];
} {
  const n = values.length;
  if (n < 4) throw new RangeError(`meanInterval needs at least 4 values; got ${n}`);
  const middle = mean(values);
  const variance = values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (n - 1);
  const margin = studentQuantile(n - 1) * Math.sqrt(variance / n);
  return { mean: middle, interval: [middle - margin, middle + margin] };
}

/**
 * The same line through the means of equal blocks of neighbours: readings of memory follow each other, and
 * taken one by one they would pass for far more evidence than they are. Blocks longer than the memory of the
 * series are nearly independent (the method of batch means); where they still resemble each other, as with
 * memory that moves by steps which last, they count for fewer. Points that are left over at the start are not
 * used.
 * @throws RangeError where there are fewer than two points to a block, or fewer than five blocks.
 */
export function blockFit(x: readonly number[], y: readonly number[], blocks: number): LinearFit {
  const size = Math.floor(x.length / blocks);
  if (size < 2 || blocks < 5 || y.length !== x.length) {
    throw new RangeError(
      `blockFit needs two points to each of at least 5 blocks; got ${x.length} x, ${y.length} y, ${blocks} blocks`,
    );
  }
  const first = x.length - blocks * size;
  const means = (values: readonly number[]) =>
    Array.from({ length: blocks }, (_, b) => mean(values.slice(first + b * size, first + (b + 1) * size)));
  return linearFit(means(x), means(y), independentWorth);
}
