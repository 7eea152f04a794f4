// The words of shared memory through which threads divide a kernel call, with both sides of the protocol in
// one place. The caller posts a job and works on it at once; workers join while it is open, or not at all. So
// no thread waits for another to wake up, only for parts that another has begun.

/** Words of a cache line: words that different threads write are in separate lines. */
const LINE = 16;

/** Number of jobs so far; idle workers wait on this word. */
const GENERATION = 0;
/** Number of workers that sleep instead of spinning: only they need a notification. */
const SLEEPERS = 1;
const STOP = 2;
/** Set when a kernel threw in a worker. */
const FAILED = 3;
/** Number of workers inside the job, plus CLOSED while none may enter. */
const STATE = LINE;
const CLOSED = 1 << 30;
const KERNEL = 2 * LINE;
const UNITS = KERNEL + 1;
const PIECE = KERNEL + 2;
const THREADS = KERNEL + 3;
const SCRATCH = KERNEL + 4;
const SCRATCH_BYTES = KERNEL + 5;
const ARGUMENT_COUNT = KERNEL + 6;
const ARGUMENTS = 3 * LINE;
const MOST_ARGUMENTS = 32;
/** One line per thread: the number of pieces of its share that have been taken. */
const SHARES = ARGUMENTS + 2 * MOST_ARGUMENTS;

/**
 * Time for which a worker spins for the next job before it sleeps: longer than the pause between two layers.
 */
const SPIN_MS = 0.1;
/** Pieces of a share, so that a thread that joins late leaves little to wait for. */
const PIECES_PER_SHARE = 4;

/** A call of a kernel, over all its units. */
export interface Job {
  /** Position of the kernel among the module's exports. */
  kernel: number;
  units: number;
  /** Pieces begin at multiples of this. */
  grain: number;
  /** Least units of a piece. */
  minimumUnits: number;
  args: readonly number[];
  /** Address of the first thread's scratch memory. */
  scratch: number;
  /** Bytes from one thread's scratch memory to the next. */
  scratchBytes: number;
}

/**
 * Calls a kernel with its arguments, the last three being a range of units and the thread's scratch memory.
 */
export type Call = (kernel: number, args: readonly number[]) => void;

/** Units that a thread takes at a time. */
function pieceOf({ units, grain, minimumUnits }: Job, threads: number): number {
  const wanted = Math.max(minimumUnits, Math.ceil(units / (threads * PIECES_PER_SHARE)));
  return Math.ceil(wanted / grain) * grain;
}

/** One view of the control block; every thread has its own. */
export class ControlBlock {
  private readonly words: Int32Array;
  private readonly values: Float64Array;

  constructor(
    buffer: ArrayBufferLike,
    /** A multiple of 64. */
    address: number,
    readonly threads: number,
  ) {
    this.words = new Int32Array(buffer, address, ControlBlock.bytes(threads) / 4);
    this.values = new Float64Array(buffer, address + ARGUMENTS * 4, MOST_ARGUMENTS);
  }

  static bytes(threads: number): number {
    return (SHARES + threads * LINE) * 4;
  }

  /** For the caller, before any worker starts. */
  clear(): void {
    this.words.fill(0);
    this.words[STATE] = CLOSED;
  }

  /** Whether a job has pieces for more than one thread. */
  isWorthSharing(job: Job): boolean {
    return job.units > pieceOf(job, this.threads);
  }

  /** For the caller: opens a job to the workers. */
  post(job: Job): void {
    const { words } = this;
    words[KERNEL] = job.kernel;
    words[UNITS] = job.units;
    words[PIECE] = pieceOf(job, this.threads);
    words[THREADS] = this.threads;
    words[SCRATCH] = job.scratch;
    words[SCRATCH_BYTES] = job.scratchBytes;
    words[ARGUMENT_COUNT] = job.args.length;
    this.values.set(job.args);
    for (let thread = 0; thread < this.threads; thread++) words[SHARES + thread * LINE] = 0;
    Atomics.store(words, STATE, 0);
    Atomics.add(words, GENERATION, 1);
    // A worker counts itself before it waits, and waits only if no job has come since: it misses none.
    if (Atomics.load(words, SLEEPERS) > 0) Atomics.notify(words, GENERATION);
  }

  /** For every thread of a job: does its own share, a piece at a time, then pieces of the other shares. */
  work(thread: number, call: Call): void {
    const { words } = this;
    const [kernel, units, piece] = [words[KERNEL]!, words[UNITS]!, words[PIECE]!];
    const count = words[ARGUMENT_COUNT]!;
    const args = Array.from(this.values.subarray(0, count));
    args[count + 2] = (words[SCRATCH]! >>> 0) + thread * words[SCRATCH_BYTES]!;
    const share = Math.ceil(Math.ceil(units / piece) / this.threads);
    for (let n = 0; n < this.threads; n++) {
      const owner = (thread + n) % this.threads;
      for (;;) {
        const taken = Atomics.add(words, SHARES + owner * LINE, 1);
        const from = (owner * share + taken) * piece;
        if (taken >= share || from >= units) break;
        args[count] = from;
        args[count + 1] = Math.min(units, from + piece);
        call(kernel, args);
      }
    }
  }

  /** For the caller: admits no more workers. @returns the number of workers that are still at work. */
  close(): number {
    return Atomics.or(this.words, STATE, CLOSED) & ~CLOSED;
  }

  /** Number of workers inside the job. */
  get working(): number {
    return Atomics.load(this.words, STATE) & ~CLOSED;
  }

  /** Whether a kernel threw in a worker. */
  get hasFailed(): boolean {
    return Atomics.load(this.words, FAILED) !== 0;
  }

  /** For a worker: takes part in the open job, if there is one. */
  join(thread: number, call: Call): void {
    const { words } = this;
    for (;;) {
      const state = Atomics.load(words, STATE);
      if (state & CLOSED) return;
      if (Atomics.compareExchange(words, STATE, state, state + 1) === state) break;
    }
    try {
      this.work(thread, call);
    } catch {
      Atomics.store(words, FAILED, 1);
    } finally {
      Atomics.sub(words, STATE, 1);
    }
  }

  /** Number of jobs so far. */
  get generation(): number {
    return Atomics.load(this.words, GENERATION);
  }

  /** For a worker: returns when another job than `seen` has been posted, or when it must stop. */
  next(seen: number): { generation: number; mustStop: boolean } {
    const { words } = this;
    const until = performance.now() + SPIN_MS;
    let isLate = false;
    while (Atomics.load(words, GENERATION) === seen && !isLate) isLate = performance.now() > until;
    if (isLate) {
      Atomics.add(words, SLEEPERS, 1);
      Atomics.wait(words, GENERATION, seen);
      Atomics.sub(words, SLEEPERS, 1);
    }
    return { generation: this.generation, mustStop: Atomics.load(words, STOP) !== 0 };
  }

  /** For the caller: makes every worker stop. */
  stop(): void {
    Atomics.store(this.words, STOP, 1);
    Atomics.add(this.words, GENERATION, 1);
    Atomics.notify(this.words, GENERATION);
  }
}
