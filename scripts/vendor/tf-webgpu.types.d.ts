// Declarations of vendor/tf-webgpu.js: only what src/backends/webgpu uses.
import type { DataId, KernelBackend, TensorInfo } from '#tf';

/** A kernel in WGSL, as the backend compiles and dispatches it. */
export interface WebGPUProgram {
  outputShape: number[];
  /** Names what was compiled; the backend appends what it knows of the inputs, so a program runs once. */
  shaderKey: string;
  dispatchLayout: { x: number[] };
  dispatch: [number, number, number];
  workgroupSize: [number, number, number];
  variableNames: string[];
  /** Values per element of each input's array in the shader: 1, 2 or 4. */
  variableComponents: number[];
  outputComponent: number;
  uniforms: string;
  getUserCode(): string;
}

/** Where the backend takes its buffers from. */
export interface BufferManager {
  readonly numBytesUsed: number;
  readonly numBytesAllocated: number;
  acquireBuffer(
    size: number,
    usage: GPUBufferUsageFlags,
    mappedAtCreation?: boolean,
    reuse?: boolean,
  ): GPUBuffer;
  releaseBuffer(buffer: GPUBuffer, reuse?: boolean): void;
  getNumUsedBuffers(): number;
  getNumFreeBuffers(): number;
  dispose(): void;
}

/** What the backend knows of a tensor's values: on the device, or still on the host. */
export interface TensorData {
  values: ArrayLike<number> | null | undefined;
  resource?: GPUBuffer | null;
  shape: number[];
}

export declare class WebGPUBackend extends KernelBackend {
  readonly device: GPUDevice;
  bufferManager: BufferManager;
  readonly tensorMap: { get(dataId: DataId): TensorData };
  readonly commandEncoder: GPUCommandEncoder | null;
  constructor(device: GPUDevice, adapterInfo?: { vendor: string; architecture: string });
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  uploadToGPU(dataId: DataId): void;
  runWebGPUProgram(
    program: WebGPUProgram,
    inputs: TensorInfo[],
    dtype: 'float32' | 'int32',
    uniforms: { type: 'int32' | 'float32'; data: number[] }[],
  ): TensorInfo;
}

export type GpuGlobals = Pick<
  typeof globalThis,
  'GPUBuffer' | 'GPUBufferUsage' | 'GPUMapMode' | 'GPUTexture' | 'GPUTextureUsage'
>;
export declare function useGpuGlobals(globals: GpuGlobals): void;
export declare const version_webgpu: string;
