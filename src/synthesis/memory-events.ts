// Tells listeners of a pipeline when its memory moves: what a call took, a heap that grew, results that were dropped, a
// clean-up and what it gave back. Without listeners nothing is measured.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import { host } from '../host/host.js';
import type { Log } from '../log.js';
import { Listeners } from '../memory/listeners.js';
import { type MemoryMonitor, memoryMonitor } from '../memory/monitor.js';
import type { MemoryReport } from '../memory/report.js';

/** What happened. Bytes throughout. */
export type MemoryHappening =
  /** A call came to its end. */
  | {
      kind: 'call';
      call: 'synthesize' | 'stream' | 'render' | 'prepare' | 'mel';
      /** `kept`: served from the result cache; `left`: a stream whose reader went before its end. */
      outcome: 'made' | 'kept' | 'left' | 'failed';
      /** Of the samples given. */
      audioBytes: number;
      /**
       * The process in physical memory (in Chromium: its JavaScript heap) at both ends of the call, and the most seen
       * between; calls that run at once see each other's. Absent where the host tells none.
       */
      process?: { startBytes: number; endBytes: number; peakBytes: number };
    }
  /** The backend's WebAssembly heap has grown since it was last looked at, which is after every step of a call. */
  | { kind: 'heap-growth'; fromBytes: number; toBytes: number }
  /** Kept results were dropped to make room for another. */
  | { kind: 'eviction'; entries: number; bytes: number }
  /** `reset` or `dispose` dropped kept results and gave free slabs of audio back. */
  | { kind: 'cleanup'; reason: 'reset' | 'dispose'; resultsBytes: number; audioBytes: number }
  /** `reset`, or the end of a call, left a heap that had outgrown its share for a fresh one. */
  | { kind: 'recycle'; fromBytes: number; toBytes: number };

/** An event of `VoirsPipeline.on('memory')`. */
export type MemoryEvent = MemoryHappening & {
  type: 'memory';
  /** 1, 2, 3, ...: a gap is what a slow reader of a stream has missed. */
  sequence: number;
  /** Where memory is right after it, layer by layer. */
  report: MemoryReport;
};

export type CallName = Extract<MemoryHappening, { kind: 'call' }>['call'];

/** What is watched. */
export interface WatchedMemory {
  report(): MemoryReport;
  /** Undefined where the backend has no heap of its own. */
  heapBytes(): number | undefined;
}

/** The listeners of one pipeline's memory. */
export class MemoryEvents {
  readonly listeners = new Listeners<MemoryEvent>('memory', () => {
    this.heapSeen = this.watched.heapBytes() ?? 0;
  });
  private sequence = 0;
  private heapSeen = 0;

  constructor(private readonly watched: WatchedMemory) {}

  tell(happening: MemoryHappening): void {
    if (this.listeners.isEmpty) return;
    this.sequence++;
    this.listeners.emit({
      type: 'memory',
      sequence: this.sequence,
      ...happening,
      report: this.watched.report(),
    });
  }

  /** To be called after every step that may let the heap grow. */
  lookAtHeap(): void {
    if (this.listeners.isEmpty) return;
    const fromBytes = this.heapSeen;
    const toBytes = this.watched.heapBytes() ?? 0;
    this.heapSeen = toBytes;
    if (toBytes > fromBytes) this.tell({ kind: 'heap-growth', fromBytes, toBytes });
  }

  get isHeard(): boolean {
    return !this.listeners.isEmpty;
  }

  close(): void {
    this.listeners.close();
  }
}

/** One public call from its beginning to its end, for the log and for listeners. */
export class CallRecord implements Disposable {
  /** `left` until the call says otherwise: a stream whose reader went before its end. */
  private outcome: 'made' | 'kept' | 'left' | 'failed' = 'left';
  private audioBytes = 0;
  private audioSeconds = 0;
  private error: unknown;
  private readonly began = performance.now();
  private readonly monitor: MemoryMonitor | undefined;

  constructor(
    private readonly name: CallName,
    private readonly events: MemoryEvents,
    private readonly log: Log,
  ) {
    this.monitor = events.isHeard ? monitorHere(name) : undefined;
  }

  /** Audio that the call gave. */
  add({ samples, duration }: AudioBuffer): void {
    this.audioBytes += samples.byteLength;
    this.audioSeconds += duration;
  }

  made(): void {
    if (this.outcome === 'left') this.outcome = 'made';
  }

  /** The result was kept from an equal call. */
  kept(): void {
    this.outcome = 'kept';
  }

  failed(error: unknown): void {
    this.outcome = 'failed';
    this.error = error;
  }

  [Symbol.dispose](): void {
    this.log.debug(() => this.summary());
    const audioBytes = this.outcome === 'failed' ? 0 : this.audioBytes;
    const { startBytes, endBytes, peakBytes } = this.monitor?.end() ?? {};
    const process =
      startBytes === undefined ? {} : { process: { startBytes, endBytes: endBytes!, peakBytes: peakBytes! } };
    this.events.tell({ kind: 'call', call: this.name, outcome: this.outcome, audioBytes, ...process });
  }

  private summary(): string {
    const { name, outcome, error, audioSeconds } = this;
    if (outcome === 'failed') return `${name}: ${error instanceof Error ? error.message : String(error)}`;
    const took = (performance.now() - this.began) / 1000;
    const how = outcome === 'made' ? '' : ` (${outcome})`;
    if (audioSeconds === 0) return `${name}: ${took.toFixed(3)} s${how}`;
    const rtf = (took / audioSeconds).toFixed(3);
    return `${name}: ${audioSeconds.toFixed(2)} s of audio in ${took.toFixed(3)} s, RTF ${rtf}${how}`;
  }
}

/** Undefined in browsers that tell no figure. */
function monitorHere(name: string): MemoryMonitor | undefined {
  return host.memory.process() || host.memory.runtime() ? memoryMonitor(name) : undefined;
}

// What one synthesis took, in the units of everything else: seconds and bytes.

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
