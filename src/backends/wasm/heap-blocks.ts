// The pieces of a heap that our kernels use: blocks that layers keep weights in, and working buffers that
// keep nothing between calls. All blocks can move to another heap together: so a heap that has grown too
// large is replaced without loading a voice again.
import { VoirsError } from '../../errors.js';

/** The part of an Emscripten module that the kernels need. */
export interface HeapOwner {
  /** @throws VoirsError MEMORY_ERROR when the heap is full (heap.ts). */
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** Stands in for the owner of a heap that has been disposed. */
export const CLOSED_HEAP: HeapOwner = {
  _malloc: () => {
    throw new VoirsError('DISPOSED', 'The kernels of a disposed wasm backend were used');
  },
  _free: () => {},
};

/** A piece of the heap. Read its address for each call: a move changes it. */
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
  /** Blocks that the preparation under way has allocated. */
  private underway: Set<HeapBlock> | undefined;

  constructor(
    private owner: HeapOwner,
    private memory: WebAssembly.Memory | undefined,
  ) {}

  /** A new block; the caller frees it. @throws VoirsError MEMORY_ERROR when there is no room. */
  allocate(bytes: number): HeapBlock {
    const block: HeapBlock = { address: this.owner._malloc(bytes) >>> 0, bytes };
    this.live.add(block);
    this.underway?.add(block);
    return block;
  }

  /**
   * A new block with these values; the caller frees it.
   * @throws VoirsError MEMORY_ERROR when there is no room.
   */
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

  /**
   * Runs `make`, which prepares a layer; when it throws, as in a full heap, the blocks it has allocated are
   * freed.
   */
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
   * Moves every block to another heap; the old heap is left as it is.
   * @throws VoirsError MEMORY_ERROR when they do not fit there; then nothing has moved.
   */
  moveTo(owner: HeapOwner, memory: WebAssembly.Memory): void {
    const places = new Map<HeapBlock, number>();
    try {
      for (const block of this.live) places.set(block, owner._malloc(block.bytes) >>> 0);
    } catch (error) {
      for (const address of places.values()) owner._free(address);
      throw error;
    }
    // Views are taken only now: each allocation may grow the heap, which detaches older views.
    const [from, to] = [new Uint8Array(this.memory!.buffer), new Uint8Array(memory.buffer)];
    for (const [block, address] of places) {
      to.set(from.subarray(block.address, block.address + block.bytes), address);
      (block as Placed).address = address;
    }
    this.owner = owner;
    this.memory = memory;
  }

  /** Lets go of the heap: layers of a disposed pipeline may outlive their backend, the heap must not. */
  close(): void {
    this.live.clear();
    this.owner = CLOSED_HEAP;
    this.memory = undefined;
  }
}

/** Bytes of a cache line: memory that different threads write is at least this far apart. */
export const LINE_BYTES = 64;

/**
 * Memory that kernels work in: one piece of the heap, as large as the largest need so far. Begins at a cache
 * line.
 */
export class WorkingBuffer {
  address = 0;
  bytes = 0;
  private allocated = 0;

  constructor(private readonly owner: HeapOwner) {}

  /**
   * Makes it at least this large; its contents are lost.
   * @throws VoirsError MEMORY_ERROR when there is no room; then it stays as it was.
   */
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
