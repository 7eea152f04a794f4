// Connections to Redis or Valkey, and errors that say which server did not answer, without its password.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { VoirsError } from 'voirs';

/** The address without user and password. */
export function shownAddress(url: string): string {
  try {
    const { protocol, host, pathname } = new URL(url);
    return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
  } catch {
    return 'the address given';
  }
}

/** How long a server that is away is waited for. */
export interface Patience {
  /** Seconds; Infinity for a service that begins before its Redis. */
  seconds: number;
  /** Told each try that was in vain, and what follows. */
  tell(message: string): void;
  /** Ends the wait. */
  signal?: AbortSignal | undefined;
}

/** Milliseconds until a server that is away is tried again: twice as long each time, at most the last. */
const AGAIN_MS = { first: 500, most: 5000 };

/** Answers of a server that is there: waiting does not mend them. */
const REFUSED = /^(?:NOAUTH|WRONGPASS|NOPERM|ERR)\b/;

/**
 * Connects.
 * @param isPatient commands wait until a lost server is back, as workers do; otherwise they fail after some seconds.
 * @param patience for a server that is not there yet; default: none.
 * @throws VoirsError INVALID_OPTIONS for an address that is none; IO_ERROR when the server does not answer in time or
 * refuses; ABORTED.
 */
export async function connect(url: string, isPatient: boolean, patience?: Patience): Promise<Redis> {
  if (!/^rediss?:\/\/[^\s]+$/.test(url)) {
    throw new VoirsError('INVALID_OPTIONS', 'The address of Redis is none', {
      got: shownAddress(url),
      wanted: 'redis://HOST:PORT',
    });
  }
  const until = performance.now() + 1000 * (patience?.seconds ?? 0);
  for (let pause = AGAIN_MS.first; ; pause = Math.min(AGAIN_MS.most, 2 * pause)) {
    if (patience?.signal?.aborted) throw aborted();
    const { redis, reason, cause } = await tryOnce(url, isPatient);
    if (redis) return redis;
    const left = until - performance.now();
    if (patience === undefined || left <= 0 || REFUSED.test(reason)) {
      throw new VoirsError('IO_ERROR', `Redis does not answer at ${shownAddress(url)}`, {
        got: reason,
        suggestion: REFUSED.test(reason)
          ? 'Give user and password in its address: redis://USER:PASSWORD@HOST:PORT'
          : 'Start it: docker run -p 6379:6379 valkey/valkey',
        cause,
      });
    }
    const wait = Math.min(pause, left);
    const next = `tried again in ${(wait / 1000).toFixed(1)} s`;
    patience.tell(`Redis does not answer at ${shownAddress(url)}: ${reason}; ${next}`);
    await sleep(wait, undefined, { signal: patience.signal }).catch(() => {
      throw aborted();
    });
  }
}

const aborted = (): VoirsError => new VoirsError('ABORTED', 'The wait for Redis was ended by its signal');

async function tryOnce(
  url: string,
  isPatient: boolean,
): Promise<{ redis?: Redis; reason: string; cause?: unknown }> {
  const redis = new Redis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: isPatient ? null : 6,
    retryStrategy: (times) => Math.min(2000, 50 * 2 ** Math.min(times, 6)),
  });
  let reason = '';
  const keepReason = (error: Error): void => {
    reason = error.message || (error as NodeJS.ErrnoException).code || 'no answer';
  };
  redis.on('error', keepReason); // reconnects by itself; without a listener an error ends the process
  try {
    await redis.connect();
    await redis.ping();
    return { redis, reason };
  } catch (cause) {
    redis.disconnect();
    return { reason: reason || (cause as Error).message, cause };
  }
}
