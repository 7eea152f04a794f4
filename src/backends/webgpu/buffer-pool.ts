// A pool of device buffers in four sizes per octave, so that utterances of new lengths reuse buffers: the
// stock pool is keyed by exact size and never emptied, so it grows with every new length.
import type { BufferManager } from '#tf-webgpu';

/** Smallest buffer; most uniforms are smaller. */
const SMALLEST = 256;
/** A free buffer of up to this many times the size is used instead of a new one. */
const LOOSEST_FIT = 2;

/** The size of the smallest buffer that holds `bytes`: (4 to 7) x 2^n, so at most a quarter is unused. */
export function bucketOf(bytes: number): number {
  if (bytes <= SMALLEST) return SMALLEST;
  const step = 2 ** (Math.floor(Math.log2(bytes - 1)) - 2);
  return Math.ceil(bytes / step) * step;
}

/** Free buffers of one usage, by size. */
type FreeBuffers = Map<number, GPUBuffer[]>;

/** Replaces the stock backend's buffer manager. */
export class BufferPool implements BufferManager {
  private readonly freeByUsage = new Map<GPUBufferUsageFlags, FreeBuffers>();
  private readonly used = new Set<GPUBuffer>();
  private free = 0;
  numBytesUsed = 0;
  numBytesAllocated = 0;
  /** Most bytes that were in use at once; no more than that many are kept free. */
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
    if (!this.used.delete(buffer)) return; // the pool was disposed before the tensor
    this.numBytesUsed -= buffer.size;
    if (!reuse) {
      this.destroy(buffer);
      return;
    }
    const bySize = this.freeByUsage.get(buffer.usage) ?? new Map<number, GPUBuffer[]>();
    this.freeByUsage.set(buffer.usage, bySize);
    const buffers = bySize.get(buffer.size) ?? [];
    bySize.set(buffer.size, buffers);
    buffers.push(buffer);
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
    // No free buffer fits: destroy them all before they take more memory than those in use.
    if (this.numBytesAllocated - this.numBytesUsed + size > Math.max(this.peakBytes, size)) this.empty();
    this.numBytesAllocated += size;
    return this.device.createBuffer({ size, usage, mappedAtCreation });
  }

  /** The smallest free buffer that holds `bytes` and is at most LOOSEST_FIT times as large. */
  private fitting(bytes: number, usage: GPUBufferUsageFlags): GPUBuffer | undefined {
    const bySize = this.freeByUsage.get(usage);
    if (!bySize) return undefined;
    let best = Number.POSITIVE_INFINITY;
    for (const [size, buffers] of bySize) {
      if (buffers.length > 0 && size >= bytes && size <= bytes * LOOSEST_FIT && size < best) best = size;
    }
    const buffer = bySize.get(best)?.pop();
    if (buffer) this.free--;
    return buffer;
  }

  private empty(): void {
    for (const bySize of this.freeByUsage.values()) {
      for (const buffers of bySize.values()) for (const buffer of buffers) this.destroy(buffer);
    }
    this.freeByUsage.clear();
    this.free = 0;
  }

  private destroy(buffer: GPUBuffer): void {
    this.numBytesAllocated -= buffer.size;
    buffer.destroy();
  }
}
