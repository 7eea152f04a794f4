// One worker, the same to its pool in Node (worker_threads) and in a browser (Worker).
import { vendorFile } from '../../vendor-files.js';
import type { WorkerAnswer, WorkerStart } from './worker.js';

/** A running worker. */
export interface RunningWorker {
  /** Lets the process end though the worker is there; a worker in a browser never prevents that. */
  unref(): void;
  /** Ends it at once; resolves when it has ended. */
  terminate(): Promise<void>;
}

/** What the pool wants to hear of a worker. */
export interface WorkerEvents {
  onReady(): void;
  /** It could not start, or ended by itself: why. */
  onEnd(reason: string): void;
}

const FILE = 'voirs-kernels-worker.js';

/** @throws Error where workers are forbidden. */
export async function startWorker(
  start: WorkerStart,
  { onReady, onEnd }: WorkerEvents,
): Promise<RunningWorker> {
  const hear = (answer: WorkerAnswer): void => {
    if (answer === 'ready') onReady();
    else onEnd(answer.failed);
  };
  if (typeof process === 'object' && process.versions?.node) {
    const { Worker } = await import('node:worker_threads');
    // Workers would inherit the host's flags, and some of them (--input-type) refuse a worker's file.
    const worker = new Worker(vendorFile(FILE), { execArgv: [], name: 'voirs kernels' });
    worker.on('message', hear);
    worker.on('error', (error) => onEnd(error.message));
    worker.on('exit', (code) => onEnd(`it ended with code ${code}`));
    worker.postMessage(start);
    return {
      unref: () => worker.unref(),
      terminate: async () => {
        await worker.terminate();
      },
    };
  }
  const worker = new Worker(vendorFile(FILE), { type: 'module', name: 'voirs kernels' });
  worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => hear(data);
  worker.onerror = ({ message }) => onEnd(message || 'its script could not be loaded');
  worker.postMessage(start);
  return { unref: () => {}, terminate: async () => worker.terminate() };
}
