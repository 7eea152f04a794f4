// How loud a sound is to people, and how high its peaks are between samples: integrated loudness after ITU-R
// BS.1770-4 with the gates of EBU R128, and true peak after its annex 2. Written here: the registry has no
// maintained package for it in plain JavaScript, and the limiter and the mel estimate share its parts.

/**
 * LU: without it a full-scale 997 Hz sine of one channel would read that much too high. BS.1770-4, formula 2.
 */
const OFFSET = -0.691;
/** LUFS; blocks at or below it never count. */
const ABSOLUTE_GATE = -70;
/** LU; of the blocks left, those this far below their mean do not count either. */
const RELATIVE_GATE = -10;
/** Measuring blocks begin every 100 ms and last four of those. */
export const BLOCKS_PER_SECOND = 10;
export const BLOCK_STEPS = 4;

/** Coefficients of a second-order section, with a0 = 1. */
interface Biquad {
  b: readonly [number, number, number];
  a: readonly [number, number];
}

/** The analogue prototypes behind the two filters that BS.1770-4 tabulates for 48 kHz: Hz, quality, dB. */
const SHELF = { hz: 1681.974450955533, q: 0.7071752369554196, decibels: 3.999843853973347 };
const HIGH_PASS = { hz: 38.13547087602444, q: 0.5003270373238773 };

/**
 * The K-weighting at a sample rate: at 48 kHz the standard's own numbers, at other rates the same prototypes
 * through the bilinear transform, scaled so that a 997 Hz sine reads the same, which the standard is
 * calibrated by.
 */
export function kWeighting(sampleRate: number): readonly [Biquad, Biquad] {
  const filters = [shelf(sampleRate), highPass(sampleRate)] as const;
  if (sampleRate === 48_000) return filters;
  const level = Math.sqrt(powerAt(997, 48_000, kWeighting(48_000)) / powerAt(997, sampleRate, filters));
  const [b0, b1, b2] = filters[0].b;
  return [{ ...filters[0], b: [b0 * level, b1 * level, b2 * level] }, filters[1]];
}

function shelf(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * SHELF.hz) / sampleRate);
  const high = 10 ** (SHELF.decibels / 20);
  const middle = high ** 0.4996667741545416;
  const a0 = 1 + k / SHELF.q + k * k;
  return {
    b: [
      (high + (middle * k) / SHELF.q + k * k) / a0,
      (2 * (k * k - high)) / a0,
      (high - (middle * k) / SHELF.q + k * k) / a0,
    ],
    a: [(2 * (k * k - 1)) / a0, (1 - k / SHELF.q + k * k) / a0],
  };
}

function highPass(sampleRate: number): Biquad {
  const k = Math.tan((Math.PI * HIGH_PASS.hz) / sampleRate);
  const a0 = 1 + k / HIGH_PASS.q + k * k;
  return { b: [1, -2, 1], a: [(2 * (k * k - 1)) / a0, (1 - k / HIGH_PASS.q + k * k) / a0] };
}

/** Squared magnitude of filters in a row at a frequency. */
function powerAt(hz: number, sampleRate: number, filters: readonly Biquad[]): number {
  const w = (2 * Math.PI * hz) / sampleRate;
  const power = (c0: number, c1: number, c2: number) =>
    (c0 + c1 * Math.cos(w) + c2 * Math.cos(2 * w)) ** 2 + (c1 * Math.sin(w) + c2 * Math.sin(2 * w)) ** 2;
  return filters.reduce((product, { b, a }) => (product * power(...b)) / power(1, ...a), 1);
}

/** Squared magnitude of the K-weighting at a frequency, both in Hz. */
export function kWeightingPower(hz: number, sampleRate: number): number {
  return powerAt(hz, sampleRate, kWeighting(sampleRate));
}

/** Mean square of K-weighted sound -> LUFS. */
function loudnessOf(power: number): number {
  return OFFSET + 10 * Math.log10(power);
}

/**
 * Integrated loudness of measuring blocks.
 * @param powers mean square of each block after K-weighting, summed over channels.
 * @returns LUFS; undefined where no block is above -70.
 */
export function gatedLoudness(powers: ArrayLike<number>): number | undefined {
  const meanAbove = (gate: number): number => {
    let sum = 0;
    let count = 0;
    for (let i = 0; i < powers.length; i++) {
      if (loudnessOf(powers[i]!) <= gate) continue;
      sum += powers[i]!;
      count++;
    }
    return count === 0 ? 0 : sum / count;
  };
  const mean = meanAbove(ABSOLUTE_GATE);
  if (mean === 0) return undefined;
  return loudnessOf(meanAbove(Math.max(ABSOLUTE_GATE, loudnessOf(mean) + RELATIVE_GATE)));
}

/**
 * Integrated loudness.
 * @param samples [S] or [S, channels] interleaved; every channel counts alike, as left and right do in the
 * standard.
 * @returns LUFS; undefined for less than a block (0.4 s), and where nothing is above -70 LUFS.
 */
export function integratedLoudness(
  samples: Float32Array,
  channels: number,
  sampleRate: number,
): number | undefined {
  const frames = samples.length / channels;
  const steps = Math.floor((frames * BLOCKS_PER_SECOND) / sampleRate);
  const starts = Array.from({ length: steps + 1 }, (_, n) =>
    Math.round((n * sampleRate) / BLOCKS_PER_SECOND),
  );
  const sums = new Float64Array(steps);
  for (let channel = 0; channel < channels; channel++)
    addSquares(samples, channels, channel, starts, sums, sampleRate);
  return gatedLoudness(blockMeans(sums, starts));
}

/** Sums of squares of steps -> means over blocks of four, each beginning a step after the one before. */
function blockMeans(sums: Float64Array, starts: readonly number[]): Float64Array {
  const powers = new Float64Array(Math.max(0, sums.length - BLOCK_STEPS + 1));
  for (let n = 0; n < powers.length; n++) {
    let sum = 0;
    for (let k = 0; k < BLOCK_STEPS; k++) sum += sums[n + k]!;
    powers[n] = sum / (starts[n + BLOCK_STEPS]! - starts[n]!);
  }
  return powers;
}

/** K-weights one channel and adds its squares up, step by step. */
function addSquares(
  samples: Float32Array,
  channels: number,
  channel: number,
  starts: readonly number[],
  sums: Float64Array,
  sampleRate: number,
): void {
  const [one, two] = kWeighting(sampleRate);
  let [p1, p2, q1, q2] = [0, 0, 0, 0]; // direct form II, transposed
  for (let step = 0; step < sums.length; step++) {
    let sum = 0;
    for (let frame = starts[step]!; frame < starts[step + 1]!; frame++) {
      const x = samples[frame * channels + channel]!;
      const y = one.b[0] * x + p1;
      p1 = one.b[1] * x - one.a[0] * y + p2;
      p2 = one.b[2] * x - one.a[1] * y;
      const z = two.b[0] * y + q1;
      q1 = two.b[1] * y - two.a[0] * z + q2;
      q2 = two.b[2] * y - two.a[1] * z;
      sum += z * z;
    }
    sums[step]! += sum;
  }
}

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

/**
 * [3][24]: a sinc under a Kaiser window (beta 5) at 1/4, 1/2 and 3/4 of the way; each passes a constant
 * unchanged.
 */
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

/**
 * Largest level of a sound, samples and what lies between them; linear. A converter or a codec can make a
 * sound higher than every sample of it. Estimated at four times the rate, as BS.1770-4 annex 2 asks, with a
 * longer filter than its example. Beyond its ends the sound counts as silent.
 * @param samples [S] or [S, channels] interleaved.
 */
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
