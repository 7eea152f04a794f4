// Positions as sines and cosines (Vaswani et al. 2017, section 3.5), computed on the host and added to a sequence.

/**
 * pe[n, 2i] = sin(n w_i), pe[n, 2i + 1] = cos(n w_i), w_i = exp(-ln(10000) 2i / C), times `scale`.
 * Rates and angles are rounded to float32 as PyTorch's are: at n = 900 that moves the fifth decimal.
 * @returns [N * C], row-major.
 */
export function sinusoid(length: number, channels: number, scale: number): Float32Array {
  const table = new Float32Array(length * channels);
  for (let i = 0; i < channels; i += 2) {
    const rate = Math.fround(Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / channels)));
    for (let n = 0; n < length; n++) {
      const angle = Math.fround(n * rate);
      table[n * channels + i] = Math.sin(angle) * scale;
      if (i + 1 < channels) table[n * channels + i + 1] = Math.cos(angle) * scale;
    }
  }
  return table;
}
