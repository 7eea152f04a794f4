// A stretch of a signal on the backend that knows where it lies in the whole: with it a model asks for rows by their
// place in the whole signal, whatever stretch of it there is.
import type { Tensor3D } from '#tf';
import type { ConvPart, Layer, Ops, RowRange } from '../backends/ops.js';

/** Rows [from, from + N) of a signal, [1, N, C]. */
export interface Window {
  x: Tensor3D;
  from: number;
}

/**
 * The wanted rows of a convolution of stride 1 and `same` padding. All rows that they depend on must lie in the window,
 * but for those that the whole signal does not have either.
 * @param residual is added; it has the wanted rows at least.
 * @param sum is added too; it has just the wanted rows.
 */
export function convolveRows(
  ops: Ops,
  { x, from }: Window,
  layer: Layer<'conv1d'>,
  wanted: RowRange,
  residual?: Window,
  sum?: Tensor3D,
): Window {
  const rows = { from: wanted.from - from, to: wanted.to - from };
  const part: ConvPart = { rows, residualFrom: residual ? wanted.from - residual.from : 0 };
  if (sum) part.sum = sum;
  return { x: ops.conv1d(x, layer, residual?.x, part), from: wanted.from };
}
