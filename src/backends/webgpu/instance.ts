// TensorFlow.js's WebGPU backend with our buffer pool, and with reads of exactly the values asked for.
import type { DataId, Tensor } from '#tf';
import { WebGPUBackend } from '#tf-webgpu';
import { BufferPool } from './buffer-pool.js';
import type { Gpu } from './device.js';
import type { DeviceFaults } from './faults.js';

export class PooledWebgpu extends WebGPUBackend {
  constructor(private readonly gpu: Gpu) {
    super(gpu.device, gpu.info);
    this.bufferManager = new BufferPool(gpu.device);
  }

  /**
   * Copies `out.length` values of a tensor, from value `from` on, through one mapped buffer.
   * @throws VoirsError DEVICE_ERROR, with nothing written, when the device reports a fault in what was
   * computed.
   */
  async copyOut(tensor: Tensor, out: Float32Array, from: number, faults: DeviceFaults): Promise<void> {
    const { values, resource } = this.tensorMap.get(tensor.dataId);
    if (values || !resource) {
      await faults.check();
      const onHost = (values ?? []) as Float32Array;
      out.set(onHost.subarray(from, from + out.length));
      return;
    }
    const { GPUBufferUsage, GPUMapMode } = this.gpu.entry.globals;
    const bytes = out.byteLength;
    const staging = this.bufferManager.acquireBuffer(
      bytes,
      GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ,
    );
    let isWhole = false;
    try {
      const mapped = faults.watch(() => {
        this.ensureCommandEncoderReady();
        this.endComputePassEncoder();
        this.commandEncoder!.copyBufferToBuffer(resource, from * 4, staging, 0, bytes);
        this.submitQueue();
        return staging.mapAsync(GPUMapMode.READ, 0, bytes);
      });
      const refused = await mapped.then(
        () => undefined,
        (error: unknown) => faults.refusal(error),
      );
      await faults.check();
      if (refused) throw refused;
      out.set(new Float32Array(staging.getMappedRange(0, bytes)));
      staging.unmap();
      isWhole = true;
    } finally {
      // Not reused after a failure: the buffer may still be mapped.
      this.bufferManager.releaseBuffer(staging, isWhole);
    }
  }

  /**
   * Called by TensorFlow.js's `tensor.data()`; cuts the values to the tensor, because the pool's buffers are
   * larger.
   */
  override async read(dataId: DataId): Promise<Float32Array | Int32Array> {
    const values = (await super.read(dataId)) as Float32Array | Int32Array;
    const size = this.tensorMap.get(dataId).shape.reduce((product, n) => product * n, 1);
    return values.length > size ? values.subarray(0, size) : values;
  }
}
