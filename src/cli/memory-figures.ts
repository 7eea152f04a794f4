// Memory as the program reports it: only what was measured, in bytes.
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

export function memoryFigures(pipeline: VoirsPipeline): MemoryFigures {
  const { process, runtime, native } = pipeline.memoryReport();
  return {
    ...process!, // the command line runs in Node, where both are measured
    jsHeapBytes: runtime!.heapUsedBytes,
    ...native,
    arena: pipeline.arena.stats(),
  };
}
