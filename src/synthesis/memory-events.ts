// When memory moves in a pipeline, told as it happens: what a call took, a heap that grew, results that had to go, a
// clean-up and what it gave back. Nobody listening, nothing is measured.
import type { AudioBuffer } from '../audio/audio-buffer.js';
import { host } from '../host/host.js';
import { type EventStreamOptions, type Listener, Listeners, mustBeEvent } from '../memory/listeners.js';
import { type MemoryMonitor, memoryMonitor } from '../memory/monitor.js';
import type { MemoryReport } from '../memory/report.js';

/** What happened. Bytes throughout. */
export type MemoryHappening =
  /** A call came to its end. */
  | {
      kind: 'call';
      call: 'synthesize' | 'stream' | 'render';
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

type CallName = Extract<MemoryHappening, { kind: 'call' }>['call'];

/** What a call says of itself while it runs. */
export interface CallNote {
  source: 'made' | 'kept';
}

/** What is watched. */
export interface WatchedMemory {
  report(): MemoryReport;
  /** Undefined where the backend has no heap of its own. */
  heapBytes(): number | undefined;
}

export class MemoryWatch {
  private readonly listeners = new Listeners<MemoryEvent>();
  private sequence = 0;
  private heapSeen = 0;

  constructor(private readonly watched: WatchedMemory) {}

  add(listener: Listener<MemoryEvent>): void {
    const isFirst = this.listeners.isEmpty;
    this.listeners.add(listener);
    if (isFirst) this.heapSeen = this.watched.heapBytes() ?? 0;
  }

  delete(listener: Listener<MemoryEvent>): void {
    this.listeners.delete(listener);
  }

  stream(options?: EventStreamOptions): AsyncIterableIterator<MemoryEvent> {
    const isFirst = this.listeners.isEmpty;
    const events = this.listeners.stream(options);
    if (isFirst) this.heapSeen = this.watched.heapBytes() ?? 0;
    return events;
  }

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

  /** Runs a call that gives one buffer. */
  async call(name: CallName, work: (note: CallNote) => Promise<AudioBuffer>): Promise<AudioBuffer> {
    const note: CallNote = { source: 'made' };
    if (this.listeners.isEmpty) return work(note);
    using monitor = monitorHere(name);
    try {
      const audio = await work(note);
      this.end(name, note.source, audio.samples.byteLength, monitor);
      return audio;
    } catch (error) {
      this.end(name, 'failed', 0, monitor);
      throw error;
    }
  }

  /** The chunks of a call that gives many. */
  chunks(chunks: AsyncGenerator<AudioBuffer, void, undefined>): AsyncGenerator<AudioBuffer, void, undefined> {
    return this.listeners.isEmpty ? chunks : this.watchedChunks(chunks);
  }

  close(): void {
    this.listeners.close();
  }

  private async *watchedChunks(
    chunks: AsyncGenerator<AudioBuffer, void, undefined>,
  ): AsyncGenerator<AudioBuffer, void, undefined> {
    using monitor = monitorHere('stream');
    let audioBytes = 0;
    let outcome: 'made' | 'left' | 'failed' = 'left';
    try {
      for await (const chunk of chunks) {
        audioBytes += chunk.samples.byteLength;
        yield chunk;
      }
      outcome = 'made';
    } catch (error) {
      outcome = 'failed';
      throw error;
    } finally {
      this.end('stream', outcome, audioBytes, monitor);
    }
  }

  private end(
    call: CallName,
    outcome: 'made' | 'kept' | 'left' | 'failed',
    audioBytes: number,
    monitor: MemoryMonitor | undefined,
  ): void {
    const summary = monitor?.end();
    const process = summary && {
      startBytes: summary.startBytes,
      endBytes: summary.endBytes,
      peakBytes: summary.peakBytes,
    };
    this.tell({ kind: 'call', call, outcome, audioBytes, ...(process ? { process } : {}) });
  }
}

/** The part of a pipeline that tells of its memory. */
export abstract class ObservableMemory {
  protected abstract readonly watch: MemoryWatch;

  /**
   * Tells of every call's end, growth of the heap, eviction and clean-up, each with a report. Without listeners nothing
   * is measured. What a listener throws is a warning of the process and harms no call.
   * @throws VoirsError DISPOSED.
   */
  on(event: 'memory', listener: Listener<MemoryEvent>): this {
    mustBeEvent(event, 'memory');
    this.watch.add(listener);
    return this;
  }

  /** Stops telling this listener. */
  off(event: 'memory', listener: Listener<MemoryEvent>): this {
    mustBeEvent(event, 'memory');
    this.watch.delete(listener);
    return this;
  }

  /**
   * The same as a stream, from now on, until it is left, `signal` aborts or the pipeline is disposed.
   * @throws VoirsError DISPOSED, INVALID_OPTIONS.
   */
  memoryEvents(options: EventStreamOptions = {}): AsyncIterableIterator<MemoryEvent> {
    return this.watch.stream(options);
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
