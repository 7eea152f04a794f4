// The threads of the kernels: starts N - 1 workers on the shared memory, divides calls between them and the
// calling thread, and continues on the calling thread alone where workers do not start or are lost.
import { BrokenRun } from '../../broken-run.js';
import { type Call, ControlBlock, type Job } from './control-block.js';
import { type RunningWorker, startWorker } from './start-worker.js';

/**
 * A worker for which the caller has spun this long within a call is lost: a piece of one takes well under a millisecond.
 * A worker that was only kept waiting is ended too; the call is repeated without it.
 */
const LOST_AFTER_MS = 1000;
/**
 * Most of it that counts between two readings of the clock: where a busy machine gives the caller no time either, its
 * workers are not to blame.
 */
const MOST_COUNTED_MS = 2;
/** Number of times that the caller checks whether the workers are done between two readings of the clock. */
const CHECKS_PER_CLOCK = 1000;

/** Threads that run the kernels of one instance. */
export class KernelThreads {
  private readonly workers: RunningWorker[] = [];
  private isStopped = false;
  /** Why the workers are not used; undefined while they are. */
  private lost: string | undefined;
  /** Told once when workers that had started are lost. */
  onLost: ((reason: string) => void) | undefined;

  private constructor(
    private readonly block: ControlBlock,
    private readonly call: Call,
  ) {}

  /**
   * Starts `threads - 1` workers. Resolves when they are ready, or cannot start: then `failure` has the
   * reason.
   * @param control address of {@link ControlBlock.bytes} bytes, a multiple of 64.
   */
  static async start(
    module: WebAssembly.Module,
    memory: WebAssembly.Memory,
    control: number,
    threads: number,
    call: Call,
  ): Promise<KernelThreads> {
    const block = new ControlBlock(memory.buffer, control, threads);
    block.clear();
    const pool = new KernelThreads(block, call);
    const start = { module, memory, control, threads };
    const others = Array.from({ length: threads - 1 }, (_, n) => pool.add({ ...start, thread: n + 1 }));
    await Promise.all(others);
    // Not earlier: a process that waits only for its workers would end before they have answered.
    for (const worker of pool.workers) worker.unref();
    return pool;
  }

  private async add(start: Parameters<typeof startWorker>[0]): Promise<void> {
    await new Promise<void>((resolve) => {
      const onEnd = (reason: string): void => {
        if (!this.isStopped) this.lose(reason);
        resolve();
      };
      startWorker(start, { onReady: resolve, onEnd }).then(
        (worker) => this.workers.push(worker),
        (error: unknown) => onEnd(error instanceof Error ? error.message : String(error)),
      );
    });
  }

  /** Why there is only one thread, for `voirs doctor`; undefined while all run. */
  get failure(): string | undefined {
    return this.lost;
  }

  /** Whether `run` takes this job: there are several threads, and work for them. */
  takes(job: Job): boolean {
    return this.lost === undefined && !this.isStopped && this.block.isWorthSharing(job);
  }

  /** @throws BrokenRun when a worker was lost within the call: what it has computed is not whole. */
  run(job: Job): void {
    const { block } = this;
    block.post(job);
    try {
      block.work(0, this.call);
    } finally {
      if (block.close() > 0) this.awaitWorkers();
    }
    if (block.hasFailed) {
      this.lose('a kernel failed in it');
      throw new BrokenRun('DEVICE_ERROR', 'A kernel failed in a worker', {
        suggestion: 'Repeat the call; please report this',
      });
    }
  }

  /** Spins until the workers are done: a browser's main thread may not wait in another way. */
  private awaitWorkers(): void {
    let before = performance.now();
    let spun = 0;
    for (let checks = 1; this.block.working > 0; checks++) {
      if (checks % CHECKS_PER_CLOCK > 0) continue;
      const now = performance.now();
      spun += Math.min(MOST_COUNTED_MS, now - before);
      before = now;
      if (spun < LOST_AFTER_MS) continue;
      this.lose('it no longer answers');
      throw new BrokenRun('DEVICE_ERROR', 'A worker of the wasm backend no longer answers', {
        suggestion: 'Repeat the call; create the pipeline with numThreads: 1 if this happens again',
      });
    }
  }

  /** Continues without workers. */
  private lose(reason: string): void {
    if (this.lost !== undefined || this.isStopped) return;
    this.lost = reason;
    for (const worker of this.workers) void worker.terminate();
    this.onLost?.(reason);
  }

  /** Ends the workers; resolves when they have ended and no longer touch the memory. */
  async stop(): Promise<void> {
    if (!this.isStopped) this.block.stop();
    this.isStopped = true;
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
