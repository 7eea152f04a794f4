// The wasm backend, voirs' default: TensorFlow.js's WebAssembly kernels (SIMD, threads) under our own operations.
import type { KernelBackend, Tensor, TensorContainer } from '#tf';
import * as tf from '#tf';
import { setThreadsCount, version_wasm } from '#tf-wasm';
import { VoirsError } from '../../errors.js';
import type { Backend, BackendMemory, BackendOptions, BackendPlugin } from '../backend.js';
import { addToEngine, removeFromEngine, runOn } from '../engine.js';
import { EngineQueue } from '../engine-queue.js';
import type { Ops } from '../ops.js';
import type { HeapGuard } from './heap.js';
import { registerAttention } from './kernels/attention.js';
import { registerConvolution } from './kernels/convolution.js';
import { ConvolutionKernels } from './kernels/load.js';
import { registerLayerNorm } from './kernels/norm.js';
import { hasSharedMemory, hasSimd, instantiate } from './module.js';
import { registerRowGather, WasmOps } from './ops.js';
import { UndoableBackend } from './undo.js';

/** Each instance needs its own engine name, and every kernel registered under it. */
let instances = 0;

function registerKernels(engineName: string): void {
  for (const kernel of tf.getKernelsForBackend('wasm'))
    tf.registerKernel({ ...kernel, backendName: engineName });
  registerRowGather(engineName);
  registerConvolution(engineName);
  registerAttention(engineName);
  registerLayerNorm(engineName);
}

/**
 * The stock kernels keep functions of the last instance in module variables, and with them its whole heap.
 * Giving them functions that refuse lets the heap of a disposed instance be collected.
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

class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly queue = new EngineQueue();
  private readonly wasmOps: WasmOps;
  readonly ops: Ops;
  private readonly engineName = `voirs-wasm-${++instances}`;

  constructor(
    private instance: UndoableBackend | undefined,
    private readonly numThreads: number,
    private readonly kernels: ConvolutionKernels | { missing: string },
    private readonly heap: HeapGuard,
  ) {
    this.wasmOps = new WasmOps(() => this.wasm, 'missing' in kernels ? undefined : kernels);
    this.ops = this.wasmOps;
    addToEngine(this.engineName, this.wasm);
    registerKernels(this.engineName);
  }

  get threads(): number {
    return 'missing' in this.kernels || this.kernels.threadFailure === undefined ? this.numThreads : 1;
  }

  get versions(): Record<string, string> {
    const { kernels, threads } = this;
    const own = 'missing' in kernels ? `stock convolutions (${kernels.missing})` : 'own convolutions';
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

  private get wasm(): UndoableBackend {
    if (!this.instance) throw new VoirsError('DISPOSED', 'The wasm backend was used after dispose()');
    return this.instance;
  }

  run<T extends TensorContainer>(graph: (ops: Ops) => T): T {
    // Watched inside the scope: what a run without memory has made goes with it.
    const watched = () => this.heap.watch(() => graph(this.ops));
    return this.wasm.undoable((inScope) => runOn(this.engineName, () => inScope(watched)));
  }

  read(tensor: Tensor, out: Float32Array, from?: number): void {
    this.wasmOps.readInto(tensor, out, from);
  }

  memory(): BackendMemory {
    return { wasmHeapBytes: this.wasm.wasm.HEAPU8.byteLength };
  }

  async dispose(): Promise<void> {
    if (!this.instance) return;
    this.wasmOps.dispose();
    removeFromEngine(this.engineName, this.instance);
    detachKernels(this.engineName);
    this.instance = undefined;
    if (!('missing' in this.kernels)) await this.kernels.close();
  }
}

async function probe(): Promise<{ available: true } | { available: false; reason: string }> {
  if (!hasSimd()) {
    return {
      available: false,
      reason: 'this runtime has no WebAssembly SIMD; use the cpu backend or a newer runtime',
    };
  }
  return { available: true };
}

async function create({ numThreads, maxHeapBytes }: BackendOptions): Promise<Backend> {
  const found = await probe();
  if (!found.available) {
    throw new VoirsError('DEVICE_ERROR', 'The wasm backend cannot run here', { got: found.reason });
  }
  const { module, memory, heap } = await instantiate(numThreads, maxHeapBytes);
  const kernels = await ConvolutionKernels.load(module, memory, numThreads);
  setThreadsCount(1); // read by the constructor, so nothing may come between the two
  return new WasmBackend(new UndoableBackend(module), numThreads, kernels, heap);
}

export const wasmPlugin: BackendPlugin = {
  name: 'wasm',
  summary: 'WebAssembly with SIMD and threads, embedded (the default)',
  maxThreads: hasSharedMemory() ? 32 : 1,
  probe,
  create,
};
