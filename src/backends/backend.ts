// What a backend is to the rest of the engine: operations, a way to run a graph on them, and honest memory figures.
import type { Tensor, TensorContainer } from '#tf';
import type { EngineQueue } from './engine.js';
import type { Ops } from './ops.js';

/** Options a backend is created with. */
export interface BackendOptions {
  /** Threads it may use, 1-32; a backend that cannot use them says how many it uses in `threads`. */
  numThreads: number;
  /** Most bytes that a heap of its own may grow to; absent: as many as it can use. */
  maxHeapBytes?: number;
}

/** Native memory of a backend in bytes; a figure that cannot be measured there is absent. */
export interface BackendMemory {
  /** Size of the WebAssembly heap (grows, never shrinks while the instance lives). */
  wasmHeapBytes?: number;
  /** Of the WebAssembly heap, what kernels work in besides tensors and weights: a buffer of each thread's own. */
  kernelScratchBytes?: number;
  /** Bytes of tensors that live on the backend, weights included. */
  tensorBytes?: number;
}

/** A loaded backend. */
export interface Backend {
  readonly name: string;
  readonly threads: number;
  /** Why it uses fewer threads than it was created with, in words that say what to do; absent while it uses them all. */
  readonly threadsReason?: string | undefined;
  /** Packages and features behind it, for `doctor` and benches. */
  readonly versions: Readonly<Record<string, string>>;
  readonly ops: Ops;
  /** Whether it computes on a GPU, where it can tell. */
  readonly usesGpu?: boolean;
  /** Work on one backend is done in order of arrival. */
  readonly queue: EngineQueue;
  /** Runs a synchronous graph in one tidy scope; tensors it returns are the caller's to dispose. */
  run<T extends TensorContainer>(graph: (ops: Ops) => T): T;
  /** Copies a tensor's values out; see {@link Ops.readInto}. */
  read(tensor: Tensor, out: Float32Array, from?: number): void | Promise<void>;
  memory(): BackendMemory;
  /**
   * Goes over to a fresh instance, whose memory is no larger than what is alive, with all tensors and layers. To be called
   * from a job of the queue. Where it fails the old instance stays. Absent: memory shrinks by itself.
   */
  recycle?(): Promise<void>;
  /** Frees everything; where that takes a moment (threads), the promise resolves when it is done. */
  dispose(): void | Promise<void>;
}

/** How a backend presents itself before it is loaded. */
export interface BackendPlugin {
  readonly name: string;
  readonly summary: string;
  /** Most threads it can use here; callers that ask for more share the instance of those who ask for this many. */
  readonly maxThreads: number;
  /** Why it is not more, where that is to do with this host: in words that say what to do. */
  readonly maxThreadsReason?: string | undefined;
  /**
   * Whether it would load here, and the name of the GPU that it would run on, if any: only with one is it a candidate
   * for `useGpu`. The reason, in one sentence that says what to do, when it would not load.
   */
  probe(): Promise<{ available: true; gpu?: string } | { available: false; reason: string }>;
  /** @throws VoirsError DEVICE_ERROR when it cannot be loaded. */
  create(options: BackendOptions): Promise<Backend>;
}
