// A tensor as it lies in a file: bytes, a shape and a dtype, converted only when its numbers are asked for.
import { invalidWeights } from './invalid.js';

export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';
export type IntegerDtype = 'I64' | 'I32';
export type TensorDtype = FloatDtype | IntegerDtype;

/** Bytes of one element. */
export const ITEM_SIZES: Readonly<Record<TensorDtype, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
};

/** No tensor of a speech model comes near; more dimensions than this are a hostile file. */
export const MAX_RANK = 32;

/** Row-major little-endian elements; `bytes` is usually a view into the file and need not be aligned. */
export interface HostTensor {
  readonly dtype: TensorDtype;
  readonly shape: number[];
  readonly bytes: Uint8Array;
  /** Where they are read from a file at each access: puts them into the caller's memory instead. */
  readonly copyBytes?: (into: Uint8Array) => void;
}

/** A tensor ready to compute with, row-major. */
export interface Float32Tensor {
  readonly shape: number[];
  readonly data: Float32Array;
}

export function isTensorDtype(value: unknown): value is TensorDtype {
  return typeof value === 'string' && Object.hasOwn(ITEM_SIZES, value);
}

/** Product of the dimensions, or undefined where they are not whole, negative, too many or overflow 2^53. */
export function elementCount(shape: readonly number[]): number | undefined {
  if (shape.length > MAX_RANK) return undefined;
  let extent = 1;
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || size < 0) return undefined;
    extent *= Math.max(size, 1); // a zero does not hide an overflow beside it
    if (!Number.isSafeInteger(extent)) return undefined;
    count *= size;
  }
  return count;
}

/**
 * The elements as float32. F32 is a view of the file where alignment allows, so treat the result as
 * read-only; every other dtype is a new array (F64 rounds).
 * @throws VoirsError INVALID_WEIGHTS for integer tensors.
 */
export function toFloat32(tensor: HostTensor): Float32Array {
  const bytes = checkedBytes(tensor);
  switch (tensor.dtype) {
    case 'F32':
      return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
    case 'F16':
      return float16ToFloat32(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
    case 'BF16':
      return bfloat16ToFloat32(new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
    case 'F64':
      return Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8));
    default:
      throw invalidWeights('The tensor holds integers', {
        got: tensor.dtype,
        wanted: 'F32, F16, BF16 or F64',
        suggestion: 'Store it as a floating-point tensor.',
      });
  }
}

/**
 * The elements of an I32 or I64 tensor.
 * @throws VoirsError INVALID_WEIGHTS for floats and for values outside 32 bits.
 */
export function toInt32(tensor: HostTensor): Int32Array {
  const { dtype } = tensor;
  if (dtype !== 'I32' && dtype !== 'I64') {
    throw invalidWeights('The tensor does not hold integers', {
      got: dtype,
      wanted: 'I32 or I64',
      suggestion: 'Store tokens, speakers and durations as integers.',
    });
  }
  const bytes = checkedBytes(tensor);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  if (dtype === 'I32') return words;
  const out = new Int32Array(words.length / 2);
  for (let i = 0; i < out.length; i++) {
    const low = words[2 * i]!;
    if (words[2 * i + 1] !== low >> 31) {
      const value = (BigInt(words[2 * i + 1]!) << 32n) | BigInt(low >>> 0);
      throw invalidWeights(`Integer ${i} of the tensor does not fit 32 bits`, {
        got: `${value}`,
        wanted: '-2147483648 to 2147483647',
        suggestion: 'No token, speaker or duration is that large: the file is damaged or of another kind.',
      });
    }
    out[i] = low;
  }
  return out;
}

/**
 * Floats as a tensor to write.
 * @throws VoirsError INVALID_WEIGHTS for a finite value that `dtype` has no room for.
 */
export function floatTensor(data: Float32Array, shape: number[], dtype: FloatDtype = 'F32'): HostTensor {
  checkCount(data.length, shape);
  if (dtype === 'F32') return { dtype, shape, bytes: bytesOf(data) };
  if (dtype === 'F64') return { dtype, shape, bytes: bytesOf(Float64Array.from(data)) };
  const halves = dtype === 'F16' ? float32ToFloat16(data) : float32ToBfloat16(data);
  const infinity = dtype === 'F16' ? 0x7c00 : 0x7f80;
  for (let i = 0; i < halves.length; i++) {
    if ((halves[i]! & 0x7fff) === infinity && Number.isFinite(data[i])) {
      throw invalidWeights(`Element ${i} does not fit ${dtype}`, {
        got: `${data[i]}`,
        wanted: `a magnitude below ${dtype === 'F16' ? 65520 : 3.39e38}`,
        suggestion: 'Store this tensor as F32.',
      });
    }
  }
  return { dtype, shape, bytes: bytesOf(halves) };
}

/**
 * Integers as a tensor to write: tokens, speakers, durations.
 * @throws VoirsError INVALID_WEIGHTS for a value that is not a 32-bit integer.
 */
export function intTensor(data: ArrayLike<number>, shape: number[], dtype: IntegerDtype = 'I32'): HostTensor {
  checkCount(data.length, shape);
  const values = Int32Array.from(data);
  for (let i = 0; i < values.length; i++) {
    if (values[i] !== data[i]) {
      throw invalidWeights(`Element ${i} is not a 32-bit integer`, {
        got: `${data[i]}`,
        wanted: '-2147483648 to 2147483647',
        suggestion: 'Round it, or store the tensor as F32.',
      });
    }
  }
  if (dtype === 'I32') return { dtype, shape, bytes: bytesOf(values) };
  const words = new Int32Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    words[2 * i] = values[i]!;
    words[2 * i + 1] = values[i]! >> 31;
  }
  return { dtype, shape, bytes: bytesOf(words) };
}

function bytesOf(array: Float32Array | Float64Array | Uint16Array | Int32Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function checkCount(length: number, shape: number[]): void {
  if (elementCount(shape) === length) return;
  throw invalidWeights('The data do not fill the shape', {
    got: `${length} elements`,
    wanted: `shape [${shape.join(', ')}]`,
    suggestion: 'Pass one element for each position of the shape.',
  });
}

/** The bytes where a typed array of the dtype can view them: a copy where the file did not align them. */
function checkedBytes(tensor: HostTensor): Uint8Array {
  const { bytes, dtype } = tensor;
  const size = ITEM_SIZES[dtype];
  checkCount(bytes.byteLength / size, tensor.shape);
  return bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The float32 of every binary16, as bits: for ten million, looking up takes a quarter of computing. */
let singles: Uint32Array | undefined;

function allSingles(): Uint32Array {
  const out = new Float32Array(0x10000);
  const bits = new Uint32Array(out.buffer);
  for (let half = 0; half < 0x10000; half++) {
    const magnitude = half & 0x7fff;
    const sign = (half & 0x8000) << 16;
    if (magnitude >= 0x7c00) bits[half] = sign | 0x7f800000 | ((magnitude & 0x3ff) << 13);
    else if (magnitude >= 0x400) {
      bits[half] = sign | ((magnitude + 0x1c000) << 13); // the exponent's bias goes from 15 to 127
    } else {
      out[half] = sign === 0 ? magnitude * 2 ** -24 : -magnitude * 2 ** -24;
    }
  }
  return bits;
}

/** IEEE binary16 bit patterns to float32, exactly: subnormals, infinities and NaN payloads included. */
export function float16ToFloat32(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array {
  singles ??= allSingles();
  const bits = new Uint32Array(out.buffer, out.byteOffset, halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = singles[halves[i]!]!;
  return out;
}

/** bfloat16 bit patterns to float32: the upper half of the same number. */
export function bfloat16ToFloat32(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

/** float32 to binary16 bit patterns, rounding to nearest even; above 65,519.99 becomes infinity. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i]!;
    const bits = scratchBits[0]!;
    const magnitude = bits & 0x7fffffff;
    const sign = (bits >>> 16) & 0x8000;
    if (magnitude > 0x7f800000) out[i] = sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
    else if (magnitude >= 0x477ff000) out[i] = sign | 0x7c00;
    else if (magnitude < 0x38800000) {
      // Subnormal: a count of 2^-24 steps. Adding 2^52 leaves no fraction bits, so it rounds to even.
      out[i] = sign | (Math.abs(values[i]!) * 2 ** 24 + 2 ** 52 - 2 ** 52);
    } else {
      const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
      out[i] = sign | ((rounded - 0x38000000) >>> 13);
    }
  }
  return out;
}

/** float32 to bfloat16 bit patterns, rounding to nearest even. */
export function float32ToBfloat16(values: Float32Array): Uint16Array {
  const out = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    scratch[0] = values[i]!;
    const bits = scratchBits[0]!;
    if ((bits & 0x7fffffff) > 0x7f800000)
      out[i] = (bits >>> 16) | 0x40; // stays a NaN whatever is cut off
    else out[i] = (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
  }
  return out;
}

/** A run of elements that the tensors of a PyTorch checkpoint share. */
export interface TensorStorage {
  readonly dtype: TensorDtype;
  readonly count: number;
  /** Known once the file has been read to its end; at least `count` elements. */
  bytes: Uint8Array | undefined;
}

/**
 * A window on a storage, as PyTorch keeps a tensor; files and kernels take its elements in a row.
 * Element [i, j, ...] lies at offset + i strides[0] + j strides[1] + ... of the storage, counted in elements.
 */
export class StridedTensor {
  constructor(
    readonly storage: TensorStorage,
    readonly offset: number,
    readonly shape: number[],
    readonly strides: number[],
  ) {}

  /** Elements, or undefined where the window does not lie within its storage. */
  get count(): number | undefined {
    const count = elementCount(this.shape);
    if (count === undefined || this.strides.length !== this.shape.length) return undefined;
    if (count === 0) return 0;
    const last = this.shape.reduce((at, size, i) => at + (size - 1) * this.strides[i]!, this.offset);
    return last < this.storage.count ? count : undefined;
  }

  /** Whether the elements already lie in a row, so that no copy is needed. */
  get isContiguous(): boolean {
    let expected = 1;
    for (let i = this.shape.length - 1; i >= 0; i--) {
      if (this.shape[i] === 0) return true;
      if (this.shape[i] !== 1 && this.strides[i] !== expected) return false;
      expected *= this.shape[i]!;
    }
    return true;
  }

  /** The elements in row-major order: a view where contiguous, else a copy. `count` must be defined. */
  toHostTensor(): HostTensor {
    const { dtype } = this.storage;
    const size = ITEM_SIZES[dtype];
    const count = this.count!;
    const stored = this.storage.bytes!;
    if (this.isContiguous) {
      const start = count === 0 ? 0 : this.offset * size;
      return { dtype, shape: this.shape, bytes: stored.subarray(start, start + count * size) };
    }
    const bytes = new Uint8Array(count * size);
    const index = this.shape.map(() => 0);
    let from = this.offset;
    for (let to = 0; to < bytes.length; to += size) {
      for (let byte = 0; byte < size; byte++) bytes[to + byte] = stored[from * size + byte]!;
      for (let axis = index.length - 1; axis >= 0; axis--) {
        from += this.strides[axis]!;
        if (++index[axis]! < this.shape[axis]!) break;
        from -= this.shape[axis]! * this.strides[axis]!;
        index[axis] = 0;
      }
    }
    return { dtype, shape: this.shape, bytes };
  }
}
