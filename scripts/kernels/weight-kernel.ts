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
