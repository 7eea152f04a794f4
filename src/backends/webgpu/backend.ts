// The webgpu backend: our own kernels on TensorFlow.js's WebGPU backend, in browsers and, with the package
// `webgpu`, in Node. Values leave the device asynchronously, and only when it reports no fault.
import type { Tensor, TensorContainer } from '#tf';
import * as tf from '#tf';
import { useGpuGlobals, version_webgpu } from '#tf-webgpu';
import { VoirsError } from '../../errors.js';
import type { Backend, BackendMemory, BackendPlugin } from '../backend.js';
import { addToEngine, EngineQueue, removeFromEngine, runOn } from '../engine.js';
import { Notices } from '../notices.js';
import type { Ops } from '../ops.js';
import { adapterName, type Gpu, isSoftware, openGpu, probeGpu } from './device.js';
import { DeviceFaults } from './faults.js';
import { PooledWebgpu } from './instance.js';
import { WebgpuOps } from './ops.js';
import { registerProgramKernel } from './program.js';

/** Each instance has a device of its own, so each needs an engine name of its own. */
let instances = 0;

export class WebgpuBackend implements Backend {
  readonly name = 'webgpu';
  readonly threads = 1;
  readonly usesGpu: boolean;
  readonly versions: Record<string, string>;
  readonly queue = new EngineQueue();
  private readonly faults: DeviceFaults;
  private readonly notices = new Notices();
  private readonly device: GPUDevice;
  private readonly webgpuOps: WebgpuOps;
  private readonly engineName = `voirs-webgpu-${++instances}`;
  private instance: PooledWebgpu | undefined;

  constructor(gpu: Gpu) {
    const { device, info, entry } = gpu;
    useGpuGlobals(entry.globals);
    this.device = device;
    this.usesGpu = !isSoftware(info);
    const instance = new PooledWebgpu(gpu);
    this.instance = instance;
    this.faults = new DeviceFaults(device, (reason) =>
      this.notices.tell(`the GPU device was lost: ${reason}`),
    );
    this.versions = {
      'tfjs-core': tf.version_core,
      'tfjs-backend-webgpu': version_webgpu,
      adapter: `${adapterName(info)}${isSoftware(info) ? ' (software, no GPU)' : ''}`,
      features: 'own kernels in WGSL',
    };
    this.webgpuOps = new WebgpuOps(() => this.alive, this.faults);
    addToEngine(this.engineName, instance);
    for (const kernel of tf.getKernelsForBackend('webgpu')) {
      tf.registerKernel({ ...kernel, backendName: this.engineName });
    }
    registerProgramKernel(this.engineName);
  }

  get ops(): Ops {
    return this.webgpuOps;
  }

  private get alive(): PooledWebgpu {
    if (!this.instance) throw new VoirsError('DISPOSED', 'The webgpu backend was used after dispose()');
    return this.instance;
  }

  run<T extends TensorContainer>(graph: (ops: Ops) => T): T {
    this.alive;
    return this.faults.watch(() => runOn(this.engineName, () => graph(this.ops)));
  }

  async read(tensor: Tensor, out: Float32Array, from?: number): Promise<void> {
    await this.webgpuOps.readInto(tensor, out, from);
  }

  memory(): BackendMemory {
    return { tensorBytes: this.alive.bufferManager.numBytesUsed };
  }

  get lostReason(): string | undefined {
    return this.faults.lostReason;
  }

  onNotice(listener: (message: string) => void): () => void {
    return this.notices.listen(listener);
  }

  dispose(): void {
    if (!this.instance) return;
    this.webgpuOps.dispose();
    removeFromEngine(this.engineName, this.instance);
    for (const kernel of tf.getKernelsForBackend(this.engineName)) {
      tf.unregisterKernel(kernel.kernelName, this.engineName);
    }
    this.instance = undefined;
    this.device.destroy();
  }
}

export const webgpuPlugin: BackendPlugin = {
  name: 'webgpu',
  summary: 'the GPU through WebGPU, with own kernels (browsers; in Node with the package "webgpu")',
  maxThreads: 1,
  probe: async () => {
    const found = await probeGpu();
    if (!found.available) return found;
    const { info } = found;
    return isSoftware(info) ? { available: true } : { available: true, gpu: adapterName(info) };
  },
  create: async () => new WebgpuBackend(await openGpu()),
};
