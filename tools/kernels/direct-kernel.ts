// AssemblyScript of the direct convolution: any number of input channels and taps, any dilation, eight
// outputs or more. A strided one is the same over a view of the signal in rows of `stride` times as many
// channels, whose first row may begin anywhere: sizes and positions of the input are in floats. Rows of input
// are copied into a small buffer, with zeros around the signal and leaky ReLU applied once; from there each
// four rows of eight outputs are summed in registers. Each eight outputs have a range of taps of their own,
// [first, count] in `ranges`: an upsampling, written as a convolution, has zeros at one end or the other. A
// unit of work is a row of output; fewer than ROWS in all are one unit.

const ROWS = 4;

/** Floats per buffered row that a kernel exists for; a signal's channels are rounded up to the next. */
export const DIRECT_STRIDES = [8, 16, 32, 64, 128, 256, 512, 1024] as const;

/** Output rows per block: input and weights of eight outputs share the first cache. */
const blockRows = (stride: number): number => Math.min(384, Math.max(32, 6144 / stride));

export function directSharedSource(): string {
  return `
// \`count\` rows from float \`at\` of a signal of \`size\` floats on, leaky ReLU applied, into rows of \`stride\` bytes; what the
// signal does not have is zero.
function bufferRows(to: usize, x: usize, at: i32, count: i32, size: i32, channels: i32, stride: i32, slope: f32): void {
  const vector = f32x4.splat(slope);
  for (let i = 0; i < count; i++) {
    const low = max(-at, 0), high = min(size - at, channels);
    if (low > 0 || high < channels) memory.fill(to, 0, channels * 4);
    const from = x + at * 4, end = high * 4;
    let c = low * 4;
    for (const whole = c + ((end - c) & ~15); c < whole; c += 16) v128.store(to + c, leaky(v128.load(from + c), vector));
    for (; c < end; c += 4) {
      const v = load<f32>(from + c), scaled = v * slope;
      store<f32>(to + c, v < scaled ? scaled : v);
    }
    at += channels;
    to += stride;
  }
}
`;
}

export function directKernelSource(stride: number): string {
  const bytes = stride * 4;
  const rows = [...Array(ROWS).keys()];
  const block = blockRows(stride);
  const each = (code: (r: number) => string): string => rows.map((r) => `  ${code(r)}`).join('\n');
  return `
function direct_rows_${stride}(x: usize, step: usize, taps: i32, cin: i32, w: usize, y: usize, pitch: usize, biases: usize, residual: usize, sum: usize, slope: v128): void {
  const bias0 = v128.load(biases), bias1 = v128.load(biases, 16);
${each((r) => `let a${r} = bias0, b${r} = bias1;`)}
  let s: v128, w0: v128, w1: v128;
  do {
    let p = x;
    const end = p + cin * 4;
    do {
      w0 = v128.load(w); w1 = v128.load(w, 16);
${each((r) => `    s = v128.load32_splat(p, ${r * bytes}); a${r} = f32x4.add(a${r}, f32x4.mul(s, w0)); b${r} = f32x4.add(b${r}, f32x4.mul(s, w1));`)}
      w += 32; p += 4;
    } while (p < end);
    x += step;
  } while (--taps);
${each((r) => `a${r} = leaky(a${r}, slope); b${r} = leaky(b${r}, slope);`)}
  if (residual) {
${each((r) => `  a${r} = f32x4.add(a${r}, v128.load(residual + ${r} * pitch)); b${r} = f32x4.add(b${r}, v128.load(residual + ${r} * pitch, 16));`)}
  }
  if (sum) {
${each((r) => `  a${r} = f32x4.add(a${r}, v128.load(sum + ${r} * pitch)); b${r} = f32x4.add(b${r}, v128.load(sum + ${r} * pitch, 16));`)}
  }
${each((r) => `v128.store(y + ${r} * pitch, a${r}); v128.store(y + ${r} * pitch, b${r}, 16);`)}
}
export const direct_${stride}_grain: i32 = ${ROWS};
export function direct_${stride}_scratch(taps: i32, d: i32, cout: i32): i32 {
  return (${block} + (taps - 1) * d) * ${bytes} + ${3 * ROWS * 4} * cout;
}
export function direct_${stride}(x: usize, y: usize, weights: usize, ranges: usize, biases: usize, residual: usize, sum: usize, sizeIn: i32, rowsOut: i32, cin: i32, cout: i32, taps: i32, d: i32, before: i32, slopeIn: f32, slopeOut: f32, from: i32, to: i32, scratch: usize): void {
  const slope = f32x4.splat(slopeOut);
  const pitch = cout * 4, halo = (taps - 1) * d;
  // Fewer rows than one inner product makes: work on copies.
  const isShort = rowsOut < ${ROWS};
  const copy = scratch + (${block} + halo) * ${bytes}, copyResidual = copy + ${ROWS} * pitch, copySum = copyResidual + ${ROWS} * pitch;
  const out = isShort ? copy : y;
  let add = residual, more = sum;
  if (isShort && residual) { copyRows(copyResidual, residual, 0, ${ROWS}, rowsOut, pitch); add = copyResidual; }
  if (isShort && sum) { copyRows(copySum, sum, 0, ${ROWS}, rowsOut, pitch); more = copySum; }
  const end = isShort ? ${ROWS} : to;
  for (let start = from; start < end; start += ${block}) {
    // When fewer than ${ROWS} rows are left, the block includes rows of another block, with the same results.
    const first = max(min(start, end - ${ROWS}), 0);
    const rows = max(min(${block}, end - first), ${ROWS});
    bufferRows(scratch, x, first * cin - before, rows + halo, sizeIn, cin, ${bytes}, slopeIn);
    let w = weights, range = ranges;
    for (let c = 0; c < pitch; c += 32) {
      const tap = load<i32>(range), used = load<i32>(range, 4);
      // A last eight that is not whole begins earlier and computes some outputs again.
      const column = min(c, pitch - 32);
      const taps0 = scratch + tap * d * ${bytes};
      for (let t = 0; t < rows; t += ${ROWS}) {
        const row = min(t, rows - ${ROWS});
        const at: usize = (first + row) * pitch + column;
        direct_rows_${stride}(taps0 + row * ${bytes}, d * ${bytes}, used, cin, w, out + at, pitch, biases + c, add ? add + at : 0, more ? more + at : 0, slope);
      }
      w += used * cin * 32;
      range += 8;
    }
  }
  if (isShort) memory.copy(y, copy, rowsOut * pitch);
}
`;
}
