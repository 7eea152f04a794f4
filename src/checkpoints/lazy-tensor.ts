// Weights converted one layer at a time, into memory that is used again: a voice is loaded without ever being
// in memory as a file or as 32-bit floats outside the backend.
import { invalidWeights } from './invalid.js';
import { elementCount, type Float32Tensor, type HostTensor, readFloat32, toFloat32 } from './tensor.js';

/** Memory for the tensors of one layer: megabytes that are given up soon, and so in pages of their own. */
export class Staging {
  private floats = new Float32Array(0);
  private used = 0;

  /** Arrays taken before may be written over after this. */
  rewind(): void {
    this.used = 0;
  }

  /** An array of its own until the next `rewind`. */
  take(length: number): Float32Array<ArrayBuffer> {
    if (this.used + length > this.floats.length) {
      // What was given before is still in use; a layer's tensors differ much in size, so the largest decides.
      const floats = this.used + length;
      this.floats = new Float32Array(ownPages(floats * 4), 0, floats);
      this.used = 0;
    }
    this.used += length;
    return this.floats.subarray(this.used - length, this.used);
  }
}

/** A checkpoint's tensor that is converted when its values are asked for, each time anew. */
export class LazyTensor implements Float32Tensor {
  constructor(
    private readonly name: string,
    private readonly tensor: HostTensor,
    private readonly source: string,
  ) {}

  get shape(): number[] {
    return this.tensor.shape;
  }

  /** @throws VoirsError INVALID_WEIGHTS when one of them is not finite, or the tensor holds integers. */
  get data(): Float32Array {
    return this.finite(toFloat32(this.tensor));
  }

  /** The same in memory that the next layer's tensors get again. */
  via(staging: Staging): Float32Array {
    const { shape, copyBytes } = this.tensor;
    if (!copyBytes) return this.data;
    return this.finite(readFloat32(this.tensor, staging.take(elementCount(shape)!)));
  }

  /** One NaN silences a whole sentence. */
  private finite(data: Float32Array): Float32Array {
    const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
    let carries = 0; // one step on, an all-ones exponent runs over into the sign bit
    for (let i = 0; i < bits.length; i++) carries |= (bits[i]! & 0x7fffffff) + 0x00800000;
    if (carries >= 0) return data;
    const at = data.findIndex((value) => !Number.isFinite(value));
    throw invalidWeights(`${this.source} holds a weight that is not a number`, {
      got: `${data[at]} at ${this.name}[${at}]`,
      wanted: 'finite weights',
      suggestion: 'The checkpoint is damaged or its training diverged: use another.',
    });
  }
}

const PAGE_BYTES = 2 ** 16;

/**
 * A buffer of at least `bytes`, zeroed, that goes straight back to the system; for few, large and short-lived
 * ones. The C library's allocator keeps what is freed (glibc's up to twice the largest piece that it ever got
 * back), while a WebAssembly memory is mapped apart from it and unmapped when collected. Each reserves
 * gigabytes of addresses: where there are none left, the buffer is a plain one. It cannot be transferred.
 */
export function ownPages(bytes: number): ArrayBuffer {
  const pages = Math.ceil(bytes / PAGE_BYTES);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: pages }).buffer as ArrayBuffer;
  } catch {
    return new ArrayBuffer(bytes); // no addresses left, or more than a memory can have
  }
}
