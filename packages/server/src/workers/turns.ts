// Several texts share one engine: the one whose listener would run dry first is the next to get a chunk. A
// new request so has its first chunk before others get more of what they cannot have heard yet.

interface Waiting {
  /** When its listener needs the next chunk, in milliseconds. */
  deadline: number;
  start: () => void;
}

/** One at a time, the earliest deadline first. */
export class Turns {
  private readonly waiting: Waiting[] = [];
  private isTaken = false;

  /** Runs a step when its turn has come. @returns what the step gives. */
  async run<T>(deadline: number, step: () => Promise<T>): Promise<T> {
    if (this.isTaken) await new Promise<void>((start) => this.waiting.push({ deadline, start }));
    this.isTaken = true;
    try {
      return await step();
    } finally {
      this.next();
    }
  }

  private next(): void {
    this.waiting.sort((a, b) => a.deadline - b.deadline);
    const first = this.waiting.shift();
    // The turn is handed over: nothing that comes in between takes it.
    if (first) first.start();
    else this.isTaken = false;
  }
}
