// What the acceptance scenarios measure: every kind of memory there is, after all garbage is gone.
import { engineCounts } from '../../src/backends/engine.js';
import type { VoirsPipeline } from '../../src/index.js';

export const MB = 2 ** 20;

/** Bytes and counts that are left. */
export interface Left {
  rss: number;
  peakRss: number;
  heapUsed: number;
  external: number;
  arrayBuffers: number;
  tensors: number;
  tensorBytes: number;
  wasmHeap: number | undefined;
  slabs: number | undefined;
  leases: number | undefined;
  arenaUsed: number | undefined;
}

/** Collects garbage, lets finalizers run, and reads. */
export async function left(pipeline?: VoirsPipeline): Promise<Left> {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const { tensors, bytes } = engineCounts();
  const report = pipeline?.memoryReport();
  return {
    rss,
    peakRss: process.resourceUsage().maxRSS * 1024,
    heapUsed,
    external,
    arrayBuffers,
    tensors,
    tensorBytes: bytes,
    wasmHeap: report?.native?.wasmHeapBytes,
    slabs: report?.audio?.slabs,
    leases: report?.audio?.leases,
    arenaUsed: report?.audio?.usedBytes,
  };
}
