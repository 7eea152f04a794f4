// Peaks between samples: what a converter or a codec makes of a sound can be higher than every sample of it. Estimated
// at four times the rate, as ITU-R BS.1770-4 annex 2 asks, with a longer filter than the one it gives as an example.

/** Places estimated from one sample to the next, the sample itself included. */
const OVERSAMPLING = 4;
/** Samples on either side of a place that its estimate needs. */
export const REACH = 12;

/** Modified Bessel function of the first kind, order 0. */
function bessel(x: number): number {
  let sum = 1;
  for (let term = 1, k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

/** [3][24]: a sinc under a Kaiser window (beta 5) at 1/4, 1/2 and 3/4 of the way; each passes a constant unchanged. */
const PHASES: readonly Float64Array[] = Array.from({ length: OVERSAMPLING - 1 }, (_, p) => {
  const share = (p + 1) / OVERSAMPLING;
  const taps = Float64Array.from({ length: 2 * REACH }, (_, n) => {
    const t = n - (REACH - 1) - share; // from the place to the sample, in samples
    return (Math.sin(Math.PI * t) / (Math.PI * t)) * bessel(5 * Math.sqrt(Math.max(0, 1 - (t / REACH) ** 2)));
  });
  const sum = taps.reduce((a, b) => a + b, 0);
  return taps.map((tap) => tap / sum);
});

/** The most that a place between samples can exceed the largest sample within reach. */
export const MOST_OVER = Math.max(...PHASES.map((taps) => taps.reduce((sum, tap) => sum + Math.abs(tap), 0)));

/**
 * Largest estimate between a sample and the next, neither included.
 * @param around the samples from 11 before it to 12 after it, wherever they begin in a ring of `mask` + 1.
 */
export function peakBetween(ring: Float64Array, start: number, mask: number): number {
  let peak = 0;
  for (const taps of PHASES) {
    let sum = 0;
    for (let n = 0; n < 2 * REACH; n++) sum += taps[n]! * ring[(start + n) & mask]!;
    const level = Math.abs(sum);
    if (level > peak) peak = level;
  }
  return peak;
}

/** Largest level of a sound, samples and what lies between them; linear. Beyond its ends it counts as silent. */
export function truePeak(samples: Float32Array, channels: number): number {
  const ring = new Float64Array(32);
  const frames = samples.length / channels;
  let peak = 0;
  for (let channel = 0; channel < channels; channel++) {
    ring.fill(0);
    for (let frame = 0; frame < frames + REACH; frame++) {
      const x = frame < frames ? samples[frame * channels + channel]! : 0;
      ring[frame & 31] = x;
      if (Math.abs(x) > peak) peak = Math.abs(x);
      const between = peakBetween(ring, frame - 2 * REACH + 1, 31);
      if (between > peak) peak = between;
    }
  }
  return peak;
}
