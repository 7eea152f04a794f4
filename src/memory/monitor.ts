// How memory moves while something runs: sampled by a timer and on request, because the most a piece of work needs is
// seldom what is left at its end.
import { VoirsError } from '../errors.js';
import { host } from '../host/host.js';

export interface MemoryMonitorOptions {
  /** Milliseconds between samples of the timer, 1 or more. Default 20. */
  intervalMs?: number;
  /** What is watched, in bytes. Default: the process in physical memory, or in Chromium its JavaScript heap. */
  read?: () => number;
  /**
   * The most `read` has ever been, where something keeps that figure. With the default `read` it is the kernel's:
   * a rise of it in the scope is a peak of the scope, even one that no timer could see behind synchronous work.
   */
  highWater?: () => number;
  /** Called once, when the scope ends. */
  onSummary?: (summary: MemorySummary) => void;
}

/** What a scope did; bytes. */
export interface MemorySummary {
  name: string;
  startBytes: number;
  endBytes: number;
  /** Most seen between start and end. */
  peakBytes: number;
  /** end - start; negative when memory came back. */
  netBytes: number;
  /** Samples behind the peak, of the timer and of `sample`. */
  samples: number;
  /** Deltas to the start where `sample` was given a label, in order. */
  marks: readonly { label: string; deltaBytes: number }[];
}

/** A scope under watch; `using monitor = memoryMonitor('name')` ends it with its block. */
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
    const { intervalMs = 20, read, highWater, onSummary } = options;
    checkInterval(intervalMs);
    this.read = read ?? ownMemory();
    this.highWater = highWater ?? (read ? undefined : ownHighWater());
    this.onSummary = onSummary;
    this.startHighWater = this.highWater?.() ?? 0;
    this.startBytes = this.read();
    this.peakBytes = this.startBytes;
    this.timer = setInterval(() => this.sample(), intervalMs);
    unref(this.timer); // watching is no reason for a process to live on
  }

  /** Looks now; with a label, the delta is kept for the summary. @returns bytes since the start. */
  sample(label?: string): number {
    const bytes = this.look();
    if (label !== undefined) this.marks.push({ label, deltaBytes: bytes - this.startBytes });
    return bytes - this.startBytes;
  }

  /** Bytes now, less bytes at the start. */
  current(): number {
    return this.sample();
  }

  /** Most seen so far, in bytes. */
  peak(): number {
    this.look();
    return this.peakBytes;
  }

  /** Ends the scope; asked again, it gives the same summary. */
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

/** Watches from now on. @throws VoirsError INVALID_OPTIONS. */
export function memoryMonitor(name: string, options: MemoryMonitorOptions = {}): MemoryMonitor {
  return new MemoryMonitor(name, options);
}

/** Watches while `work` runs; `onSummary` is called also when it fails. */
export async function monitorMemory<T>(
  name: string,
  work: (monitor: MemoryMonitor) => T | Promise<T>,
  options: MemoryMonitorOptions = {},
): Promise<{ value: T; summary: MemorySummary }> {
  using monitor = memoryMonitor(name, options);
  const value = await work(monitor);
  return { value, summary: monitor.end() };
}

/** One event of {@link memoryEvents}. */
export interface TimedMemoryEvent<T> {
  type: 'memory';
  /** Milliseconds since the stream began. */
  elapsedMs: number;
  report: T;
}

/**
 * A stream of reports, the first at once, until it is left or `signal` aborts. Slow readers miss events instead of
 * piling them up. It does not keep the process alive.
 * @throws VoirsError INVALID_OPTIONS.
 */
export async function* memoryEvents<T>(
  read: () => T,
  options: { intervalMs?: number; signal?: AbortSignal } = {},
): AsyncGenerator<TimedMemoryEvent<T>, void, undefined> {
  const { intervalMs = 1000, signal } = options;
  checkInterval(intervalMs);
  const started = performance.now();
  const event = (): TimedMemoryEvent<T> => ({
    type: 'memory',
    elapsedMs: performance.now() - started,
    report: read(),
  });
  while (!signal?.aborted) {
    yield event();
    await delay(intervalMs, signal);
  }
}

/** @throws VoirsError INVALID_OPTIONS where the host tells no figure (browsers other than Chromium, workers). */
function ownMemory(): () => number {
  if (host.memory.process()) return () => host.memory.process()!.rssBytes;
  if (host.memory.runtime()) return () => host.memory.runtime()!.heapUsedBytes;
  throw new VoirsError('INVALID_OPTIONS', 'This runtime does not tell how much memory it uses', {
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
    got: String(intervalMs),
    wanted: 'a number of 1 or more',
  });
}
