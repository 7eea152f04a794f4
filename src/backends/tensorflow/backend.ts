// The tensorflow backend: libtensorflow with oneDNN on the CPU or cuDNN on an NVIDIA GPU, through tfjs-node's
// add-on. Optional and large (0.6 GB, CUDA 5 GB): nothing of it is loaded before a program asks for this
// backend.
import type { Tensor, TensorContainer } from '#tf';
import * as tf from '#tf';
import type { Backend, BackendMemory, BackendOptions, BackendPlugin } from '../backend.js';
import { addToEngine, EngineQueue, removeFromEngine, runOn } from '../engine.js';
import type { Ops } from '../ops.js';
import { loadTensorflow, type NodeBackend, TensorBytes, type Tensorflow, threadsInForce } from './binding.js';
import { hasFusedConvolution, TensorflowOps } from './ops.js';
import { findBinding } from './place.js';

/** Each instance has an engine name of its own, because a program's own tfjs-node is named `tensorflow`. */
let instances = 0;

class TensorflowBackend implements Backend {
  readonly name = 'tensorflow';
  readonly threads: number;
  readonly usesGpu: boolean;
  readonly versions: Record<string, string>;
  readonly queue = new EngineQueue();
  readonly ops: Ops;
  private readonly tensorflowOps: TensorflowOps;
  private readonly engineName = `voirs-tensorflow-${++instances}`;
  private readonly instance: NodeBackend;
  private readonly bytes: TensorBytes;

  constructor({ createBackend, binding, place, threads }: Tensorflow) {
    this.instance = createBackend(this.engineName);
    this.bytes = new TensorBytes(this.instance);
    addToEngine(this.engineName, this.instance);
    let ops: TensorflowOps | undefined;
    runOn(this.engineName, () => {
      ops = new TensorflowOps(this.instance, hasFusedConvolution(this.instance));
    });
    this.tensorflowOps = ops!;
    this.ops = this.tensorflowOps;
    this.threads = threads;
    this.usesGpu = this.instance.isUsingGpuDevice;
    this.versions = {
      'tfjs-core': tf.version_core,
      'tfjs-node': place.tfjsNode,
      libtensorflow: binding.TF_Version,
      features: [
        this.instance.isUsingGpuDevice ? 'GPU' : 'CPU',
        this.tensorflowOps.isFused ? 'fused convolutions' : 'plain convolutions',
        `from ${place.origin}`,
      ].join(', '),
    };
  }

  run<T extends TensorContainer>(graph: (ops: Ops) => T): T {
    return runOn(this.engineName, () => graph(this.ops));
  }

  read(tensor: Tensor, out: Float32Array, from?: number): void | Promise<void> {
    return this.ops.readInto(tensor, out, from);
  }

  memory(): BackendMemory {
    return { tensorBytes: this.bytes.alive };
  }

  dispose(): void {
    this.tensorflowOps.dispose();
    removeFromEngine(this.engineName, this.instance);
    for (const kernel of tf.getKernelsForBackend(this.engineName))
      tf.unregisterKernel(kernel.kernelName, this.engineName);
  }
}

export const tensorflowPlugin: BackendPlugin = {
  name: 'tensorflow',
  summary: 'libtensorflow (oneDNN, CUDA), set up with `voirs setup tensorflow`',
  // A process has one number of threads, that of the first backend.
  get maxThreads() {
    return threadsInForce() ?? 32;
  },
  async probe() {
    const place = findBinding();
    if ('missing' in place) return { available: false, reason: place.missing };
    // Only the loaded library knows whether CUDA finds a GPU: `usesGpu`.
    return place.hasCuda ? { available: true, gpu: 'CUDA' } : { available: true };
  },
  async create({ numThreads }: BackendOptions) {
    return new TensorflowBackend(loadTensorflow(numThreads));
  },
};
