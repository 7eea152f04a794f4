// The wasm backend, the default: our own kernels on the heap of TensorFlow.js's WebAssembly backend.
import type { KernelBackend, Tensor, TensorContainer } from '#tf';
import * as tf from '#tf';
import { setThreadsCount, version_wasm } from '#tf-wasm';
import { VoirsError } from '../../errors.js';
import { host } from '../../host/host.js';
import type { Backend, BackendMemory, BackendOptions, BackendPlugin } from '../backend.js';
import { BrokenRun } from '../broken-run.js';
import { addToEngine, EngineQueue, removeFromEngine, runOn } from '../engine.js';
import { Notices } from '../notices.js';
import type { Ops } from '../ops.js';
import { ATTENTION_KERNEL } from './attention.js';
import { CONVOLUTION_KERNEL } from './convolution.js';
import { registerLayerKernel } from './engine-kernel.js';
import type { HeapGuard } from './heap.js';
import { KernelModule } from './kernel-module.js';
import { LAYER_NORM_KERNEL } from './layers.js';
import { instantiate, whyNoWasm } from './module.js';
import { registerRowGather, WasmOps } from './ops.js';
import { RollbackBackend } from './rollback.js';

/** Each instance needs an engine name of its own, with every kernel registered under it. */
let instances = 0;

function registerKernels(engineName: string): void {
  for (const kernel of tf.getKernelsForBackend('wasm'))
    tf.registerKernel({ ...kernel, backendName: engineName });
  registerRowGather(engineName);
  for (const kernel of [CONVOLUTION_KERNEL, ATTENTION_KERNEL, LAYER_NORM_KERNEL])
    registerLayerKernel(kernel, engineName);
}

/**
 * Lets the heap of a disposed instance be collected: the stock kernels keep functions of the last instance in
 * module variables, and with them its whole heap, so they get functions that throw.
 */
function detachKernels(engineName: string): void {
  const refuse = (): never => {
    throw new VoirsError('DISPOSED', 'A kernel of a disposed wasm backend was called');
  };
  const nothing = { wasm: { cwrap: () => refuse } } as unknown as KernelBackend;
  for (const kernel of tf.getKernelsForBackend(engineName)) {
    kernel.setupFunc?.(nothing);
    tf.unregisterKernel(kernel.kernelName, engineName);
  }
}

/** Options beside the public ones. */
interface WasmOptions extends BackendOptions {
  /** Most bytes that the heap may grow to; default LARGEST_HEAP (heap.ts). Tests make small heaps with it. */
  maxHeapBytes?: number;
}

/** One heap, and TensorFlow.js on it. */
interface Instance {
  engineName: string;
  tf: RollbackBackend;
  memory: WebAssembly.Memory | undefined;
  heap: HeapGuard;
}

async function open({ numThreads, maxHeapBytes }: WasmOptions): Promise<Instance> {
  const { module, memory, heap } = await instantiate(numThreads, maxHeapBytes);
  setThreadsCount(1); // the constructor on the next line reads it
  const backend = new RollbackBackend(module);
  const engineName = `voirs-wasm-${++instances}`;
  addToEngine(engineName, backend);
  registerKernels(engineName);
  return { engineName, tf: backend, memory, heap };
}

function close({ engineName, tf }: Instance): void {
  removeFromEngine(engineName, tf);
  detachKernels(engineName);
}

/** Our own kernels, or why there are none. */
type Kernels = KernelModule | { missing: string };

class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly queue = new EngineQueue();
  private readonly own: WasmOps;
  private readonly notices = new Notices();

  private constructor(
    private instance: Instance | undefined,
    private readonly kernels: Kernels,
    private readonly options: WasmOptions,
  ) {
    this.own = new WasmOps(() => this.current.tf, 'missing' in kernels ? undefined : kernels);
    if (!('missing' in kernels)) kernels.onNotice = (message) => this.notices.tell(message);
  }

  static async open(options: WasmOptions): Promise<WasmBackend> {
    const instance = await open(options);
    const { wasm } = instance.tf;
    return new WasmBackend(
      instance,
      await KernelModule.load(wasm, instance.memory, options.numThreads),
      options,
    );
  }

  get ops(): Ops {
    if (!this.instance) throw this.disposed;
    return this.own;
  }

  get threads(): number {
    return this.threadsReason === undefined ? this.options.numThreads : 1;
  }

  get threadsReason(): string | undefined {
    if (this.options.numThreads === 1) return undefined;
    return 'missing' in this.kernels
      ? `there are no own kernels, and only they use threads: ${this.kernels.missing}`
      : this.kernels.threadFailure;
  }

  get versions(): Record<string, string> {
    const { kernels, threads } = this;
    const own =
      'missing' in kernels
        ? `stock convolutions (${kernels.missing})`
        : `own convolutions${kernels.arithmetic === 'relaxed' ? ' in relaxed SIMD' : ''}`;
    const failure = 'missing' in kernels ? undefined : kernels.threadFailure;
    return {
      'tfjs-core': tf.version_core,
      'tfjs-backend-wasm': version_wasm,
      features: [
        'SIMD',
        ...(threads > 1 ? [`${threads} threads`] : []),
        ...(failure === undefined ? [] : [`1 thread (no workers: ${failure})`]),
        own,
      ].join(', '),
    };
  }

  private get current(): Instance {
    if (!this.instance) throw this.disposed;
    return this.instance;
  }

  private get disposed(): VoirsError {
    return new VoirsError('DISPOSED', 'The wasm backend was used after dispose()');
  }

  run<T extends TensorContainer>(graph: (ops: Ops) => T): T {
    // Watched inside the scope, which frees what a run has made before memory ran out.
    const { tf, heap, engineName } = this.current;
    const watched = () => heap.watch(() => graph(this.own));
    return tf.rollBackOnError((inScope) => runOn(engineName, () => inScope(watched)));
  }

  read(tensor: Tensor, out: Float32Array, from?: number): void {
    this.ops.readInto(tensor, out, from);
  }

  memory(): BackendMemory {
    const { tf: instance } = this.current;
    const { kernels } = this;
    const heap = { wasmHeapBytes: instance.wasm.HEAPU8.byteLength };
    return 'missing' in kernels ? heap : { ...heap, kernelScratchBytes: kernels.workingBytes };
  }

  async recycle(): Promise<void> {
    const before = this.current;
    const fresh = await open(this.options);
    try {
      const commit = before.tf.copyTo(fresh.tf);
      if (!('missing' in this.kernels)) await this.kernels.moveTo(fresh.tf.wasm, fresh.memory);
      commit();
    } catch (error) {
      close(fresh);
      throw error;
    }
    this.instance = fresh;
    close(before);
  }

  async repair(error: unknown): Promise<string | undefined> {
    if (error instanceof BrokenRun) {
      if (!('missing' in this.kernels)) await this.kernels.settleThreads();
      return error.message;
    }
    if (!(error instanceof WebAssembly.RuntimeError) || !this.instance) return undefined;
    // A trap may leave the module's allocator half-way: what is alive is copied to a fresh instance.
    try {
      await this.recycle();
    } catch (cause) {
      throw new VoirsError('DEVICE_ERROR', 'WebAssembly trapped, and no fresh instance can be had', {
        got: `${error.message}; ${cause instanceof Error ? cause.message : String(cause)}`,
        suggestion: 'Dispose of the pipelines on this backend and create new ones',
        cause: error,
      });
    }
    return `WebAssembly trapped (${error.message}), and a fresh instance has taken its place`;
  }

  onNotice(listener: (message: string) => void): () => void {
    return this.notices.listen(listener);
  }

  async dispose(): Promise<void> {
    const { instance } = this;
    if (!instance) return;
    this.own.dispose();
    this.instance = undefined;
    close(instance);
    if (!('missing' in this.kernels)) await this.kernels.close();
  }
}

async function probe(): Promise<{ available: true } | { available: false; reason: string }> {
  const reason = whyNoWasm();
  return reason === undefined ? { available: true } : { available: false, reason };
}

async function create(options: WasmOptions): Promise<Backend> {
  const found = await probe();
  if (!found.available) {
    throw new VoirsError('DEVICE_ERROR', 'The wasm backend cannot run here', { got: found.reason });
  }
  return WasmBackend.open(options);
}

export const wasmPlugin = {
  name: 'wasm',
  summary: 'WebAssembly with SIMD and threads, embedded (the default)',
  maxThreads: host.whyNoThreads() === undefined ? 32 : 1,
  maxThreadsReason: host.whyNoThreads(),
  probe,
  create,
} satisfies BackendPlugin;
