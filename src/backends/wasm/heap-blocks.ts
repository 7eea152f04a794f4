// The pieces of a heap that layers keep their weights in. They can move to another heap together, which is how a heap that
// has grown too large is left behind without loading a voice again.
import { VoirsError } from '../../errors.js';

/** The part of an Emscripten module that the kernels need. */
export interface HeapOwner {
  /** Throws when the heap is full (heap.ts). */
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Of a heap that is gone. */
export const CLOSED: HeapOwner = {
  _malloc: () => {
    throw new VoirsError('DISPOSED', 'The kernels of a disposed wasm backend were used');
  },
  _free: () => {},
};

/** A piece of the heap. Read the address for each call: it is another after a move. */
export interface HeapBlock {
  readonly address: number;
  readonly bytes: number;
}

interface Placed extends HeapBlock {
  address: number;
}

/** All blocks of one heap. */
export class HeapBlocks {
  private readonly live = new Set<HeapBlock>();
  /** What the preparation under way has allocated. */
  private underway: Set<HeapBlock> | undefined;

  constructor(
    private owner: HeapOwner,
    private memory: WebAssembly.Memory | undefined,
  ) {}

  /** For whoever asks to free. @throws VoirsError MEMORY_ERROR when there is no room. */
  allocate(bytes: number): HeapBlock {
    const block: HeapBlock = { address: this.owner._malloc(bytes) >>> 0, bytes };
    this.live.add(block);
    this.underway?.add(block);
    return block;
  }

  /** A block with these values. */
  store(values: Float32Array | Int32Array): HeapBlock {
    const block = this.allocate(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.memory!.buffer, block.address, values.byteLength).set(bytes);
    return block;
  }

  free(block: HeapBlock): void {
    this.underway?.delete(block);
    if (this.live.delete(block)) this.owner._free(block.address);
  }

  /** Makes a layer; when that fails, as in a full heap, what was stored for it is freed. */
  prepare<Made>(make: () => Made): Made {
    const outer = this.underway;
    const own = new Set<HeapBlock>();
    this.underway = own;
    try {
      const made = make();
      for (const block of own) outer?.add(block);
      return made;
    } catch (error) {
      for (const block of own) this.free(block);
      throw error;
    } finally {
      this.underway = outer;
    }
  }

  /**
   * Copies every block to another heap, where they are from then on; the old heap is left as it is.
   * @throws VoirsError MEMORY_ERROR when they do not fit there; nothing has moved then.
   */
  moveTo(owner: HeapOwner, memory: WebAssembly.Memory): void {
    const places = new Map<HeapBlock, number>();
    try {
      for (const block of this.live) places.set(block, owner._malloc(block.bytes) >>> 0);
    } catch (error) {
      for (const address of places.values()) owner._free(address);
      throw error;
    }
    // Views are taken now that the heap has grown for all of them.
    const [from, to] = [new Uint8Array(this.memory!.buffer), new Uint8Array(memory.buffer)];
    for (const [block, address] of places) {
      to.set(from.subarray(block.address, block.address + block.bytes), address);
      (block as Placed).address = address;
    }
    this.owner = owner;
    this.memory = memory;
  }

  /** Layers may outlive their backend in a pipeline that is disposed and still referred to; the heap must not. */
  close(): void {
    this.live.clear();
    this.owner = CLOSED;
    this.memory = undefined;
  }
}

// Memory that kernels work in and that keeps nothing between calls: one piece of the heap that grows to the largest need.

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
