// Every option of the server, with its default and its range, in one place.
import { availableParallelism } from 'node:os';
import { AUDIO_FORMATS, type PipelineOptions, VoirsError } from 'voirs';
import type { JobOptions } from './jobs.js';
import { didYouMean } from './nearest.js';

/** Options of `createServer`; all of them have defaults. */
export interface ServerOptions {
  /** Default 127.0.0.1. Other than loopback needs keys, or `auth: false`. */
  host?: string | undefined;
  /** 0 takes a free one. Default 8880. */
  port?: number | undefined;
  /**
   * Where the Wyoming protocol of Home Assistant is served too: a port of 127.0.0.1 (0 takes a free one), or
   * `HOST:PORT`. It has no keys: whoever reaches that address may speak. Default: nowhere.
   */
  wyoming?: string | undefined;
  /** The text of a file of keys (docs/server.md). Default: none. */
  keys?: string | undefined;
  /** Keys in the clear, with commas; what VOIRS_SERVER_KEYS holds. Default: none. */
  plainKeys?: string | undefined;
  /** `false` serves everybody, also beyond loopback. Default: keys are asked for where there are any. */
  auth?: boolean | undefined;
  /** Origins of pages that may call the server: `https://example.org`. Default: none. */
  cors?: readonly string[] | undefined;
  /** Names of the host that requests may be for, beside loopback's; they guard a server without keys. */
  hosts?: readonly string[] | undefined;
  /** Addresses of proxies whose X-Forwarded-For is believed: `loopback`, addresses, networks. Default: none. */
  trustProxy?: string | undefined;
  /** Worker threads, 1 to 64. Default: one a core, at most 8. */
  workers?: number | undefined;
  /** Threads of each worker's backend, 1 to 32. Default 1. */
  threads?: number | undefined;
  /** Texts that one worker speaks at a time, 1 to 64. Default 4. */
  streams?: number | undefined;
  /** WebSocket sessions of one worker, 0 to 1000. Default 16. */
  sessions?: number | undefined;
  /** Requests that may wait, 0 to 100000. Default 64. */
  queue?: number | undefined;
  /** Requests of one client that may wait. Default: half of `queue`. */
  clientQueue?: number | undefined;
  /** Characters of a text, 1 to 1000000. Default 16384. */
  maxCharacters?: number | undefined;
  /** Seconds in which a request must have been received. Default 30. */
  receiveTimeout?: number | undefined;
  /** Seconds that a request may wait for a worker. Default 30. */
  queueTimeout?: number | undefined;
  /** Seconds without a sign of a worker that has something to do, after which it is replaced. Default 60. */
  hangTimeout?: number | undefined;
  /** Seconds without traffic after which a connection is closed. Default 120. */
  idleTimeout?: number | undefined;
  /** Seconds that `close` waits for what was accepted. Default 60. */
  drainTimeout?: number | undefined;
  /** Hz of the audio where a request names none. Default 24000, as OpenAI's. */
  sampleRate?: number | undefined;
  /** Names that voices also answer to. Default: OpenAI's names. */
  aliases?: Readonly<Record<string, string>> | undefined;
  /** Whether requests may bring a lexicon; its expressions can keep a worker busy. Default false. */
  clientLexicons?: boolean | undefined;
  /** Fields that are not known are ignored, and named in a header, not refused. Default false. */
  ignoreUnknown?: boolean | undefined;
  /** Whether /metrics needs no key. Default false. */
  openMetrics?: boolean | undefined;
  /** silent, error, warn, info (default), debug. */
  logLevel?: string | undefined;
  /** Whether logs hold the texts. Default false. */
  logTexts?: boolean | undefined;
  /** Where POST /v1/audio/jobs puts long requests; needs the package voirs-queue. Default: there is no such route. */
  jobs?: JobOptions | undefined;
  /** Options of the workers' pipelines. */
  pipeline?:
    | Pick<PipelineOptions, 'backend' | 'weights' | 'lexicon' | 'quality' | 'memoryLimitMb'>
    | undefined;
}

type Defaults = {
  [K in keyof ServerOptions]-?: Exclude<ServerOptions[K], undefined>;
};

/** Options with every default filled in. */
export interface Settings extends Omit<Defaults, 'auth' | 'jobs'> {
  auth: boolean | undefined;
  jobs: JobOptions | undefined;
}

const RANGES = {
  port: [0, 65535],
  workers: [1, 64],
  threads: [1, 32],
  streams: [1, 64],
  sessions: [0, 1000],
  queue: [0, 100_000],
  clientQueue: [0, 100_000],
  maxCharacters: [1, 1_000_000],
  receiveTimeout: [1, 3600],
  queueTimeout: [1, 3600],
  hangTimeout: [1, 3600],
  idleTimeout: [1, 3600],
  drainTimeout: [0, 3600],
} as const satisfies Partial<Record<keyof ServerOptions, readonly [number, number]>>;

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'];

/** The media types of the formats, as HTTP names them. */
export const MEDIA_TYPES: Readonly<Record<string, (sampleRate: number) => string>> = {
  mp3: () => 'audio/mpeg',
  opus: () => 'audio/ogg; codecs=opus',
  aac: () => 'audio/aac',
  flac: () => 'audio/flac',
  wav: () => 'audio/wav',
  pcm: (rate) => `audio/pcm; rate=${rate}; channels=1`,
  mulaw: (rate) => `audio/basic; rate=${rate}; channels=1`,
  alaw: (rate) => `audio/x-alaw-basic; rate=${rate}; channels=1`,
};

/** The formats of the server, the default first. */
export const FORMATS = Object.keys(MEDIA_TYPES).filter((name) =>
  (AUDIO_FORMATS as readonly string[]).includes(name),
);

function refuse(what: string, got: unknown, wanted: string, suggestion?: string): VoirsError {
  return new VoirsError('INVALID_OPTIONS', what, {
    got: typeof got === 'string' ? JSON.stringify(got.slice(0, 80)) : String(got).slice(0, 80),
    wanted,
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}

/** Whether an address is only reached from this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Where something listens. */
export interface Address {
  host: string;
  port: number;
}

/** A port of this machine alone, or a host and its port. @throws VoirsError INVALID_OPTIONS. */
export function addressOf(text: string, what: string): Address {
  const [, bracketed, name, digits] = /^(?:\[([^\]\s]+)\]:|([^:\s]+):)?(\d{1,5})$/.exec(text) ?? [];
  const port = Number(digits);
  if (digits !== undefined && port <= 65535) return { host: bracketed ?? name ?? '127.0.0.1', port };
  throw refuse(`${what} is no address`, text, 'PORT, HOST:PORT or [IPV6]:PORT');
}

/** The same, as it is written. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** @throws VoirsError INVALID_OPTIONS. */
export function settingsOf(options: ServerOptions): Settings {
  const defaults: Settings = {
    host: '127.0.0.1',
    port: 8880,
    wyoming: '',
    keys: '',
    plainKeys: '',
    auth: undefined,
    cors: [],
    hosts: [],
    trustProxy: '',
    workers: Math.min(8, availableParallelism()),
    threads: 1,
    streams: 4,
    sessions: 16,
    queue: 64,
    clientQueue: Math.ceil((options.queue ?? 64) / 2),
    maxCharacters: 16_384,
    receiveTimeout: 30,
    queueTimeout: 30,
    hangTimeout: 60,
    idleTimeout: 120,
    drainTimeout: 60,
    sampleRate: 24_000,
    aliases: {},
    clientLexicons: false,
    ignoreUnknown: false,
    openMetrics: false,
    logLevel: 'info',
    logTexts: false,
    jobs: undefined,
    pipeline: {},
  };
  for (const name of Object.keys(options)) {
    if (name in defaults) continue;
    const near = didYouMean(name, Object.keys(defaults)).replace(/^\. /, '');
    throw refuse(
      'Unknown option of createServer',
      name,
      `one of ${Object.keys(defaults).join(', ')}`,
      near || undefined,
    );
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const settings = { ...defaults, ...given };
  for (const [name, [min, max]] of Object.entries(RANGES)) {
    const value = settings[name as keyof typeof RANGES];
    if (!Number.isInteger(value) || value < min || value > max)
      throw refuse(`${name} is out of range`, value, `an integer from ${min} to ${max}`);
  }
  for (const [name, fallback] of Object.entries(defaults)) {
    const value = settings[name as keyof Settings];
    if (fallback !== undefined && typeof value !== typeof fallback)
      throw refuse(`${name} is of the wrong type`, value, typeof fallback);
  }
  if (!LOG_LEVELS.includes(settings.logLevel))
    throw refuse('logLevel is unknown', settings.logLevel, `one of ${LOG_LEVELS.join(', ')}`);
  if (settings.wyoming !== '') addressOf(settings.wyoming, 'wyoming');
  for (const origin of settings.cors)
    if (!/^https?:\/\/[^/\s]+$/.test(origin))
      throw refuse('An origin of cors is none', origin, 'https://HOST or http://HOST:PORT');
  return settings;
}
