// Asks the second worker, which starts with the first question.
import type { Answer, TaskName, Tasks } from './tasks.js';

let worker: Worker | undefined;
let count = 0;
const open = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();

function start(): Worker {
  const made = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  made.onmessage = ({ data }: MessageEvent<Answer>) => {
    const asked = open.get(data.id);
    open.delete(data.id);
    if ('error' in data) asked?.reject(new Error(data.error));
    else asked?.resolve(data.gives as never);
  };
  made.onerror = () => {
    for (const { reject } of open.values())
      reject(new Error('A part of the page could not be loaded. Reload the page.'));
    open.clear();
    worker = undefined;
  };
  return made;
}

export function ask<N extends TaskName>(name: N, takes: Tasks[N]['takes']): Promise<Tasks[N]['gives']> {
  worker ??= start();
  const id = ++count;
  const { promise, resolve, reject } = pending<Tasks[N]['gives']>();
  open.set(id, { resolve: resolve as (value: never) => void, reject });
  worker.postMessage({ id, name, takes });
  return promise;
}

function pending<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}
