// Memory that kernels work in and that keeps nothing between calls: one piece of the heap that grows to the largest need.
import type { HeapOwner } from './blocks.js';

/** Bytes of a cache line: what different threads write lies this far apart. */
export const LINE_BYTES = 64;

/** Begins at a cache line. */
export class WorkingBuffer {
  address = 0;
  bytes = 0;
  private allocated = 0;

  constructor(private readonly owner: HeapOwner) {}

  /** Makes it at least this large; what it held is lost. @throws VoirsError MEMORY_ERROR, and it stays as it was. */
  reserve(bytes: number): void {
    if (bytes <= this.bytes) return;
    const allocated = this.owner._malloc(bytes + LINE_BYTES) >>> 0;
    this.free();
    this.allocated = allocated;
    this.address = Math.ceil(allocated / LINE_BYTES) * LINE_BYTES;
    this.bytes = bytes;
  }

  free(): void {
    if (this.bytes > 0) this.owner._free(this.allocated);
    this.bytes = 0;
  }
}
