// The text of the convolution kernel. A workgroup computes a tile of rows x columns: it copies the rows of x
// that the tile and its taps need, and the weights of some taps, into its own memory; then every thread sums
// four rows of four columns. The same kernel upsamples: a column is then a channel of one of `stride` phases,
// and the taps that are zero for all columns of a tile are skipped.
//
// Taps, dilation, tanh and what is added to the result are uniforms, so a shader is compiled only for each
// number of channels. That halves the shaders of a voice, and with them most of the time of the first
// sentence.
import { THREADS } from '../program.js';
import { roundUp } from './weights.js';

/** Bytes of workgroup memory that every adapter has. */
const WORKGROUP_BYTES = 16384;
/** Rows that one thread sums. */
const ROWS = 4;
/** Most taps whose weights are in workgroup memory at once. */
const TAPS_AT_ONCE = 4;

/** The properties of a convolution that the text of its shader depends on. */
export interface ShaderForm {
  inChannels: number;
  /** Values per row of the result: output channels, times the phases of an upsampling. */
  columns: number;
  /** Columns that may share a tile: those of one phase. */
  group: number;
  /** Most rows between the first tap and the last that workgroup memory has room for. */
  halo: number;
  weights: 'half' | 'single';
  /** An upsampling by `stride` with `kernel` taps in all, `pad` of them outside. */
  phases?: { stride: number; kernel: number; pad: number; before: number };
}

/** How a convolution is divided into tiles. */
export interface Tiling {
  /** Rows of a tile. */
  rows: number;
  /** Vectors of four columns of a tile. */
  lanes: number;
  columnTiles: number;
  /** Vectors of four input channels in workgroup memory at once. */
  depth: number;
  /** Taps whose weights are in workgroup memory at once. */
  tapsAtOnce: number;
}

/** The tiles; undefined when the halo is too long for the workgroup's memory. */
export function tilingOf(form: ShaderForm): Tiling | undefined {
  const { inChannels, columns, group, halo, phases } = form;
  const vectors = roundUp(columns, 4) / 4;
  let lanes = 1;
  // The tiles of an upsampling end with its phases.
  while (lanes < 8 && lanes * 4 < group && !(phases && group % (lanes * 8) !== 0)) lanes *= 2;
  const rows = (THREADS / lanes) * ROWS;
  const channels = roundUp(inChannels, 4) / 4;
  for (const most of [4, 2, 1]) {
    const depth = Math.min(most, channels);
    const tap = depth * 4 * lanes * 16;
    const left = WORKGROUP_BYTES - (rows + halo) * depth * 16;
    if (left < tap) continue;
    const tapsAtOnce = halo === 0 ? 1 : Math.min(TAPS_AT_ONCE, Math.floor(left / tap));
    return { rows, lanes, columnTiles: Math.ceil(vectors / lanes), depth, tapsAtOnce };
  }
  return undefined;
}

/** The text of the shader, in WGSL. */
export function convolutionCode(form: ShaderForm, tiling: Tiling): string {
  const { inChannels, columns, halo } = form;
  const { rows, lanes, columnTiles, depth, tapsAtOnce } = tiling;
  const vectors = roundUp(columns, 4) / 4;
  const channels = roundUp(inChannels, 4) / 4;
  const each = (line: (r: number) => string): string =>
    Array.from({ length: ROWS }, (_, r) => line(r)).join('\n');
  return `
var<workgroup> xs: array<vec4<f32>, ${(rows + halo) * depth}>;
var<workgroup> ws: array<vec4<f32>, ${tapsAtOnce * depth * 4 * lanes}>;

fn leaky(v: vec4<f32>, slope: f32) -> vec4<f32> { return select(v * slope, v, v >= vec4<f32>(0.0)); }

// The built-in tanh is infinity over infinity for large values on some drivers.
fn tanhOf(v: vec4<f32>) -> vec4<f32> {
  let e = exp(-2.0 * abs(v));
  return sign(v) * (1.0 - e) / (1.0 + e);
}

${inputCode(inChannels)}
${weightCode(form)}
${storeCode(columns)}

fn main(index: i32) {
  let thread = i32(localIndex);
  let tile = index / ${THREADS};
  let firstRow = tile / ${columnTiles} * ${rows};
  let firstVector = tile % ${columnTiles} * ${lanes};
  let vector = thread % ${lanes};
  let row = thread / ${lanes};
  ${tapRange(form)}
  let span = ${rows} + uniforms.reach;
  ${each((r) => `var sum${r} = vec4<f32>(0.0);`)}
  for (var block = 0; block < ${channels}; block += ${depth}) {
    for (var i = thread; i < span * ${depth}; i += ${THREADS}) {
      let channel = block + i % ${depth};
      xs[i] = leaky(readX(firstRow - uniforms.before + i / ${depth}, channel), uniforms.leakyIn);
    }
    for (var tap0 = 0; tap0 < uniforms.taps; tap0 += ${tapsAtOnce}) {
      for (var i = thread; i < ${tapsAtOnce * depth * 4 * lanes}; i += ${THREADS}) {
        let tap = tap0 + i / ${depth * 4 * lanes};
        let channel = block * 4 + i / ${lanes} % ${depth * 4};
        let v = firstVector + i % ${lanes};
        var w = vec4<f32>(0.0);
        if (tap >= firstTap && tap <= lastTap && channel < ${inChannels} && v < ${vectors}) {
          w = readW((tap * ${inChannels} + channel) * ${vectors} + v);
        }
        ws[i] = w;
      }
      workgroupBarrier();
      let tapEnd = min(tap0 + ${tapsAtOnce - 1}, lastTap);
      for (var tap = max(tap0, firstTap); tap <= tapEnd; tap++) {
        for (var c = 0; c < ${depth}; c++) {
          let w = ((tap - tap0) * ${depth} + c) * ${4 * lanes} + vector;
          let w0 = ws[w];
          let w1 = ws[w + ${lanes}];
          let w2 = ws[w + ${2 * lanes}];
          let w3 = ws[w + ${3 * lanes}];
          let at = (row + tap * uniforms.dilation) * ${depth} + c;
          ${each(
            (r) => `let x${r} = xs[at + ${((r * THREADS) / lanes) * depth}];
          sum${r} = fma(x${r}.xxxx, w0, fma(x${r}.yyyy, w1, fma(x${r}.zzzz, w2, fma(x${r}.wwww, w3, sum${r}))));`,
          )}
        }
      }
      workgroupBarrier();
    }
  }
  let column = firstVector + vector;
  if (column >= ${vectors}) { return; }
  let offset = bias[column];
  ${each(
    (r) => `if (firstRow + row + ${(r * THREADS) / lanes} < uniforms.rows) {
    store(firstRow + row + ${(r * THREADS) / lanes}, column, leaky(fma(sum${r}, vec4<f32>(uniforms.scale), offset), uniforms.leakyOut));
  }`,
  )}
}`;
}

/** readX(row, vector of channels): zero beyond the ends. */
function inputCode(inChannels: number): string {
  if (inChannels % 4 === 0) {
    return `
fn readX(row: i32, c: i32) -> vec4<f32> {
  if (row < 0 || row >= uniforms.rowsIn || c >= ${inChannels / 4}) { return vec4<f32>(0.0); }
  return x[row * ${inChannels / 4} + c];
}`;
  }
  return `
fn readX(row: i32, c: i32) -> vec4<f32> {
  var v = vec4<f32>(0.0);
  if (row < 0 || row >= uniforms.rowsIn) { return v; }
  for (var i = 0; i < min(4, ${inChannels} - c * 4); i++) { v[i] = x[row * ${inChannels} + c * 4 + i]; }
  return v;
}`;
}

/** readW(vector of four columns). */
function weightCode({ weights }: ShaderForm): string {
  if (weights === 'single') return 'fn readW(at: i32) -> vec4<f32> { return w[at]; }';
  return `
fn readW(at: i32) -> vec4<f32> {
  let words = bitcast<vec2<u32>>(w[at]);
  return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}`;
}

/** store(row, vector of columns, values): applies tanh and adds residual and running sum, where set. */
function storeCode(columns: number): string {
  if (columns % 4 === 0) {
    return `
fn store(row: i32, column: i32, values: vec4<f32>) {
  let at = row * ${columns / 4} + column;
  var made = values;
  if (uniforms.isTanh != 0) { made = tanhOf(made); }
  if (uniforms.hasResidual != 0) { made += residual[at + uniforms.residualFrom * ${columns / 4}]; }
  if (uniforms.hasSum != 0) { made += sum[at]; }
  result[at] = made;
}`;
  }
  return `
fn store(row: i32, column: i32, values: vec4<f32>) {
  var made4 = values;
  if (uniforms.isTanh != 0) { made4 = tanhOf(made4); }
  for (var i = 0; i < min(4, ${columns} - column * 4); i++) {
    let at = row * ${columns} + column * 4 + i;
    var made = made4[i];
    if (uniforms.hasResidual != 0) { made += residual[at + uniforms.residualFrom * ${columns}]; }
    if (uniforms.hasSum != 0) { made += sum[at]; }
    result[at] = made;
  }
}`;
}

/** firstTap and lastTap of a tile: all taps, or those of its phase that are not zero. */
function tapRange({ group, phases }: ShaderForm): string {
  if (!phases) return 'let firstTap = 0;\n  let lastTap = uniforms.taps - 1;';
  const { stride, kernel, pad, before } = phases;
  // Output row i stride + phase takes input row i + o through tap phase + pad - o stride, 0 <= tap < kernel.
  return `let phase = firstVector * 4 / ${group};
  let least = phase + ${pad - kernel + 1};
  let firstTap = max(0, ${before} + select(least / ${stride}, (least + ${stride - 1}) / ${stride}, least > 0));
  let lastTap = min(uniforms.taps - 1, ${before} + (phase + ${pad}) / ${stride});`;
}
