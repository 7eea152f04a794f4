// Watches memory while something runs, by a timer and on request, because the most that a piece of work needs
// is seldom what is left at its end.
import { optionNames, refuseNonFunctions, refuseUnknown, shown, VoirsError } from '../errors.js';
import { host } from '../host/host.js';

export interface MemoryMonitorOptions {
  /** Milliseconds between samples of the timer, 1 or more. Default 20. */
  intervalMs?: number;
  /**
   * What is watched, in bytes. Default: the process in physical memory, or in Chromium its JavaScript heap.
   */
  read?: () => number;
  /**
   * The most `read` has ever been, where something keeps that figure. With the default `read` it is the
   * kernel's. A rise of it in the scope is a peak of the scope, also one that no timer can see behind
   * synchronous work.
   */
  highWater?: () => number;
  /** Called once, when the scope ends. */
  onSummary?: (summary: MemorySummary) => void;
}

const OPTIONS = optionNames<MemoryMonitorOptions>({
  intervalMs: true,
  read: true,
  highWater: true,
  onSummary: true,
});

/** What was measured in a scope; bytes. */
export interface MemorySummary {
  name: string;
  startBytes: number;
  endBytes: number;
  /** Most seen between start and end. */
  peakBytes: number;
  /** end - start; negative when memory was given back. */
  netBytes: number;
  /** Number of samples that the peak is taken from, those of the timer and of `sample`. */
  samples: number;
  /** Deltas to the start where `sample` was given a label, in order. */
  marks: readonly { label: string; deltaBytes: number }[];
}

/** A scope whose memory is watched; `using monitor = memoryMonitor('name')` ends it with its block. */
export class MemoryMonitor implements Disposable {
  private readonly read: () => number;
  private readonly highWater: (() => number) | undefined;
  private readonly onSummary: ((summary: MemorySummary) => void) | undefined;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly startBytes: number;
  private readonly startHighWater: number;
  private readonly marks: { label: string; deltaBytes: number }[] = [];
  private peakBytes: number;
  private samples = 0;
  private summary: MemorySummary | undefined;

  constructor(
    readonly name: string,
    options: MemoryMonitorOptions = {},
  ) {
    refuseUnknown(options, OPTIONS, 'memoryMonitor');
    const { intervalMs = 20, read, highWater, onSummary } = options;
    checkInterval(intervalMs);
    refuseNonFunctions({ read, highWater, onSummary });
    this.read = read ?? ownMemory();
    this.highWater = highWater ?? (read ? undefined : ownHighWater());
    this.onSummary = onSummary;
    this.startHighWater = this.highWater?.() ?? 0;
    this.startBytes = this.read();
    this.peakBytes = this.startBytes;
    this.timer = setInterval(() => this.sample(), intervalMs);
    unref(this.timer); // a watch alone does not keep the process alive
  }

  /** Reads now; with a label, the summary keeps the difference. @returns bytes since the start. */
  sample(label?: string): number {
    const bytes = this.look();
    if (label !== undefined) this.marks.push({ label, deltaBytes: bytes - this.startBytes });
    return bytes - this.startBytes;
  }

  /** Bytes now, less bytes at the start. */
  current(): number {
    return this.sample();
  }

  /** Most read so far, in bytes. */
  peak(): number {
    this.look();
    return this.peakBytes;
  }

  /** Ends the scope; a second call gives the same summary. */
  end(): MemorySummary {
    if (this.summary) return this.summary;
    clearInterval(this.timer);
    const endBytes = this.look();
    this.summary = {
      name: this.name,
      startBytes: this.startBytes,
      endBytes,
      peakBytes: this.peakBytes,
      netBytes: endBytes - this.startBytes,
      samples: this.samples,
      marks: this.marks,
    };
    this.onSummary?.(this.summary);
    return this.summary;
  }

  [Symbol.dispose](): void {
    this.end();
  }

  private look(): number {
    const bytes = this.read();
    if (this.summary) return bytes;
    this.samples++;
    const highWater = this.highWater?.() ?? 0;
    this.peakBytes = Math.max(this.peakBytes, bytes, highWater > this.startHighWater ? highWater : 0);
    return bytes;
  }
}

/**
 * Watches from now on.
 * @throws VoirsError INVALID_OPTIONS, also where the runtime has no figure and no `read` is given.
 */
export function memoryMonitor(name: string, options: MemoryMonitorOptions = {}): MemoryMonitor {
  return new MemoryMonitor(name, options);
}

/**
 * Watches while `work` runs; `onSummary` is called also when it fails.
 * @throws VoirsError INVALID_OPTIONS.
 */
export async function monitorMemory<T>(
  name: string,
  work: (monitor: MemoryMonitor) => T | Promise<T>,
  options: MemoryMonitorOptions = {},
): Promise<{ value: T; summary: MemorySummary }> {
  refuseNonFunctions({ work: work ?? null });
  using monitor = memoryMonitor(name, options);
  const value = await work(monitor);
  return { value, summary: monitor.end() };
}

/**
 * One reading of {@link memoryEvents}, taken by the clock. A pipeline's own events, `type: 'memory'`, come
 * when its memory moves.
 */
export interface MonitorEvent<T> {
  type: 'reading';
  /** Milliseconds since the stream began. */
  elapsedMs: number;
  report: T;
}

/** Options of {@link memoryEvents}. */
export interface MonitorEventsOptions {
  /** Milliseconds between readings, 1 or more. Default 1000. */
  intervalMs?: number;
  /** Ends the stream. */
  signal?: AbortSignal;
}

const EVENTS_OPTIONS = optionNames<MonitorEventsOptions>({ intervalMs: true, signal: true });

/**
 * Polls any figure by the clock: a stream of readings, the first at once, until it is left or `signal`
 * aborts. A slow reader misses readings instead of piling them up. It does not keep the process alive.
 * @param read gives the figure, such as `() => pipeline.memoryReport()`.
 * @throws VoirsError INVALID_OPTIONS.
 */
export async function* memoryEvents<T>(
  read: () => T,
  options: MonitorEventsOptions = {},
): AsyncGenerator<MonitorEvent<T>, void, undefined> {
  refuseUnknown(options, EVENTS_OPTIONS, 'memoryEvents');
  refuseNonFunctions({ read: read ?? null });
  const { intervalMs = 1000, signal } = options;
  checkInterval(intervalMs);
  const started = performance.now();
  const event = (): MonitorEvent<T> => ({
    type: 'reading',
    elapsedMs: performance.now() - started,
    report: read(),
  });
  while (!signal?.aborted) {
    yield event();
    await delay(intervalMs, signal);
  }
}

/**
 * @throws VoirsError INVALID_OPTIONS where the host has no figure (browsers other than Chromium, workers).
 */
function ownMemory(): () => number {
  if (host.memory.process()) return () => host.memory.process()!.rssBytes;
  if (host.memory.runtime()) return () => host.memory.runtime()!.heapUsedBytes;
  throw new VoirsError('INVALID_OPTIONS', 'This runtime has no figure of the memory it uses', {
    got: 'no read',
    wanted: 'a function that gives bytes',
    suggestion: 'Pass { read }',
  });
}

function ownHighWater(): (() => number) | undefined {
  return host.memory.process() && (() => host.memory.process()!.peakRssBytes);
}

/** In Node: a timer that does not keep the process alive. */
function unref(timer: ReturnType<typeof setTimeout>): void {
  (timer as { unref?: () => void }).unref?.();
}

/** Resolves after `ms`, or at once when `signal` aborts. */
function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    unref(timer);
    signal?.addEventListener('abort', done);
  });
}

function checkInterval(intervalMs: number): void {
  if (Number.isFinite(intervalMs) && intervalMs >= 1) return;
  throw new VoirsError('INVALID_OPTIONS', 'intervalMs is out of range', {
    got: shown(intervalMs),
    wanted: 'a number of 1 or more',
  });
}
