// The two ends of the connection to a worker, as both hosts have them.
import { VoirsError } from '../errors.js';
import type { FromWorker, ToWorker } from './messages.js';

/** The part of a Worker, of Node or of a browser, by which a program's own one is known. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): unknown;
}

/** What the owner is told. */
export interface WorkerEvents {
  onMessage(message: FromWorker): void;
  /** It could not start, or has ended, for this reason. May be called more than once. */
  onEnd(reason: string, cause?: unknown): void;
}

/** A worker as its owner has it. */
export interface OpenWorker {
  /** The name of the lock by which `watch` learns of its end; undefined where events tell, or nothing does. */
  readonly lock: string | undefined;
  /** @throws DataCloneError for what is no data. */
  post(message: ToWorker, transfer?: ArrayBuffer[]): void;
  /** To be called once the worker holds its lock. */
  watch(): void;
  /** Whether the process shall live on for its answer; does nothing in a browser. */
  setBusy(isBusy: boolean): void;
  /** Resolves when it has ended. */
  terminate(): Promise<void>;
}

/** The owner as a worker has it. */
export interface ServingPort {
  post(message: FromWorker, transfer?: ArrayBuffer[]): void;
  listen(listener: (message: ToWorker) => void): void;
  /** Takes a lock until the worker ends. */
  hold(lock: string): Promise<void>;
}

export function notInWorker(): VoirsError {
  return new VoirsError('INVALID_OPTIONS', 'serveWorkerPipeline was called outside of a worker', {
    suggestion: 'Call it in the file of a Worker, and createWorkerPipeline where that one is made',
  });
}
