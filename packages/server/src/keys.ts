// Who may use the server, and how much: keys are kept as digests, compared in constant time, and each has its
// own limits.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { VoirsError } from 'voirs';
import { RequestError } from './request-error.js';

/** Most of one key. */
export interface KeyLimits {
  /** Requests per minute. */
  requests?: number;
  /** Characters of text per minute. */
  characters?: number;
  /** Requests under way at a time. */
  open?: number;
}

interface Key {
  name: string;
  digest: Buffer;
  limits: KeyLimits;
  /** Whose jobs it sees: the name of its line, or else something that only it has. */
  tenant: string;
  seesBoard: boolean;
}

const LIMITS = ['requests', 'characters', 'open'] as const;

function digestOf(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

function fault(line: number, got: string, wanted: string): VoirsError {
  return new VoirsError('INVALID_OPTIONS', `Line ${line} of the file of keys is wrong`, {
    got: JSON.stringify(got.slice(0, 40)),
    wanted,
    suggestion: 'Make lines with voirs serve --new-key NAME',
  });
}

/**
 * Lines of `NAME sha256:DIGEST [requests=N] [characters=N] [open=N] [board]`; `#` begins a comment.
 * @throws VoirsError INVALID_OPTIONS with the line; it never shows more than a word of it.
 */
export function parseKeys(text: string): Key[] {
  const keys: Key[] = [];
  for (const [n, line] of text.split(/\r?\n/).entries()) {
    const [name, digest = '', ...rest] = line
      .replace(/(^|\s)#.*$/, '')
      .split(/\s+/)
      .filter(Boolean);
    if (name === undefined) continue;
    if (!/^[\w.@-]{1,64}$/.test(name)) throw fault(n + 1, name, 'a name of letters, digits, and . _ @ -');
    if (keys.some((key) => key.name === name)) throw fault(n + 1, name, 'a name that no other line has');
    // A key in the clear may stand where the digest belongs: it is not shown.
    const hex = /^sha256:([0-9a-f]{64})$/i.exec(digest)?.[1];
    if (hex === undefined) throw fault(n + 1, name, 'sha256: and 64 hexadecimal digits after the name');
    const limits: KeyLimits = {};
    for (const word of rest) {
      if (word === 'board') continue;
      const [, limit, value] = /^([a-z]+)=(\d{1,9})$/.exec(word) ?? [];
      if (!LIMITS.includes(limit as (typeof LIMITS)[number]) || Number(value) < 1)
        throw fault(n + 1, word, [...LIMITS.map((one) => `${one}=N`), 'board'].join(', '));
      limits[limit as (typeof LIMITS)[number]] = Number(value);
    }
    const seesBoard = rest.includes('board');
    keys.push({ name, digest: Buffer.from(hex, 'hex'), limits, tenant: name, seesBoard });
  }
  return keys;
}

/** A fresh key, and the line of the file that admits it. */
export function newKey(name: string): { key: string; line: string } {
  const key = `voirs-${randomBytes(24).toString('base64url')}`;
  const line = `${name} sha256:${digestOf(key).toString('hex')}`;
  parseKeys(line);
  return { key, line };
}

/** What fills again over a minute. */
class Bucket {
  private level: number;
  private at = performance.now();

  constructor(private readonly size: number) {
    this.level = size;
  }

  /** @returns seconds until so much is there; 0 takes it. */
  take(amount: number): number {
    const now = performance.now();
    this.level = Math.min(this.size, this.level + ((now - this.at) / 60_000) * this.size);
    this.at = now;
    // More than the bucket holds would never come: such a request waits for a full one.
    const wanted = Math.min(amount, this.size);
    if (this.level < wanted) return ((wanted - this.level) / this.size) * 60;
    this.level -= wanted;
    return 0;
  }
}

/** One client: its turn in the queue goes by the name. */
export class Client {
  private readonly requests: Bucket | undefined;
  private readonly characters: Bucket | undefined;
  private open = 0;

  constructor(
    readonly name: string,
    private readonly limits: KeyLimits,
    /** Whose jobs it sees; '' where there are no keys. */
    readonly tenant = '',
    readonly seesBoard = false,
  ) {
    this.requests = limits.requests === undefined ? undefined : new Bucket(limits.requests);
    this.characters = limits.characters === undefined ? undefined : new Bucket(limits.characters);
  }

  /** Counts a request. @returns what ends it. @throws RequestError 429. */
  begin(characters: number): () => void {
    const { open } = this.limits;
    if (open !== undefined && this.open >= open)
      throw new RequestError(429, `This key has ${open} requests under way, which is its limit`, {
        code: 'rate_limit_exceeded',
        retryAfter: 1,
      });
    this.spend(this.requests, 1, 'requests');
    this.spend(this.characters, characters, 'characters');
    this.open++;
    let isOver = false;
    return () => {
      if (!isOver) this.open--;
      isOver = true;
    };
  }

  /** Counts more text of a request under way. @throws RequestError 429. */
  write(characters: number): void {
    this.spend(this.characters, characters, 'characters');
  }

  private spend(bucket: Bucket | undefined, amount: number, what: string): void {
    const seconds = bucket?.take(amount) ?? 0;
    if (seconds > 0)
      throw new RequestError(429, `This key has used up its ${what} of this minute`, {
        code: 'rate_limit_exceeded',
        retryAfter: Math.ceil(seconds),
      });
  }
}

export class Keys {
  private readonly keys: readonly (Key & { client: Client })[];

  /** @throws VoirsError INVALID_OPTIONS. */
  constructor({ file, plain }: { file: string; plain: string }) {
    const named = plain
      .split(',')
      .map((key) => key.trim())
      .filter((key) => key !== '')
      .map((key, n) => {
        const digest = digestOf(key);
        // Its number changes with the order of the keys.
        const tenant = `key-${digest.toString('hex').slice(0, 32)}`;
        return { name: `key-${n + 1}`, digest, limits: {}, tenant, seesBoard: false };
      });
    this.keys = [...parseKeys(file), ...named].map((key) => ({
      ...key,
      client: new Client(key.name, key.limits, key.tenant, key.seesBoard),
    }));
  }

  get size(): number {
    return this.keys.length;
  }

  /** Whether any key may look at the board. */
  get haveBoard(): boolean {
    return this.keys.some(({ seesBoard }) => seesBoard);
  }

  /** The client of a key, or undefined. All keys are compared, each in constant time. */
  find(key: string | undefined): Client | undefined {
    if (key === undefined) return undefined;
    const digest = digestOf(key);
    let found: Client | undefined;
    for (const known of this.keys) if (timingSafeEqual(known.digest, digest)) found = known.client;
    return found;
  }
}

/** The key that a request brings: `Authorization: Bearer`, or the subprotocol that browsers can set. */
export function keyOf(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined {
  const { authorization, 'sec-websocket-protocol': protocols } = headers;
  const bearer = /^Bearer +(\S+) *$/i.exec(String(authorization ?? ''))?.[1];
  if (bearer !== undefined) return bearer;
  return /(?:^|, *)openai-insecure-api-key\.([^\s,]+)/.exec(String(protocols ?? ''))?.[1];
}
