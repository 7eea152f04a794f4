// AssemblyScript of convolutions with one output, such as a vocoder's last: each value is a dot product of
// taps x channels adjacent floats, four values at a time, with tanh in the same pass.
import { EXP_CONSTANTS, expStatements } from './exponential.js';

const ROWS = 4;

/** Output rows per block, whose input stays in the first cache. */
const BLOCK = 64;

const each = (code: (r: number) => string): string =>
  [...Array(ROWS).keys()].map((r) => `  ${code(r)}`).join('\n');

const TANH_POLYNOMIAL = [
  '-5.70498872745e-3',
  '2.06390887954e-2',
  '-5.37397155531e-2',
  '1.33314422036e-1',
  '-3.33332819422e-1',
];

/**
 * tanh to 2 units in the last place (Cephes' tanhf): an odd polynomial below 0.625, (1 - e) / (1 + e) with e
 * = exp(-2 |v|) from there on.
 */
const TANH = `
function tanhVector(v: v128): v128 {
${EXP_CONSTANTS}
${TANH_POLYNOMIAL.map((c, i) => `  const c${i} = f32x4.splat(${c});`).join('\n')}
  const size = f32x4.abs(v), z = f32x4.mul(v, v), doubled = f32x4.mul(size, f32x4.splat(-2));
  let p = c0;
${TANH_POLYNOMIAL.slice(1)
  .map((_, i) => `  p = f32x4.add(c${i + 1}, f32x4.mul(p, z));`)
  .join('\n')}
  const cube = f32x4.mul(z, v), small = f32x4.add(v, f32x4.mul(p, cube));
${expStatements('doubled', 'e')}
  const large = f32x4.div(f32x4.sub(expOne, e), f32x4.add(expOne, e));
  const signed = v128.or(large, v128.and(v, f32x4.splat(-0.0)));
  return v128.bitselect(small, signed, f32x4.lt(size, f32x4.splat(0.625)));
}
`;

/** Needs what directSharedSource declares. A unit of work is a row. */
export function dotKernelSource(): string {
  return `${TANH}
// Four values from rows that are \`row\` bytes apart: \`runs\` runs of \`bytes\` bytes, \`step\` apart, against gapless weights.
function dotRows(x: usize, row: usize, runs: i32, bytes: usize, step: usize, w: usize): v128 {
${each((r) => `let a${r} = i32x4.splat(0);`)}
  let s: v128, v: v128;
  do {
    let p = x;
    const end = p + bytes;
    do {
      s = v128.load(w);
${each((r) => `    v = v128.load(p + ${r} * row); a${r} = f32x4.add(a${r}, f32x4.mul(s, v));`)}
      w += 16; p += 16;
    } while (p < end);
    x += step;
  } while (--runs);
  const low = f32x4.add(v128.shuffle<f32>(a0, a1, 0, 4, 1, 5), v128.shuffle<f32>(a0, a1, 2, 6, 3, 7));
  const high = f32x4.add(v128.shuffle<f32>(a2, a3, 0, 4, 1, 5), v128.shuffle<f32>(a2, a3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(low, high, 0, 1, 4, 5), v128.shuffle<f32>(low, high, 2, 3, 6, 7));
}
export const dot_grain: i32 = ${ROWS};
export function dot_scratch(cin: i32, taps: i32, d: i32): i32 { return ((${BLOCK} + (taps - 1) * d) * cin + ${BLOCK}) * 4; }
export function dot(x: usize, y: usize, weights: usize, biases: usize, residual: usize, sum: usize, rowsIn: i32, rowsOut: i32, cin: i32, taps: i32, d: i32, before: i32, slopeIn: f32, slopeOut: f32, isTanh: i32, from: i32, to: i32, scratch: usize): void {
  const bias = v128.load32_splat(biases), slope = f32x4.splat(slopeOut);
  const row: usize = cin * 4, halo = (taps - 1) * d;
  const made = scratch + (${BLOCK} + halo) * row;
  // Without dilation all taps are one run.
  const runs = d == 1 ? 1 : taps, bytes: usize = d == 1 ? taps * row : row, step: usize = d * row;
  for (let start = from; start < to; start += ${BLOCK}) {
    const count = min(${BLOCK}, to - start), whole = (count + ${ROWS - 1}) & ~${ROWS - 1};
    bufferRows(scratch, x, (start - before) * cin, whole + halo, rowsIn * cin, cin, row as i32, slopeIn);
    for (let t = 0; t < whole; t += ${ROWS}) {
      const v = f32x4.add(dotRows(scratch + t * row, row, runs, bytes, step, weights), bias);
      v128.store(made + t * 4, isTanh ? tanhVector(v) : leaky(v, slope));
    }
    for (let t = 0; t < count; t++) {
      let v = load<f32>(made + t * 4);
      if (residual) v += load<f32>(residual + (start + t) * 4);
      if (sum) v += load<f32>(sum + (start + t) * 4);
      store<f32>(y + (start + t) * 4, v);
    }
  }
}
`;
}
