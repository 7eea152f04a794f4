// The side that asks: adds books, tells how far they are, retries what was set aside, and stops and starts the workers.
// BullMQ keeps the jobs; a book is a parent job that waits for its parts.
import { type FlowJob, FlowProducer, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { requireEncoder, VoirsError } from 'voirs';
import {
  audioFormatOf,
  type Book,
  type BookFormat,
  type PlannedBook,
  paths,
  plan,
  requestOf,
} from './book.js';
import { digest } from './digest.js';
import type { BookResult } from './join.js';
import type { TenantLimits } from './limits.js';
import { openStore } from './open-store.js';
import { type BookStatus, Progress } from './progress.js';
import { connect } from './redis.js';
import { spokenPart } from './speak.js';
import type { Store } from './store.js';
import type { Webhook } from './webhook.js';

/** Names of the BullMQ queues. */
export const QUEUES = { parts: 'parts', books: 'books', webhooks: 'webhooks' } as const;

/** Least number is first. BullMQ takes jobs without one before all others. */
const PRIORITIES = { urgent: 1, normal: 10, bulk: 100 } as const;
export type Priority = keyof typeof PRIORITIES;

/** Where a queue lives. */
export interface QueuePlace {
  /** redis://HOST:PORT */
  redis: string;
  /** A folder that all workers reach, or s3://BUCKET/PREFIX. */
  store: string | Store;
  /** Begins all keys in Redis; default voirs. */
  prefix?: string | undefined;
}

/** How a book is queued. */
export interface AddOptions {
  /** Default normal. */
  priority?: Priority | undefined;
  /** Whose limit counts; default: none. */
  tenant?: string | undefined;
  /** Tries of a part before it is set aside, 1 to 20; default 3. */
  attempts?: number | undefined;
  /** Told when the book is done or failed. */
  webhook?: Webhook | undefined;
  /**
   * A name that the asker gives to this request, at most 255 characters: asked again with it within a week, the book is
   * not queued anew, even if it was cancelled or has failed.
   */
  idempotencyKey?: string | undefined;
}

/** A book that was added. */
export interface Ticket {
  id: string;
  parts: number;
  /** Parts that the store had already. */
  reused: number;
  /** False for a book that is queued or done already. */
  isNew: boolean;
}

/** Which books of a tenant are listed. */
export interface ListOptions {
  /** Default: books that were added without one. */
  tenant?: string | undefined;
  /** Most books, 1 to 1000; default 20. */
  limit?: number | undefined;
  /** Only what was added before this book: the last one of the page before. */
  after?: string | undefined;
}

/** Some books of a tenant, newest first. */
export interface BookPage {
  books: BookStatus[];
  hasMore: boolean;
}

/** All books together. */
export interface QueueStatus {
  jobs: { waiting: number; active: number; delayed: number; failed: number };
  isPaused: boolean;
  books: BookStatus[];
  /** Since the first book. */
  audioHours: number;
  computeHours: number;
  /** Of processors, which the cost is of. */
  coreHours: number;
  realTimeFactor?: number;
  /** Until what is queued is spoken, at the speed of the parts so far; undefined before the first part. */
  etaSeconds?: number;
  costPerAudioHour?: number;
}

/** What a job of a book carries. Texts lie in the store, so that Redis holds some hundred bytes a part. */
export interface BookJob {
  id: string;
  webhook?: Webhook | undefined;
}
export interface PartJob {
  book: string;
  part: number;
  key: string;
  chapter: number;
  span: [number, number];
  tenant: string;
  /** What the book is to be: a worker that could not write it does not begin. */
  format?: BookFormat | undefined;
}

/** Seconds for which the key of a request is known, and the jobs of finished books. */
const WEEK = 7 * 24 * 3600;
/** Milliseconds for which a book that is asked for again may still be in the hands of workers that stop. */
const MOST_STOPPING = 10_000;

/** The key of a request stands for another one. */
export class IdempotencyConflict extends VoirsError {}

/** Opens a queue. @throws VoirsError IO_ERROR when Redis or the store does not answer; INVALID_OPTIONS. */
export async function createQueue(place: QueuePlace): Promise<SpeechQueue> {
  const store = typeof place.store === 'string' ? await openStore(place.store) : place.store;
  const redis = await connect(place.redis, false);
  return new SpeechQueue(redis, store, place.prefix ?? 'voirs');
}

/** See {@link createQueue}. */
export class SpeechQueue implements AsyncDisposable {
  /** BullMQ's own, for a board or anything that it can do. */
  readonly queues: { parts: Queue<PartJob>; books: Queue<BookJob>; webhooks: Queue };
  private readonly flow: FlowProducer;
  private readonly progress: Progress;

  constructor(
    private readonly redis: Redis,
    readonly store: Store,
    private readonly prefix: string,
  ) {
    const options = { connection: redis, prefix };
    this.queues = {
      parts: new Queue(QUEUES.parts, options),
      books: new Queue(QUEUES.books, options),
      webhooks: new Queue(QUEUES.webhooks, options),
    };
    this.flow = new FlowProducer(options);
    const { parts, books, webhooks } = this.queues;
    const quiet = (): void => {}; // the command that fails tells it
    parts.on('error', quiet);
    books.on('error', quiet);
    webhooks.on('error', quiet);
    this.flow.on('error', quiet);
    this.progress = new Progress(redis, prefix);
  }

  /**
   * Adds a book. The same book of the same tenant again, while it is queued or when it is done, adds nothing.
   * @throws VoirsError INVALID_OPTIONS, also for an idempotency key that stands for another book; VOICE_NOT_FOUND;
   * ENCODER_NOT_FOUND before any work begins; IO_ERROR.
   */
  async add(book: Book, options: AddOptions = {}): Promise<Ticket> {
    checkAdding(options);
    return this.addPlanned(await plan(book, options.tenant), options);
  }

  /** The same of a book that is cut already. @internal */
  async addPlanned(planned: PlannedBook, options: AddOptions): Promise<Ticket> {
    checkAdding(options);
    await requireEncoder(audioFormatOf(planned.format));
    const { id, parts, title } = planned;
    const { tenant = '' } = options;
    if (options.idempotencyKey !== undefined && (await this.isKnownRequest(planned, options)))
      return { id, parts: parts.length, reused: 0, isNew: false };
    if (await this.progress.isCancelled(id)) await this.whenStopped(id);
    const [result, job] = await Promise.all([this.store.has(paths.result(id)), this.queues.books.getJob(id)]);
    await this.progress.register(id, {
      title,
      tenant,
      parts: parts.length,
      characters: planned.characters,
    });
    if (result) {
      for (const part of parts.keys()) await this.countReused(planned, part);
      await this.progress.finished(id, 'done');
      return { id, parts: parts.length, reused: parts.length, isNew: false };
    }
    if (job && !(await job.isFailed()) && !(await job.isCompleted()))
      return { id, parts: parts.length, reused: 0, isNew: false };
    await this.store.write(paths.book(id), [Buffer.from(JSON.stringify({ planned, options }))]);
    const reused = await this.enqueue(planned, options);
    return { id, parts: parts.length, reused, isNew: true };
  }

  /**
   * Stops a book that is not done: what waits is taken out, what is being spoken ends within some seconds. What was
   * spoken stays in the store.
   * @returns whether there was anything to stop. @throws VoirsError INVALID_OPTIONS for a book that was never added.
   */
  async cancel(id: string): Promise<boolean> {
    const { state } = await this.book(id);
    if (state === 'done' || state === 'failed' || state === 'cancelled') return false;
    await this.progress.finished(id, 'cancelled');
    const job = await this.queues.books.getJob(id);
    await job?.removeUnprocessedChildren();
    // While a worker has one of its parts, the job stays: the worker ends it.
    await job?.remove().catch(() => {});
    return true;
  }

  /** Speaks again what was set aside of a book, or of all. @returns the ids. @throws VoirsError INVALID_OPTIONS. */
  async retry(id?: string): Promise<string[]> {
    const ids = id === undefined ? await this.progress.books() : [id];
    const retried: string[] = [];
    for (const one of ids) {
      const status = await this.progress.of(one);
      if (id !== undefined && status === undefined) throw unknownBook(id);
      if (status?.state !== 'failed') continue;
      const bytes = await this.store.read(paths.book(one));
      if (bytes === undefined) throw unknownBook(one);
      const { planned, options } = JSON.parse(Buffer.from(bytes).toString()) as {
        planned: PlannedBook;
        options: AddOptions;
      };
      await this.enqueue(planned, options);
      retried.push(one);
    }
    return retried;
  }

  /** @returns undefined for a book that was never added. @throws VoirsError IO_ERROR. */
  async find(id: string): Promise<BookStatus | undefined> {
    return this.progress.of(id);
  }

  /** Books of a tenant, newest first, a page at a time. @throws VoirsError INVALID_OPTIONS. */
  async list({ tenant = '', limit = 20, after }: ListOptions = {}): Promise<BookPage> {
    if (!Number.isInteger(limit) || limit < 1 || limit > 1000) {
      throw new VoirsError('INVALID_OPTIONS', 'limit is out of range', {
        got: String(limit),
        wanted: '1 to 1000',
      });
    }
    const ids = await this.progress.page(tenant, limit + 1, after);
    if (ids === undefined) throw unknownBook(after ?? '');
    const found = await Promise.all(ids.slice(0, limit).map((id) => this.progress.of(id)));
    return {
      books: found.filter((one) => one !== undefined).map(({ characters: _, ...book }) => book),
      hasMore: ids.length > limit,
    };
  }

  /** @throws VoirsError INVALID_OPTIONS for a book that was never added. */
  async book(id: string): Promise<BookStatus> {
    const status = await this.progress.of(id);
    if (status === undefined) throw unknownBook(id);
    return status;
  }

  /** What a finished book consists of; undefined before it is done. */
  async result(id: string): Promise<BookResult | undefined> {
    const bytes = await this.store.read(paths.result(id));
    return bytes && (JSON.parse(Buffer.from(bytes).toString()) as BookResult);
  }

  /** @param pricePerCoreHour in any currency; the cost comes in the same. */
  async status({ pricePerCoreHour }: { pricePerCoreHour?: number } = {}): Promise<QueueStatus> {
    const [counts, isPaused, ids, totals] = await Promise.all([
      this.queues.parts.getJobCounts('wait', 'prioritized', 'active', 'delayed', 'failed'),
      this.queues.parts.isPaused(),
      this.progress.books(),
      this.progress.totals(),
    ]);
    const books = (await Promise.all(ids.map((id) => this.progress.of(id)))).filter(
      (one) => one !== undefined,
    );
    const { audioSeconds, computeSeconds, coreSeconds } = totals;
    const count = (state: string): number => counts[state] ?? 0;
    const open = books.filter(({ state }) => state === 'running' || state === 'waiting');
    const spoken = books.reduce((sum, { characters }) => sum + characters.done, 0);
    const left = open.reduce((sum, { characters }) => sum + characters.total - characters.done, 0);
    return {
      jobs: {
        waiting: count('wait') + count('prioritized'),
        active: count('active'),
        delayed: count('delayed'),
        failed: count('failed'),
      },
      isPaused,
      books: books.map(({ characters: _, ...book }) => book),
      audioHours: audioSeconds / 3600,
      computeHours: computeSeconds / 3600,
      coreHours: coreSeconds / 3600,
      ...(audioSeconds > 0 ? { realTimeFactor: computeSeconds / audioSeconds } : {}),
      ...(spoken > 0 ? { etaSeconds: (left * computeSeconds) / spoken / Math.max(1, count('active')) } : {}),
      ...(audioSeconds > 0 && pricePerCoreHour !== undefined
        ? { costPerAudioHour: (pricePerCoreHour * coreSeconds) / audioSeconds }
        : {}),
    };
  }

  /** Sets the limits of tenants for all workers; they hold from the next part on. @throws VoirsError INVALID_OPTIONS. */
  async limit(limits: TenantLimits): Promise<void> {
    for (const [tenant, { charactersPerMinute: most }] of Object.entries(limits)) {
      if (tenant !== '*') checkAdding({ tenant });
      if (Number.isInteger(most) && most >= 1) continue;
      throw new VoirsError('INVALID_OPTIONS', `The limit of ${tenant} is none`, {
        got: String(most),
        wanted: 'a whole number of characters a minute, from 1 up',
      });
    }
    await this.redis.set(`${this.prefix}:limits`, JSON.stringify(limits));
  }

  /** The limits that hold now. */
  async limits(): Promise<TenantLimits> {
    return JSON.parse((await this.redis.get(`${this.prefix}:limits`)) ?? '{}') as TenantLimits;
  }

  /** No worker takes another part. */
  async pause(): Promise<void> {
    await Promise.all([this.queues.parts.pause(), this.queues.books.pause()]);
  }

  async resume(): Promise<void> {
    await Promise.all([this.queues.parts.resume(), this.queues.books.resume()]);
  }

  /** Pauses, and returns when no worker is at work; what is queued stays queued. */
  async drain({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await this.pause();
    const { parts, books } = this.queues;
    for (;;) {
      const active = (await parts.getActiveCount()) + (await books.getActiveCount());
      if (active === 0) return;
      if (signal?.aborted) throw new VoirsError('ABORTED', 'The wait was aborted by its signal');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async close(): Promise<void> {
    await Promise.all([...Object.values(this.queues), this.flow].map((one) => one.close()));
    this.redis.disconnect();
    await this.store.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @returns the number of parts that the store has. */
  private async enqueue(book: PlannedBook, options: AddOptions): Promise<number> {
    const { id, parts, format } = book;
    const { priority = 'normal', tenant = '', attempts = 3, webhook } = options;
    const children: FlowJob[] = [];
    const shared = { priority: PRIORITIES[priority], attempts };
    await this.progress.clearFailures(id);
    await removeEnded(this.queues.books, id);
    for (const [i, part] of parts.entries()) {
      if (await this.countReused(book, i)) continue;
      const { key, chapter, start, end } = part;
      await this.store.write(paths.request(key), [Buffer.from(JSON.stringify(requestOf(book, part)))]);
      const jobId = `${id}-${i}`;
      await removeEnded(this.queues.parts, jobId);
      children.push({
        name: 'part',
        queueName: QUEUES.parts,
        data: { book: id, part: i, key, chapter, span: [start, end], tenant, format } satisfies PartJob,
        opts: {
          ...shared,
          jobId,
          backoff: { type: 'exponential', delay: 1000 },
          ignoreDependencyOnFailure: true,
          removeOnComplete: true, // the store has it
        },
      });
    }
    await this.flow.add({
      name: 'book',
      queueName: QUEUES.books,
      data: { id, webhook } satisfies BookJob,
      opts: {
        ...shared,
        jobId: id,
        backoff: { type: 'exponential', delay: 1000 },
        removeOnComplete: { age: WEEK },
      },
      children,
    });
    return parts.length - children.length;
  }

  /** Whether this key has brought this request before. @throws VoirsError INVALID_OPTIONS when it brought another. */
  private async isKnownRequest(planned: PlannedBook, options: AddOptions): Promise<boolean> {
    const { id, parts: _, characters: __, ...book } = planned;
    const { tenant = '', idempotencyKey } = options;
    const key = `${this.prefix}:once:${tenant}:${digest(idempotencyKey)}`;
    // Neither id nor parts: they change with the version of the engine, and the request does not.
    const request = digest([book, { ...options, webhook: options.webhook?.url }]);
    const before = await this.redis.set(key, request, 'EX', WEEK, 'NX', 'GET');
    if (before === null) return false;
    if (before !== request) {
      throw new IdempotencyConflict('INVALID_OPTIONS', 'The idempotency key stands for another request', {
        got: JSON.stringify(idempotencyKey),
        suggestion: 'Take a new key for a new request',
      });
    }
    // What was going to be queued when its server died is queued now.
    const state = (await this.progress.of(id))?.state;
    return state === 'done' || state === 'failed' || state === 'cancelled';
  }

  /** Waits until the workers have let go of a book that was cancelled. @throws VoirsError IO_ERROR when they do not. */
  private async whenStopped(id: string): Promise<void> {
    for (let waited = 0; ; waited += 200) {
      const job = await this.queues.books.getJob(id);
      await job?.remove().catch(() => {});
      if (!(await this.queues.books.getJob(id))) return;
      if (waited >= MOST_STOPPING) {
        throw new VoirsError('IO_ERROR', 'The book was cancelled and is not let go of', {
          got: id,
          suggestion: 'Ask again in a minute',
        });
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** Counts a part that the store has; whether it does. */
  private async countReused({ id, parts }: PlannedBook, part: number): Promise<boolean> {
    const { key, start, end } = parts[part]!;
    const spoken = await spokenPart(this.store, key);
    if (spoken === undefined) return false;
    const audioSeconds = spoken.length / spoken.sampleRate;
    await this.progress.spoken(id, part, end - start, { audioSeconds, computeSeconds: 0 });
    return true;
  }
}

/** A job that ended keeps its name until it is removed. */
async function removeEnded(queue: Queue, id: string): Promise<void> {
  const job = await queue.getJob(id);
  if (job && ((await job.isFailed()) || (await job.isCompleted()))) await job.remove();
}

function checkAdding({ priority = 'normal', tenant, attempts = 3, idempotencyKey }: AddOptions): void {
  if (!Object.hasOwn(PRIORITIES, priority)) {
    throw new VoirsError('INVALID_OPTIONS', 'The priority is unknown', {
      got: JSON.stringify(priority),
      wanted: Object.keys(PRIORITIES).join(', '),
    });
  }
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > 20)
    throw new VoirsError('INVALID_OPTIONS', 'attempts is out of range', {
      got: String(attempts),
      wanted: '1 to 20',
    });
  if (idempotencyKey !== undefined && !/^[\x21-\x7e]{1,255}$/.test(idempotencyKey)) {
    throw new VoirsError('INVALID_OPTIONS', 'The idempotency key is none', {
      got: JSON.stringify(idempotencyKey),
      wanted: '1 to 255 printable characters of ASCII without spaces',
    });
  }
  if (tenant !== undefined && !/^[\w.@-]{1,64}$/.test(tenant)) {
    throw new VoirsError('INVALID_OPTIONS', 'The tenant is no name', {
      got: JSON.stringify(tenant),
      wanted: 'at most 64 letters, digits, . _ @ -',
    });
  }
}

/** @internal */
export function unknownBook(id: string): VoirsError {
  return new VoirsError('INVALID_OPTIONS', 'There is no such book', {
    got: JSON.stringify(id),
    suggestion: 'voirs queue status lists the books',
  });
}
