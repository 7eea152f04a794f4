// AssemblyScript of the map from a convolution's taps to the weights of its transform: done once per layer, in the kernel
// module, because in JavaScript it would be most of the time that a voice takes to load.

/** [Cout / 8][k][Cin][8] by a matrix [planes][k] -> [planes][Cout / 8][Cin][8]. */
export function weightKernelSource(): string {
  return `
export function transform_weights(from: usize, to: usize, matrix: usize, planes: i32, taps: i32, cin: i32, blocks: i32): void {
  const step: usize = cin * 32;
  for (let plane = 0; plane < planes; plane++) {
    let block = from;
    for (let b = 0; b < blocks; b++) {
      const end = block + step;
      for (let x = block; x < end; x += 16) {
        let sum = f32x4.splat(0), p = x;
        for (let tap = 0; tap < taps; tap++) {
          sum = f32x4.add(sum, f32x4.mul(v128.load32_splat(matrix + tap * 4), v128.load(p)));
          p += step;
        }
        v128.store(to, sum);
        to += 16;
      }
      block += step * taps;
    }
    matrix += taps * 4;
  }
}
`;
}
