// The threads behind the kernels: starts N - 1 workers on the shared memory, splits calls over them and the calling
// thread, and goes on alone when they cannot be had.
import { VoirsError } from '../../../errors.js';
import { type Call, ControlBlock, type Job } from './control-block.js';
import { type RunningWorker, startWorker } from './start-worker.js';

/** A part of a call takes well under a millisecond; a worker that takes this long is gone. */
const LOST_AFTER_MS = 10_000;
/** How often the caller looks whether the others are done before it looks at the clock. */
const LOOKS = 1000;

/** Threads that run the kernels of one instance. */
export class KernelThreads {
  private readonly workers: RunningWorker[] = [];
  private isStopped = false;
  /** Why the workers are not used; absent while they are. */
  private lost: string | undefined;

  private constructor(
    private readonly block: ControlBlock,
    private readonly call: Call,
  ) {}

  /**
   * Starts `threads - 1` workers and resolves when they are ready, or cannot be had: then the reason is in `failure`.
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
    // Only now: a process that waits for workers alone must not end before they have answered.
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

  /** Why there is one thread only, in words for `voirs doctor`; nothing while there are all. */
  get failure(): string | undefined {
    return this.lost;
  }

  /** Whether `run` is for such a job: several threads, and work for them. */
  takes(job: Job): boolean {
    return this.lost === undefined && !this.isStopped && this.block.isWorthSharing(job);
  }

  /** @throws VoirsError DEVICE_ERROR when a worker failed within the call. */
  run(job: Job): void {
    const { block } = this;
    block.post(job);
    try {
      block.work(0, this.call);
    } finally {
      if (block.close() > 0) this.awaitOthers();
    }
    if (block.hasFailed) {
      this.lose('a kernel failed in a worker');
      throw new VoirsError('DEVICE_ERROR', 'A kernel failed in a worker', {
        suggestion: 'The next calls run on one thread; please report this',
      });
    }
  }

  /** Looks again and again: a browser's main thread may not wait otherwise. */
  private awaitOthers(): void {
    const begun = performance.now();
    for (let looks = 1; this.block.working > 0; looks++) {
      if (looks % LOOKS > 0 || performance.now() - begun < LOST_AFTER_MS) continue;
      this.lose('a worker no longer answers');
      throw new VoirsError('DEVICE_ERROR', 'A worker of the wasm backend no longer answers', {
        suggestion:
          'The next calls run on one thread; create the pipeline with numThreads: 1 if this comes again',
      });
    }
  }

  /** Goes on without workers. */
  private lose(reason: string): void {
    this.lost ??= reason;
    for (const worker of this.workers) void worker.terminate();
  }

  /** Ends the workers; resolves when they have ended. */
  async stop(): Promise<void> {
    if (this.isStopped) return;
    this.isStopped = true;
    this.block.stop();
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}
