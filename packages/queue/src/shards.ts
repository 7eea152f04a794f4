// One library of books on several Redis servers: each book lives on one of them, found by its digest, and the servers
// know nothing of each other.
import { VoirsError } from 'voirs';
import { type Book, plan } from './book.js';
import { digest } from './digest.js';
import type { BookResult } from './join.js';
import type { TenantLimits } from './limits.js';
import { openStore } from './open-store.js';
import type { BookStatus } from './progress.js';
import {
  type AddOptions,
  createQueue,
  type QueuePlace,
  type QueueStatus,
  type SpeechQueue,
  type Ticket,
  unknownBook,
} from './queue.js';
import { shownAddress } from './redis.js';

/** Where the shards of a queue live. */
export interface ShardedPlace extends Omit<QueuePlace, 'redis'> {
  /** Addresses of the servers, in any order; each has workers of its own. */
  redis: readonly string[];
}

/**
 * The server of a book: the one whose digest with the book's is largest (rendezvous hashing, Thaler and Ravishankar
 * 1998), so that one more server takes its share of the books and moves no other.
 */
export function shardOf(id: string, addresses: readonly string[]): number {
  const ranks = addresses.map((address) => digest([shownAddress(address), id]));
  return ranks.indexOf([...ranks].sort().at(-1)!);
}

/**
 * Opens a queue on several servers.
 * @throws VoirsError IO_ERROR when one of them or the store does not answer; INVALID_OPTIONS for no or equal addresses.
 */
export async function createShards(place: ShardedPlace): Promise<ShardedQueue> {
  const addresses = place.redis;
  const shown = addresses.map(shownAddress);
  if (addresses.length === 0 || new Set(shown).size < shown.length) {
    throw new VoirsError('INVALID_OPTIONS', 'The addresses of the shards are not different', {
      got: shown.join(', ') || 'none',
      wanted: 'one address for each server',
    });
  }
  const store = typeof place.store === 'string' ? await openStore(place.store) : place.store;
  const opened = await Promise.allSettled(addresses.map((redis) => createQueue({ ...place, store, redis })));
  const failure = opened.find((one) => one.status === 'rejected');
  const shards = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  if (failure) {
    await Promise.all(shards.map((shard) => shard.close()));
    throw failure.reason;
  }
  return new ShardedQueue(shards, addresses);
}

/** A {@link SpeechQueue} on several servers; see {@link createShards}. */
export class ShardedQueue implements AsyncDisposable {
  constructor(
    /** In the order of the addresses: for boards, and for what is asked of one server. */
    readonly shards: readonly SpeechQueue[],
    private readonly addresses: readonly string[],
  ) {}

  /** As {@link SpeechQueue.add}, on the server of the book. */
  async add(book: Book, options: AddOptions = {}): Promise<Ticket> {
    const planned = await plan(book, options.tenant);
    const [shard] = await this.holding(planned.id);
    return (shard ?? this.home(planned.id)).addPlanned(planned, options);
  }

  /** As {@link SpeechQueue.retry}. */
  async retry(id?: string): Promise<string[]> {
    const shards = id === undefined ? this.shards : await this.holding(id);
    if (id !== undefined && shards.length === 0) throw unknownBook(id);
    return (await Promise.all(shards.map((shard) => shard.retry(id)))).flat();
  }

  /** As {@link SpeechQueue.cancel}. */
  async cancel(id: string): Promise<boolean> {
    const shards = await this.holding(id);
    if (shards.length === 0) throw unknownBook(id);
    return (await Promise.all(shards.map((shard) => shard.cancel(id)))).some(Boolean);
  }

  /** As {@link SpeechQueue.book}. */
  async book(id: string): Promise<BookStatus> {
    const [shard] = await this.holding(id);
    if (shard === undefined) throw unknownBook(id);
    return shard.book(id);
  }

  /** As {@link SpeechQueue.result}. */
  result(id: string): Promise<BookResult | undefined> {
    return this.home(id).result(id);
  }

  /** All shards together. They work at the same time, so the slowest says when all is spoken. */
  async status(options: { pricePerCoreHour?: number } = {}): Promise<QueueStatus> {
    const all = await Promise.all(this.shards.map((shard) => shard.status(options)));
    const sum = (of: (one: QueueStatus) => number): number => all.reduce((total, one) => total + of(one), 0);
    const [audioHours, computeHours] = [sum((one) => one.audioHours), sum((one) => one.computeHours)];
    const coreHours = sum((one) => one.coreHours);
    const etas = all.flatMap(({ etaSeconds }) => etaSeconds ?? []);
    const { pricePerCoreHour } = options;
    return {
      jobs: {
        waiting: sum(({ jobs }) => jobs.waiting),
        active: sum(({ jobs }) => jobs.active),
        delayed: sum(({ jobs }) => jobs.delayed),
        failed: sum(({ jobs }) => jobs.failed),
      },
      isPaused: all.every(({ isPaused }) => isPaused),
      books: all.flatMap(({ books }) => books),
      audioHours,
      computeHours,
      coreHours,
      ...(audioHours > 0 ? { realTimeFactor: computeHours / audioHours } : {}),
      ...(etas.length > 0 ? { etaSeconds: Math.max(...etas) } : {}),
      ...(audioHours > 0 && pricePerCoreHour !== undefined
        ? { costPerAudioHour: (pricePerCoreHour * coreHours) / audioHours }
        : {}),
    };
  }

  /** As {@link SpeechQueue.limits}; all servers have the same. */
  limits(): Promise<TenantLimits> {
    return this.shards[0]!.limits();
  }

  /** Sets the limits of tenants; each server counts for itself. */
  async limit(limits: TenantLimits): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.limit(limits)));
  }

  async pause(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.pause()));
  }

  async resume(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.resume()));
  }

  /** As {@link SpeechQueue.drain}. */
  async drain(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.drain(options)));
  }

  async close(): Promise<void> {
    await Promise.all(this.shards.map((shard) => shard.close()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private home(id: string): SpeechQueue {
    return this.shards[shardOf(id, this.addresses)]!;
  }

  /** Shards that know a book: more than its home while a list of servers has changed. */
  private async holding(id: string): Promise<SpeechQueue[]> {
    const found = await Promise.all(this.shards.map((shard) => shard.find(id)));
    return this.shards.filter((_, i) => found[i] !== undefined);
  }
}
