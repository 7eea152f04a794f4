// The queue behind the server: requests that are too long to wait for go into Redis, workers of `voirs queue` speak
// them, and the server tells how far they are. The package voirs-queue is loaded only for a server that has one.
import { isIP } from 'node:net';
import { VoirsError } from 'voirs';
import type { SpeechQueue } from 'voirs-queue';
import { RequestError } from './request-error.js';

/** Where jobs go: Redis or Valkey, and a folder or bucket that the workers reach too. */
export interface JobOptions {
  /** redis://HOST:PORT */
  redis: string;
  /** A folder, or s3://BUCKET/PREFIX. */
  store: string;
  /** Begins all keys in Redis; default voirs. */
  prefix?: string | undefined;
  /** Characters of one job, 1 to 10000000. Default 1000000, some 18 hours of speech. */
  maxCharacters?: number | undefined;
  /** Hosts that webhooks may go to though they are of a private network. Default: none, only public addresses. */
  webhookHosts?: readonly string[] | undefined;
}

const MOST_CHARACTERS = { usual: 1_000_000, most: 10_000_000 };
/** Seconds after which a client may ask again while Redis or the store does not answer. */
const RETRY_AFTER = 5;

/** Errors of the queue that the client has made. */
const OF_THE_CLIENT = new Set(['INVALID_OPTIONS', 'VOICE_NOT_FOUND', 'INVALID_TEXT', 'ENCODER_NOT_FOUND']);

export class Jobs {
  private constructor(
    readonly queue: SpeechQueue,
    readonly maxCharacters: number,
    private readonly webhookHosts: readonly string[],
    private readonly queuePackage: typeof import('voirs-queue'),
    private readonly onFault: (error: unknown) => void,
  ) {}

  /**
   * @param onFault told what went wrong with Redis or the store.
   * @throws VoirsError PACKAGE_NOT_FOUND; INVALID_OPTIONS; IO_ERROR when Redis or the store does not answer.
   */
  static async open(options: JobOptions, onFault: (error: unknown) => void): Promise<Jobs> {
    const { redis, store, prefix, maxCharacters = MOST_CHARACTERS.usual, webhookHosts = [] } = options;
    const { most } = MOST_CHARACTERS;
    if (!Number.isInteger(maxCharacters) || maxCharacters < 1 || maxCharacters > most) {
      throw new VoirsError('INVALID_OPTIONS', 'maxCharacters of jobs is out of range', {
        got: String(maxCharacters),
        wanted: `an integer from 1 to ${most}`,
      });
    }
    const loaded = await loadQueue();
    const queue = await loaded.createQueue({ redis, store, prefix });
    return new Jobs(queue, maxCharacters, webhookHosts, loaded, onFault);
  }

  /**
   * What the queue answers.
   * @throws RequestError 400 for what the client has made, 409 for a key of another request, 503 when Redis or the store
   * does not answer.
   */
  async ask<T>(work: (queue: SpeechQueue) => Promise<T>): Promise<T> {
    try {
      return await work(this.queue);
    } catch (error) {
      if (error instanceof this.queuePackage.IdempotencyConflict)
        throw new RequestError(409, 'The Idempotency-Key stands for another request', {
          code: 'idempotency_key_reused',
        });
      if (error instanceof VoirsError && OF_THE_CLIENT.has(error.code))
        throw new RequestError(400, error.message, { code: error.code.toLowerCase() });
      throw this.unavailable(error);
    }
  }

  /** An error of Redis or the store, which the log has. */
  unavailable(error: unknown): RequestError {
    this.onFault(error);
    return new RequestError(503, 'The queue does not answer', {
      code: 'queue_unavailable',
      retryAfter: RETRY_AFTER,
    });
  }

  /**
   * How far a webhook reaches.
   * @throws RequestError 400 for an address that is none, or that shows that it is of a private network.
   */
  reachOf(url: string): 'public' | 'any' {
    const refuse = (message: string): RequestError =>
      new RequestError(400, message, { param: 'webhook.url', code: 'invalid_value' });
    let address: URL;
    try {
      address = new URL(url);
    } catch {
      throw refuse('The URL of the webhook is none');
    }
    const { protocol, hostname, username, password } = address;
    if (!/^https?:$/.test(protocol) || username !== '' || password !== '')
      throw refuse('The webhook needs an http or https address without user and password');
    if (this.webhookHosts.includes(hostname)) return 'any';
    const literal = hostname.replace(/^\[|\]$/g, '');
    if (literal === 'localhost' || (isIP(literal) !== 0 && !this.queuePackage.isPublicAddress(literal)))
      throw refuse('The webhook has an address of a private network');
    return 'public';
  }

  /** The queue's figures for /metrics; voirs_queue_up is 0 when Redis does not answer. */
  async metrics(): Promise<string> {
    const up = (value: 0 | 1): string =>
      `# HELP voirs_queue_up Whether Redis answers\n# TYPE voirs_queue_up gauge\nvoirs_queue_up ${value}\n`;
    try {
      return `${up(1)}${await this.queuePackage.metrics(this.queue)}`;
    } catch (error) {
      this.onFault(error);
      return up(0);
    }
  }

  close(): Promise<void> {
    return this.queue.close();
  }
}

async function loadQueue(): Promise<typeof import('voirs-queue')> {
  try {
    return await import('voirs-queue');
  } catch (cause) {
    throw new VoirsError('PACKAGE_NOT_FOUND', 'A server with jobs needs a queue', {
      got: (cause as Error).message.split('\n')[0]!.slice(0, 200),
      wanted: 'the package voirs-queue',
      suggestion: 'Run npm install voirs-queue',
      cause,
    });
  }
}
