// Two kernels over the rows of a sequence. Layer norm takes a workgroup per row, with the sums in workgroup
// memory, and replaces the reference's two means, square, rsqrt and four elementwise kernels. The length
// regulator's gather copies whole rows, a vector of four channels per thread, and replaces GatherV2, which
// computes coordinates for every value.
import type { Tensor1D, Tensor3D } from '#tf';
import type { NormLayer } from '../../reference.js';
import { dispatch, THREADS } from '../program.js';

const LAYER_NORM_CODE = (channels: number): string => `
var<workgroup> partial: array<f32, ${THREADS}>;

// Sum of all threads' values. Every thread of the workgroup must call it.
fn total(value: f32) -> f32 {
  let thread = localIndex;
  partial[thread] = value;
  for (var half = ${THREADS / 2}u; half > 0u; half = half / 2u) {
    workgroupBarrier();
    if (thread < half) { partial[thread] += partial[thread + half]; }
  }
  workgroupBarrier();
  let sum = partial[0];
  workgroupBarrier();
  return sum;
}

fn main(index: i32) {
  let thread = i32(localIndex);
  let row = index / ${THREADS};
  let isRow = row < uniforms.rows;
  let start = select(0, row * ${channels}, isRow);
  var sum = 0.0;
  for (var c = thread; c < ${channels}; c += ${THREADS}) { sum += x[start + c]; }
  let mean = total(sum) / ${channels}.0;
  var squares = 0.0;
  for (var c = thread; c < ${channels}; c += ${THREADS}) {
    let centred = x[start + c] - mean;
    squares = fma(centred, centred, squares);
  }
  let scale = inverseSqrt(total(squares) / ${channels}.0 + uniforms.epsilon);
  if (!isRow) { return; }
  for (var c = thread; c < ${channels}; c += ${THREADS}) {
    result[start + c] = fma((x[start + c] - mean) * scale, gain[c], offset[c]);
  }
}`;

const GATHER_CODE = (vectors: number): string => `
fn main(index: i32) {
  if (index >= uniforms.vectors) { return; }
  let row = clamp(indices[index / ${vectors}], 0, uniforms.rows - 1);
  result[index] = x[row * ${vectors} + index % ${vectors}];
}`;

/** Layer norm, [1, N, C] -> [1, N, C]. */
export function layerNorm(x: Tensor3D, { gain, offset, epsilon }: NormLayer): Tensor3D {
  const [, rows, channels] = x.shape;
  return dispatch({
    key: `layer norm ${channels}`,
    code: () => LAYER_NORM_CODE(channels),
    inputs: {
      x: { tensor: x, components: 1 },
      gain: { tensor: gain, components: 1 },
      offset: { tensor: offset, components: 1 },
    },
    uniforms: { rows: { type: 'i32', value: rows }, epsilon: { type: 'f32', value: epsilon } },
    outputShape: x.shape,
    outputComponents: 1,
    workgroups: rows,
  }) as Tensor3D;
}

/** Rows of x: [1, N, C] and T indices from 0 to N - 1 -> [1, T, C]. */
export function gatherRows(x: Tensor3D, indices: Tensor1D): Tensor3D {
  const [, rows, channels] = x.shape;
  const components = channels % 4 === 0 ? 4 : 1;
  const perRow = channels / components;
  return dispatch({
    key: `gather ${perRow}`,
    code: () => GATHER_CODE(perRow),
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
