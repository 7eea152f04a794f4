// Starts the worker of a pipeline in Node, and finds the port to its owner inside it. Bundlers for browsers use
// open-worker.browser.ts instead ("browser" in package.json), which has the same interface.
import { resolve } from 'node:path';
import { parentPort, Worker } from 'node:worker_threads';
import { host } from '../host/host.js';
import {
  notInWorker,
  type OpenWorker,
  type ServingPort,
  type WorkerEvents,
  type WorkerLike,
} from './ports.js';

/** @param make makes the caller's own worker. @throws Error where workers are forbidden. */
export function openWorker(make: (() => WorkerLike) | undefined, events: WorkerEvents): OpenWorker {
  // Without execArgv a worker inherits the program's flags, some of which (--input-type) refuse a worker's file.
  const worker = (make?.() ??
    new Worker(host.files.ofPackage('dist/worker/entry.js'), {
      execArgv: [],
      name: 'voirs',
      argv: process.argv.slice(1, 2),
    })) as Worker;
  let failure: Error | undefined;
  worker.on('message', events.onMessage);
  worker.on('messageerror', (error) => events.onEnd('a message that cannot be read', error));
  worker.on('error', (error) => {
    failure = error;
  });
  worker.on('exit', (code) => events.onEnd(failure?.message ?? `it ended with code ${code}`, failure));
  return {
    lock: undefined,
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    watch: () => {},
    setBusy: (isBusy) => (isBusy ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

/** The port to the owner. @throws VoirsError INVALID_OPTIONS outside of a worker. */
export function ownPort(): ServingPort {
  if (!parentPort) throw notInWorker();
  const port = parentPort;
  return {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    listen: (listener) => void port.on('message', listener),
    hold: async () => {},
  };
}

/** A location that means the same in the worker. */
export const absoluteLocation = (location: string): string =>
  location.startsWith('file:') ? location : resolve(location);
