// What is done, and what it cost: kept in Redis by part, so that a part which two workers speak counts once.
import type { Redis } from 'ioredis';
import type { Cost } from './speak.js';

/** A text that was set aside. */
export interface Failure {
  chapter: number;
  /** UTF-16 code units of the chapter's text, [start, end). */
  span: [number, number];
  code: string;
  message: string;
  attempts: number;
}

/** State of a book. */
export type BookState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

/** How far a book is. */
export interface BookStatus {
  id: string;
  title: string;
  tenant: string;
  state: BookState;
  parts: { total: number; done: number; failed: number };
  /** Seconds of audio made, and of computation that it took: by the clock, and of processors. */
  audioSeconds: number;
  computeSeconds: number;
  coreSeconds: number;
  /** computeSeconds / audioSeconds; undefined before the first part. */
  realTimeFactor?: number;
  failures: Failure[];
}

/**
 * A worker killed between both leaves the part to be spoken again, and the bit keeps the first count. Sums are kept as
 * they grow: asking how far a library of a million parts is must not read a million records.
 */
const COUNT_ONCE = `
if redis.call('SETBIT', KEYS[1], ARGV[1], 1) == 1 then return 0 end
redis.call('HDEL', KEYS[2], ARGV[1])
redis.call('HINCRBY', KEYS[3], 'done', 1)
redis.call('HINCRBY', KEYS[3], 'spoken', ARGV[2])
redis.call('HINCRBY', KEYS[4], 'parts', 1)
for _, key in ipairs({ KEYS[3], KEYS[4] }) do
  redis.call('HINCRBYFLOAT', key, 'audioSeconds', ARGV[3])
  redis.call('HINCRBYFLOAT', key, 'computeSeconds', ARGV[4])
  redis.call('HINCRBYFLOAT', key, 'coreSeconds', ARGV[5])
end
return 1
`;

/** The records of books. Redis may lose them: what the store has is done all the same. */
export class Progress {
  constructor(
    private readonly redis: Redis,
    private readonly prefix: string,
  ) {}

  private key(id: string, what = ''): string {
    return `${this.prefix}:book:${id}${what}`;
  }

  async register(
    id: string,
    book: { title: string; tenant: string; parts: number; characters: number },
  ): Promise<void> {
    const now = Date.now();
    await this.redis
      .multi()
      .hset(this.key(id), { ...book })
      .zadd(`${this.prefix}:books`, 'NX', now, id)
      .zadd(this.booksOf(book.tenant), 'NX', now, id)
      .exec();
  }

  /** Counts a part once. */
  async spoken(
    id: string,
    part: number,
    characters: number,
    { audioSeconds, computeSeconds, coreSeconds = computeSeconds }: Cost,
  ): Promise<void> {
    const keys = [this.key(id, ':spoken'), this.key(id, ':failed'), this.key(id), `${this.prefix}:totals`];
    await this.redis.eval(
      COUNT_ONCE,
      4,
      ...keys,
      part,
      characters,
      audioSeconds,
      computeSeconds,
      coreSeconds,
    );
  }

  async setAside(id: string, part: number, failure: Failure): Promise<void> {
    await this.redis.hset(this.key(id, ':failed'), String(part), JSON.stringify(failure));
  }

  async clearFailures(id: string): Promise<void> {
    await this.redis.del(this.key(id, ':failed'));
    await this.redis.hdel(this.key(id), 'state');
  }

  async finished(id: string, state: 'done' | 'failed' | 'cancelled'): Promise<void> {
    await this.redis.hset(this.key(id), 'state', state);
  }

  /** Whether nobody wants a book any more. */
  async isCancelled(id: string): Promise<boolean> {
    return (await this.redis.hget(this.key(id), 'state')) === 'cancelled';
  }

  /** Ids of the books, oldest first. */
  books(): Promise<string[]> {
    return this.redis.zrange(`${this.prefix}:books`, 0, -1);
  }

  /**
   * Ids of a tenant's books, newest first.
   * @param after those older than this one. @returns undefined when that one is none of the tenant's.
   */
  async page(tenant: string, count: number, after: string | undefined): Promise<string[] | undefined> {
    const key = this.booksOf(tenant);
    const rank = after === undefined ? -1 : await this.redis.zrevrank(key, after);
    return rank === null ? undefined : this.redis.zrevrange(key, rank + 1, rank + count);
  }

  private booksOf(tenant: string): string {
    return `${this.prefix}:books:of:${tenant}`;
  }

  /** @returns undefined for a book that Redis does not know. */
  async of(id: string): Promise<(BookStatus & { characters: { total: number; done: number } }) | undefined> {
    const [book, failed] = await Promise.all([
      this.redis.hgetall(this.key(id)),
      this.redis.hvals(this.key(id, ':failed')),
    ]);
    if (book.title === undefined) return undefined;
    const sum = (name: string): number => Number(book[name] ?? 0);
    const [done, audioSeconds, computeSeconds] = [sum('done'), sum('audioSeconds'), sum('computeSeconds')];
    const state = (book.state as BookState | undefined) ?? (done > 0 ? 'running' : 'waiting');
    return {
      id,
      title: book.title,
      tenant: book.tenant ?? '',
      state,
      parts: { total: Number(book.parts), done, failed: failed.length },
      characters: { total: Number(book.characters), done: sum('spoken') },
      audioSeconds,
      computeSeconds,
      coreSeconds: sum('coreSeconds'),
      ...(audioSeconds > 0 && computeSeconds > 0 ? { realTimeFactor: computeSeconds / audioSeconds } : {}),
      failures: failed.map((one) => JSON.parse(one) as Failure),
    };
  }

  /** Sums over all books since the first. */
  async totals(): Promise<{
    audioSeconds: number;
    computeSeconds: number;
    coreSeconds: number;
    parts: number;
  }> {
    const totals = await this.redis.hgetall(`${this.prefix}:totals`);
    return {
      audioSeconds: Number(totals.audioSeconds ?? 0),
      computeSeconds: Number(totals.computeSeconds ?? 0),
      coreSeconds: Number(totals.coreSeconds ?? 0),
      parts: Number(totals.parts ?? 0),
    };
  }
}
