// One request of a client, and how it reads the answer: at once, slowly, after a long pause, or not to its end.
import { createHash } from 'node:crypto';
import { type Agent, type IncomingMessage, request } from 'node:http';

/** What is sent. */
export interface Sent {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
  /** The body ends too early, and the connection stays open. */
  isCut?: boolean;
}

/** How the answer is read. */
export interface Reading {
  /** Milliseconds of rest after each piece. */
  restMs?: number;
  /** Milliseconds for which nothing is read after the first piece. */
  stallMs?: number;
  /** Milliseconds after which the client is gone. */
  leaveMs?: number;
  /** Keeps the body as well as its digest. */
  isKept?: boolean;
}

/** How a request ended. */
export interface Ended {
  /** `cut`: the connection ended before the answer did. `hung`: nothing ended it. */
  how: 'whole' | 'left' | 'cut' | 'hung';
  /** Absent where there was no answer. */
  status?: number;
  /** Of its retry-after header. */
  retryAfter?: string;
  sha256: string;
  body: Buffer;
  bytes: number;
  beganAt: number;
  firstByteMs: number;
  totalMs: number;
  /** A kept connection had been closed meanwhile, before anything was answered: such a request is sent again. */
  isStale: boolean;
  error: string;
}

/** Milliseconds after which a request that has not ended counts as hung. */
const PATIENCE = 1_800_000;

function exchange(
  url: string,
  agent: Agent,
  { method = 'POST', path, headers, body, isCut }: Sent,
  { restMs, stallMs, leaveMs, isKept }: Reading,
): Promise<Ended> {
  const beganAt = performance.now();
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  const ended: Ended = {
    ...{ how: 'whole', sha256: '', body: Buffer.alloc(0), bytes: 0, beganAt },
    ...{ firstByteMs: 0, totalMs: 0, isStale: false, error: '' },
  };
  return new Promise((resolve) => {
    const timers: ReturnType<typeof setTimeout>[] = [];
    const later = (ms: number, what: () => void): void => void timers.push(setTimeout(what, ms));
    let isOver = false;
    const end = (how: Ended['how'], error?: Error): void => {
      if (isOver) return;
      isOver = true;
      for (const timer of timers) clearTimeout(timer);
      const { code } = (error ?? {}) as NodeJS.ErrnoException;
      resolve({
        ...ended,
        ...{ how, sha256: hash.digest('hex'), body: Buffer.concat(kept) },
        totalMs: performance.now() - beganAt,
        isStale: own.reusedSocket && ended.status === undefined && code === 'ECONNRESET',
        error: error?.message ?? '',
      });
      own.destroy();
    };
    const read = (answer: IncomingMessage): void => {
      ended.status = answer.statusCode!;
      if (answer.headers['retry-after'] !== undefined) ended.retryAfter = answer.headers['retry-after'];
      answer.on('data', (data: Buffer) => {
        const isFirst = ended.bytes === 0;
        if (isFirst) ended.firstByteMs = performance.now() - beganAt;
        ended.bytes += data.length;
        hash.update(data);
        if (isKept || answer.statusCode! >= 400) kept.push(data);
        const rest = isFirst ? (stallMs ?? restMs) : restMs;
        if (rest === undefined) return;
        answer.pause();
        later(rest, () => answer.resume());
      });
      answer.on('end', () => end('whole'));
      answer.on('error', (error) => end('cut', error));
      answer.on('close', () => end('cut'));
    };
    const own = request(
      `${url}${path}`,
      { method, agent, headers: { 'content-type': 'application/json', ...headers } },
      read,
    );
    own.on('error', (error) => end('cut', error));
    if (leaveMs !== undefined) later(leaveMs, () => end('left'));
    later(PATIENCE, () => end('hung'));
    if (isCut) own.write(body!.slice(0, -1));
    else own.end(body);
  });
}

/** A stale connection is no answer: HTTP's clients send the request again (RFC 9112, 9.3.1). */
export async function ask(url: string, agent: Agent, sent: Sent, reading: Reading = {}): Promise<Ended> {
  for (;;) {
    const ended = await exchange(url, agent, sent, reading);
    if (!ended.isStale) return ended;
  }
}
