// Starts one worker of the pool in a browser.
import { ownScript } from '../../../host/own-script.js';
import { vendorFile } from '../vendor-files.js';
import type { RunningWorker, WorkerEvents } from './start-worker.js';
import type { WorkerAnswer, WorkerStart } from './worker.js';

const FILE = 'voirs-kernels-worker.js';

/** @throws Error where workers are forbidden. */
export async function startWorker(
  start: WorkerStart,
  { onReady, onEnd }: WorkerEvents,
): Promise<RunningWorker> {
  const url = vendorFile(FILE);
  const worker = new Worker(ownScript(url), { type: 'module', name: 'voirs kernels' });
  worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => {
    if (data === 'ready') onReady();
    else onEnd(data.failed);
  };
  worker.onerror = ({ message }) =>
    onEnd(message || `no script came from ${url}: serve it as text/javascript`);
  worker.postMessage(start);
  return { unref: () => {}, terminate: async () => worker.terminate() };
}
