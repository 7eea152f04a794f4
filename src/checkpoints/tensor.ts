// A tensor as it lies in a file: bytes, a shape and a dtype, converted only when its numbers are asked for.
import { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16 } from './half-float.js';
import { invalidWeights, type Refusal, refusal } from './invalid.js';

export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';
export type IntegerDtype = 'I64' | 'I32';
/** I8 holds weights, in steps of a scale for each row. */
export type TensorDtype = FloatDtype | IntegerDtype | 'I8';

/** Bytes of one element. */
export const ITEM_SIZES: Readonly<Record<TensorDtype, number>> = {
  F64: 8,
  I64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I8: 1,
};

/** Of any tensor that is read; those of a speech model have 3 at most. */
export const MAX_RANK = 32;

/** Row-major little-endian elements; `bytes` is usually a view into the file and need not be aligned. */
export interface HostTensor {
  readonly dtype: TensorDtype;
  readonly shape: number[];
  readonly bytes: Uint8Array;
  /** Where they are read from a file at each access: puts them into the caller's memory instead. */
  readonly copyBytes?: (into: Uint8Array) => void;
  /**
   * Of an I8 tensor [R, ...], and of no other: F16 or F32 [R], the value of one step in each row. Rows are
   * those of axis 0 whatever the layer, which in a transposed convolution's [Cin, Cout, k] are input
   * channels.
   */
  readonly scale?: HostTensor;
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
 * read-only; every other dtype is a new array (F64 rounds, I8 is multiplied by its scale).
 * @throws VoirsError INVALID_WEIGHTS for integer tensors, and for an I8 tensor without a valid scale.
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
    case 'I8':
      return int8ToFloat32(new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), scales(tensor));
    default:
      throw invalidWeights('The tensor holds integers', {
        got: tensor.dtype,
        wanted: 'F32, F16, BF16, F64 or I8',
        suggestion: 'Store it as a floating-point tensor.',
      });
  }
}

/**
 * The same of a tensor that lies in a file, in the caller's memory and no other: the bytes are read into the
 * end of `out`, and each element is widened towards the front, where it overwrites none that is still to
 * come.
 * @param out one element for each of the tensor.
 */
export function readFloat32(tensor: HostTensor, out: Float32Array): Float32Array {
  const { dtype, copyBytes } = tensor;
  if (copyBytes === undefined || (dtype !== 'F32' && dtype !== 'F16' && dtype !== 'I8')) {
    out.set(toFloat32(tensor));
    return out;
  }
  const length = out.length * ITEM_SIZES[dtype];
  const begin = out.byteOffset + out.byteLength - length;
  copyBytes(new Uint8Array(out.buffer, begin, length));
  if (dtype === 'F16') float16ToFloat32(new Uint16Array(out.buffer, begin, out.length), out);
  if (dtype === 'I8') int8ToFloat32(new Int8Array(out.buffer, begin, length), scales(tensor), out);
  return out;
}

/**
 * The value of one step in each row of an I8 tensor.
 * @param name of the tensor, for the error.
 * @throws VoirsError INVALID_WEIGHTS unless the tensor has one scale of at least 0 for each row, with finite values.
 */
export function rowScales({ shape, scale }: HostTensor, name: string, refuse: Refusal): Float32Array {
  const [rows] = shape;
  if (rows === undefined) throw refuse(`${name} has no rows to scale`, 'I8 []', 'at least one dimension');
  if (scale === undefined) throw refuse(`${name} has no scale`, 'I8 alone', `a scale of [${rows}]`);
  const isFloat = scale.dtype === 'F16' || scale.dtype === 'F32';
  if (!isFloat || scale.shape.length !== 1 || scale.shape[0] !== rows) {
    const got = `${scale.dtype} [${scale.shape.join(', ')}]`;
    throw refuse(`${name} has a scale of another form`, got, `F16 or F32 [${rows}]`);
  }
  const values = toFloat32(scale);
  // 128 steps of it must be a finite float32 too.
  const wrong = values.findIndex((value) => !(value >= 0 && Math.fround(128 * value) < Infinity));
  if (wrong < 0) return values;
  throw refuse(
    `${name} has an impossible scale`,
    `${values[wrong]} in row ${wrong}`,
    'at least 0, 128 of it finite',
  );
}

function scales(tensor: HostTensor): Float32Array {
  return rowScales(tensor, 'it', refusal('The 8-bit tensor', 'Store its scale beside it.'));
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

/** Steps to float32: each times the scale of its row. */
function int8ToFloat32(
  steps: Int8Array,
  scales: Float32Array,
  out: Float32Array = new Float32Array(steps.length),
): Float32Array {
  const width = steps.length / scales.length;
  for (let row = 0; row < scales.length; row++) {
    const scale = scales[row]!;
    for (let i = row * width; i < (row + 1) * width; i++) out[i] = steps[i]! * scale;
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
