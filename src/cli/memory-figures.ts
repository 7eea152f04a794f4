// Memory as the program reports it: only what was measured, in bytes.
import { acquireBackend } from '../backends/registry.js';
import type { ArenaStats } from '../memory/arena.js';
import type { VoirsPipeline } from '../pipeline.js';

/** A figure that a backend cannot measure is absent. */
export interface MemoryFigures {
  /** The process in physical memory, now and at its most. */
  rssBytes: number;
  peakRssBytes: number;
  jsHeapBytes: number;
  wasmHeapBytes?: number;
  tensorBytes?: number;
  arena: ArenaStats;
}

export async function memoryFigures(pipeline: VoirsPipeline): Promise<MemoryFigures> {
  // A backend is shared between callers with equal options: this is the pipeline's own.
  const { backend, release } = await acquireBackend(pipeline.backend.name, {
    numThreads: pipeline.config.numThreads,
  });
  try {
    const { rss, heapUsed } = process.memoryUsage();
    return {
      rssBytes: rss,
      peakRssBytes: process.resourceUsage().maxRSS * 1024,
      jsHeapBytes: heapUsed,
      ...backend.memory(),
      arena: pipeline.arena.stats(),
    };
  } finally {
    release();
  }
}
