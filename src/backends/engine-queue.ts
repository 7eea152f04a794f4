// One engine does one thing at a time: jobs run in order of arrival, with the event loop turning between them,
// so that timers, streams and abort signals are served while a long text is spoken.
import { host } from '../host/host.js';

/** A first-in, first-out queue of jobs. */
export class EngineQueue {
  private tail: Promise<unknown> = Promise.resolve();
  private waiting = 0;

  /** Jobs that have been handed in and are not done. */
  get length(): number {
    return this.waiting;
  }

  /** Runs `job` after all earlier ones; a failed job fails its own caller only. */
  run<T>(job: () => T | Promise<T>): Promise<T> {
    this.waiting++;
    const turn = this.tail.then(yieldToEventLoop).then(job);
    this.tail = turn.then(
      () => this.waiting--,
      () => this.waiting--,
    );
    return turn;
  }
}

/** Lets other work of the program have its turn. */
export function yieldToEventLoop(): Promise<void> {
  return host.nextTask();
}
