// What a set of timings says: its middle and how far to trust it. Medians, because a shared machine has outliers.

/** Facts about one set of samples, in the samples' own unit. */
export interface Summary {
  count: number;
  median: number;
  mean: number;
  min: number;
  max: number;
  /** Interquartile range: the width of the middle half. */
  iqr: number;
  /** At least 95 % confidence for the median, from order statistics; absent under 6 samples, where there is none. */
  medianInterval?: [low: number, high: number];
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
    mean: sorted.reduce((sum, x) => sum + x, 0) / sorted.length,
    min: sorted[0]!,
    max: sorted.at(-1)!,
    iqr: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    ...(rank === null ? {} : { medianInterval: [sorted[rank]!, sorted[sorted.length - 1 - rank]!] }),
  };
}

/**
 * The largest r with P(the median lies outside [x(r), x(n-1-r)]) <= 5 %: the number of samples below the median is
 * binomial(n, 1/2), whatever the distribution (Conover, Practical Nonparametric Statistics, 3.2).
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
