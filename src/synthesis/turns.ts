// Lets the event loop turn within long work on the calling thread, so that timers, sockets and signals are served
// while a book is analysed. Work comes in short steps; a slice of them runs before the loop turns.
import { EngineQueue } from '../backends/engine.js';
import type { Steps } from '../frontend/steps.js';

/** Milliseconds after which the loop turns; the step under way then ends first. */
export const SLICE_MS = 5;

/** One slice between two turns of the loop, whichever call it belongs to. */
const slices = new EngineQueue();

/** The turns of one call. */
export class Turns {
  private since: number;

  /**
   * @param goOn is called after each turn; what it throws ends the work.
   * @param now a clock in milliseconds.
   */
  constructor(
    private readonly goOn: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.since = now();
  }

  /** For the end of a step: a promise to wait for where it is time for the loop to turn. */
  next(): Promise<void> | undefined {
    return this.now() - this.since < SLICE_MS ? undefined : this.turn();
  }

  /** Does all steps. */
  async finish<T>(steps: Steps<T>): Promise<T> {
    this.since = this.now();
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
      const pause = this.next();
      if (pause) await pause;
    }
  }

  private async turn(): Promise<void> {
    await slices.run(() => {});
    this.goOn();
    this.since = this.now();
  }
}
