// The parts of adapting to memory: a gauge that names the level of pressure without changing it back and
// forth, and a holder that swaps one thing for another and never has both.
import { VoirsError } from '../errors.js';
import type { Reusable } from './speaker.js';

/** A level of pressure and where it begins. */
export interface PressureStep<Level extends string> {
  level: Level;
  /** Share of memory in use, above which the level holds. */
  above: number;
}

export interface PressureGaugeOptions<Level extends string> {
  /** The level below all steps. */
  calm: Level;
  /** In any order. */
  steps: readonly PressureStep<Level>[];
  /** Share of memory in use; see `memoryPressure`. */
  read: () => number;
  /** Share by which the use must fall below a level's step before a lower level follows. Default 0.05. */
  hysteresis?: number;
  /** Milliseconds for which a reading holds; 0 reads every time. Default 10000. */
  intervalMs?: number;
  /** Milliseconds of any clock that does not go back. */
  now?: () => number;
}

export interface PressureReading<Level extends string> {
  level: Level;
  /** The share that was read. */
  used: number;
}

/**
 * Reads at most once per interval. It enters a level as soon as its step is passed, and leaves it only well
 * below.
 */
export class PressureGauge<Level extends string> {
  private readonly steps: readonly PressureStep<Level>[];
  private readonly hysteresis: number;
  private readonly intervalMs: number;
  private readonly now: () => number;
  private last: (PressureReading<Level> & { at: number; rank: number }) | undefined;

  constructor(private readonly options: PressureGaugeOptions<Level>) {
    this.steps = [...options.steps].sort((a, b) => a.above - b.above);
    this.hysteresis = options.hysteresis ?? 0.05;
    this.intervalMs = options.intervalMs ?? 10_000;
    this.now = options.now ?? (() => performance.now());
  }

  check(): PressureReading<Level> {
    const at = this.now();
    if (!this.last || at - this.last.at >= this.intervalMs) {
      const used = this.options.read();
      const rank = this.rankOf(used);
      const level = rank === 0 ? this.options.calm : this.steps[rank - 1]!.level;
      this.last = { level, used, at, rank };
    }
    return { level: this.last.level, used: this.last.used };
  }

  /**
   * Number of steps that count as passed: those passed now, and those of the last reading that are not well
   * above.
   */
  private rankOf(used: number): number {
    const held = this.last?.rank ?? 0;
    let rank = 0;
    this.steps.forEach(({ above }, i) => {
      if (used > above || (i < held && used > above - this.hysteresis)) rank = i + 1;
    });
    return rank;
  }
}

/**
 * Holds one thing at a time, of the kind that is wanted now; it frees the old one before it makes the new
 * one.
 */
export class Swappable<T extends Reusable, Kind extends string> implements AsyncDisposable {
  private held: { kind: Kind; item: T } | undefined;
  private swapping: Promise<void> | undefined;
  private users = 0;
  private whenIdle: (() => void) | undefined;
  private ending: Promise<void> | undefined;

  /**
   * @param wanted the kind wanted now; asked before every use.
   * @param make makes one of that kind; when it fails, the use that needed it fails, and the next tries
   * again.
   */
  constructor(
    private readonly wanted: () => Kind,
    private readonly make: (kind: Kind) => Promise<T>,
  ) {}

  /** The kind held; undefined before the first use and after a failed swap. */
  get kind(): Kind | undefined {
    return this.held?.kind;
  }

  /** Runs a task on the thing of the wanted kind, which is not swapped meanwhile. A task must not call it. */
  async use<R>(task: (item: T) => R | Promise<R>): Promise<R> {
    const item = await this.enter();
    try {
      return await task(item);
    } finally {
      this.users--;
      if (this.users === 0) this.whenIdle?.();
    }
  }

  /** Waits for running tasks, then frees what is held. */
  dispose(): Promise<void> {
    this.ending ??= this.end();
    return this.ending;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Counts the user in the same tick in which the kind was checked, so that no swap can come between. */
  private async enter(): Promise<T> {
    for (;;) {
      if (this.ending) throw new VoirsError('DISPOSED', 'It was used after dispose()');
      if (this.swapping) {
        await settled(this.swapping);
        continue;
      }
      const kind = this.wanted();
      if (this.held?.kind === kind) {
        this.users++;
        return this.held.item;
      }
      this.swapping = this.swap(kind).finally(() => {
        this.swapping = undefined;
      });
      await this.swapping;
    }
  }

  private async end(): Promise<void> {
    while (this.swapping) await settled(this.swapping);
    await this.free();
  }

  private async swap(kind: Kind): Promise<void> {
    await this.free();
    this.held = { kind, item: await this.make(kind) };
  }

  private async free(): Promise<void> {
    if (this.users > 0) {
      await new Promise<void>((resolve) => {
        this.whenIdle = resolve;
      });
      this.whenIdle = undefined;
    }
    const old = this.held;
    this.held = undefined;
    await old?.item.dispose();
  }
}

/** Waits for the end of work, failed or not: its starter gets the error. */
async function settled(work: Promise<unknown>): Promise<void> {
  await work.catch(() => {});
}
