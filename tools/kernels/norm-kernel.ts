// AssemblyScript of layer norm (Ba et al. 2016, arXiv 1607.06450): each row minus its mean, over its
// deviation, times a gain, plus an offset, in two passes over a row, which stays in the first cache.

export function normKernelSource(): string {
  return `
// @ts-ignore: decorator
@inline function laneSum(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}
// Rows from to to of x [N][C]; C is a multiple of four.
export function layer_norm(x: usize, y: usize, gain: usize, offset: usize, channels: i32, epsilon: f32, from: i32, to: i32, scratch: usize): void {
  const bytes: usize = channels * 4;
  for (let row = from; row < to; row++) {
    const at = x + row * bytes, end = at + bytes, out = y + row * bytes;
    let sum = f32x4.splat(0);
    for (let p = at; p < end; p += 16) sum = f32x4.add(sum, v128.load(p));
    const mean = f32x4.splat(laneSum(sum) / <f32>channels);
    let squares = f32x4.splat(0);
    for (let p = at; p < end; p += 16) {
      const d = f32x4.sub(v128.load(p), mean);
      squares = f32x4.add(squares, f32x4.mul(d, d));
    }
    const scale = f32x4.splat(<f32>1 / sqrt<f32>(laneSum(squares) / <f32>channels + epsilon));
    for (let c: usize = 0; c < bytes; c += 16) {
      const d = f32x4.mul(f32x4.sub(v128.load(at + c), mean), scale);
      v128.store(out + c, f32x4.add(f32x4.mul(d, v128.load(gain + c)), v128.load(offset + c)));
    }
  }
}
`;
}
