// Weights take fewer bits in a voice's files than in a training run's: 16 bits each, or 8 with a scale for each row
// (the form: safetensors.ts).
import { float16ToFloat32, float32ToFloat16 } from './half-float.js';
import { floatTensor, type HostTensor, toFloat32 } from './tensor.js';

/** Bits of a weight in a voice's files; 32 keeps what the training run saved. */
export const WEIGHT_BITS = ['8', '16', '32'] as const;
export type WeightBits = (typeof WEIGHT_BITS)[number];

/** Smaller tensors keep 16 bits: together they take 2 % of the 8-bit files of the shipped voices. */
const LEAST_VALUES = 4096;
/** Steps are symmetric: -128 is not used. */
const LARGEST_STEP = 127;
/** Bits of a float16's mantissa that a scale does without: it keeps 4 significant bits. */
const DROPPED_BITS = 0x7f;

const isFloat = ({ dtype }: HostTensor): boolean => dtype !== 'I64' && dtype !== 'I32';

/**
 * A floating-point tensor of rank >= 2 and at least 4,096 values in I8, with one F16 scale for each row of
 * axis 0; any other tensor as it is. No value changes by more than half the scale of its row.
 */
export function inEightBits(tensor: HostTensor): HostTensor {
  const { dtype, shape } = tensor;
  const count = shape.reduce((product, size) => product * size, 1);
  if (!isFloat(tensor) || dtype === 'I8' || shape.length < 2 || count < LEAST_VALUES) return tensor;
  const values = toFloat32(tensor);
  const [rows] = shape as [number];
  const width = count / rows;
  const scales = new Float32Array(rows);
  const steps = new Int8Array(count);
  for (let row = 0; row < rows; row++) {
    const weights = values.subarray(row * width, (row + 1) * width);
    const scale = rowScale(weights);
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = 0; i < width; i++) {
      const step = Math.round(weights[i]! / scale);
      steps[row * width + i] = Math.max(-LARGEST_STEP, Math.min(LARGEST_STEP, step));
    }
  }
  const bytes = new Uint8Array(steps.buffer);
  return { dtype: 'I8', shape, bytes, scale: floatTensor(scales, [rows], 'F16') };
}

/**
 * max|w| / 127 or up to an eighth more, as a float16 of 4 significant bits. A step of 7 bits times such a scale is again
 * a float16, so that small memory limits keep the weights in 16 bits without losing anything (backends/wasm/weights.ts).
 */
function rowScale(weights: Float32Array): number {
  let largest = 0;
  for (const weight of weights) largest = Math.max(largest, Math.abs(weight));
  const half = float32ToFloat16(Float32Array.of(largest / LARGEST_STEP));
  if (float16ToFloat32(half)[0]! * LARGEST_STEP < largest) half[0]!++;
  half[0] = (half[0]! + DROPPED_BITS) & ~DROPPED_BITS;
  return float16ToFloat32(half)[0]!;
}

/** Largest float16. */
const LARGEST_HALF = 65_504;

/**
 * A floating-point tensor in F16; one with a value that F16 has no room for in F32; what takes no more already, and
 * integers, as they are.
 */
export function inSixteenBits(tensor: HostTensor): HostTensor {
  if (!isFloat(tensor) || tensor.dtype === 'F16' || tensor.dtype === 'I8') return tensor;
  const values = toFloat32(tensor);
  const fits = values.every((value) => Math.abs(value) <= LARGEST_HALF);
  return floatTensor(values, tensor.shape, fits ? 'F16' : 'F32');
}

/** A tensor as a voice's files hold it. */
export function narrowed(tensor: HostTensor, bits: WeightBits): HostTensor {
  if (bits === '8') {
    const eight = inEightBits(tensor);
    return eight.dtype === 'I8' ? eight : inSixteenBits(tensor);
  }
  if (bits === '16') return inSixteenBits(tensor);
  if (!isFloat(tensor) || tensor.dtype === 'F32') return tensor;
  return floatTensor(toFloat32(tensor), tensor.shape);
}
