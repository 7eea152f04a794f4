// PyTorch stores a tensor as a window on a storage; files and kernels want its elements in a row.

import { elementCount, type HostTensor, ITEM_SIZES, type TensorDtype } from './host-tensor.js';

/** A run of elements that tensors share. */
export interface TensorStorage {
  readonly dtype: TensorDtype;
  readonly count: number;
  /** Known once the file has been read to its end; at least `count` elements. */
  bytes: Uint8Array | undefined;
}

/** Element [i, j, ...] lies at offset + i strides[0] + j strides[1] + ... of the storage, counted in elements. */
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

  /** The elements in row-major order: a view where they are contiguous, else a copy. `count` must be defined. */
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
