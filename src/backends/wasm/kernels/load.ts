// Instantiates our convolution kernels on the heap of a TensorFlow.js module, so that tensors need no copies, and hands
// out pieces of that heap for weights and for the one buffer that every kernel works in.
import { compile, vendorFile } from '../vendor-files.js';
import { type Arithmetic, fastestArithmetic } from './arithmetic.js';
import { type HeapBlock, HeapBlocks, type HeapOwner } from './blocks.js';
import { ControlBlock } from './threads/control-block.js';
import { KernelThreads } from './threads/pool.js';

/** A function of the kernel module; addresses, counts and slopes are all numbers. */
type KernelFunction = (...args: number[]) => number;

/** Bytes of a cache line: what different threads write lies this far apart. */
const LINE_BYTES = 64;

/**
 * Operations (multiplications and additions) that are worth handing to another thread: about 25 microseconds of one.
 */
const WORTH_OPERATIONS = 1e6;

/** Fewest units of so many operations each that are worth a thread's while, for {@link ConvolutionKernels.dispatch}. */
export const unitsWorth = (operationsPerUnit: number): number =>
  Math.max(1, Math.ceil(WORTH_OPERATIONS / operationsPerUnit));

/**
 * The kernels on one heap.
 *
 * Every exported kernel cuts its work into units (rows, tiles, heads: its own affair) that can be done in any order, by any
 * thread, with the same results to the last bit. Its last three parameters are `from: i32, to: i32, scratch: usize`: it
 * does units [from, to) and may use the scratch memory, which is the thread's own and holds anything at the start. It
 * keeps nothing in globals. Beside kernel NAME a module may export
 * - `NAME_grain: i32`, the number of units that cost no more than one of them: ranges begin at multiples of it;
 * - `NAME_scratch(...)` and `NAME_units(...)`, bytes of scratch and number of units for a shape.
 */
export class ConvolutionKernels {
  private scratchAddress = 0;
  private scratchBytes = 0;
  private readonly blocks: HeapBlocks;
  private threads: KernelThreads | undefined;
  /** What `malloc` returned for each address that was rounded up. */
  private readonly aligned = new Map<number, number>();
  private functions: KernelFunction[];
  /** Where each kernel is among the exports: the same in every instance of the module. */
  private readonly positions: ReadonlyMap<string, number>;

  private constructor(
    private owner: HeapOwner | undefined,
    private memory: WebAssembly.Memory | undefined,
    private exports: WebAssembly.Exports,
    private readonly threadCount: number,
    /** Which build of the kernels this is. */
    readonly arithmetic: Arithmetic,
  ) {
    this.blocks = new HeapBlocks(owner!, memory);
    this.functions = Object.values(exports) as KernelFunction[];
    this.positions = new Map(Object.keys(exports).map((name, position) => [name, position]));
  }

  /**
   * Never throws: a backend without these kernels computes the same, slower.
   * @param memory what the module's heap lives in, if it was found; several threads need a shared one.
   * @returns the kernels, or why there are none, in words for `voirs doctor`.
   */
  static async load(
    owner: HeapOwner,
    memory: WebAssembly.Memory | undefined,
    threads = 1,
    arithmetic = fastestArithmetic(),
  ): Promise<ConvolutionKernels | { missing: string }> {
    if (!memory) return { missing: 'the memory of the module was not found' };
    const isShared = !(memory.buffer instanceof ArrayBuffer);
    try {
      const form = `${isShared ? '-shared' : ''}${arithmetic === 'relaxed' ? '-relaxed' : ''}`;
      const module = await compile(vendorFile(`voirs-kernels${form}.wasm`));
      const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
      const kernels = new ConvolutionKernels(owner, memory, exports, isShared ? threads : 1, arithmetic);
      if (isShared && threads > 1) await kernels.startThreads(module);
      return kernels;
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) };
    }
  }

  private async startThreads(module: WebAssembly.Module): Promise<void> {
    const { functions } = this;
    const [count, call] = [this.threadCount, (n: number, args: readonly number[]) => functions[n]!(...args)];
    // Freed with the whole heap: workers may look at it for a moment longer than the kernels are open.
    const control = this.allocateAligned(ControlBlock.bytes(count));
    this.threads = await KernelThreads.start(module, this.memory!, control, count, call);
  }

  /** Why there is one thread although more were asked for; nothing where there are as many. */
  get threadFailure(): string | undefined {
    return this.threads?.failure;
  }

  has(name: string): boolean {
    return name in this.exports;
  }

  /**
   * Runs a kernel over all its units.
   * @param args what the kernel takes before `from`, `to` and `scratch`: addresses, counts, slopes.
   * @param minimumUnits fewest units that are worth a thread's while (see {@link unitsWorth}): no range is smaller, and
   *   work of no more stays on the calling thread.
   */
  dispatch(name: string, units: number, args: readonly number[], minimumUnits: number): void {
    const kernel = this.positions.get(name);
    if (this.threads && kernel !== undefined) {
      const grain = this.has(`${name}_grain`) ? this.constant(`${name}_grain`) : 1;
      const [scratch, scratchBytes] = [this.scratchAddress, this.scratchBytes];
      const job = { kernel, units, grain, minimumUnits, args, scratch, scratchBytes };
      if (this.threads.takes(job)) {
        this.threads.run(job);
        return;
      }
    }
    this.ask(name, ...args, 0, units, this.scratchAddress);
  }

  /** Calls a function of the module that is no kernel, such as `NAME_scratch`. @throws Error when there is none: it was built from other sources. */
  ask(name: string, ...args: number[]): number {
    const found = this.exports[name];
    if (typeof found !== 'function') throw new Error(`the kernel module has no ${name}`);
    return (found as KernelFunction)(...args);
  }

  constant(name: string): number {
    return (this.exports[name] as WebAssembly.Global).value as number;
  }

  /** A block of the heap with these values. */
  store(values: Float32Array | Int32Array): HeapBlock {
    return this.blocks.store(values);
  }

  /** A block of the heap, for whoever asks to free. @throws VoirsError MEMORY_ERROR when there is no room. */
  allocate(bytes: number): HeapBlock {
    return this.blocks.allocate(bytes);
  }

  free(block: HeapBlock): void {
    this.blocks.free(block);
  }

  /** Makes a layer; when that fails, as in a full heap, what was stored for it is freed. */
  prepare<Made>(make: () => Made): Made {
    return this.blocks.prepare(make);
  }

  /** Makes the working buffer that kernels get as `scratch` at least this large, for every thread. */
  reserveScratch(bytes: number): void {
    if (bytes <= this.scratchBytes) return;
    const each = Math.ceil(bytes / LINE_BYTES) * LINE_BYTES;
    const larger = this.allocateAligned(each * this.threadCount);
    if (this.scratchBytes > 0) this.freeAligned(this.scratchAddress);
    this.scratchAddress = larger;
    this.scratchBytes = each;
  }

  /** Bytes of the working buffers of all threads. */
  get workingBytes(): number {
    return this.scratchBytes * this.threadCount;
  }

  /** For what outlives the layer whose preparation asks for it. */
  private allocateAligned(bytes: number): number {
    const allocated = this.owner!._malloc(bytes + LINE_BYTES) >>> 0;
    const address = Math.ceil(allocated / LINE_BYTES) * LINE_BYTES;
    this.aligned.set(address, allocated);
    return address;
  }

  private freeAligned(address: number): void {
    this.owner?._free(this.aligned.get(address)!);
    this.aligned.delete(address);
  }

  /**
   * Goes over to another heap with everything that layers keep, and leaves the old one to be collected. No kernel may be
   * under way.
   * @throws Error when the other heap cannot be had or is too small; the old one is then still in use.
   */
  async moveTo(owner: HeapOwner, memory: WebAssembly.Memory | undefined): Promise<void> {
    const fresh = await ConvolutionKernels.load(owner, memory, this.threadCount, this.arithmetic);
    if ('missing' in fresh) throw new Error(fresh.missing);
    try {
      fresh.reserveScratch(this.scratchBytes);
      this.blocks.moveTo(owner, memory!);
    } catch (error) {
      await fresh.close();
      throw error;
    }
    const { threads } = this;
    this.owner = owner;
    this.memory = memory;
    this.exports = fresh.exports;
    this.functions = fresh.functions;
    this.threads = fresh.threads;
    this.scratchAddress = fresh.scratchAddress;
    this.aligned.clear();
    for (const [address, allocated] of fresh.aligned) this.aligned.set(address, allocated);
    await threads?.stop();
  }

  /** Frees the working buffers; resolves when the workers have ended. */
  async close(): Promise<void> {
    if (this.scratchBytes > 0) this.freeAligned(this.scratchAddress);
    this.scratchBytes = 0;
    this.blocks.close();
    const { threads } = this;
    this.owner = undefined;
    this.memory = undefined;
    this.exports = {};
    this.functions = [];
    this.threads = undefined;
    await threads?.stop();
  }
}
