// Starts one worker of the pool in Node. Bundlers for browsers use start-worker.browser.ts instead ("browser"
// in package.json), which has the same interface.
import { Worker } from 'node:worker_threads';
import { vendorFile } from '../vendor-files.js';
import type { WorkerAnswer, WorkerStart } from './worker.js';

/** A running worker. */
export interface RunningWorker {
  /** Lets the process end while the worker runs; does nothing in a browser. */
  unref(): void;
  /** Ends it at once; resolves when it has ended. */
  terminate(): Promise<void>;
}

/** A worker's messages to the pool. */
export interface WorkerEvents {
  onReady(): void;
  /** It could not start, or ended by itself, for this reason. */
  onEnd(reason: string): void;
}

const FILE = 'voirs-kernels-worker.js';

/** @throws Error where workers are forbidden. */
export async function startWorker(
  start: WorkerStart,
  { onReady, onEnd }: WorkerEvents,
): Promise<RunningWorker> {
  // Without execArgv a worker inherits the program's flags, some of which (--input-type) refuse a worker's
  // file.
  const worker = new Worker(vendorFile(FILE), { execArgv: [], name: 'voirs kernels' });
  worker.on('message', (answer: WorkerAnswer) => {
    if (answer === 'ready') onReady();
    else onEnd(answer.failed);
  });
  worker.on('error', (error: unknown) => onEnd(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => onEnd(`it ended with code ${code}`));
  worker.postMessage(start);
  return {
    unref: () => worker.unref(),
    terminate: async () => {
      await worker.terminate();
    },
  };
}
