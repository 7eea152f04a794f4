// Positions as sines and cosines (Vaswani et al. 2017, section 3.5), computed on the host and added to a sequence.

/** Rows that a table grows by: a multiple saves making it anew for every slightly longer sentence. */
const GROWTH = 256;

/**
 * pe[n, 2i] = sin(n w_i), pe[n, 2i + 1] = cos(n w_i), w_i = exp(-ln(10000) 2i / C), times `scale`.
 * Rates and angles are rounded to float32 as PyTorch's are: at n = 900 that moves the fifth decimal.
 * The table is kept, as long as the longest sentence so far: 160,000 sines are 5 ms of a 10 s sentence.
 */
export class Sinusoid {
  private table = new Float32Array(0);

  constructor(
    private readonly channels: number,
    private readonly scale: number,
  ) {}

  /** @returns [N, C] of N = `length`, row-major; the caller must not change it. */
  rows(length: number): Float32Array {
    const { channels } = this;
    const known = this.table.length / channels;
    if (length > known) this.extend(known, Math.ceil(length / GROWTH) * GROWTH);
    return this.table.subarray(0, length * channels);
  }

  private extend(from: number, to: number): void {
    const { channels, scale } = this;
    const table = new Float32Array(to * channels);
    table.set(this.table);
    for (let i = 0; i < channels; i += 2) {
      const rate = Math.fround(Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / channels)));
      for (let n = from; n < to; n++) {
        const angle = Math.fround(n * rate);
        table[n * channels + i] = Math.sin(angle) * scale;
        if (i + 1 < channels) table[n * channels + i + 1] = Math.cos(angle) * scale;
      }
    }
    this.table = table;
  }
}
