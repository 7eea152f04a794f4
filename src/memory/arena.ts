// Where audio samples live: slabs cut into power-of-two blocks (a buddy allocator), handed out as counted
// leases, so that ten thousand syntheses reuse the same few buffers and every byte of audio can be accounted
// for.
import { optionNames, refuseOtherThan, refuseUnknown, shown, VoirsError } from '../errors.js';

const MIN_ORDER = 10;
/** Smallest block in samples (4 KiB). */
export const MIN_BLOCK = 2 ** MIN_ORDER;
/**
 * The first slab holds 2^18 samples (1 MiB, 12 s at 22,050 Hz), each further one as many as there are
 * already, up to 2^20. Small slabs matter with glibc, which keeps up to twice the largest piece that was ever
 * freed: slabs of 4 MiB left 8 MiB of RSS behind.
 */
const FIRST_SLAB_ORDER = 18;
const LARGEST_SLAB_ORDER = 20;

export interface ArenaOptions {
  /** Most bytes of slabs that the arena may own, 0 or more; absent: no limit of its own. */
  capBytes?: number;
  /**
   * What a lease writes zeros to. `samples` (default): the samples asked for; the pages at a block's end stay
   * untouched, and take no physical memory yet. `blocks`: the whole block, which then costs at once what it
   * ever will; with `samples`, RSS creeps up for thousands of leases, until each place has held one of the
   * longest.
   */
  zeroes?: 'samples' | 'blocks';
}

const OPTIONS = optionNames<ArenaOptions>({ capBytes: true, zeroes: true });

/** Figures of an arena; bytes of float32 samples. */
export interface ArenaStats {
  slabs: number;
  /** Slabs allocated since the arena was made: constant in steady state. */
  slabsAllocated: number;
  capacityBytes: number;
  /** In blocks that are leased (rounded up to their power of two). */
  usedBytes: number;
  /** In samples that leases asked for. */
  requestedBytes: number;
  freeBytes: number;
  /** Most that was in use at any time. */
  peakBytes: number;
  leases: number;
  /** 1 - largest free block / free bytes: 0 when all free memory is in one piece. */
  fragmentation: number;
}

/** A slab and its free blocks: order -> offsets in samples. */
class Slab {
  readonly samples: Float32Array;
  private readonly free: Set<number>[];

  /** @param length samples, fewer than 2^order for a slab that is one block and never split. */
  constructor(
    readonly order: number,
    length = 2 ** order,
  ) {
    this.samples = new Float32Array(length);
    this.free = Array.from({ length: order + 1 }, () => new Set<number>());
    this.free[order]!.add(0);
  }

  /** The smallest free block of at least this order that holds `length` samples, or -1. */
  fit(order: number, length: number): number {
    if (this.samples.length < 2 ** this.order) {
      return order === this.order && length <= this.samples.length && this.isUnused ? order : -1;
    }
    for (let o = order; o <= this.order; o++) if (this.free[o]!.size > 0) return o;
    return -1;
  }

  get largestFree(): number {
    for (let o = this.order; o >= MIN_ORDER; o--) {
      if (this.free[o]!.size > 0) return Math.min(2 ** o, this.samples.length);
    }
    return 0;
  }

  get isUnused(): boolean {
    return this.free[this.order]!.size > 0;
  }

  /** A block that {@link fit} has found. */
  take(order: number, length: number): number {
    let o = this.fit(order, length);
    const [offset] = this.free[o]!;
    this.free[o]!.delete(offset!);
    while (o > order) this.free[--o]!.add(offset! + 2 ** o); // split: the upper half stays free
    return offset!;
  }

  give(offset: number, order: number): void {
    let at = offset;
    let o = order;
    while (o < this.order) {
      const buddy = at ^ (2 ** o);
      if (!this.free[o]!.delete(buddy)) break;
      at = Math.min(at, buddy);
      o++;
    }
    this.free[o]!.add(at);
  }
}

/** The value made, or the RangeError with which a runtime says that it has no room for an array. */
function attempt<T>(make: () => T): [made: T | undefined, refusal?: RangeError] {
  try {
    return [make()];
  } catch (error) {
    if (error instanceof RangeError) return [undefined, error];
    throw error;
  }
}

/** A block of a slab while leases on it or on parts of it live; the release of the last one gives it back. */
class Block {
  private leases = 1;

  constructor(
    private readonly giveBack: () => void,
    /** Leases from the arena that this block came from. */
    readonly another: (length: number) => Lease,
  ) {}

  share(): this {
    this.leases++;
    return this;
  }

  leave(): void {
    if (--this.leases === 0) this.giveBack();
  }
}

const NOTHING = new Float32Array(0);

/** A counted hold on a range of samples. The last release gives the range back. */
export class Lease {
  private holders = 1;

  constructor(
    private range: Float32Array,
    private readonly block: Block,
  ) {}

  /** The leased samples; a view, valid until the last release. @throws VoirsError DISPOSED after it. */
  get samples(): Float32Array {
    if (this.holders === 0) {
      throw new VoirsError('DISPOSED', 'Audio samples were used after they were given back', {
        suggestion: 'Copy the samples (samples.slice()) before dispose()',
      });
    }
    return this.range;
  }

  get isReleased(): boolean {
    return this.holders === 0;
  }

  /** Adds a holder; each must release once. */
  retain(): this {
    void this.samples;
    this.holders++;
    return this;
  }

  /**
   * Another lease, of `length` samples, zeroed, in the same arena.
   * @throws VoirsError DISPOSED, MEMORY_ERROR.
   */
  sibling(length: number): Lease {
    void this.samples;
    return this.block.another(length);
  }

  /**
   * A lease of its own on the samples [from, to) of this one, without a copy. The memory is given back when
   * the last lease on any of it is released.
   * @throws VoirsError DISPOSED.
   */
  part(from: number, to: number): Lease {
    return new Lease(this.samples.subarray(from, to), this.block.share());
  }

  /** Gives up one hold; releases beyond the last have no effect. */
  release(): void {
    if (this.holders === 0) return;
    if (--this.holders > 0) return;
    this.range = NOTHING; // an adopted buffer is garbage from here on
    this.block.leave();
  }
}

/** Owner of the slabs. Leases keep their slab alive, so they may outlive the arena's owner. */
export class Arena {
  private readonly slabs = new Set<Slab>();
  private readonly capBytes: number;
  private readonly zeroes: 'samples' | 'blocks';
  private leases = 0;
  private usedBytes = 0;
  private requestedBytes = 0;
  private peakBytes = 0;
  private slabsAllocated = 0;
  private adoptedBytes = 0;

  /** @throws VoirsError INVALID_OPTIONS. */
  constructor(options: ArenaOptions = {}) {
    refuseUnknown(options, OPTIONS, 'Arena');
    const { capBytes = Number.POSITIVE_INFINITY, zeroes = 'samples' } = options;
    if (!(typeof capBytes === 'number' && capBytes >= 0)) {
      throw new VoirsError('INVALID_OPTIONS', 'capBytes is out of range', {
        got: shown(capBytes),
        wanted: 'bytes, 0 or more',
      });
    }
    refuseOtherThan(['samples', 'blocks'], zeroes, 'value of zeroes');
    this.capBytes = capBytes;
    this.zeroes = zeroes;
  }

  /**
   * Leases `length` samples, zeroed.
   * @throws VoirsError MEMORY_ERROR when the arena's cap does not allow another slab, or the system has no
   * room for it; INVALID_OPTIONS for a length that is no whole number of samples.
   */
  lease(length: number): Lease {
    if (!(Number.isInteger(length) && length >= 0)) {
      throw new VoirsError('INVALID_OPTIONS', 'Bad length of a lease', {
        got: shown(length),
        wanted: 'whole samples, 0 or more',
      });
    }
    const order = Math.max(MIN_ORDER, Math.ceil(Math.log2(length)));
    const slab = this.slabWith(order, length) ?? this.grow(order, length);
    const offset = slab.take(order, length);
    const bytes = Math.min(2 ** order, slab.samples.length) * 4;
    this.leases++;
    this.usedBytes += bytes;
    this.requestedBytes += length * 4;
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    const range = slab.samples.subarray(offset, offset + length);
    slab.samples.fill(0, offset, offset + (this.zeroes === 'blocks' ? bytes / 4 : length));
    const giveBack = () => {
      slab.give(offset, order);
      this.leases--;
      this.usedBytes -= bytes;
      this.requestedBytes -= length * 4;
    };
    return new Lease(range, new Block(giveBack, (another) => this.lease(another)));
  }

  /**
   * Leases samples that were made elsewhere, such as in a worker, where they are: without a copy, and without regard to
   * the cap. They count as the arena's until the last release; what is derived from them is leased in its slabs.
   */
  adopt(samples: Float32Array): Lease {
    const { byteLength } = samples;
    const count = (sign: 1 | -1): void => {
      this.leases += sign;
      this.adoptedBytes += sign * byteLength;
      this.usedBytes += sign * byteLength;
      this.requestedBytes += sign * byteLength;
    };
    count(1);
    this.peakBytes = Math.max(this.peakBytes, this.usedBytes);
    return new Lease(
      samples,
      new Block(
        () => count(-1),
        (another) => this.lease(another),
      ),
    );
  }

  /** The fullest slab that still fits, so that others can empty and be released. */
  private slabWith(order: number, length: number): Slab | undefined {
    let best: Slab | undefined;
    let bestOrder = Number.POSITIVE_INFINITY;
    for (const slab of this.slabs) {
      const fit = slab.fit(order, length);
      if (fit >= 0 && fit < bestOrder) {
        best = slab;
        bestOrder = fit;
      }
    }
    return best;
  }

  /**
   * A slab for a block that no slab has: of the usual size, or of just the size needed where the cap has no
   * room for more.
   */
  private grow(order: number, length: number): Slab {
    // Rounded to the page, not to a power of two: long audio may fit the cap only so.
    const exact = Math.ceil(Math.max(1, length) / MIN_BLOCK) * MIN_BLOCK;
    const make = () => this.divisibleSlab(order) ?? (exact <= this.room ? new Slab(order, exact) : undefined);
    let [slab, refusal] = attempt(make);
    if (!slab && this.releaseFreeSlabs() > 0) [slab, refusal] = attempt(make);
    if (!slab) {
      throw new VoirsError('MEMORY_ERROR', 'The audio arena is full', {
        got: `${exact * 4} bytes more over ${this.usedBytes} in use`,
        wanted: refusal ? 'a size that the system has room for' : `at most ${this.capBytes} bytes`,
        suggestion:
          'Dispose audio buffers that are no longer needed, stream the text, or raise memoryLimitMb',
        cause: refusal,
      });
    }
    this.slabs.add(slab);
    this.slabsAllocated++;
    return slab;
  }

  /** A slab in place of smaller unused ones, whose leases it can hold as well. */
  private divisibleSlab(order: number): Slab | undefined {
    const smaller = [...this.slabs].filter((slab) => slab.isUnused && slab.order < order);
    const spare = smaller.reduce((sum, { samples }) => sum + samples.length, 0);
    const growing = Math.floor(Math.log2(Math.max(1, this.capacityBytes / 4 - spare)));
    const usual = Math.min(Math.max(growing, FIRST_SLAB_ORDER), LARGEST_SLAB_ORDER);
    const fitting = [Math.max(order, usual), order].find((o) => 2 ** o <= this.room + spare);
    if (fitting === undefined) return undefined;
    for (const slab of smaller) this.slabs.delete(slab);
    return new Slab(fitting);
  }

  /** Samples of slabs that the cap allows for. */
  private get room(): number {
    return (this.capBytes - this.capacityBytes) / 4;
  }

  private get capacityBytes(): number {
    let bytes = this.adoptedBytes;
    for (const slab of this.slabs) bytes += slab.samples.byteLength;
    return bytes;
  }

  /** Lets go of slabs that hold no lease. @returns bytes given up. */
  releaseFreeSlabs(): number {
    let bytes = 0;
    for (const slab of this.slabs) {
      if (!slab.isUnused) continue;
      this.slabs.delete(slab);
      bytes += slab.samples.byteLength;
    }
    return bytes;
  }

  stats(): ArenaStats {
    const capacityBytes = this.capacityBytes;
    const freeBytes = capacityBytes - this.usedBytes;
    let largest = 0;
    for (const slab of this.slabs) largest = Math.max(largest, slab.largestFree * 4);
    return {
      slabs: this.slabs.size,
      slabsAllocated: this.slabsAllocated,
      capacityBytes,
      usedBytes: this.usedBytes,
      requestedBytes: this.requestedBytes,
      freeBytes,
      peakBytes: this.peakBytes,
      leases: this.leases,
      fragmentation: freeBytes === 0 ? 0 : 1 - largest / freeBytes,
    };
  }
}
