// Declarations of vendor/tf-wasm.js: only what src/backends/wasm uses.
import type { DataId, DataType, KernelBackend, TensorInfo, TypedArray } from '#tf';

/** The Emscripten module behind the backend, as far as voirs touches it. */
export interface BackendWasmModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(offset: number): void;
  cwrap(name: string, returns: 'number' | null, args: string[]): (...args: number[]) => number;
  PThread?: { terminateAllThreads(): void; unusedWorkers: unknown[]; runningWorkers: unknown[] };
  tfjs: {
    init(): void;
    initWithThreadsCount(threads: number): void;
    getThreadsCount(): number;
    registerTensor(id: number, size: number, offset: number): void;
    disposeData(id: number): void;
    dispose(): void;
  };
}

export declare class BackendWasm extends KernelBackend {
  readonly wasm: BackendWasmModule;
  constructor(module: BackendWasmModule);
  readonly dataIdMap: { get(dataId: DataId): { shape: number[]; dtype: DataType } };
  move(dataId: DataId, ...rest: unknown[]): void;
  readSync(dataId: DataId): TypedArray;
  getMemoryOffset(dataId: DataId): number;
  typedArrayFromHeap(info: TensorInfo): Float32Array | Int32Array | Uint8Array;
  makeOutput(shape: number[], dtype: 'float32', memoryOffset?: number): TensorInfo;
}
export declare function setThreadsCount(threads: number): void;
export declare const version_wasm: string;
