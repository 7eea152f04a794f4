// AssemblyScript of the packing of a convolution's weights and of their map to the weights of a transform:
// done once per layer, in the kernel module, because in JavaScript it would be most of the time that a voice
// takes to load.

/**
 * [Cout / 8][k][Cin][8] by a matrix [planes][k] -> [planes][Cout / 8][Cin][8]. A unit of work is eight
 * outputs.
 */
export function weightKernelSource(): string {
  return `
export function transform_weights(packed: usize, y: usize, matrix: usize, planes: i32, taps: i32, cin: i32, blocks: i32, from: i32, to: i32, scratch: usize): void {
  const step: usize = cin * 32;
  for (let plane = 0; plane < planes; plane++) {
    let block = packed + from * step * taps, out = y + (plane * blocks + from) * step;
    for (let b = from; b < to; b++) {
      const end = block + step;
      for (let x = block; x < end; x += 16) {
        let sum = f32x4.splat(0), p = x;
        for (let tap = 0; tap < taps; tap++) {
          sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(matrix + tap * 4), v128.load(p)));
          p += step;
        }
        v128.store(out, sum);
        out += 16;
      }
      block += step * taps;
    }
    matrix += taps * 4;
  }
}
`;
}

/**
 * PyTorch's [Cout][Cin][k] -> for each eight outputs, [taps of theirs][Cin][8]; `ranges` holds first tap and
 * number of taps for each eight, or is 0 for all taps. A unit of work is eight outputs.
 */
export function packKernelSource(): string {
  const each = (code: (c: number) => string): string => [...Array(8).keys()].map(code).join(' ');
  return `
export function pack_weights(weights: usize, y: usize, ranges: usize, taps: i32, cin: i32, from: i32, to: i32, scratch: usize): void {
  const row: usize = cin * taps * 4, step: usize = cin * 32;
  let out = y;
  if (ranges) for (let b = 0; b < from; b++) out += load<i32>(ranges + b * 8, 4) * step;
  else out += from * taps * step;
  for (let b = from; b < to; b++) {
    const first = ranges ? load<i32>(ranges + b * 8) : 0, count = ranges ? load<i32>(ranges + b * 8, 4) : taps;
    let x = weights + b * 8 * row + first * 4;
    for (let i = 0; i < cin; i++) {
      let p = x, q = out + i * 32;
      for (let tap = 0; tap < count; tap++) {
        ${each((c) => `store<f32>(q, load<f32>(p + ${c} * row), ${c * 4});`)}
        p += 4; q += step;
      }
      x += taps * 4;
    }
    out += count * step;
  }
}
`;
}

/**
 * 16-bit floats and 32-bit ones, exactly: the exponents' bias differs by 112, and multiplying by 2^112 also
 * makes normal numbers of the subnormal ones. The largest exponent counts as one more power of two: weights
 * are finite.
 */
export function halfKernelSource(): string {
  return `
// @ts-ignore: decorator
@inline function widened(halves: v128): v128 {
  const magnitude = i32x4.shl(v128.and(halves, i32x4.splat(0x7fff)), 13);
  const sign = i32x4.shl(v128.and(halves, i32x4.splat(0x8000)), 16);
  return v128.or(f32x4.mul(magnitude, f32x4.splat(5.192296858534828e33)), sign);
}
// @ts-ignore: decorator
@inline function narrowed(values: v128): v128 {
  const magnitude = f32x4.mul(v128.and(values, i32x4.splat(0x7fffffff)), f32x4.splat(1.925929944387236e-34));
  const sign = v128.and(i32x4.shr_u(values, 16), i32x4.splat(0x8000));
  return v128.or(i32x4.shr_u(magnitude, 13), sign);
}
// Halves at \`halves\` -> floats at \`y\`. A unit is eight values.
export function widen_weights(halves: usize, y: usize, from: i32, to: i32, scratch: usize): void {
  let x = halves + from * 16, out = y + from * 32;
  for (let unit = from; unit < to; unit++) {
    const eight = v128.load(x);
    v128.store(out, widened(i32x4.extend_low_i16x8_u(eight)));
    v128.store(out, widened(i32x4.extend_high_i16x8_u(eight)), 16);
    x += 16; out += 32;
  }
}
// Floats -> halves, in \`units\` of eight. Returns 1 if widening them gives the same floats to the last bit, else 0.
export function narrow_weights(x: usize, halves: usize, units: i32): i32 {
  let different = i32x4.splat(0);
  for (let unit = 0; unit < units; unit++) {
    const a = v128.load(x), b = v128.load(x, 16);
    const eight = i16x8.narrow_i32x4_u(narrowed(a), narrowed(b));
    v128.store(halves, eight);
    different = v128.or(different, v128.xor(a, widened(i32x4.extend_low_i16x8_u(eight))));
    different = v128.or(different, v128.xor(b, widened(i32x4.extend_high_i16x8_u(eight))));
    x += 32; halves += 16;
  }
  return v128.any_true(different) ? 0 : 1;
}
`;
}
