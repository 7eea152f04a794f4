// Weights of convolutions, [out, in, k], in the order and at the size that a layer takes them.
import type { RowRange } from '../backends/ops.js';

/** The input channels [from, to) of a weight whose rows hold `width` values. */
export function someColumns(
  weight: Float32Array,
  width: number,
  { from, to }: RowRange,
  kernel: number,
): Float32Array {
  const size = (to - from) * kernel;
  const some = new Float32Array((weight.length / width) * size);
  for (let row = 0; row * width < weight.length; row++)
    some.set(weight.subarray(row * width + from * kernel, row * width + to * kernel), row * size);
  return some;
}

/** A weight [out, in, k] with the channels of one side in the reverse order. */
export function reversedChannels(
  weight: Float32Array,
  { outChannels, inChannels, kernel }: { outChannels: number; inChannels: number; kernel: number },
  side: 'in' | 'out',
): Float32Array {
  const turned = new Float32Array(weight.length);
  for (let o = 0; o < outChannels; o++) {
    for (let i = 0; i < inChannels; i++) {
      const from =
        side === 'out' ? (outChannels - 1 - o) * inChannels + i : o * inChannels + inChannels - 1 - i;
      turned.set(weight.subarray(from * kernel, (from + 1) * kernel), (o * inChannels + i) * kernel);
    }
  }
  return turned;
}

/** Times a number; the values themselves where it is 1. */
export const scaled = (values: Float32Array, gain: number): Float32Array =>
  gain === 1 ? values : values.map((v) => v * gain);
