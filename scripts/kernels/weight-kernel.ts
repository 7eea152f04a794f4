// AssemblyScript of the map from a convolution's taps to the weights of its transform: done once per layer, in the kernel
// module, because in JavaScript it would be most of the time that a voice takes to load.

/** [Cout / 8][k][Cin][8] by a matrix [planes][k] -> [planes][Cout / 8][Cin][8]. A unit of work is eight outputs. */
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
 * PyTorch's [Cout][Cin][k] -> for each eight outputs, [taps of theirs][Cin][8]; `ranges` holds first tap and number of taps
 * of each eight, or is 0 for all taps. A unit of work is eight outputs.
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
