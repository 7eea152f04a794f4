// AssemblyScript of one fast convolution: tiles are transformed in blocks that stay in the cache, every plane
// of a block is multiplied by its matrix, and the products are transformed back, with bias, activation and
// residual in the same pass. Dilation d costs nothing: rows d apart form one of d independent signals
// ("phases").
import { Codelet, expression, PARK_BYTES, type Value } from './codelet.js';
import type { ConvTransform, ForwardTransform } from './transform.js';

/**
 * Rows and outputs of one inner product kernel: eight accumulators, one input channel per iteration. V8
 * hoists every load of a basic block, so a larger tile or an unrolled loop runs out of the sixteen vector
 * registers.
 */
export const GEMM_ROWS = 4;

/**
 * Tiles per block; the narrower the rows, the more of the first cache the block must leave to the weights.
 */
const blockTiles = ({ planes }: ForwardTransform, channels: number): number => {
  const wanted = planes > 16 ? (channels >= 64 ? 24 : 12) : channels === 8 ? 120 : 60;
  return Math.ceil(wanted / GEMM_ROWS) * GEMM_ROWS;
};

const lines = (...parts: (string | string[])[]): string => `${parts.flat().join('\n')}\n`;

/** Shared pieces: leaky ReLU (of slope 1: nothing; of slope 0: ReLU) and rows with zeros around them. */
export function sharedSource(): string {
  return `
// @ts-ignore: decorator
@inline function leaky(v: v128, slope: v128): v128 { return f32x4.pmax(v, f32x4.mul(v, slope)); }
// Copies rows first to first + count of a signal of \`rows\` rows; rows that it does not have are zero.
function copyRows(to: usize, from: usize, first: i32, count: i32, rows: i32, bytes: i32): void {
  const low = max(first, 0);
  const high = min(first + count, rows);
  if (low >= high) { memory.fill(to, 0, count * bytes); return; }
  memory.fill(to, 0, (low - first) * bytes);
  memory.copy(to + (low - first) * bytes, from + low * bytes, (high - low) * bytes);
  memory.fill(to + (high - first) * bytes, 0, (first + count - high) * bytes);
}
`;
}

/**
 * [tiles][planes][C] x [C][8] -> eight channels of [tiles][planes][C], one plane; computes whole fours of
 * tiles.
 */
export function gemmSource(transform: ForwardTransform, channels: number): string {
  const tile = transform.planes * channels * 4;
  const rows = [...Array(GEMM_ROWS).keys()];
  return lines(
    `function ${transform.name}_gemm_${channels}(x: usize, weights: usize, y: usize, tiles: i32): void {`,
    '  let s: v128, w0: v128, w1: v128;',
    '  do {',
    rows.map((r) => `    let a${r} = i32x4.splat(0), b${r} = i32x4.splat(0);`),
    `    let p = x, w = weights;`,
    `    const end = p + ${channels * 4};`,
    '    do {',
    '      w0 = v128.load(w); w1 = v128.load(w, 16);',
    rows.map(
      (r) =>
        `      s = v128.load32_splat(p, ${r * tile}); a${r} = f32x4.add(a${r}, f32x4.mul(s, w0)); b${r} = f32x4.add(b${r}, f32x4.mul(s, w1));`,
    ),
    '      w += 32; p += 4;',
    '    } while (p < end);',
    rows.map((r) => `    v128.store(y, a${r}, ${r * tile}); v128.store(y, b${r}, ${r * tile + 16});`),
    `    x += ${GEMM_ROWS * tile}; y += ${GEMM_ROWS * tile}; tiles -= ${GEMM_ROWS};`,
    '  } while (tiles > 0);',
    '}',
  );
}

/** Addresses of rows that are `stride` apart. */
interface Rows {
  /** Statements before all loops, and at the start of the innermost. */
  before: string;
  within: string;
  at(row: number): string;
}

/** A few pointers and three strides: V8 would keep every multiple of a stride on the stack. */
function rowsOf(base: string, count: number): Rows {
  if (count <= 8) return { before: '', within: '', at: (row) => `${base} + ${row} * stride` };
  const quarters = [0, 1, 2, 3];
  const pointers = quarters.map((q) => `${base}${q} = ${base} + ${q} * stride`);
  const further = quarters.map((q) => `${base}${q}far = ${base}${q} + 16 * stride`);
  return {
    before: '  const stride4 = 4 * stride, stride12 = 12 * stride;',
    within: `      const ${[...pointers, ...further].join(', ')};`,
    at(row) {
      const steps = row >> 2;
      const pointer = `${base}${row % 4}${steps >= 4 ? 'far' : ''}`;
      return `${pointer}${['', ' + stride4', ' + 2 * stride4', ' + stride12'][steps % 4]}`;
    },
  };
}

/** The two forms of the input map: without and with leaky ReLU on load. */
export function forwardSource(transform: ForwardTransform, channels: number): string {
  const { name, inputs, planes } = transform;
  const row = channels * 4;
  return ['plain', 'leaky']
    .map((form) => {
      const codelet = new Codelet();
      const from = rowsOf('x', inputs);
      const rows = Array.from({ length: inputs }, (_, i) => {
        const load = `v128.load(${from.at(i)})`;
        return expression(form === 'leaky' ? `leaky(${load}, slope)` : load);
      });
      transform.forward(codelet, rows, (plane, value) =>
        codelet.store(value, (v) => `v128.store(u, ${v}, ${plane * row});`),
      );
      return lines(
        `function ${name}_forward_${form}_${channels}(x: usize, u: usize, dilation: i32, phase: i32, tiles: i32, skip: i32, slope: v128, park: usize): void {`,
        `  const stride: usize = dilation * ${row};`,
        from.before,
        codelet.preamble,
        '  do {',
        `    const end = x + ${row};`,
        '    do {',
        from.within,
        codelet.body,
        '      x += 16; u += 16;',
        '    } while (x < end);',
        `    u += ${(planes - 1) * row};`,
        '    if (++phase == dilation) { phase = 0; x += skip; }',
        '  } while (--tiles);',
        '}',
      );
    })
    .join('');
}

/**
 * The forms of the output map: with activation, with a residual that lies `residual` bytes from the output,
 * and with a residual and a sum.
 */
function inverseSource(transform: ConvTransform, channels: number): string {
  const { name, outputs, forward } = transform;
  const row = channels * 4;
  return ['active', 'residual', 'sum']
    .map((form) => {
      const codelet = new Codelet();
      const to = rowsOf('y', outputs);
      const planes = Array.from({ length: forward.planes }, (_, plane) => {
        const load = `v128.load(g, ${plane * row})`;
        return expression(plane === transform.constantPlane ? `f32x4.add(${load}, bias)` : load);
      });
      transform.inverse(codelet, planes, (t, value: Value) => {
        codelet.store(value, (v) => {
          const sum = transform.constantPlane === undefined ? `f32x4.add(${v}, bias)` : v;
          if (form === 'active') return `v128.store(${to.at(t)}, leaky(${sum}, slope));`;
          const added = `f32x4.add(${sum}, v128.load(${to.at(t)} + residual))`;
          if (form === 'residual') return `v128.store(${to.at(t)}, ${added});`;
          return `v128.store(${to.at(t)}, f32x4.add(${added}, v128.load(${to.at(t)} + sum)));`;
        });
      });
      return lines(
        `function ${name}_inverse_${form}_${channels}(g: usize, y: usize, dilation: i32, phase: i32, tiles: i32, biases: usize, residual: usize, sum: usize, slope: v128, park: usize): void {`,
        `  const stride: usize = dilation * ${row};`,
        `  const skip: usize = dilation * ${(outputs - 1) * row};`,
        to.before,
        codelet.preamble,
        '  do {',
        `    const end = y + ${row};`,
        '    let b = biases;',
        '    do {',
        '      const bias = v128.load(b);',
        to.within,
        codelet.body,
        '      y += 16; g += 16; b += 16;',
        '    } while (y < end);',
        `    g += ${(forward.planes - 1) * row};`,
        '    if (++phase == dilation) { phase = 0; y += skip; }',
        '  } while (--tiles);',
        '}',
      );
    })
    .join('');
}

/**
 * The exported kernel. A group is one tile of every phase: `outputs d` adjacent rows. Groups that reach over
 * an end of the signal go through small buffers with zeros around; all others read and write the tensors in
 * place. `residual` and a `slopeOut` other than 1 exclude each other; there is a `sum` only beside a
 * residual. A unit of work is a tile.
 */
export function tiledKernelSource(transform: ConvTransform, channels: number): string {
  const { name, outputs, forward } = transform;
  const row = channels * 4;
  const tile = forward.planes * row;
  const block = blockTiles(forward, channels);
  const blockBytes = (block + GEMM_ROWS) * tile;
  const call = `${name}_${channels}`;
  const into = (from: string): string =>
    [
      `        if (slopeIn == 1) ${forward.name}_forward_plain_${channels}(${from}, planes, d, phase, run, skip, lin, park);`,
      `        else ${forward.name}_forward_leaky_${channels}(${from}, planes, d, phase, run, skip, lin, park);`,
    ].join('\n');
  return `${inverseSource(transform, channels)}
export const ${call}_grain: i32 = ${GEMM_ROWS};
export function ${call}_units(rowsOut: i32, d: i32): i32 { return (rowsOut + ${outputs} * d - 1) / (${outputs} * d) * d; }
export function ${call}_scratch(d: i32): i32 {
  return ${PARK_BYTES + 2 * blockBytes} + d * ${(forward.inputs + 3 * outputs) * row};
}
export function ${call}(x: usize, y: usize, weights: usize, biases: usize, residual: usize, sum: usize, rowsIn: i32, rowsOut: i32, d: i32, before: i32, slopeIn: f32, slopeOut: f32, from: i32, to: i32, scratch: usize): void {
  const lin = f32x4.splat(slopeIn), lout = f32x4.splat(slopeOut);
  const group = ${outputs} * d, reach = ${forward.inputs} * d, skip = d * ${(outputs - 1) * row};
  const park = scratch, u = park + ${PARK_BYTES}, g = u + ${blockBytes}, edge = g + ${blockBytes};
  const edgeOut = edge + reach * ${row}, edgeResidual = edgeOut + group * ${row}, edgeSum = edgeResidual + group * ${row};
  const spare = rowsIn - reach + before;
  const innerGroups = spare < 0 ? 0 : spare / group + 1;
  const wholeGroups = rowsOut / group;
  for (let start = from; start < to; start += ${block}) {
    const stop = min(start + ${block}, to);
    for (let s = start, run = 0; s < stop; s += run) {
      const q = s / d, phase = s - q * d, first = q * group - before;
      const planes: usize = u + (s - start) * ${tile};
      if (first >= 0 && q < innerGroups) {
        run = min(innerGroups * d, stop) - s;
${into(`x + (first + phase) * ${row}`)}
      } else {
        run = min((q + 1) * d, stop) - s;
        copyRows(edge, x, first, reach, rowsIn, ${row});
${into(`edge + phase * ${row}`)}
      }
    }
    let w = weights;
    for (let plane: usize = 0; plane < ${tile}; plane += ${row}) {
      for (let c: usize = 0; c < ${row}; c += 32) {
        ${forward.name}_gemm_${channels}(u + plane, w, g + plane + c, stop - start);
        w += ${channels * 32};
      }
    }
    for (let s = start, run = 0; s < stop; s += run) {
      const q = s / d, phase = s - q * d, first = q * group;
      const products: usize = g + (s - start) * ${tile};
      if (q < wholeGroups) {
        run = min(wholeGroups * d, stop) - s;
        const rows = y + (first + phase) * ${row};
        if (sum) ${name}_inverse_sum_${channels}(products, rows, d, phase, run, biases, residual - y, sum - y, lout, park);
        else if (residual) ${name}_inverse_residual_${channels}(products, rows, d, phase, run, biases, residual - y, 0, lout, park);
        else ${name}_inverse_active_${channels}(products, rows, d, phase, run, biases, 0, 0, lout, park);
      } else {
        run = min((q + 1) * d, stop) - s;
        const rows = edgeOut + phase * ${row};
        if (residual) {
          copyRows(edgeResidual, residual, first, group, rowsOut, ${row});
          if (sum) {
            copyRows(edgeSum, sum, first, group, rowsOut, ${row});
            ${name}_inverse_sum_${channels}(products, rows, d, phase, run, biases, edgeResidual - edgeOut, edgeSum - edgeOut, lout, park);
          } else ${name}_inverse_residual_${channels}(products, rows, d, phase, run, biases, edgeResidual - edgeOut, 0, lout, park);
        } else ${name}_inverse_active_${channels}(products, rows, d, phase, run, biases, 0, 0, lout, park);
        for (let t = phase; t < group; t += d) {
          const count = min(run, rowsOut - first - t);
          if (count > 0) memory.copy(y + (first + t) * ${row}, edgeOut + t * ${row}, count * ${row});
        }
      }
    }
  }
}
`;
}
