// Packs weights as the convolution kernel reads them: four output columns to a vector, taps outermost; as
// 16-bit floats where that loses nothing, which halves the memory and the traffic of our voices' weights.
import * as tf from '#tf';

/** Packed weights on the device. */
export interface PackedWeights {
  tensor: tf.Tensor1D;
  /** `half`: values of 16 bits, two to a word; `single`: of 32 bits. */
  format: 'half' | 'single';
  /** Factor that the kernel multiplies its sums by. */
  scale: number;
}

/** Keeps weights on the device, as halves where they are exact. */
export function uploadWeights(values: Float32Array): PackedWeights {
  const halves = exactHalves(values);
  if (!halves) return { tensor: tf.keep(tf.tensor1d(values)), format: 'single', scale: 1 };
  return { tensor: tf.keep(tf.tensor1d(halves.words, 'int32')), format: 'half', scale: halves.scale };
}

/**
 * The values as IEEE halves, two to a word, multiplied by the power of two that brings the largest just below
 * 65504: a half of any size, also one below the normal range, then is a normal half, which no GPU flushes to
 * zero. The shader reads them with unpack2x16float, which every adapter has.
 * @returns undefined when a value would lose bits; `scale` undoes the multiplication exactly.
 */
export function exactHalves(values: Float32Array): { words: Int32Array; scale: number } | undefined {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  if (!Number.isFinite(largest)) return undefined;
  const exponent = largest === 0 ? 0 : 15 - Math.floor(Math.log2(largest));
  const factor = 2 ** exponent;
  if (exponent > 100 || exponent < -100) return undefined;
  const halves = new Uint16Array(values.length + (values.length % 2));
  const scaled = new Float32Array(1);
  const bits = new Uint32Array(scaled.buffer);
  for (let i = 0; i < values.length; i++) {
    if (values[i] === 0) continue;
    scaled[0] = values[i]! * factor;
    const [word] = bits as unknown as [number];
    const power = ((word >>> 23) & 0xff) - 127;
    if ((word & 0x1fff) !== 0 || power < -14 || power > 15) return undefined;
    halves[i] = ((word >>> 16) & 0x8000) | ((power + 15) << 10) | ((word >>> 13) & 0x3ff);
  }
  return { words: new Int32Array(halves.buffer), scale: 1 / factor };
}

/** [Cout, Cin, k] -> [k][Cin][columns], columns Cout rounded up to a multiple of 4. */
export function packColumns(
  weight: Float32Array,
  outChannels: number,
  inChannels: number,
  kernel: number,
): Float32Array {
  const columns = roundUp(outChannels, 4);
  const packed = new Float32Array(kernel * inChannels * columns);
  for (let o = 0; o < outChannels; o++) {
    for (let i = 0; i < inChannels; i++) {
      const row = (o * inChannels + i) * kernel;
      for (let t = 0; t < kernel; t++) packed[(t * inChannels + i) * columns + o] = weight[row + t]!;
    }
  }
  return packed;
}

/** The least multiple that is no less than `value`. */
export function roundUp(value: number, multiple: number): number {
  return Math.ceil(value / multiple) * multiple;
}
