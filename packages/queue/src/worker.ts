// The side that works: takes parts, speaks them into the store, joins books whose parts are all there. It may die at
// any instant: what it had in hand is given to another, and the store knows what is done.
import { DelayedError, type Job, Queue, UnrecoverableError, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { type CreateOptions, requireEncoder, VoirsError, VoirsPipeline } from 'voirs';
import { audioFormatOf, type PartRequest, type PlannedBook, paths } from './book.js';
import { setOf } from './digest.js';
import { join, MissingParts } from './join.js';
import { type TenantLimits, takeCharacters } from './limits.js';
import { MemoryGate } from './memory-gate.js';
import { openStore } from './open-store.js';
import { type Failure, Progress } from './progress.js';
import { type BookJob, type PartJob, QUEUES, type QueuePlace } from './queue.js';
import { connect } from './redis.js';
import { type Cost, speakPart, spokenPart } from './speak.js';
import type { Store } from './store.js';
import { post, type Webhook, type WebhookEvent } from './webhook.js';

/** Options of {@link createWorker}. */
export interface QueueWorkerOptions extends QueuePlace {
  /** Shown on the board; default: none. */
  name?: string | undefined;
  /** Options of the pipelines: backend, threads, memoryLimitMb. A job names voice, weights and rate. */
  pipeline?: Omit<CreateOptions, 'voice' | 'weights' | 'sampleRate' | 'signal' | 'onProgress'> | undefined;
  /** Seconds after which a silent worker counts as dead, 1 to 3600; default 30. */
  lockSeconds?: number | undefined;
  /**
   * Seconds for which a Redis that does not answer yet is waited for, 0 to Infinity; each try is told to `log`. Default
   * 0: one try. A Redis that is lost later is waited for in any case.
   */
  connectSeconds?: number | undefined;
  /** Ends the wait for Redis; a worker that has begun is ended by `close`. */
  signal?: AbortSignal | undefined;
  /**
   * MB of the process above which it takes no further part until it has shrunk, 128 to 1,000,000; default: none.
   * `memoryLimitMb` of `pipeline` bounds each of at most two pipelines.
   */
  memoryLimitMb?: number | undefined;
  /** Bytes that count for it; default: the resident memory of the process. */
  memory?: (() => number) | undefined;
  /**
   * Speaks a part into the store in place of a pipeline: another engine, or none, to measure the queue alone. `onChunk`
   * is told the seconds of audio made so far, as often as one likes: it looks now and then whether the book is still
   * wanted, and `signal` says when it is not.
   */
  speak?:
    | ((
        store: Store,
        key: string,
        request: PartRequest,
        signal: AbortSignal,
        onChunk: (seconds: number) => void,
      ) => Promise<Cost>)
    | undefined;
  /** Told what happens; default: nothing. */
  log?: ((event: WorkerEvent) => void) | undefined;
}

/** One line of a worker's log. Texts are not in it. */
export interface WorkerEvent {
  event:
    | 'spoken'
    | 'set-aside'
    | 'joined'
    | 'cancelled'
    | 'retry'
    | 'returned'
    | 'redis'
    | 'over-memory'
    | 'within-memory';
  book?: string;
  part?: number;
  audioSeconds?: number;
  computeSeconds?: number;
  coreSeconds?: number;
  message?: string;
}

/** Pipelines of different voice sets or rates that are kept loaded. */
const MOST_PIPELINES = 2;

/** What closing waits for Redis: for a sign of life, and for the jobs in hand. */
const PING_MS = 5000;
const CLOSE_MS = 10_000;

/** Milliseconds between two signs of a part in hand: how far it is, and whether its book is still wanted. */
const SIGN_MS = 5000;

/**
 * Seconds after which an idle worker looks for itself whether there is a job, between `least` and `most` as long as its
 * lock: it is woken by each job, and by this when whoever was woken died. Looking takes more of a worker at work than
 * the part in hand does, so that books and webhooks are not looked for as often as parts, which it takes one after another.
 */
const LOOK_SECONDS = { least: 5, most: 30 };

/** What Redis may take to answer while a prober waits. */
const READY_MS = 2000;

/** A server that is down for an hour is told all the same: 2 s, then twice as long each time. */
const WEBHOOK_TRIES = {
  attempts: 12,
  backoff: { type: 'exponential', delay: 2000 },
  removeOnComplete: true,
} as const;

/** Codes of errors that the same text has on every worker. */
const OF_THE_TEXT = new Set([
  'INVALID_TEXT',
  'UNSUPPORTED_TEXT',
  'INVALID_SSML',
  'VOICE_NOT_FOUND',
  'INVALID_OPTIONS',
  'ENCODER_NOT_FOUND', // of this worker; the others have the same packages
]);

/** Whether a promise is fulfilled in time. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = work.then(
    () => true,
    () => false,
  );
  const inTime = await Promise.race([done, late]);
  clearTimeout(timer);
  return inTime;
}

function refuseBeyond(name: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most) return;
  throw new VoirsError('INVALID_OPTIONS', `${name} is out of range`, {
    got: String(value),
    wanted: `${least} to ${most}`,
  });
}

/**
 * Starts a worker.
 * @throws VoirsError IO_ERROR when Redis or the store does not answer; INVALID_OPTIONS; ABORTED.
 */
export async function createWorker(options: QueueWorkerOptions): Promise<QueueWorker> {
  const { lockSeconds = 30, memoryLimitMb, connectSeconds = 0, signal } = options;
  refuseBeyond('lockSeconds', lockSeconds, 1, 3600);
  refuseBeyond('connectSeconds', connectSeconds, 0, Number.POSITIVE_INFINITY);
  if (memoryLimitMb !== undefined) refuseBeyond('memoryLimitMb', memoryLimitMb, 128, 1_000_000);
  const store = typeof options.store === 'string' ? await openStore(options.store) : options.store;
  const tell = (message: string): void => options.log?.({ event: 'redis', message });
  const redis = await connect(options.redis, true, { seconds: connectSeconds, tell, signal });
  return new QueueWorker(redis, store, options, lockSeconds * 1000);
}

/** See {@link createWorker}. */
export class QueueWorker implements AsyncDisposable {
  private readonly prefix: string;
  private readonly progress: Progress;
  private readonly workers: Worker[];
  private readonly hooks: Queue;
  private readonly gate: MemoryGate | undefined;
  private readonly closing = new AbortController();
  private readonly pipelines = new Map<string, Promise<VoirsPipeline>>();

  constructor(
    private readonly redis: Redis,
    private readonly store: Store,
    private readonly options: QueueWorkerOptions,
    lockDuration: number,
  ) {
    this.prefix = options.prefix ?? 'voirs';
    this.progress = new Progress(redis, this.prefix);
    const shared = {
      connection: redis,
      prefix: this.prefix,
      lockDuration,
      stalledInterval: lockDuration,
      // A text that takes its worker down does so as often as it is tried: twice more, then it is set aside.
      maxStalledCount: 2,
      ...(options.name === undefined ? {} : { name: options.name }),
    };
    const { least, most } = LOOK_SECONDS;
    const seldom = { ...shared, drainDelay: Math.max(least, Math.min(most, lockDuration / 1000)) };
    const parts = new Worker<PartJob>(QUEUES.parts, (job, token) => this.part(job, token), shared);
    const books = new Worker<BookJob>(QUEUES.books, (job, token) => this.book(job, token), seldom);
    const hooks = new Worker<{ webhook: Webhook; event: WebhookEvent }>(
      QUEUES.webhooks,
      ({ data }) => post(data.webhook, data.event),
      { ...seldom, concurrency: 8 },
    );
    this.hooks = new Queue(QUEUES.webhooks, { connection: redis, prefix: this.prefix });
    this.hooks.on('error', () => {}); // the workers tell it
    parts.on('failed', (job, error) => void this.afterStall(job, error).catch(() => {}));
    books.on('failed', (job, error) => void this.afterBookFailure(job, error).catch(() => {}));
    this.workers = [parts, books, hooks];
    for (const worker of this.workers)
      worker.on('error', ({ message }) => this.log({ event: 'redis', message }));
    const { memoryLimitMb: limitMb, memory: read = () => process.memoryUsage.rss() } = options;
    if (limitMb !== undefined) {
      const tell = (event: WorkerEvent['event'], message: string): void => this.log({ event, message });
      const free = (): Promise<void> => this.disposePipelines();
      this.gate = new MemoryGate([parts, books], { limitMb, read, free, tell });
    }
  }

  /** Why no part could be taken now; undefined while one could. */
  async notReady(): Promise<string | undefined> {
    if (this.closing.signal.aborted) return 'the worker is closing';
    return (await within(READY_MS, this.redis.ping())) ? undefined : 'Redis does not answer';
  }

  /**
   * Stops within a chunk of audio: the part in hand goes back to the queue, uncounted as a try, and another worker takes
   * it at once.
   */
  async close(): Promise<void> {
    this.closing.abort();
    this.gate?.close();
    // Without Redis nothing can be given back: the lock runs out, and another worker takes the part.
    const answers = await within(PING_MS, this.redis.ping());
    const close = Promise.all([...this.workers, this.hooks].map((one) => one.close(!answers)));
    if (!(await within(answers ? CLOSE_MS : PING_MS, close)))
      for (const one of [...this.workers, this.hooks]) one.disconnect().catch(() => {});
    this.redis.disconnect(); // what still waits for an answer fails now
    await this.disposePipelines();
    await this.store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async disposePipelines(): Promise<void> {
    const all = [...this.pipelines.values()];
    this.pipelines.clear();
    for (const pipeline of all) await pipeline.then((one) => one.dispose()).catch(() => {});
  }

  private log(event: WorkerEvent): void {
    this.options.log?.(event);
  }

  private async part(job: Job<PartJob>, token: string | undefined): Promise<void> {
    if (this.gate && !(await this.gate.check())) await this.giveBack(job, token);
    try {
      await this.speak(job, token);
    } catch (error) {
      if (error instanceof DelayedError) throw error;
      if (this.closing.signal.aborted) await this.giveBack(job, token);
      const { book, part } = job.data;
      if (await this.progress.isCancelled(book)) return this.log({ event: 'cancelled', book, part });
      const code = error instanceof VoirsError ? error.code : 'SYNTHESIS_FAILED';
      const { message } = error as Error;
      const isOfTheText = OF_THE_TEXT.has(code);
      if (isOfTheText || job.attemptsMade + 1 >= (job.opts.attempts ?? 1))
        await this.setAside(job, code, message);
      else this.log({ event: 'retry', book, part, message });
      throw isOfTheText ? new UnrecoverableError(message) : error;
    } finally {
      await this.gate?.check();
    }
  }

  private async speak(job: Job<PartJob>, token: string | undefined): Promise<void> {
    const { book, part, key, span, tenant, format } = job.data;
    const characters = span[1] - span[0];
    if (await this.progress.isCancelled(book)) return this.log({ event: 'cancelled', book, part });
    await requireEncoder(audioFormatOf(format));
    const known = await spokenPart(this.store, key);
    if (known) {
      const audioSeconds = known.length / known.sampleRate;
      return this.progress.spoken(book, part, characters, { audioSeconds, computeSeconds: 0 });
    }
    await this.waitForLimit(job, token, tenant, characters);
    const bytes = await this.store.read(paths.request(key));
    if (bytes === undefined) throw new VoirsError('INVALID_TEXT', 'The store has no text of the part');
    const request = JSON.parse(Buffer.from(bytes).toString()) as PartRequest;
    let told = performance.now();
    const unwanted = new AbortController();
    const onChunk = (seconds: number): void => {
      if (performance.now() - told < SIGN_MS) return;
      told = performance.now();
      job.updateProgress({ seconds: Math.round(seconds) }).catch(() => {}); // for people; the next one comes soon
      this.progress.isCancelled(book).then(
        (is) => is && unwanted.abort(),
        () => {},
      );
    };
    const signal = AbortSignal.any([this.closing.signal, unwanted.signal]);
    const cost = this.options.speak
      ? await this.options.speak(this.store, key, request, signal, onChunk)
      : await speakPart(await this.pipelineFor(request), this.store, key, request, { signal, onChunk });
    await this.progress.spoken(book, part, characters, cost);
    this.log({ event: 'spoken', book, part, ...cost });
  }

  private async giveBack(job: Job, token: string | undefined): Promise<never> {
    await job.moveToWait(token);
    this.log({ event: 'returned' });
    throw new WaitingError();
  }

  private async waitForLimit(
    job: Job,
    token: string | undefined,
    tenant: string,
    characters: number,
  ): Promise<void> {
    const limits = await this.redis.get(`${this.prefix}:limits`);
    if (limits === null) return;
    const parsed = JSON.parse(limits) as TenantLimits;
    const wait = await takeCharacters(this.redis, this.prefix, tenant, characters, parsed);
    if (wait === 0) return;
    await job.moveToDelayed(Date.now() + wait, token);
    throw new DelayedError();
  }

  private async setAside(job: Job<PartJob>, code: string, message: string): Promise<void> {
    const { book, part, chapter, span } = job.data;
    const failure: Failure = { chapter, span, code, message, attempts: job.attemptsMade + 1 };
    await this.progress.setAside(book, part, failure);
    this.log({ event: 'set-aside', book, part, message });
  }

  /** A text whose worker died each time: BullMQ tells a living one. */
  private async afterStall(job: Job<PartJob> | undefined, { message }: Error): Promise<void> {
    if (job && /stalled/.test(message)) await this.setAside(job, 'SYNTHESIS_FAILED', message);
  }

  private async book(job: Job<BookJob>, token: string | undefined): Promise<void> {
    if (this.closing.signal.aborted) await this.giveBack(job, token);
    const { id } = job.data;
    if (await this.progress.isCancelled(id)) return this.log({ event: 'cancelled', book: id });
    const bytes = await this.store.read(paths.book(id));
    if (bytes === undefined) throw new UnrecoverableError('The store has no text of the book');
    const { planned } = JSON.parse(Buffer.from(bytes).toString()) as { planned: PlannedBook };
    const result = await join(this.store, planned).catch((error: unknown) => {
      throw error instanceof MissingParts ? new UnrecoverableError(error.message) : error;
    });
    await this.progress.finished(id, 'done');
    this.log({ event: 'joined', book: id, audioSeconds: result.duration });
    const { title, duration, files } = result;
    await this.tell(job, { event: 'book.done', id, title, duration, files });
  }

  private async afterBookFailure(job: Job<BookJob> | undefined, error: Error): Promise<void> {
    if (!job) return;
    const isLast = error instanceof UnrecoverableError || job.attemptsMade >= (job.opts.attempts ?? 1);
    if (!isLast) return this.log({ event: 'retry', book: job.data.id, message: error.message });
    await this.progress.finished(job.data.id, 'failed');
    const status = await this.progress.of(job.data.id);
    await this.tell(job, {
      event: 'book.failed',
      id: job.data.id,
      title: status?.title ?? '',
      message: error.message,
    });
  }

  private async tell(job: Job<BookJob>, event: WebhookEvent): Promise<void> {
    const { webhook, id } = job.data;
    if (webhook === undefined) return;
    await this.hooks.add('webhook', { webhook, event }, { jobId: `${id}-${event.event}`, ...WEBHOOK_TRIES });
  }

  /** The same part with another voice set needs another pipeline; the oldest makes room. */
  private async pipelineFor({ speaking, weights, sampleRate }: PartRequest): Promise<VoirsPipeline> {
    const key = JSON.stringify([weights ?? (await setOf(speaking.voice)), sampleRate]);
    let pipeline = this.pipelines.get(key);
    this.pipelines.delete(key);
    if (pipeline === undefined) {
      const [oldest] = this.pipelines;
      if (oldest && this.pipelines.size >= MOST_PIPELINES) {
        this.pipelines.delete(oldest[0]);
        await (await oldest[1]).dispose();
      }
      pipeline = VoirsPipeline.create({
        ...this.options.pipeline,
        ...(speaking.voice === undefined ? {} : { voice: speaking.voice }),
        ...(weights === undefined ? {} : { weights }),
        sampleRate: sampleRate as 24_000,
        cacheSize: 0, // a part is spoken once
      });
      pipeline.catch(() => this.pipelines.delete(key));
    }
    this.pipelines.set(key, pipeline);
    return pipeline;
  }
}
