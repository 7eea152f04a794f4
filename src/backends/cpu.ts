// The cpu backend: TensorFlow.js in plain JavaScript. It is slow, exact and has nothing to load: the others
// are compared with it.
import type { Tensor, TensorContainer } from '#tf';
import * as tf from '#tf';
import { MathBackendCPU, version_cpu } from '#tf-cpu';
import type { Backend, BackendMemory, BackendPlugin } from './backend.js';
import { addToEngine, EngineQueue, removeFromEngine, runOn } from './engine.js';
import type { Ops } from './ops.js';
import { CompositeOps } from './reference.js';

const ENGINE_NAME = 'cpu';

/** All cpu backends of a process share one instance, because its kernels are registered under one name. */
let shared: { instance: MathBackendCPU; holders: number } | undefined;

function holdInstance(): void {
  if (!shared) {
    const instance = new MathBackendCPU();
    // Without this the stock backend prints a banner that recommends tfjs-node on its first operation in
    // Node.
    (instance as unknown as { firstUse: boolean }).firstUse = false;
    addToEngine(ENGINE_NAME, instance);
    shared = { instance, holders: 0 };
  }
  shared.holders++;
}

function releaseInstance(): void {
  if (!shared || --shared.holders > 0) return;
  removeFromEngine(ENGINE_NAME, shared.instance);
  shared = undefined;
}

class CpuBackend implements Backend {
  readonly name = 'cpu';
  readonly threads = 1;
  readonly versions = { 'tfjs-core': tf.version_core, 'tfjs-backend-cpu': version_cpu };
  readonly queue = new EngineQueue();
  private readonly reference = new CompositeOps('leakyrelu');
  readonly ops: Ops = this.reference;

  private isDisposed = false;

  constructor() {
    holdInstance();
  }

  run<T extends TensorContainer>(graph: (ops: Ops) => T): T {
    return runOn(ENGINE_NAME, () => graph(this.ops));
  }

  read(tensor: Tensor, out: Float32Array, from?: number): void | Promise<void> {
    return this.ops.readInto(tensor, out, from);
  }

  memory(): BackendMemory {
    return {}; // its tensors are JavaScript arrays, which the runtime's figures already count
  }

  dispose(): void {
    if (this.isDisposed) return;
    this.isDisposed = true;
    this.reference.dispose();
    releaseInstance();
  }
}

export const cpuPlugin: BackendPlugin = {
  name: 'cpu',
  summary: 'plain JavaScript, the slow and exact reference',
  maxThreads: 1,
  probe: async () => ({ available: true }),
  create: async () => new CpuBackend(),
};
