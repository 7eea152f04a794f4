// Back-pressure: a worker whose process has grown beyond its limit takes nothing further until it has shrunk, and its
// queue goes to others meanwhile.
import type { Worker } from 'bullmq';

/** Milliseconds between looks at a process that is over its limit. */
const LOOK_MS = 1000;
const MB = 2 ** 20;

/** How memory is bounded. */
export interface MemoryBounds {
  /** MB. */
  limitMb: number;
  /** Bytes of the process and of what it has started. */
  read(): number;
  /** Gives up what is kept for the next part. */
  free(): Promise<void>;
  /** Told when the worker stops and goes on. */
  tell(event: 'over-memory' | 'within-memory', message: string): void;
}

/** See above. */
export class MemoryGate {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly workers: readonly Worker[],
    private readonly bounds: MemoryBounds,
  ) {}

  /** Whether the process is within its limit; otherwise the workers stop until it is. */
  async check(): Promise<boolean> {
    if (!this.isOver()) return true;
    await this.bounds.free();
    if (!this.isOver()) return true;
    for (const worker of this.workers) await worker.pause(true); // true: not after the job that asks
    if (this.timer === undefined) {
      this.tell('over-memory');
      this.timer = setInterval(() => this.look(), LOOK_MS);
    }
    return false;
  }

  close(): void {
    clearInterval(this.timer);
  }

  private look(): void {
    if (this.isOver()) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.tell('within-memory');
    for (const worker of this.workers) worker.resume().catch(() => {}); // it tells its errors itself
  }

  private isOver(): boolean {
    return this.bounds.read() > this.bounds.limitMb * MB;
  }

  private tell(event: 'over-memory' | 'within-memory'): void {
    const { read, limitMb } = this.bounds;
    this.bounds.tell(event, `${Math.round(read() / MB)} MB of ${limitMb}`);
  }
}
