// A signal inside a generator knows which rows of the whole it holds, so that a stretch of an utterance is made from the
// rows that its samples depend on and every step frees what it has used up.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { ConvPart, Layer, Ops, RowRange } from '../backends/ops.js';

/** Rows [from, from + L) of a signal, x [1, L, C]. */
export interface Signal {
  x: Tensor3D;
  from: number;
}

/**
 * The wanted rows of a convolution of stride 1 and `same` padding. All rows that they depend on must lie in the signal,
 * but for those that the whole signal does not have either.
 * @param residual is added; it has the wanted rows at least.
 * @param sum is added too; it has just the wanted rows.
 */
export function convolve(
  ops: Ops,
  { x, from }: Signal,
  layer: Layer<'conv1d'>,
  wanted: RowRange,
  residual?: Signal,
  sum?: Tensor3D,
): Signal {
  const rows = { from: wanted.from - from, to: wanted.to - from };
  const part: ConvPart = { rows, residualFrom: residual ? wanted.from - residual.from : 0 };
  if (sum) part.sum = sum;
  return { x: ops.conv1d(x, layer, residual?.x, part), from: wanted.from };
}

/** What `make` returns; what it makes besides is freed. */
export function tidied(make: () => Signal): Signal {
  let from = 0;
  const x = tf.tidy(() => {
    const made = make();
    from = made.from;
    return made.x;
  });
  return { x, from };
}

/** The same, and the signal that it was made from is freed. */
export function inPlaceOf(before: Signal, make: () => Signal): Signal {
  const after = tidied(make);
  before.x.dispose();
  return after;
}
