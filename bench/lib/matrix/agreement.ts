// How far two signals agree: largest difference, mean difference, signal-to-noise ratio.

/**
 * Differences in the signals' own unit; the ratio of signal to difference in dB, infinite where there is
 * none.
 */
export interface Agreement {
  maxAbs: number;
  meanAbs: number;
  snr: number;
}

/** @throws RangeError when the lengths differ. */
export function agreement(one: ArrayLike<number>, other: ArrayLike<number>): Agreement {
  if (one.length !== other.length) throw new RangeError(`${one.length} and ${other.length} values`);
  let [maxAbs, sum, noise, power] = [0, 0, 0, 0];
  for (let i = 0; i < one.length; i++) {
    const difference = Math.abs(one[i]! - other[i]!);
    maxAbs = Math.max(maxAbs, difference);
    sum += difference;
    noise += difference * difference;
    power += one[i]! * one[i]!;
  }
  return { maxAbs, meanAbs: sum / one.length, snr: 10 * Math.log10(power / noise) };
}
