// What every route of the server works with.
import type { Jobs } from './jobs.js';
import type { Metrics } from './metrics.js';
import type { Settings } from './options.js';
import type { VoiceNames } from './voice-names.js';
import type { WorkerPool } from './workers/pool.js';

export interface Room {
  readonly settings: Settings;
  readonly pool: WorkerPool;
  readonly voices: VoiceNames;
  readonly metrics: Metrics;
  /** The queue of long requests, where the server has one. */
  readonly jobs?: Jobs | undefined;
}
