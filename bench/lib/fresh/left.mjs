// What a process holds after garbage collection, for the programs beside this file.
import { setTimeout as delay } from 'node:timers/promises';

const { engineCounts } = await import(new URL('../../../dist/backends/engine.js', import.meta.url).href);

/** Collects all garbage; start the process with --expose-gc. */
export async function settle() {
  // Finalizers run in turns of their own, and V8 frees buffers on a thread of its own.
  for (let turn = 0; turn < 4; turn++) {
    globalThis.gc();
    await delay(10);
  }
}

/** Bytes and tensors. */
export async function left() {
  await settle();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { tensors, bytes: tensorBytes } = engineCounts();
  return { rss, heapUsed, external, arrayBuffers, tensors, tensorBytes };
}
