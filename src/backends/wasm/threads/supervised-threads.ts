// Threads that are replaced when one is lost: all workers end, the calling thread computes alone meanwhile, and new
// workers take over. Where they are lost again and again, it stays with one thread.
import type { Call, Job } from './control-block.js';
import { KernelThreads } from './pool.js';

/** Losses within the time below after which no more workers are started. */
const MOST_LOSSES = 4;
const WITHIN_MS = 60_000;

/** What the workers run on. */
export interface ThreadsStart {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  /** Address of the control block. */
  control: number;
  threads: number;
  call: Call;
}

/** The threads of one instance, with their successors. */
export class SupervisedThreads {
  private losses: number[] = [];
  private lastLoss: string | undefined;
  private isStopped = false;
  private replacing: Promise<void> | undefined;
  /** Told of losses and replacements. */
  onNotice: ((message: string) => void) | undefined;

  private constructor(
    private readonly from: ThreadsStart,
    private threads: KernelThreads,
  ) {
    this.watch(threads);
  }

  /** Resolves when the workers are ready, or cannot start: then `failure` has the reason. */
  static async start(from: ThreadsStart): Promise<SupervisedThreads> {
    return new SupervisedThreads(from, await begin(from));
  }

  /** Why there is only one thread now. */
  get failure(): string | undefined {
    const { failure } = this.threads;
    return failure && (this.lastLoss ?? failure);
  }

  takes(job: Job): boolean {
    return this.threads.takes(job);
  }

  /** @throws BrokenRun when a worker was lost within the call. */
  run(job: Job): void {
    this.threads.run(job);
  }

  /** After a BrokenRun: resolves when no lost worker can touch the memory any more. */
  async settle(): Promise<void> {
    if (this.threads.failure !== undefined) await this.threads.stop();
  }

  /** Ends the workers, those on their way too; resolves when they have ended. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.threads.stop();
    await this.replacing;
  }

  private watch(threads: KernelThreads): void {
    threads.onLost = (reason) => this.lost(reason);
  }

  private lost(reason: string): void {
    const now = performance.now();
    this.losses = [...this.losses.filter((at) => now - at < WITHIN_MS), now];
    const isGivenUp = this.losses.length >= MOST_LOSSES;
    this.lastLoss = isGivenUp
      ? `a worker was lost ${MOST_LOSSES} times in a minute, the last time because ${reason}`
      : `a worker was lost (${reason}), and new ones are on their way`;
    this.onNotice?.(
      isGivenUp
        ? `${this.lastLoss}; one thread goes on alone`
        : `a worker of the kernels was lost: ${reason}`,
    );
    if (!isGivenUp) this.replacing = this.replace();
  }

  private async replace(): Promise<void> {
    await this.threads.stop(); // the control block is used again
    if (this.isStopped) return;
    const fresh = await begin(this.from);
    if (this.isStopped) return fresh.stop();
    this.threads = fresh;
    this.lastLoss = undefined;
    this.watch(fresh);
    const { failure } = fresh;
    this.onNotice?.(
      failure === undefined
        ? `new workers have taken its place: ${this.from.threads} threads`
        : `new workers did not start, one thread goes on alone: ${failure}`,
    );
  }
}

function begin({ module, memory, control, threads, call }: ThreadsStart): Promise<KernelThreads> {
  return KernelThreads.start(module, memory, control, threads, call);
}
