// A whole sentence on webgpu and on wasm in one page, from text to samples.
import { setAssetBase, VoirsPipeline } from '../../../src/index.js';

export interface BothSpoken {
  adapter: string;
  wasm: Float32Array;
  webgpu: Float32Array;
  seconds: number;
  /** Shaders that were compiled. */
  shaders: number;
}

interface DeviceClass {
  prototype: { createComputePipeline(descriptor: unknown): unknown };
}

export async function run({ text, weights }: { text: string; weights: string }): Promise<BothSpoken> {
  setAssetBase('/package/');
  const options = { weights, numThreads: 1, enablePostprocessing: false };
  await using reference = await VoirsPipeline.create({ backend: 'wasm', ...options });
  using wasm = await reference.synthesize(text);
  let shaders = 0;
  const { prototype } = (globalThis as unknown as { GPUDevice: DeviceClass }).GPUDevice;
  const { createComputePipeline } = prototype;
  prototype.createComputePipeline = function (descriptor) {
    shaders += 1;
    return createComputePipeline.call(this, descriptor);
  };
  const began = performance.now();
  await using pipeline = await VoirsPipeline.create({ backend: 'webgpu', ...options });
  using webgpu = await pipeline.synthesize(text);
  return {
    adapter: pipeline.backend.versions.adapter!,
    wasm: wasm.samples.slice(),
    webgpu: webgpu.samples.slice(),
    shaders,
    seconds: (performance.now() - began) / 1000,
  };
}
