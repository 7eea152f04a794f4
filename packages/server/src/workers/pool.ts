// The workers as one: jobs wait in a fair queue, go to the worker with the least to do, and are started over
// when it dies. A worker that dies or hangs is replaced.
import type { VoiceInfo } from 'voirs';
import { FairQueue, type QueueLimits } from './fair-queue.js';
import { SpeechFailure, SpeechJob } from './job.js';
import type { SpeechSpec, WorkerSettings } from './messages.js';
import { SpeechWorker, type WorkerMemory } from './speech-worker.js';

export interface PoolSettings extends WorkerSettings {
  /** Threads. */
  workers: number;
  /** Texts that one worker speaks at a time. */
  streams: number;
  /** Texts in pieces of one worker, beside these: they mostly wait for their writer. */
  sessions: number;
  queue: QueueLimits;
  /** Seconds that a job may wait for a worker. */
  queueTimeout: number;
  /** Seconds without a sign of a worker that has something to do, after which it counts as hung. */
  hangTimeout: number;
}

/** What the pool tells the server. */
export interface PoolEvents {
  onWorkerLost(worker: number, reason: string): void;
  onJobEnd(job: SpeechJob): void;
}

/** What is known of a job when it is handed in. */
export interface JobOrigin {
  /** Whose turn it is in the queue: the name of a key, or an address. */
  client: string;
  signal: AbortSignal;
}

/** Runs of a job before its text counts as what kills workers. */
const MOST_ATTEMPTS = 2;
/**
 * Texts of a worker, for each that it speaks at a time: those whose readers are behind hold their place in its memory,
 * and let others speak.
 */
const MOST_HELD = 4;
/** Milliseconds between looks at waiting and hung jobs. */
const LOOK = 250;
/** Milliseconds before a worker that could not start is started again; doubled each time. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;

export class WorkerPool {
  voices: VoiceInfo[] = [];
  /** Workers that died or hung, since the start. */
  replaced = 0;
  private readonly workers = new Set<SpeechWorker>();
  private readonly queue: FairQueue<SpeechJob>;
  private readonly waiting = new Set<SpeechJob>();
  private readonly open = new Set<SpeechJob>();
  private readonly watch: ReturnType<typeof setInterval>;
  private readonly restarts = new Set<ReturnType<typeof setTimeout>>();
  private ids = 0;
  private numbers = 0;
  /** Whether it takes nothing new. */
  isClosing = false;
  private pause = FIRST_PAUSE;
  private whenIdle: (() => void) | undefined;
  /** Seconds that a job took lately, a running mean. */
  private meanSeconds = 1;

  private constructor(
    private readonly settings: PoolSettings,
    private readonly events: PoolEvents,
  ) {
    this.queue = new FairQueue(settings.queue);
    this.watch = setInterval(() => this.look(), LOOK);
    this.watch.unref();
  }

  /** Starts all workers. @throws SpeechFailure when one of them cannot start. */
  static async start(settings: PoolSettings, events: PoolEvents): Promise<WorkerPool> {
    const pool = new WorkerPool(settings, events);
    for (let n = 0; n < settings.workers; n++) pool.addWorker();
    try {
      await Promise.all([...pool.workers].map(({ started }) => started));
    } catch (error) {
      await pool.close();
      throw error;
    }
    pool.voices = [...pool.workers][0]!.voices;
    return pool;
  }

  get ready(): number {
    return [...this.workers].filter(({ isReady }) => isReady).length;
  }

  get queued(): number {
    return this.queue.size;
  }

  /** Jobs that wait or run. */
  get openJobs(): number {
    return this.open.size;
  }

  /** Seconds after which a refused client may try again: what is waiting, spread over the workers. */
  get retryAfter(): number {
    const seconds = ((this.queue.size + 1) * this.meanSeconds) / Math.max(1, this.ready);
    return Math.max(1, Math.min(60, Math.ceil(seconds)));
  }

  /** Ends all workers at once; they are replaced as any that die. For tests of a program's own behaviour. */
  kill(): void {
    for (const worker of this.workers) worker.kill();
  }

  /**
   * Hands a text in.
   * @throws SpeechFailure QUEUE_FULL; CLOSING after `drain`; SESSIONS_FULL for texts in pieces.
   */
  speak(spec: SpeechSpec, { client, signal }: JobOrigin): SpeechJob {
    if (this.isClosing) throw new SpeechFailure('CLOSING', 'The server is shutting down');
    const job = new SpeechJob(++this.ids, client, spec, this.settings.mostAhead, {
      onEnd: (ended) => this.ended(ended),
      onStall: () => this.dispatch(),
    });
    if (spec.text === undefined) {
      const worker = this.leastBusy(true);
      if (!worker)
        throw new SpeechFailure('SESSIONS_FULL', 'Too many texts in pieces are open', this.retryAfter);
      this.open.add(job);
      worker.take(job);
    } else {
      if (!this.queue.push(client, job))
        throw new SpeechFailure('QUEUE_FULL', 'Too many requests are waiting for a voice', this.retryAfter);
      this.open.add(job);
      this.waiting.add(job);
      this.dispatch();
    }
    if (signal.aborted) job.cancel();
    else signal.addEventListener('abort', () => job.cancel(), { once: true });
    return job;
  }

  /** What each ready worker says of its memory. */
  async memory(): Promise<{ worker: number; memory: WorkerMemory }[]> {
    const ready = [...this.workers].filter(({ isReady }) => isReady);
    const told = await Promise.all(ready.map((worker) => worker.memory()));
    return ready.flatMap(({ number }, n) => (told[n] ? [{ worker: number, memory: told[n] }] : []));
  }

  /** Takes nothing new, and resolves when all that was accepted has ended. */
  async drain(): Promise<void> {
    this.isClosing = true;
    if (this.open.size === 0) return;
    await new Promise<void>((resolve) => {
      this.whenIdle = resolve;
    });
  }

  /** Ends what is open, and the workers. */
  async close(): Promise<void> {
    this.isClosing = true;
    clearInterval(this.watch);
    for (const timer of this.restarts) clearTimeout(timer);
    for (const job of [...this.open]) job.fail(new SpeechFailure('CLOSING', 'The server is shutting down'));
    const gone = [...this.workers].map((worker) => worker.exited);
    for (const worker of this.workers) worker.close();
    await Promise.all(gone);
  }

  private addWorker(): void {
    const worker = new SpeechWorker(++this.numbers, this.settings, (lost, reason) => this.lost(lost, reason));
    this.workers.add(worker);
    worker.started.then(
      () => {
        this.pause = FIRST_PAUSE;
        this.dispatch();
      },
      () => {},
    );
  }

  private leastBusy(isSession: boolean): SpeechWorker | undefined {
    const most = isSession ? this.settings.sessions : this.settings.streams;
    const counted = [...this.workers]
      .filter(({ isReady }) => isReady)
      .map((worker) => {
        const all = [...worker.jobs.values()];
        const own = all.filter(({ spec }) => (spec.text === undefined) === isSession);
        const speaking = isSession ? own : own.filter(({ isStalled }) => !isStalled);
        return { worker, held: own.length, own: speaking.length, all: all.length };
      })
      .filter(({ own, held }) => own < most && held < MOST_HELD * most);
    return counted.sort((a, b) => a.all - b.all)[0]?.worker;
  }

  private dispatch(): void {
    for (;;) {
      const worker = this.queue.size > 0 ? this.leastBusy(false) : undefined;
      const job = worker && this.queue.shift();
      if (!worker || !job) return;
      this.waiting.delete(job);
      worker.take(job);
    }
  }

  private ended(job: SpeechJob): void {
    if (!this.open.delete(job)) return;
    if (this.waiting.delete(job)) this.queue.remove(job.client, job);
    for (const worker of this.workers) worker.jobs.delete(job.id);
    const seconds = (performance.now() - job.createdAt) / 1000;
    this.meanSeconds += 0.1 * (seconds - this.meanSeconds);
    this.events.onJobEnd(job);
    if (this.open.size === 0) this.whenIdle?.();
    this.dispatch();
  }

  private lost(worker: SpeechWorker, reason: string): void {
    this.workers.delete(worker);
    const jobs = [...worker.jobs.values()];
    worker.jobs.clear();
    for (const job of jobs) this.startOver(job, reason);
    if (this.isClosing && this.open.size === 0) return;
    this.replaced++;
    this.events.onWorkerLost(worker.number, reason);
    const timer = setTimeout(() => {
      this.restarts.delete(timer);
      this.addWorker();
    }, this.pause);
    this.restarts.add(timer);
    this.pause = Math.min(LONGEST_PAUSE, 2 * this.pause);
  }

  private startOver(job: SpeechJob, reason: string): void {
    if (!job.canStartOver || job.attempts >= MOST_ATTEMPTS) {
      job.fail(new SpeechFailure('WORKER_LOST', `The worker that spoke this has ended: ${reason}`));
      return;
    }
    const other = job.spec.text === undefined ? this.leastBusy(true) : undefined;
    if (other) {
      other.take(job);
      return;
    }
    job.phase = 'waiting';
    job.heardAt = performance.now();
    this.queue.putBack(job.client, job);
    this.waiting.add(job);
    this.dispatch();
  }

  /** Ends what has waited too long, and workers that hang. */
  private look(): void {
    const now = performance.now();
    const { queueTimeout, hangTimeout } = this.settings;
    for (const job of this.waiting)
      if (now - job.heardAt > queueTimeout * 1000)
        job.fail(
          new SpeechFailure('QUEUE_TIMEOUT', `No worker was free for ${queueTimeout} s`, this.retryAfter),
        );
    for (const worker of this.workers)
      for (const job of worker.jobs.values())
        if (job.isWorkersTurn && now - Math.max(worker.heardAt, job.heardAt) > hangTimeout * 1000) {
          worker.kill();
          break;
        }
  }
}
