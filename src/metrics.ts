// What one synthesis took, in the units of everything else: seconds and bytes.
import type { MemoryReport } from './memory/report.js';

/** A figure that cannot be measured is absent. */
export interface SynthesisMetrics {
  /** From the call to its result, the time that it waited for others included. */
  processingSeconds: number;
  audioSeconds: number;
  /** Processing over audio: below 1 is faster than real time. */
  realTimeFactor?: number;
  /** Of the process when the call ended; browsers do not tell. */
  rssBytes?: number;
  /** Of the pipeline's calls so far, those that were answered from kept results, 0 to 1. */
  cacheHitRate?: number;
}

/** @param report of the moment the call ended. */
export function synthesisMetrics(
  processingSeconds: number,
  audioSeconds: number,
  { process, modelCache }: MemoryReport,
): SynthesisMetrics {
  const hitRate = modelCache?.results?.hitRate;
  return {
    processingSeconds,
    audioSeconds,
    ...(audioSeconds > 0 ? { realTimeFactor: processingSeconds / audioSeconds } : {}),
    ...(process ? { rssBytes: process.rssBytes } : {}),
    ...(hitRate === undefined ? {} : { cacheHitRate: hitRate }),
  };
}
