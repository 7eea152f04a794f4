// The WebGPU constants and classes that TensorFlow.js's backend takes for globals. Browsers have them as
// globals; in Node they come from the `webgpu` package and are handed over here, so that no global of the
// host is touched.

type Globals = Pick<
  typeof globalThis,
  'GPUBuffer' | 'GPUBufferUsage' | 'GPUMapMode' | 'GPUTexture' | 'GPUTextureUsage'
>;

export let { GPUBuffer, GPUBufferUsage, GPUMapMode, GPUTexture, GPUTextureUsage } =
  globalThis as Partial<Globals>;

/** Makes the backend use these; call it before the first one is created. */
export function useGpuGlobals(globals: Globals): void {
  ({ GPUBuffer, GPUBufferUsage, GPUMapMode, GPUTexture, GPUTextureUsage } = globals);
}
