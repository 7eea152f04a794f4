// Connections to Redis or Valkey, and errors that say which server did not answer, without its password.
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

/**
 * Connects.
 * @param isPatient commands wait until a lost server is back, as workers do; otherwise they fail after some seconds.
 * @throws VoirsError INVALID_OPTIONS for an address that is none; IO_ERROR when the server does not answer.
 */
export async function connect(url: string, isPatient: boolean): Promise<Redis> {
  if (!/^rediss?:\/\/[^\s]+$/.test(url)) {
    throw new VoirsError('INVALID_OPTIONS', 'The address of Redis is none', {
      got: shownAddress(url),
      wanted: 'redis://HOST:PORT',
    });
  }
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
  } catch (cause) {
    redis.disconnect();
    throw new VoirsError('IO_ERROR', `Redis does not answer at ${shownAddress(url)}`, {
      got: reason || (cause as Error).message,
      suggestion: 'Start it: docker run -p 6379:6379 valkey/valkey',
      cause,
    });
  }
  return redis;
}
