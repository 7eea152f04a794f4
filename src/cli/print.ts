// What commands print: figures with units, tables, memory, and a progress bar on a terminal.
import type { ArenaStats } from '../memory/arena.js';
import type { VoirsPipeline } from '../pipeline.js';

const WIDTH = 30;
/** Shorter work gets no bar. */
const DELAY_MS = 500;
const INTERVAL_MS = 100;

/** One line on stderr that fills up and disappears when the work is done. */
export class ProgressBar implements Disposable {
  private readonly started = performance.now();
  private drawn = this.started + DELAY_MS - INTERVAL_MS;
  private isVisible = false;

  constructor(
    private readonly label: string,
    private readonly stream: NodeJS.WriteStream = process.stderr,
  ) {}

  /** @param share of the work that is done, in [0, 1]; @param detail is printed after the percentage. */
  readonly update = (share: number, detail = ''): void => {
    const now = performance.now();
    if (!this.stream.isTTY || now - this.drawn < INTERVAL_MS) return;
    this.drawn = now;
    const full = Math.round(share * WIDTH);
    const bar = '#'.repeat(full).padEnd(WIDTH, '.');
    const line = `${this.label} [${bar}] ${String(Math.floor(share * 100)).padStart(3)} % ${detail}`;
    this.stream.write(`\r\x1b[2K${line.slice(0, (this.stream.columns ?? 80) - 1)}`);
    this.isVisible = true;
  };

  [Symbol.dispose](): void {
    if (this.isVisible) this.stream.write('\r\x1b[2K');
    this.isVisible = false;
  }
}

/** Seconds with the digits that matter: `0.12 s`, `12.3 s`. */
export function seconds(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} s`;
}

/** Bytes in MB (2^20). */
export function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MB`;
}

/** Rows in aligned columns; columns of numbers are aligned to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, c) => Math.max(...all.map((row) => (row[c] ?? '').length)));
  const isNumber = head.map(
    (_, c) => rows.length > 0 && rows.every((row) => /^[-\d.,]*( \w+)?$/.test(row[c] ?? '')),
  );
  return all
    .map((row) =>
      widths
        .map((width, c) => (isNumber[c] ? (row[c] ?? '').padStart(width) : (row[c] ?? '').padEnd(width)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Memory of a process with a pipeline, in bytes; a figure that a backend cannot measure is absent. */
export interface MemoryFigures {
  /** Resident memory of the process, now and at its peak. */
  rssBytes: number;
  peakRssBytes: number;
  jsHeapBytes: number;
  wasmHeapBytes?: number;
  tensorBytes?: number;
  arena: ArenaStats;
}

/** Memory of the process and of the pipeline now. */
export function memoryFigures(pipeline: VoirsPipeline): MemoryFigures {
  const { process, runtime, native } = pipeline.memoryReport();
  return {
    ...process!, // the command line runs in Node, where both are measured
    jsHeapBytes: runtime!.heapUsedBytes,
    ...native,
    arena: pipeline.arena.stats(),
  };
}
