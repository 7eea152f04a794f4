// The Fourier transform of analysis. Written here: the npm choices are unmaintained or far larger.

/** cos and sin of -2 pi k / N for k < N, by N. */
const tables = new Map<number, { cos: Float64Array; sin: Float64Array }>();

function tableOf(size: number): { cos: Float64Array; sin: Float64Array } {
  const known = tables.get(size);
  if (known) return known;
  const angle = (k: number): number => (-2 * Math.PI * k) / size;
  const table = {
    cos: Float64Array.from({ length: size }, (_, k) => Math.cos(angle(k))),
    sin: Float64Array.from({ length: size }, (_, k) => Math.sin(angle(k))),
  };
  tables.set(size, table);
  return table;
}

/**
 * Fourier transform in place, of any length N: radix 2 (Cooley and Tukey 1965) where N is a power of two, else by its
 * definition in N^2 steps. The inverse is the transform with `re` and `im` exchanged, divided by N.
 */
export function fft(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  if ((size & (size - 1)) !== 0) {
    byDefinition(re, im);
    return;
  }
  const { cos, sin } = tableOf(size);
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit; // j is i with its bits reversed
    if (i >= j) continue;
    [re[i], re[j]] = [re[j]!, re[i]!];
    [im[i], im[j]] = [im[j]!, im[i]!];
  }
  for (let span = 1; span < size; span *= 2) {
    const step = size / (2 * span);
    for (let k = 0; k < span; k++) {
      const wr = cos[k * step]!;
      const wi = sin[k * step]!;
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

function byDefinition(re: Float64Array, im: Float64Array): void {
  const size = re.length;
  const { cos, sin } = tableOf(size);
  const [realIn, imaginaryIn] = [re.slice(), im.slice()];
  for (let k = 0; k < size; k++) {
    let [real, imaginary] = [0, 0];
    for (let n = 0, at = 0; n < size; n++, at = (at + k) % size) {
      real += realIn[n]! * cos[at]! - imaginaryIn[n]! * sin[at]!;
      imaginary += realIn[n]! * sin[at]! + imaginaryIn[n]! * cos[at]!;
    }
    re[k] = real;
    im[k] = imaginary;
  }
}
