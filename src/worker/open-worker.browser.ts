// Starts the worker of a pipeline in a browser, and finds the port to its owner inside it. No event tells that a worker
// of a browser has ended: its owner waits for a lock that the worker holds.

import { host } from '../host/host.js';
import { ownScript } from '../host/own-script.js';
import type { FromWorker, ToWorker } from './messages.js';
import {
  notInWorker,
  type OpenWorker,
  type ServingPort,
  type WorkerEvents,
  type WorkerLike,
} from './ports.js';

/** Locks are there in secure contexts only. */
const locks = (): LockManager | undefined => globalThis.navigator?.locks;

/** @param make makes the caller's own worker. @throws Error where workers are forbidden. */
export function openWorker(make: (() => WorkerLike) | undefined, events: WorkerEvents): OpenWorker {
  const url = host.files.ofPackage('dist/browser/voirs-worker.js');
  const worker = (make?.() ?? new Worker(ownScript(url), { type: 'module', name: 'voirs' })) as Worker;
  let isStarted = false;
  let isTerminated = false;
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => {
    isStarted ||= data.kind === 'started';
    events.onMessage(data);
  });
  worker.addEventListener('messageerror', () => events.onEnd('a message that cannot be read'));
  worker.addEventListener('error', ({ message }) => {
    // Later ones are of code beside ours: an error that is not caught ends no worker of a browser.
    if (!isStarted) events.onEnd(message || `no script came from ${make ? 'the URL of the worker' : url}`);
  });
  const lock = locks() && `voirs worker ${crypto.randomUUID()}`;
  return {
    lock,
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    watch() {
      if (lock === undefined) return;
      const ended = locks()!.request(lock, () => isTerminated || events.onEnd('it has ended'));
      ended.catch(() => {}); // the page goes
    },
    setBusy: () => {},
    async terminate() {
      isTerminated = true;
      worker.terminate();
    },
  };
}

/** The part of a worker's global scope that is used here. */
interface WorkerScope {
  postMessage(message: FromWorker, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: { data: ToWorker }) => void): void;
}

/** The port to the owner. @throws VoirsError INVALID_OPTIONS outside of a worker. */
export function ownPort(): ServingPort {
  if (!('DedicatedWorkerGlobalScope' in globalThis)) throw notInWorker();
  const scope = globalThis as unknown as WorkerScope;
  return {
    post: (message, transfer = []) => scope.postMessage(message, transfer),
    listen: (listener) => scope.addEventListener('message', ({ data }) => listener(data)),
    hold: (lock) =>
      new Promise((resolve, reject) => {
        const held = locks()?.request(lock, () => {
          resolve();
          return new Promise(() => {}); // held until the worker ends
        });
        if (held) held.catch(reject);
        else resolve();
      }),
  };
}

/** A location that means the same in the worker. */
export const absoluteLocation = (location: string): string =>
  new URL(location, globalThis.document?.baseURI ?? globalThis.location.href).href;
