// Instantiates our kernels on the heap of a TensorFlow.js module, so that tensors need no copies, runs them
// on one thread or several, and gives them pieces of that heap for weights and to work in.
import { VoirsError } from '../../errors.js';
import type { Arithmetic } from '../../host/contract.js';
import { host } from '../../host/host.js';
import { environment } from '../environment.js';
import {
  CLOSED_HEAP,
  type HeapBlock,
  HeapBlocks,
  type HeapOwner,
  LINE_BYTES,
  WorkingBuffer,
} from './heap-blocks.js';
import { ControlBlock } from './threads/control-block.js';
import { SupervisedThreads } from './threads/supervised-threads.js';
import { compile, vendorFile } from './vendor-files.js';

/** A function of the kernel module; addresses, counts and slopes are all numbers. */
type KernelFunction = (...args: number[]) => number;

/**
 * Fewest operations (multiplications and additions) for which another thread pays: about 25 microseconds of
 * one.
 */
const WORTH_OPERATIONS = 1e6;

/**
 * Fewest units for which another thread pays, each of so many operations; for {@link KernelModule.dispatch}.
 */
export const unitsWorth = (operationsPerUnit: number): number =>
  Math.max(1, Math.ceil(WORTH_OPERATIONS / operationsPerUnit));

/**
 * The kernels on one heap.
 *
 * Every exported kernel cuts its work into units of its own choice (rows, tiles, heads), which can be done in
 * any order and by any thread with the same results to the last bit. Its last three parameters are
 * `from: i32, to: i32, scratch: usize`: it does units [from, to) and may use the scratch memory, which
 * belongs to the thread and is not initialised. It keeps nothing in globals. Beside kernel NAME a module may
 * export
 * - `NAME_grain: i32`, the number of units that cost little more than one of them: ranges begin at multiples
 *   of it;
 * - `NAME_scratch(...)` and `NAME_units(...)`, bytes of scratch and number of units for a shape.
 */
export class KernelModule {
  /** The memory that {@link dispatch} gives to kernels as `scratch`, for all threads. */
  private scratch: WorkingBuffer;
  /** Bytes of it for each thread. */
  private scratchBytes = 0;
  /** The widened weights of the call under way. */
  wide: WorkingBuffer;
  private readonly blocks: HeapBlocks;
  private threads: SupervisedThreads | undefined;
  /** Told of threads that are lost and replaced. */
  onNotice: ((message: string) => void) | undefined;
  private functions: KernelFunction[];
  /** Position of each kernel among the exports: the same in every instance of the module. */
  private readonly positions: ReadonlyMap<string, number>;

  private constructor(
    owner: HeapOwner,
    private memory: WebAssembly.Memory | undefined,
    private exports: WebAssembly.Exports,
    private readonly threadCount: number,
    /** The build of the kernels. */
    readonly arithmetic: Arithmetic,
  ) {
    this.blocks = new HeapBlocks(owner, memory);
    this.scratch = new WorkingBuffer(owner);
    this.wide = new WorkingBuffer(owner);
    this.functions = Object.values(exports) as KernelFunction[];
    this.positions = new Map(Object.keys(exports).map((name, position) => [name, position]));
  }

  /**
   * Loads the kernels; does not throw where they cannot be loaded, because a backend computes the same
   * without them, slower.
   * @param memory the memory of the module's heap, if it was found; several threads need a shared one.
   * @returns the kernels, or why there are none, for `voirs doctor`.
   * @throws VoirsError INVALID_OPTIONS for an unknown VOIRS_SIMD.
   */
  static async load(
    owner: HeapOwner,
    memory: WebAssembly.Memory | undefined,
    threads = 1,
    arithmetic = fastestArithmetic(),
  ): Promise<KernelModule | { missing: string }> {
    if (!memory) return { missing: 'the memory of the module was not found' };
    const isShared = !(memory.buffer instanceof ArrayBuffer);
    try {
      const form = `${isShared ? '-shared' : ''}${arithmetic === 'relaxed' ? '-relaxed' : ''}`;
      const module = await compile(vendorFile(`voirs-kernels${form}.wasm`), arithmetic);
      const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
      const kernels = new KernelModule(owner, memory, exports, isShared ? threads : 1, arithmetic);
      if (isShared && threads > 1) await kernels.startThreads(module, owner);
      return kernels;
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) };
    }
  }

  private async startThreads(module: WebAssembly.Module, owner: HeapOwner): Promise<void> {
    const { functions } = this;
    const [count, call] = [this.threadCount, (n: number, args: readonly number[]) => functions[n]!(...args)];
    // Freed with the whole heap only, because workers may read it for a moment after close().
    const control = new WorkingBuffer(owner);
    control.reserve(ControlBlock.bytes(count));
    this.take(
      await SupervisedThreads.start({
        ...{ module, memory: this.memory!, control: control.address, threads: count, call },
      }),
    );
  }

  private take(threads: SupervisedThreads | undefined): void {
    this.threads = threads;
    if (threads) threads.onNotice = (message) => this.onNotice?.(message);
  }

  /** After a run that a lost worker broke: resolves when the memory is the caller's alone. */
  async settleThreads(): Promise<void> {
    await this.threads?.settle();
  }

  /** Why there is one thread although more were asked for; undefined where there are as many. */
  get threadFailure(): string | undefined {
    return this.threads?.failure;
  }

  has(name: string): boolean {
    return name in this.exports;
  }

  /**
   * Runs a kernel over all its units.
   * @param args what the kernel takes before `from`, `to` and `scratch`: addresses, counts, slopes.
   * @param minimumUnits fewest units for which another thread pays ({@link unitsWorth}): no range is smaller,
   *   and work of no more units stays on the calling thread.
   */
  dispatch(name: string, units: number, args: readonly number[], minimumUnits: number): void {
    const kernel = this.positions.get(name);
    if (this.threads && kernel !== undefined) {
      const grain = this.has(`${name}_grain`) ? this.constant(`${name}_grain`) : 1;
      const { scratchBytes } = this;
      const scratch = this.scratch.address;
      const job = { kernel, units, grain, minimumUnits, args, scratch, scratchBytes };
      if (this.threads.takes(job)) {
        this.threads.run(job);
        return;
      }
    }
    this.ask(name, ...args, 0, units, this.scratch.address);
  }

  /**
   * Calls a function of the module that is not a kernel, such as `NAME_scratch`.
   * @throws Error when it is missing, which means that the module was built from other sources.
   */
  ask(name: string, ...args: number[]): number {
    const found = this.exports[name];
    if (typeof found !== 'function') throw new Error(`the kernel module has no ${name}`);
    return (found as KernelFunction)(...args);
  }

  constant(name: string): number {
    return (this.exports[name] as WebAssembly.Global).value as number;
  }

  /**
   * A block of the heap with these values; the caller frees it.
   * @throws VoirsError MEMORY_ERROR when there is no room.
   */
  store(values: Float32Array | Int32Array): HeapBlock {
    return this.blocks.store(values);
  }

  /** A block of the heap; the caller frees it. @throws VoirsError MEMORY_ERROR when there is no room. */
  allocate(bytes: number): HeapBlock {
    return this.blocks.allocate(bytes);
  }

  free(block: HeapBlock): void {
    this.blocks.free(block);
  }

  /**
   * Runs `make`, which prepares a layer; when it throws, as in a full heap, the blocks it has allocated are
   * freed.
   */
  prepare<Made>(make: () => Made): Made {
    return this.blocks.prepare(make);
  }

  /**
   * Makes the `scratch` of every thread at least this large.
   * @throws VoirsError MEMORY_ERROR when there is no room.
   */
  reserveScratch(bytes: number): void {
    if (bytes <= this.scratchBytes) return;
    const each = Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
    this.scratch.reserve(each * this.threadCount);
    this.scratchBytes = each;
  }

  /** Bytes of the working buffers. */
  get workingBytes(): number {
    return this.scratch.bytes + this.wide.bytes;
  }

  /**
   * Moves everything that layers keep to another heap and lets go of the old one. No kernel may be under way.
   * @throws Error when the kernels do not load there or the heap is too small; then the old one is still in
   * use.
   */
  async moveTo(owner: HeapOwner, memory: WebAssembly.Memory | undefined): Promise<void> {
    const fresh = await KernelModule.load(owner, memory, this.threadCount, this.arithmetic);
    if ('missing' in fresh) throw new Error(fresh.missing);
    try {
      fresh.reserveScratch(this.scratchBytes);
      fresh.wide.reserve(this.wide.bytes);
      this.blocks.moveTo(owner, memory!);
    } catch (error) {
      await fresh.close();
      throw error;
    }
    const { threads } = this;
    this.memory = memory;
    this.exports = fresh.exports;
    this.functions = fresh.functions;
    this.take(fresh.threads);
    this.scratch = fresh.scratch;
    this.wide = fresh.wide;
    await threads?.stop();
  }

  /** Frees the working buffers and lets go of the heap; resolves when the workers have ended. */
  async close(): Promise<void> {
    this.scratch.free();
    this.wide.free();
    this.scratch = new WorkingBuffer(CLOSED_HEAP);
    this.wide = new WorkingBuffer(CLOSED_HEAP);
    this.blocks.close();
    const { threads } = this;
    this.memory = undefined;
    this.exports = {};
    this.functions = [];
    this.threads = undefined;
    await threads?.stop();
  }
}

/**
 * The fastest build of the kernels that this runtime loads: with relaxed SIMD (Node, Chrome from 114 on),
 * whose multiply-add is one instruction, 1.18 to 1.24 times as fast (docs/kernels.md); elsewhere with plain
 * SIMD. VOIRS_SIMD=plain asks for the plain build, which rounds alike on every machine.
 * @throws VoirsError INVALID_OPTIONS for another value of VOIRS_SIMD; an empty one counts as unset.
 */
export function fastestArithmetic(): Arithmetic {
  const wanted = environment().VOIRS_SIMD ?? 'relaxed';
  if (wanted !== 'plain' && wanted !== 'relaxed') {
    throw new VoirsError('INVALID_OPTIONS', 'VOIRS_SIMD is not one of its values', {
      got: wanted,
      wanted: 'plain or relaxed',
    });
  }
  return wanted === 'relaxed' && host.hasRelaxedSimd() ? 'relaxed' : 'plain';
}
