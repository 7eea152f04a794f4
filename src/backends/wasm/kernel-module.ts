// Instantiates our convolution kernels on the heap of a TensorFlow.js module, so that tensors need no copies, and hands
// out pieces of that heap for weights and for the one buffer that every kernel works in.

import { VoirsError } from '../../errors.js';
import type { Arithmetic } from '../../host/contract.js';
import { host } from '../../host/host.js';
import {
  CLOSED,
  type HeapBlock,
  HeapBlocks,
  type HeapOwner,
  LINE_BYTES,
  WorkingBuffer,
} from './heap-blocks.js';
import { ControlBlock } from './threads/control-block.js';
import { KernelThreads } from './threads/pool.js';
import { compile, vendorFile } from './vendor-files.js';

/** A function of the kernel module; addresses, counts and slopes are all numbers. */
type KernelFunction = (...args: number[]) => number;

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
 * - `NAME_grain: i32`, the number of units that cost little more than one of them: ranges begin at multiples of it;
 * - `NAME_scratch(...)` and `NAME_units(...)`, bytes of scratch and number of units for a shape.
 */
export class ConvolutionKernels {
  /** What {@link dispatch} hands to kernels as `scratch`, for all threads; and how much of it each has. */
  private scratch: WorkingBuffer;
  private scratchBytes = 0;
  /** Where weights are widened to for the call under way. */
  wide: WorkingBuffer;
  private readonly blocks: HeapBlocks;
  private threads: KernelThreads | undefined;
  private functions: KernelFunction[];
  /** Where each kernel is among the exports: the same in every instance of the module. */
  private readonly positions: ReadonlyMap<string, number>;

  private constructor(
    owner: HeapOwner,
    private memory: WebAssembly.Memory | undefined,
    private exports: WebAssembly.Exports,
    private readonly threadCount: number,
    /** Which build of the kernels this is. */
    readonly arithmetic: Arithmetic,
  ) {
    this.blocks = new HeapBlocks(owner, memory);
    this.scratch = new WorkingBuffer(owner);
    this.wide = new WorkingBuffer(owner);
    this.functions = Object.values(exports) as KernelFunction[];
    this.positions = new Map(Object.keys(exports).map((name, position) => [name, position]));
  }

  /**
   * Does not throw for want of kernels: a backend without them computes the same, slower.
   * @param memory what the module's heap lives in, if it was found; several threads need a shared one.
   * @returns the kernels, or why there are none, in words for `voirs doctor`.
   * @throws VoirsError INVALID_OPTIONS for an unknown VOIRS_SIMD.
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
      const module = await compile(vendorFile(`voirs-kernels${form}.wasm`), arithmetic);
      const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
      const kernels = new ConvolutionKernels(owner, memory, exports, isShared ? threads : 1, arithmetic);
      if (isShared && threads > 1) await kernels.startThreads(module, owner);
      return kernels;
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) };
    }
  }

  private async startThreads(module: WebAssembly.Module, owner: HeapOwner): Promise<void> {
    const { functions } = this;
    const [count, call] = [this.threadCount, (n: number, args: readonly number[]) => functions[n]!(...args)];
    // Freed with the whole heap: workers may look at it for a moment longer than the kernels are open.
    const control = new WorkingBuffer(owner);
    control.reserve(ControlBlock.bytes(count));
    this.threads = await KernelThreads.start(module, this.memory!, control.address, count, call);
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
    this.scratch.reserve(each * this.threadCount);
    this.scratchBytes = each;
  }

  /** Bytes that kernels work in. */
  get workingBytes(): number {
    return this.scratch.bytes + this.wide.bytes;
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
    this.threads = fresh.threads;
    this.scratch = fresh.scratch;
    this.wide = fresh.wide;
    await threads?.stop();
  }

  /** Frees the working buffers; resolves when the workers have ended. */
  async close(): Promise<void> {
    this.scratch.free();
    this.wide.free();
    this.scratch = new WorkingBuffer(CLOSED);
    this.wide = new WorkingBuffer(CLOSED);
    this.blocks.close();
    const { threads } = this;
    this.memory = undefined;
    this.exports = {};
    this.functions = [];
    this.threads = undefined;
    await threads?.stop();
  }
}

// Which build of the kernels this runtime can load: relaxed SIMD (Node, Chrome from 114 on) has the multiply-add as one
// instruction, 1.18 to 1.24 times as fast (docs/kernels.md); plain SIMD runs everywhere else.

/**
 * The environment variable VOIRS_SIMD=plain asks for the slower build, which rounds alike on every machine.
 * @throws VoirsError INVALID_OPTIONS for another value of it; an empty one is none.
 */
export function fastestArithmetic(): Arithmetic {
  const wanted = host.environment().VOIRS_SIMD || 'relaxed';
  if (wanted !== 'plain' && wanted !== 'relaxed') {
    throw new VoirsError('INVALID_OPTIONS', 'VOIRS_SIMD is not one of its values', {
      got: wanted,
      wanted: 'plain or relaxed',
    });
  }
  return wanted === 'relaxed' && host.hasRelaxedSimd() ? 'relaxed' : 'plain';
}
