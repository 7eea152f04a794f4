// Overlap-save convolution by 32-point real FFTs: bins 0 and 16 are real, every other bin is a complex
// product made of three real ones (Gauss): with x = a + ib and w = c + id, re = c (a + b) - b (c + d), im = c
// (a + b) + a (d - c), so a bin takes three planes, a + b, a and b, against weights c, d - c and c + d.
import { FFT_BINS, FFT_PLANES, FFT_POINTS, fftPlane } from '../../src/backends/wasm/transforms.js';
import { add, isNegated, type Maybe, sub, unsigned } from './codelet.js';
import { type Bin, inverseRealFft, realFft } from './real-fft.js';
import type { ConvTransform, ForwardTransform } from './transform.js';

/**
 * Bins whose imaginary part the forward transform stores negated, which saves a negation; their weights are
 * negated too.
 */
export const negatedBins = new Set<number>();

/** Bins in an order that puts those that share sub-expressions side by side. */
function storeOrder(): number[] {
  const half = FFT_BINS;
  const order: number[] = [];
  for (let k = 0; k <= half / 4; k++) order.push(k, half / 2 - k, half / 2 + k, half - k);
  return [...new Set(order)].filter((k) => k > 0 && k < half);
}

const forward: ForwardTransform = {
  name: 'fft',
  inputs: FFT_POINTS,
  planes: FFT_PLANES,
  forward(codelet, rows, store) {
    const bins = realFft(codelet, rows);
    store(0, bins[0]!.re!);
    store(1, bins[FFT_BINS]!.re!);
    for (const k of storeOrder()) {
      const { re, im } = bins[k]!;
      if (isNegated(re!)) throw new Error(`bin ${k}: only imaginary parts may be stored negated`);
      if (isNegated(im!)) negatedBins.add(k);
      store(fftPlane(k) + 1, re!);
      store(fftPlane(k) + 2, unsigned(im!));
      store(fftPlane(k), add(re, im)!);
    }
  },
};

/** Even positions first, recursively: the order in which outputs become ready. */
function bitReversed(N: number): number[] {
  if (N === 1) return [0];
  const half = bitReversed(N / 2);
  return [...half.map((n) => 2 * n), ...half.map((n) => 2 * n + 1)];
}

export function fftConvolution(kernel: number): ConvTransform {
  const outputs = FFT_POINTS + 1 - kernel;
  return {
    name: `fft${kernel}`,
    forward,
    kernel,
    outputs,
    constantPlane: 0,
    inverse(codelet, planes, store) {
      const real = (re: Maybe): Bin => ({ re, im: undefined });
      const bins = Array.from({ length: FFT_BINS + 1 }, (_, k): Bin => {
        if (k === 0 || k === FFT_BINS) return real(planes[k === 0 ? 0 : 1]);
        const [common, a, b] = [0, 1, 2].map((i) => planes[fftPlane(k) + i]);
        return { re: sub(common, b), im: add(common, a) };
      });
      const rows = inverseRealFft(codelet, bins);
      for (const n of bitReversed(FFT_POINTS)) if (n < outputs) store(n, rows[n]!);
    },
  };
}
