// What a backend is to the rest of the engine: operations, a way to run a graph of them, and memory figures.
import type { Tensor, TensorContainer } from '#tf';
import type { EngineQueue } from './engine.js';
import type { Ops } from './ops.js';

/** Options that a backend is created with. */
export interface BackendOptions {
  /** Threads it may use, 1-32; how many it does use is in `threads` of the backend. */
  numThreads: number;
}

/** Native memory of a backend in bytes; a figure that the backend cannot measure is absent. */
export interface BackendMemory {
  /** Size of the WebAssembly heap (grows, never shrinks while the instance lives). */
  wasmHeapBytes?: number;
  /** Part of the WebAssembly heap: the working buffers of the kernels, beside tensors and weights. */
  kernelScratchBytes?: number;
  /** Bytes of tensors that live on the backend, weights included. */
  tensorBytes?: number;
}

/** A loaded backend. */
export interface Backend {
  readonly name: string;
  readonly threads: number;
  /** Why it uses fewer threads than it was created with, and what to do; absent while it uses them all. */
  readonly threadsReason?: string | undefined;
  /** Packages and features that it uses, for `voirs doctor` and benches. */
  readonly versions: Readonly<Record<string, string>>;
  readonly ops: Ops;
  /** Whether it computes on a GPU; absent where it cannot tell. */
  readonly usesGpu?: boolean;
  /** Does the backend's jobs in order of arrival. */
  readonly queue: EngineQueue;
  /** Runs a synchronous graph in one tidy scope; the caller disposes the tensors it returns. */
  run<T extends TensorContainer>(graph: (ops: Ops) => T): T;
  /** Copies a tensor's values out; see {@link Ops.readInto}. */
  read(tensor: Tensor, out: Float32Array, from?: number): void | Promise<void>;
  memory(): BackendMemory;
  /**
   * Moves all tensors and layers to a fresh instance, whose memory is no larger than what is alive. Call it
   * from a job of the queue. When it fails, the old instance stays in use. Absent where memory shrinks by
   * itself.
   */
  recycle?(): Promise<void>;
  /**
   * Makes a backend usable again after an error that left it broken (a dead thread, a trap of WebAssembly). Call it
   * from a job of the queue.
   * @returns what happened, for a log, when the work that failed can be repeated now; undefined for errors that
   * leave the backend as it was. Absent where no such error is known.
   * @throws VoirsError DEVICE_ERROR when it cannot be repaired.
   */
  repair?(error: unknown): Promise<string | undefined>;
  /** Why it computes nothing any more, and never will; undefined while it does. Absent where that cannot be. */
  readonly lostReason?: string | undefined;
  /**
   * Tells of what happens to the backend outside of a call: threads that ended and their successors, a lost device.
   * @returns a function that ends the telling. Absent where nothing can happen.
   */
  onNotice?(listener: (message: string) => void): () => void;
  /** Frees everything; where that takes time (threads), the promise resolves when it is done. */
  dispose(): void | Promise<void>;
}

/** A backend that has not been loaded yet. */
export interface BackendPlugin {
  readonly name: string;
  readonly summary: string;
  /**
   * Most threads it can use here; callers that ask for more share the instance of callers that ask for this
   * many.
   */
  readonly maxThreads: number;
  /** Why this host allows no more threads, and what to do; absent where it sets no limit. */
  readonly maxThreadsReason?: string | undefined;
  /**
   * Whether it would load here, and the name of the GPU it would run on, if any: only with one is it a
   * candidate for `useGpu`. Where it would not load, one sentence gives the reason and what to do.
   */
  probe(): Promise<{ available: true; gpu?: string } | { available: false; reason: string }>;
  /** @throws VoirsError DEVICE_ERROR when it cannot be loaded. */
  create(options: BackendOptions): Promise<Backend>;
}
