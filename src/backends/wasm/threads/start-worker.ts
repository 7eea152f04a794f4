// One worker of the pool, in Node. Bundlers for browsers take start-worker.browser.ts instead ("browser" in
// package.json), which is the same to the pool.
import { Worker } from 'node:worker_threads';
import { vendorFile } from '../vendor-files.js';
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
  // Workers would inherit the host's flags, and some of them (--input-type) refuse a worker's file.
  const worker = new Worker(vendorFile(FILE), { execArgv: [], name: 'voirs kernels' });
  worker.on('message', (answer: WorkerAnswer) => {
    if (answer === 'ready') onReady();
    else onEnd(answer.failed);
  });
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
