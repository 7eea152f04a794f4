// Instantiates our convolution kernels on the heap of a TensorFlow.js module, so that tensors need no copies, and hands
// out pieces of that heap for weights and for the one buffer that every kernel works in.
import { VoirsError } from '../../../errors.js';
import { compile, vendorFile } from '../vendor-files.js';

/** The part of an Emscripten module that the kernels need. */
export interface HeapOwner {
  _malloc(bytes: number): number;
  _free(address: number): void;
}

/** A function of the kernel module; addresses, counts and slopes are all numbers. */
type KernelFunction = (...args: number[]) => number;

/** The kernels on one heap. */
export class ConvolutionKernels {
  private scratchAddress = 0;
  private scratchBytes = 0;
  private isClosed = false;

  private constructor(
    private readonly owner: HeapOwner,
    private readonly memory: WebAssembly.Memory,
    private readonly exports: WebAssembly.Exports,
  ) {}

  /**
   * Never throws: a backend without these kernels computes the same, slower.
   * @param memory what the module's heap lives in, if it was found.
   * @returns the kernels, or why there are none, in words for `voirs doctor`.
   */
  static async load(
    owner: HeapOwner,
    memory: WebAssembly.Memory | undefined,
  ): Promise<ConvolutionKernels | { missing: string }> {
    if (!memory) return { missing: 'the memory of the module was not found' };
    const isShared = !(memory.buffer instanceof ArrayBuffer);
    try {
      const module = await compile(vendorFile(isShared ? 'voirs-kernels-shared.wasm' : 'voirs-kernels.wasm'));
      const { exports } = await WebAssembly.instantiate(module, { env: { memory } });
      return new ConvolutionKernels(owner, memory, exports);
    } catch (error) {
      return { missing: error instanceof Error ? error.message : String(error) };
    }
  }

  has(name: string): boolean {
    return name in this.exports;
  }

  /** @throws Error when the module has no such kernel: it was built from other sources. */
  kernel(name: string): KernelFunction {
    const found = this.exports[name];
    if (typeof found !== 'function') throw new Error(`the kernel module has no ${name}`);
    return found as KernelFunction;
  }

  constant(name: string): number {
    return (this.exports[name] as WebAssembly.Global).value as number;
  }

  /** Copies values into a piece of the heap that is theirs. @returns its address. */
  store(values: Float32Array | Int32Array): number {
    const address = this.allocate(values.byteLength);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(this.memory.buffer, address, values.byteLength).set(bytes);
    return address;
  }

  /**
   * Weights of a transform, made in the heap.
   * @param packed [Cout / 8][k][Cin][8].
   * @param matrix [planes][k].
   * @returns the address of [planes][Cout / 8][Cin][8].
   */
  transformWeights(packed: Float32Array, matrix: Float32Array, inChannels: number, kernel: number): number {
    const planes = matrix.length / kernel;
    const to = this.allocate((packed.byteLength / kernel) * planes);
    const from = [this.store(packed), this.store(matrix)] as const;
    const blocks = packed.length / (8 * kernel * inChannels);
    this.kernel('transform_weights')(from[0], to, from[1], planes, kernel, inChannels, blocks);
    for (const address of from) this.free(address);
    return to;
  }

  free(address: number): void {
    if (!this.isClosed) this.owner._free(address);
  }

  /** Makes the shared working buffer at least this large. Kernels run one at a time, so one is enough. */
  reserveScratch(bytes: number): void {
    if (bytes <= this.scratchBytes) return;
    const larger = this.allocate(bytes);
    if (this.scratchBytes > 0) this.owner._free(this.scratchAddress);
    this.scratchAddress = larger;
    this.scratchBytes = bytes;
  }

  get scratch(): number {
    return this.scratchAddress;
  }

  /** Bytes of the working buffer. */
  get workingBytes(): number {
    return this.scratchBytes;
  }

  private allocate(bytes: number): number {
    const address = this.owner._malloc(bytes) >>> 0; // addresses above 2 GB arrive as negative numbers
    // Near 4 GB the module's malloc returns an address past the heap instead of failing.
    if (address === 0 || address + bytes > this.memory.buffer.byteLength) {
      throw new VoirsError('MEMORY_ERROR', 'The WebAssembly heap is full', {
        got: `${bytes} more bytes asked for`,
      });
    }
    return address;
  }

  close(): void {
    if (this.scratchBytes > 0) this.owner._free(this.scratchAddress);
    this.scratchBytes = 0;
    this.isClosed = true;
  }
}
