// Device buffers in sizes of four steps per octave, so that utterances of ever new lengths find buffers to reuse: the
// stock pool is keyed by exact size, is never emptied and so grows with every new length.
import type { BufferManager } from '#tf-webgpu';

/** Smallest buffer; most uniforms are smaller. */
const SMALLEST = 256;
/** A free buffer up to this many times too large is taken before a new one is made. */
const LOOSEST_FIT = 2;

/** The least bucket that holds `bytes`: (4 to 7) x 2^n, so at most a quarter is wasted. */
export function bucketOf(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

/** Buffers of one usage that nobody has, by size. */
type Shelf = Map<number, GPUBuffer[]>;

/** Takes the place of the backend's own buffer manager. */
export class BufferPool implements BufferManager {
  private readonly shelves = new Map<GPUBufferUsageFlags, Shelf>();
  private readonly used = new Set<GPUBuffer>();
  private free = 0;
  numBytesUsed = 0;
  numBytesAllocated = 0;
  /** Most bytes that were in use at once: more than that again is never kept free. */
  private peakBytes = 0;

  constructor(private readonly device: GPUDevice) {}

  acquireBuffer(size: number, usage: GPUBufferUsageFlags, mappedAtCreation = false, reuse = true): GPUBuffer {
    const bytes = reuse ? bucketOf(size) : size;
    const buffer = (reuse && this.fitting(bytes, usage)) || this.create(bytes, usage, mappedAtCreation);
    this.used.add(buffer);
    this.numBytesUsed += buffer.size;
    this.peakBytes = Math.max(this.peakBytes, this.numBytesUsed);
    return buffer;
  }

  /** @param reuse false destroys the buffer. */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    if (!this.used.delete(buffer)) return; // the pool was disposed before its tensors
    this.numBytesUsed -= buffer.size;
    if (!reuse) {
      this.destroy(buffer);
      return;
    }
    const shelf = this.shelves.get(buffer.usage) ?? new Map<number, GPUBuffer[]>();
    this.shelves.set(buffer.usage, shelf);
    const row = shelf.get(buffer.size) ?? [];
    shelf.set(buffer.size, row);
    row.push(buffer);
    this.free++;
  }

  getNumUsedBuffers(): number {
    return this.used.size;
  }

  getNumFreeBuffers(): number {
    return this.free;
  }

  dispose(): void {
    for (const buffer of this.used) buffer.destroy();
    this.used.clear();
    this.empty();
    this.numBytesUsed = 0;
    this.numBytesAllocated = 0;
  }

  private create(size: number, usage: GPUBufferUsageFlags, mappedAtCreation: boolean): GPUBuffer {
    // What is free fits nobody: let it go before it outgrows what is in use.
    if (this.numBytesAllocated - this.numBytesUsed + size > Math.max(this.peakBytes, size)) this.empty();
    this.numBytesAllocated += size;
    return this.device.createBuffer({ size, usage, mappedAtCreation });
  }

  /** The smallest free buffer that holds `bytes` and is not far too large. */
  private fitting(bytes: number, usage: GPUBufferUsageFlags): GPUBuffer | undefined {
    const shelf = this.shelves.get(usage);
    if (!shelf) return undefined;
    let best = Number.POSITIVE_INFINITY;
    for (const [size, row] of shelf) {
      if (row.length > 0 && size >= bytes && size <= bytes * LOOSEST_FIT && size < best) best = size;
    }
    const buffer = shelf.get(best)?.pop();
    if (buffer) this.free--;
    return buffer;
  }

  private empty(): void {
    for (const shelf of this.shelves.values()) {
      for (const row of shelf.values()) for (const buffer of row) this.destroy(buffer);
    }
    this.shelves.clear();
    this.free = 0;
  }

  private destroy(buffer: GPUBuffer): void {
    this.numBytesAllocated -= buffer.size;
    buffer.destroy();
  }
}
