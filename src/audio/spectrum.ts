// Magnitudes over frequency, for analysis. Forty lines of our own: the npm choices are unmaintained or far larger.

/** Samples of a window. */
export const WINDOW = 1024;
const BINS = WINDOW / 2 + 1;

const HANN = Float64Array.from(
  { length: WINDOW },
  (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / WINDOW),
);

/** Fast Fourier transform in place, radix 2 (Cooley and Tukey 1965); the length is a power of two. */
export function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit; // j is i with its bits reversed
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
  for (let span = 1; span < size; span *= 2) {
    for (let k = 0; k < span; k++) {
      const wr = Math.cos((Math.PI * k) / span);
      const wi = -Math.sin((Math.PI * k) / span);
      for (let a = k; a < size; a += 2 * span) {
        const b = a + span;
        const tr = re[b]! * wr - im[b]! * wi;
        const ti = re[b]! * wi + im[b]! * wr;
        re[b] = re[a]! - tr;
        im[b] = im[a]! - ti;
        re[a]! += tr;
        im[a]! += ti;
      }
    }
  }
}

/**
 * Magnitudes [513] from 0 Hz to half the sample rate, summed over Hann windows of 1,024 samples, half of them new in
 * each, and over channels; what lies beyond either end counts as silence.
 * @param samples [S] or [S, channels] interleaved.
 */
export function magnitudes(samples: Float32Array, channels: number): Float64Array {
  const sum = new Float64Array(BINS);
  const re = new Float64Array(WINDOW);
  const im = new Float64Array(WINDOW);
  const frames = samples.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    for (let start = -WINDOW / 2; start < frames; start += WINDOW / 2) {
      for (let n = 0; n < WINDOW; n++) {
        re[n] = (samples[(start + n) * channels + channel] ?? 0) * HANN[n]!;
      }
      im.fill(0);
      fft(re, im);
      for (let bin = 0; bin < BINS; bin++) sum[bin]! += Math.hypot(re[bin]!, im[bin]!);
    }
  }
  return sum;
}
