// The owner's half of the connection to a worker: which answer belongs to which call, signals and progress of the calls
// under way, and what becomes of them when the worker ends.
import { throwIfAborted, VoirsError } from '../errors.js';
import {
  type CallName,
  type Calls,
  type FromWorker,
  LOADING,
  type News,
  type PipelineFacts,
  type ToWorker,
} from './messages.js';
import { openWorker } from './open-worker.js';
import { errorFrom } from './plain-error.js';
import type { OpenWorker, WorkerLike } from './ports.js';

/** How the owner of a call follows it. */
export interface Following<Progress = number> {
  signal?: AbortSignal | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  onWarning?: ((warning: string) => void) | undefined;
}

type Start = Omit<Extract<ToWorker, { kind: 'start' }>, 'kind' | 'lock' | 'isHeard'>;
type Answer = FromWorker & { id: number };

/** A call under way. */
interface Job {
  take(message: FromWorker): void;
  fail(error: unknown): void;
}

const NOT_STARTED =
  'Look at the worker\'s console; a bundled program passes worker: () => new Worker(new URL("./speech-worker.js", ' +
  'import.meta.url), { type: "module" }), whose file calls serveWorkerPipeline()';

export class WorkerLink {
  private readonly jobs = new Map<number, Job>();
  private readonly worker: OpenWorker;
  private lastId = LOADING;
  private waiting = 0;
  private isStarted = false;
  /** Why no call is taken any more. */
  private end: VoirsError | undefined;

  private constructor(
    make: (() => WorkerLike) | undefined,
    private readonly onNews: (news: News) => void,
  ) {
    const onMessage = (message: FromWorker) => this.take(message);
    const onEnd = (reason: string, cause?: unknown) => this.lose(reason, cause);
    try {
      this.worker = openWorker(make, { onMessage, onEnd });
    } catch (cause) {
      throw notStarted((cause as Error).message, cause);
    }
  }

  /** Starts a worker and loads its pipeline. @throws VoirsError as `createWorkerPipeline`; no worker is left then. */
  static async open(
    make: (() => WorkerLike) | undefined,
    start: Start,
    { signal, onProgress }: Following<Extract<FromWorker, { kind: 'loading' }>['progress']>,
    onNews: (news: News) => void,
  ): Promise<{ link: WorkerLink; facts: PipelineFacts }> {
    throwIfAborted(signal);
    const link = new WorkerLink(make, onNews);
    const { worker } = link;
    try {
      const facts = await link.whileBusy(
        new Promise<PipelineFacts>((resolve, reject) => {
          const close = link.follow(LOADING, { signal }, reject, (message) => {
            if (message.kind === 'loading') onProgress?.(message.progress);
            if (message.kind !== 'started') return;
            close();
            resolve(message.facts);
          });
          const isHeard = onProgress !== undefined;
          link.tell({ kind: 'start', ...start, isHeard, lock: worker.lock });
        }),
      );
      link.isStarted = true;
      worker.watch();
      return { link, facts };
    } catch (error) {
      link.end ??= disposed();
      await worker.terminate();
      throw error;
    }
  }

  /** Whether the worker has ended by itself. */
  get isLost(): boolean {
    return this.end?.code === 'WORKER_LOST';
  }

  /** @throws VoirsError INVALID_OPTIONS for what is no data; DISPOSED, WORKER_LOST. */
  tell(message: ToWorker, transfer?: ArrayBuffer[]): void {
    this.throwIfEnded();
    try {
      this.worker.post(message, transfer);
    } catch (cause) {
      throw new VoirsError('INVALID_OPTIONS', 'This cannot be sent to a worker', {
        got: (cause as Error).message,
        wanted: 'plain data',
        suggestion: 'Leave out functions and instances of classes, or use a VoirsPipeline',
        cause,
      });
    }
  }

  /** A call that gives one result. @throws VoirsError from the worker; ABORTED, DISPOSED, WORKER_LOST. */
  call<Name extends CallName>(
    name: Name,
    takes: Calls[Name]['takes'],
    following: Following = {},
    transfer?: ArrayBuffer[],
  ): Promise<Calls[Name]['gives']> {
    const work = new Promise<Calls[Name]['gives']>((resolve, reject) => {
      throwIfAborted(following.signal);
      const id = this.newId();
      const close = this.follow(id, following, reject, (message) => {
        if (message.kind !== 'result') return;
        close();
        resolve(message.gives as Calls[Name]['gives']);
      });
      const isHeard = following.onProgress !== undefined;
      const isWarned = following.onWarning !== undefined;
      try {
        this.tell({ kind: 'call', id, name, takes, isHeard, isWarned } as ToWorker, transfer);
      } catch (error) {
        close();
        throw error;
      }
    });
    return this.whileBusy(work);
  }

  newId(): number {
    this.lastId++;
    return this.lastId;
  }

  /**
   * Registers what takes the answers to a call, until the function returned is called or the call fails: by an answer, its
   * signal, what a callback or `take` throws, or the end of the worker.
   */
  follow(
    id: number,
    { signal, onProgress, onWarning }: Following,
    fail: (error: unknown) => void,
    take: (message: FromWorker) => void,
  ): () => void {
    const close = (): void => {
      this.jobs.delete(id);
      signal?.removeEventListener('abort', abort);
    };
    const leave = (error: unknown): void => {
      close();
      this.abort(id);
      fail(error);
    };
    const abort = (): void => {
      try {
        throwIfAborted(signal);
      } catch (error) {
        leave(error);
      }
    };
    signal?.addEventListener('abort', abort);
    this.jobs.set(id, {
      fail(error) {
        close();
        fail(error);
      },
      take(message) {
        try {
          if (message.kind === 'failed') this.fail(errorFrom(message.error));
          else if (message.kind === 'progress') onProgress?.(message.done);
          else if (message.kind === 'warning') onWarning?.(message.warning);
          else take(message);
        } catch (error) {
          leave(error);
        }
      },
    });
    return close;
  }

  /** Tells the worker that a call's result is not wanted any more. */
  abort(id: number): void {
    if (this.end === undefined) this.worker.post({ kind: 'abort', id });
  }

  /** Says whether events of memory are listened to. */
  watch(isWatched: boolean): void {
    if (this.end === undefined) this.worker.post({ kind: 'watch', isWatched });
  }

  /** Lets the worker make one more chunk of a stream. */
  credit(id: number): void {
    if (this.end === undefined) this.worker.post({ kind: 'credit', id });
  }

  /** Keeps the process alive until the promise is settled. */
  async whileBusy<T>(work: Promise<T>): Promise<T> {
    if (this.waiting === 0) this.worker.setBusy(true);
    this.waiting++;
    try {
      return await work;
    } finally {
      this.waiting--;
      if (this.waiting === 0) this.worker.setBusy(false);
    }
  }

  /** Disposes the pipeline in the worker and ends the worker. Calls under way end with the error. */
  async dispose(): Promise<void> {
    // A worker that is lost has nothing to dispose.
    await this.call('dispose', undefined).catch(() => {});
    await this.terminate();
  }

  /** Ends the worker at once. Calls under way end with DISPOSED. */
  terminate(): Promise<void> {
    return this.close(disposed());
  }

  /** The same, for another worker in its place: calls end with WORKER_LOST. */
  replace(): Promise<void> {
    return this.close(lost('a worker that restart() has ended', undefined));
  }

  private async close(why: VoirsError): Promise<void> {
    this.end ??= why;
    this.failAll(this.end);
    await this.worker.terminate();
  }

  private take(message: FromWorker): void {
    if (message.kind === 'memory' || message.kind === 'backend') this.onNews(message);
    else this.jobs.get((message as Answer).id ?? LOADING)?.take(message);
  }

  private lose(reason: string, cause: unknown): void {
    if (this.end !== undefined) return;
    this.end = this.isStarted ? lost(reason, cause) : notStarted(reason, cause);
    this.failAll(this.end);
    void this.worker.terminate();
  }

  private failAll(error: VoirsError): void {
    for (const job of [...this.jobs.values()]) job.fail(error);
  }

  private throwIfEnded(): void {
    if (this.end !== undefined) throw this.end;
  }
}

function disposed(): VoirsError {
  return new VoirsError('DISPOSED', 'The pipeline was used after dispose()', {
    suggestion: 'Create a new one',
  });
}

function lost(got: string, cause: unknown): VoirsError {
  return new VoirsError('WORKER_LOST', 'The worker of the pipeline has ended', {
    got,
    suggestion: 'Replace it with restart(), or create another pipeline',
    cause,
  });
}

function notStarted(got: string, cause: unknown): VoirsError {
  return new VoirsError('WORKER_LOST', 'The worker of the pipeline did not start', {
    got,
    suggestion: NOT_STARTED,
    cause,
  });
}
