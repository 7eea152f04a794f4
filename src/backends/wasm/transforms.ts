// The constants of both transforms, from which the generator of the kernels (tools/kernels) and the packer of
// their weights (weights.ts) derive their matrices.
//
// Toom-Cook convolution (Winograd's minimal filtering, Lavin & Gray, arXiv 1509.09308) F(6, 3) and F(4, 5): 8
// products make 6 outputs of 3 taps or 4 of 5. Signal and filter are polynomials, evaluated at 7 points and
// at infinity.
//
// FFT: a 32-point real FFT, whose bins from 0 to the Nyquist bin are kept as planes.

/** Magnitudes of the points +a, -a; small ones and their inverses keep float32 errors lowest. */
export const TOOM_PAIRS = [1, 2, 0.5] as const;
/** The finite points in the order of their planes: 0, then each pair; the last plane is infinity. */
export const TOOM_POINTS: readonly number[] = [0, ...TOOM_PAIRS.flatMap((a) => [a, -a])];
export const TOOM_PLANES = TOOM_POINTS.length + 1;
/** Rows of output of a tile of TOOM_PLANES rows. */
export const toomOutputs = (taps: number): number => TOOM_PLANES + 1 - taps;

/** Coefficients, constant first, of the product of (x - p) over the given points. */
export function monic(points: readonly number[]): number[] {
  return points.reduce(
    (coefficients, p) => {
      const next = new Array<number>(coefficients.length + 1).fill(0);
      coefficients.forEach((c, i) => {
        next[i + 1]! += c;
        next[i]! -= p * c;
      });
      return next;
    },
    [1],
  );
}

/** [planes][taps]: the share of each tap of a filter in each plane, Lagrange's denominators included. */
export function filterMatrix(taps: number): number[][] {
  const finite = TOOM_POINTS.map((p) => {
    const denominator = TOOM_POINTS.filter((q) => q !== p).reduce((product, q) => product * (p - q), 1);
    return Array.from({ length: taps }, (_, tap) => p ** tap / denominator);
  });
  return [...finite, Array.from({ length: taps }, (_, tap) => (tap === taps - 1 ? 1 : 0))];
}

/** Points of the real FFT. */
export const FFT_POINTS = 32;
/** The Nyquist bin; bins 0 to this one are kept. */
export const FFT_BINS = FFT_POINTS / 2;
/** Bins 0 and Nyquist are real, one plane each; every other bin takes three. */
export const FFT_PLANES = 2 + 3 * (FFT_BINS - 1);

/** First of the three planes of a bin between 0 and Nyquist (which are planes 0 and 1). */
export const fftPlane = (bin: number): number => 2 + 3 * (bin - 1);
