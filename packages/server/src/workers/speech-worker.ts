// One worker thread as the pool sees it: starts, takes jobs, dies.
import { Worker } from 'node:worker_threads';
import type { MemoryReport, VoiceInfo } from 'voirs';
import { SpeechFailure, type SpeechJob } from './job.js';
import type { FromWorker, ToWorker, WorkerSettings } from './messages.js';

/** What a worker says of its memory. */
export interface WorkerMemory {
  /** One of each pipeline. */
  reports: MemoryReport[];
  /** Texts that it is speaking. */
  openCalls: number;
}

/** Milliseconds that a worker has to tell its memory: a chunk of a long sentence may be under way. */
const MEMORY_PATIENCE = 2000;

export class SpeechWorker {
  readonly jobs = new Map<number, SpeechJob>();
  isReady = false;
  /** When it last said anything, in milliseconds. */
  heardAt = performance.now();
  voices: VoiceInfo[] = [];
  private readonly thread: Worker;
  private readonly asked = new Map<number, (memory: WorkerMemory | undefined) => void>();
  private questions = 0;
  /** Resolves when it can speak. @throws what kept it from starting. */
  readonly started: Promise<void>;
  /** Resolves when its thread has ended. */
  readonly exited: Promise<void>;

  /** @param onExit is told once, when the thread has ended, wanted or not. */
  constructor(
    readonly number: number,
    settings: WorkerSettings,
    onExit: (worker: SpeechWorker, reason: string) => void,
  ) {
    this.thread = new Worker(new URL('./worker.js', import.meta.url), {
      workerData: settings,
      execArgv: [], // flags of the host's process are not for it
    });
    let reason = 'it ended';
    this.exited = new Promise((resolve) => this.thread.once('exit', () => resolve()));
    this.started = new Promise((resolve, reject) => {
      this.thread.on('message', (message: FromWorker) => {
        this.heardAt = performance.now();
        if (message.type === 'ready') {
          this.isReady = true;
          this.voices = message.voices;
          resolve();
        } else if (message.type === 'unable') {
          reason = message.error.message;
          reject(SpeechFailure.of(message.error));
          this.thread.terminate();
        } else if (message.type === 'memory') {
          this.asked.get(message.id)?.({ reports: message.reports, openCalls: message.openCalls });
        } else {
          this.jobs.get(message.id)?.hear(message);
        }
      });
      this.thread.on('error', (error) => {
        reason = error instanceof Error ? error.message : String(error);
      });
      this.thread.on('exit', () => {
        this.isReady = false;
        reject(new SpeechFailure('UNEXPECTED', `The worker ended before it was ready: ${reason}`));
        for (const answer of this.asked.values()) answer(undefined);
        onExit(this, reason);
      });
    });
    this.started.catch(() => {}); // the pool hears of it by onExit as well
  }

  take(job: SpeechJob): void {
    this.jobs.set(job.id, job);
    job.start((message: ToWorker) => this.thread.postMessage(message));
  }

  /** @returns undefined when the worker dies, or is busy with one step for long. */
  memory(): Promise<WorkerMemory | undefined> {
    const id = ++this.questions;
    return new Promise<WorkerMemory | undefined>((resolve) => {
      const patience = setTimeout(() => resolve(undefined), MEMORY_PATIENCE);
      this.asked.set(id, (memory) => {
        clearTimeout(patience);
        resolve(memory);
      });
      this.thread.postMessage({ type: 'memory', id } satisfies ToWorker);
    }).finally(() => this.asked.delete(id));
  }

  /** Lets it free what it holds, then ends it. */
  close(): void {
    this.thread.postMessage({ type: 'close' } satisfies ToWorker);
  }

  /** Ends it at once. */
  kill(): void {
    this.thread.terminate();
  }
}
