// AssemblyScript of a fast convolution between any numbers of channels, as in the acoustic model: the
// transforms of tiled-kernel.ts, with the inner product of the direct kernel instead of one made for one
// width. Outputs are computed some channels at a time, so that all planes of a block fit the second cache.
import { Codelet, expression } from './codelet.js';
import type { ConvTransform, ForwardTransform } from './transform.js';

/** Tiles of a block: enough that the weights, read once per block, are a small part of the traffic. */
const TILES = 16;
/**
 * Tiles that stay with one thread, because every range of them reads all the weights (two threads: 1.1 times
 * as fast as with ranges of any length).
 */
const TOGETHER = 8;
/** Output channels made at a time. */
const OUTPUTS = 64;

/** Rows `pitch` bytes apart -> planes `planeBytes` apart, leaky ReLU on load. */
export function wideForwardSource(transform: ForwardTransform): string {
  const codelet = new Codelet();
  const rows = Array.from({ length: transform.inputs }, (_, i) =>
    expression(`leaky(v128.load(x + ${i} * pitch), slope)`),
  );
  transform.forward(codelet, rows, (plane, value) =>
    codelet.store(value, (v) => `v128.store(u + ${plane} * planeBytes, ${v});`),
  );
  return `
function ${transform.name}_forward_wide(x: usize, pitch: usize, bytes: usize, u: usize, planeBytes: usize, slope: v128): void {
${codelet.preamble}
  const end = x + bytes;
  do {
${codelet.body}
    x += 16; u += 16;
  } while (x < end);
}
`;
}

/** Planes `planeBytes` apart -> \`outputs\` rows of OUTPUTS channels, one after the other. */
export function wideInverseSource(transform: ConvTransform): string {
  const codelet = new Codelet();
  const planes = Array.from({ length: transform.forward.planes }, (_, plane) =>
    expression(`v128.load(g + ${plane} * planeBytes)`),
  );
  transform.inverse(codelet, planes, (row, value) =>
    codelet.store(value, (v) => `v128.store(y, ${v}, ${row * OUTPUTS * 4});`),
  );
  return `
function ${transform.name}_inverse_wide(g: usize, planeBytes: usize, bytes: usize, y: usize): void {
${codelet.preamble}
  const end = g + bytes;
  do {
${codelet.body}
    g += 16; y += 16;
  } while (g < end);
}
`;
}

/**
 * The exported kernel for inputs of up to `stride` channels; a unit of work is a tile of \`outputs\` rows,
 * \`d\` apart.
 * @param stride floats from one tile to the next within a plane: one that has a direct kernel.
 */
export function wideKernelSource(transform: ConvTransform, stride: number): string {
  const { name, outputs, forward } = transform;
  const { inputs, planes } = forward;
  const planeIn = TILES * stride * 4;
  const planeOut = TILES * OUTPUTS * 4;
  const call = `${name}_wide_${stride}`;
  return `
export const ${call}_grain: i32 = ${TOGETHER};
export function ${call}_units(rowsOut: i32, d: i32): i32 { return (rowsOut + ${outputs} * d - 1) / (${outputs} * d) * d; }
export function ${call}_scratch(): i32 {
  return ${planes * (planeIn + planeOut)} + ${inputs * stride * 4} + ${outputs * OUTPUTS * 4} + 32;
}
export function ${call}(x: usize, y: usize, weights: usize, biases: usize, residual: usize, sum: usize, rowsIn: i32, rowsOut: i32, cin: i32, cout: i32, d: i32, before: i32, slopeIn: f32, slopeOut: f32, from: i32, to: i32, scratch: usize): void {
  const lin = f32x4.splat(slopeIn), lout = f32x4.splat(slopeOut), one = f32x4.splat(1);
  const rowIn: usize = cin * 4, rowOut: usize = cout * 4;
  const planeWeights: usize = cin * cout * 4;
  const u = scratch, g = u + ${planes * planeIn}, edge = g + ${planes * planeOut}, made = edge + ${inputs * stride * 4};
  const zeros = made + ${outputs * OUTPUTS * 4};
  memory.fill(zeros, 0, 32);
  for (let start = from; start < to; start += ${TILES}) {
    const count = min(${TILES}, to - start);
    for (let t = 0; t < count; t++) {
      const q = (start + t) / d, first = q * ${outputs} * d + (start + t - q * d) - before;
      const tile = u + t * ${stride * 4};
      if (first >= 0 && first + ${inputs - 1} * d < rowsIn) {
        ${forward.name}_forward_wide(x + first * rowIn, d * rowIn, rowIn, tile, ${planeIn}, lin);
      } else {
        for (let i = 0; i < ${inputs}; i++) {
          const row = first + i * d;
          if (row >= 0 && row < rowsIn) memory.copy(edge + i * rowIn, x + row * rowIn, rowIn);
          else memory.fill(edge + i * rowIn, 0, rowIn);
        }
        ${forward.name}_forward_wide(edge, rowIn, rowIn, tile, ${planeIn}, lin);
      }
    }
    for (let c = 0; c < cout; c += ${OUTPUTS}) {
      const bytes: usize = min(${OUTPUTS}, cout - c) * 4;
      for (let plane = 0; plane < ${planes}; plane++) {
        let w = weights + plane * planeWeights + c * rowIn;
        const tiles = u + plane * ${planeIn}, products = g + plane * ${planeOut};
        for (let o: usize = 0; o < bytes; o += 32) {
          // Whole fours of tiles: what the last computes beyond the end is never read.
          for (let t = 0; t < count; t += 4) {
            direct_rows_${stride}(tiles + t * ${stride * 4}, 0, 1, cin, w, products + t * ${OUTPUTS * 4} + o, ${OUTPUTS * 4}, zeros, 0, 0, one);
          }
          w += cin * 32;
        }
      }
      for (let t = 0; t < count; t++) {
        ${name}_inverse_wide(g + t * ${OUTPUTS * 4}, ${planeOut}, bytes, made);
        const q = (start + t) / d, first = q * ${outputs} * d + (start + t - q * d);
        for (let i = 0, row = first; i < ${outputs} && row < rowsOut; i++) {
          const at = row * rowOut + c * 4, line = made + i * ${OUTPUTS * 4};
          for (let o: usize = 0; o < bytes; o += 16) {
            let v = leaky(f32x4.add(v128.load(line + o), v128.load(biases + c * 4 + o)), lout);
            if (residual) v = f32x4.add(v, v128.load(residual + at + o));
            if (sum) v = f32x4.add(v, v128.load(sum + at + o));
            v128.store(y + at + o, v);
          }
          row += d;
        }
      }
    }
  }
}
`;
}
