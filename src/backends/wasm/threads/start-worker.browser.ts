// Starts one worker of the pool in a browser. A worker's script must come from the page's own origin: where
// the package is served from another one, a script of the page's origin imports it.
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

function ownScript(url: string): string {
  if (new URL(url).origin === globalThis.location.origin) return url;
  const source = `import ${JSON.stringify(url)};`;
  return URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
}
