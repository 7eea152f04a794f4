// The length regulator's gather: whole rows of hidden states, a vector of four channels per thread. Replaces GatherV2,
// which works out every element's coordinates.
import type { Tensor1D, Tensor3D } from '#tf';
import { dispatch, THREADS } from '../program.js';

const CODE = (vectors: number): string => `
fn main(index: i32) {
  if (index >= uniforms.vectors) { return; }
  let row = clamp(indices[index / ${vectors}], 0, uniforms.rows - 1);
  result[index] = x[row * ${vectors} + index % ${vectors}];
}`;

/** Rows of x: [1, N, C] and T indices from 0 to N - 1 -> [1, T, C]. */
export function gatherRows(x: Tensor3D, indices: Tensor1D): Tensor3D {
  const [, rows, channels] = x.shape;
  const components = channels % 4 === 0 ? 4 : 1;
  const perRow = channels / components;
  return dispatch({
    key: `gather ${perRow}`,
    code: () => CODE(perRow),
    inputs: { x: { tensor: x, components }, indices: { tensor: indices, components: 1 } },
    uniforms: {
      rows: { type: 'i32', value: rows },
      vectors: { type: 'i32', value: indices.size * perRow },
    },
    outputShape: [1, indices.size, channels],
    outputComponents: components,
    workgroups: Math.ceil((indices.size * perRow) / THREADS),
  }) as Tensor3D;
}
