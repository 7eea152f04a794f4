// The discrete Fourier transform of real vectors and its inverse, as codelets: split radix-2 by parity
// (decimation in time), keeping bins 0 to N / 2 only, since the others are their conjugates.
import { add, type Codelet, type Maybe, negate, scale, scaledAdd, sub } from './codelet.js';

/** One bin; an absent part is zero. */
export interface Bin {
  re: Maybe;
  im: Maybe;
}

const isEighthTurn = (cos: number, sin: number): boolean => Math.abs(cos - sin) < 1e-9;

/** X[k] = sum of x[n] exp(-2 pi i k n / N), k = 0 to N / 2. */
export function realFft(codelet: Codelet, x: readonly Maybe[], whole = x.length): Bin[] {
  const bins = splitByParity(codelet, x, whole);
  // Each quarter is finished before the next one starts.
  if (x.length === whole / 4) codelet.park(bins.flatMap(({ re, im }) => [re, im]));
  return bins;
}

function splitByParity(codelet: Codelet, x: readonly Maybe[], whole: number): Bin[] {
  const N = x.length;
  if (N === 2) {
    return [
      { re: add(x[0], x[1]), im: undefined },
      { re: sub(x[0], x[1]), im: undefined },
    ];
  }
  const part = (parity: number): Bin[] =>
    realFft(
      codelet,
      x.filter((_, n) => n % 2 === parity),
      whole,
    );
  const [even, odd] = [part(0), part(1)];
  const X: Bin[] = new Array(N / 2 + 1);
  X[0] = { re: add(even[0]!.re, odd[0]!.re), im: undefined };
  X[N / 2] = { re: sub(even[0]!.re, odd[0]!.re), im: undefined };
  X[N / 4] = { re: even[N / 4]!.re, im: negate(odd[N / 4]!.re) };
  for (let k = 1; k < N / 4; k++) {
    const angle = (2 * Math.PI * k) / N;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const [e, o] = [even[k]!, odd[k]!];
    // X[k] = E + w O and X[N/2 - k] = conj(E - w O) with w = cos - i sin.
    if (isEighthTurn(cos, sin)) {
      const [p, q] = [add(o.re, o.im), sub(o.im, o.re)];
      X[k] = { re: scaledAdd(e.re, p, cos), im: scaledAdd(e.im, q, cos) };
      X[N / 2 - k] = { re: scaledAdd(e.re, p, -cos), im: negate(scaledAdd(e.im, q, -cos)) };
    } else {
      const re = scaledAdd(scale(o.re, cos), o.im, sin);
      const im = scaledAdd(scale(o.im, cos), o.re, -sin);
      X[k] = { re: add(e.re, re), im: add(e.im, im) };
      X[N / 2 - k] = { re: sub(e.re, re), im: sub(im, e.im) };
    }
  }
  return X;
}

/** N x[n] from bins 0 to N / 2: the inverse without its factor 1 / N. */
export function inverseRealFft(codelet: Codelet, X: readonly Bin[]): Maybe[] {
  const quarters: (readonly Bin[])[] = [];
  const x = joinByParity(X, 0, quarters);
  // Bin by bin over all quarters: what one bin needs is loaded once and not kept for long.
  for (let k = 0; k < quarters[0]!.length; k++) {
    codelet.park(quarters.flatMap((bins) => [bins[k]!.re, bins[k]!.im]));
  }
  return x;
}

function joinByParity(X: readonly Bin[], depth: number, quarters: (readonly Bin[])[]): Maybe[] {
  const half = X.length - 1;
  const N = 2 * half;
  if (depth === 2) quarters.push(X);
  if (N === 2) return [add(X[0]!.re, X[1]!.re), sub(X[0]!.re, X[1]!.re)];
  const even: Bin[] = [];
  const odd: Bin[] = [];
  for (let k = 0; k <= N / 4; k++) {
    const [a, b] = [X[k]!, X[half - k]!];
    if (k === 0) {
      even.push({ re: add(a.re, b.re), im: undefined });
      odd.push({ re: sub(a.re, b.re), im: undefined });
    } else if (k === N / 4) {
      even.push({ re: add(a.re, a.re), im: undefined });
      odd.push({ re: negate(add(a.im, a.im)), im: undefined });
    } else {
      // Even bins are X[k] + conj(X[N/2 - k]), odd ones their difference turned back by w.
      even.push({ re: add(a.re, b.re), im: sub(a.im, b.im) });
      const [re, im] = [sub(a.re, b.re), add(a.im, b.im)];
      const angle = (2 * Math.PI * k) / N;
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      odd.push(
        isEighthTurn(cos, sin)
          ? { re: scale(sub(re, im), cos), im: scale(add(re, im), cos) }
          : { re: scaledAdd(scale(re, cos), im, -sin), im: scaledAdd(scale(im, cos), re, sin) },
      );
    }
  }
  const [evenRows, oddRows] = [
    joinByParity(even, depth + 1, quarters),
    joinByParity(odd, depth + 1, quarters),
  ];
  return evenRows.flatMap((row, n) => [row, oddRows[n]]);
}
