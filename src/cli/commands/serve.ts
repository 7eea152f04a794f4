// voirs serve: the speech server that OpenAI's clients talk to, from the package voirs-server.
import { QUALITIES, SAMPLE_RATES } from '../../config.js';
import { VoirsError } from '../../errors.js';
import { choiceOption, defineCommand, integerOption, jsonOption, usageError } from '../command.js';
import { optionalPackage, type ServerPackage } from '../optional-package.js';
import { readTextFile } from '../text-input.js';
import { engineOptions, readingOptions, speakingOptions } from '../voice-options.js';

const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;
const count = { type: 'string', value: 'N' } as const;

/** Numbers of the command line, and the options of createServer that they set. It checks their ranges. */
const NUMBERS = {
  port: 'port',
  workers: 'workers',
  threads: 'threads',
  streams: 'streams',
  sessions: 'sessions',
  backlog: 'queue',
  'client-backlog': 'clientQueue',
  'max-characters': 'maxCharacters',
  'queue-timeout': 'queueTimeout',
  'drain-timeout': 'drainTimeout',
} as const;

/** Redis, as the options name it. */
const REDIS = /^rediss?:\/\//;

export const serve = defineCommand({
  usage: '[options]',
  details: [
    'POST /v1/audio/speech as OpenAI has it, word times, captions and a WebSocket; GET /openapi.json lists all.',
    'With --queue also POST /v1/audio/jobs, for texts that take long (docs/queue.md).',
    'Needs the package voirs-server. SIGTERM finishes what was accepted, a second one ends at once. Keys may also',
    'stand in VOIRS_SERVER_KEYS, with commas. docs/server.md is the guide.',
  ].join('\n'),
  options: {
    host: { type: 'string', value: 'ADDRESS', help: 'Where it listens (default 127.0.0.1)' },
    port: { ...count, help: 'Port (default 8880; 0 takes a free one)' },
    wyoming: {
      type: 'string',
      value: 'ADDRESS',
      help: 'PORT of this machine, or HOST:PORT, for Home Assistant (Wyoming protocol, no keys)',
    },
    keys: {
      type: 'string',
      value: 'FILE',
      help: 'Keys that are let in: lines of NAME sha256:DIGEST [limits]',
    },
    'new-key': {
      type: 'string',
      value: 'NAME',
      help: 'Print a fresh key and its line for that file, and end',
    },
    'no-auth': { type: 'boolean', help: 'Serve whoever reaches it, beyond this machine too' },
    cors: {
      type: 'string',
      value: 'ORIGINS',
      help: 'Pages that may call it, with commas: https://example.org',
    },
    hosts: { type: 'string', value: 'NAMES', help: 'Further names of the host in requests, with commas' },
    'trust-proxy': {
      type: 'string',
      value: 'WHOM',
      help: 'Proxies whose X-Forwarded-For counts: loopback, addresses',
    },
    workers: { ...count, help: 'Worker threads (default: one a core, at most 8)' },
    threads: { ...count, short: 't', help: 'Threads of each worker (default 1)' },
    streams: { ...count, help: 'Texts that a worker speaks at a time (default 4)' },
    sessions: { ...count, help: 'WebSocket sessions of a worker (default 16)' },
    backlog: { ...count, help: 'Requests that may wait (default 64); further ones get 429' },
    'client-backlog': { ...count, help: 'Requests of one client that may wait (default: half of --backlog)' },
    queue: {
      type: 'string',
      value: 'URL',
      help: 'redis://HOST:PORT: POST /v1/audio/jobs puts long requests there for voirs queue work',
    },
    store: { type: 'string', value: 'PLACE', help: 'With --queue: the folder or bucket of the workers' },
    'webhook-hosts': {
      type: 'string',
      value: 'NAMES',
      help: 'With --queue: hosts of a private network that webhooks may go to, with commas',
    },
    'max-characters': { ...count, help: 'Longest text (default 16384)' },
    'queue-timeout': { ...count, help: 'Seconds that a request may wait (default 30)' },
    'drain-timeout': { ...count, help: 'Seconds that the end waits for what was accepted (default 60)' },
    'sample-rate': {
      ...speakingOptions['sample-rate'],
      help: `Hz: ${SAMPLE_RATES.join(', ')} (default 24000)`,
    },
    quality: speakingOptions.quality,
    backend: engineOptions.backend,
    weights: engineOptions.weights,
    lexicon: readingOptions.lexicon,
    aliases: {
      type: 'string',
      value: 'A=B,...',
      help: 'Further names of voices: af_heart=hazel,am_adam=miles',
    },
    'client-lexicons': { type: 'boolean', help: 'Requests may bring a lexicon' },
    'ignore-unknown': { type: 'boolean', help: 'Ignore unknown fields of requests instead of refusing them' },
    'open-metrics': { type: 'boolean', help: '/metrics needs no key' },
    'log-level': {
      type: 'string',
      value: 'LEVEL',
      help: `Logs on stderr: ${LOG_LEVELS.join(', ')} (default info)`,
    },
    'log-texts': { type: 'boolean', help: 'Logs hold the texts' },
    ...jsonOption,
  },
  positionals: { min: 0, max: 0 },
  async run({ values }, terminal) {
    const quality = choiceOption('--quality', values.quality, QUALITIES);
    const logLevel = choiceOption('--log-level', values['log-level'], LOG_LEVELS);
    const rate = integerOption('--sample-rate', values['sample-rate'], { min: 1, max: 384_000 });
    const numbers = Object.entries(NUMBERS).map(([option, name]) => {
      const value = values[option as keyof typeof NUMBERS];
      return [name, integerOption(`--${option}`, value, { min: 0, max: 1_000_000 })];
    });
    const jobs = jobsOf(values);
    const { createServer, newKey } = await optionalPackage<ServerPackage>('voirs-server');
    if (values['new-key'] !== undefined) {
      const made = newKey(values['new-key']);
      if (values.json) return terminal.printJson(made);
      return terminal.print(`key   ${made.key}\nline  ${made.line}`);
    }
    const server = await createServer({
      ...Object.fromEntries(numbers),
      host: values.host,
      wyoming: values.wyoming,
      keys: values.keys === undefined ? undefined : await readTextFile(values.keys),
      plainKeys: process.env.VOIRS_SERVER_KEYS,
      auth: values['no-auth'] ? false : undefined,
      cors: listOf(values.cors),
      hosts: listOf(values.hosts),
      trustProxy: values['trust-proxy'],
      sampleRate: rate,
      aliases: aliasesOf(values.aliases),
      clientLexicons: values['client-lexicons'],
      ignoreUnknown: values['ignore-unknown'],
      openMetrics: values['open-metrics'],
      logLevel,
      logTexts: values['log-texts'],
      jobs,
      pipeline: {
        ...(quality === undefined ? {} : { quality }),
        ...(values.backend === undefined ? {} : { backend: values.backend }),
        ...(values.weights === undefined ? {} : { weights: values.weights }),
        ...(values.lexicon === undefined ? {} : { lexicon: await readTextFile(values.lexicon) }),
      },
    });
    const stopped = new Promise<void>((resolve) => {
      terminal.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const { url, wyomingUrl: wyoming } = server;
    if (values.json) await terminal.printJson({ url, wyoming });
    else await terminal.print(`Listening on ${url}${wyoming === undefined ? '' : `, and ${wyoming}`}`);
    await stopped;
    terminal.note('finishing what was accepted; a second signal ends at once');
    await server.close();
  },
});

type Values = Parameters<(typeof serve)['run']>[0]['values'];

/** @throws VoirsError INVALID_OPTIONS. */
function jobsOf({
  queue,
  store = process.env.VOIRS_STORE,
  'webhook-hosts': hosts,
}: Values): object | undefined {
  if (queue === undefined) {
    if (hosts === undefined) return undefined;
    throw usageError('serve', 'Webhooks belong to a queue', { wanted: '--queue redis://HOST:PORT' });
  }
  if (!REDIS.test(queue)) {
    const isCount = /^\d+$/.test(queue);
    throw usageError('serve', '--queue names no Redis', {
      got: isCount ? queue : 'another address',
      wanted: `redis://HOST:PORT${isCount ? '; --backlog is how many requests may wait' : ''}`,
    });
  }
  if (store === undefined) throw usageError('serve', 'There is no store', { wanted: '--store PLACE' });
  return { redis: queue, store, webhookHosts: listOf(hosts) };
}

function listOf(value: string | undefined): string[] | undefined {
  return value
    ?.split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '');
}

function aliasesOf(value: string | undefined): Record<string, string> | undefined {
  const pairs = listOf(value)?.map((pair) => {
    const [name, voice, ...rest] = pair.split('=');
    if (name && voice && rest.length === 0) return [name, voice] as const;
    throw new VoirsError('INVALID_OPTIONS', '--aliases cannot be read', {
      got: pair,
      wanted: 'NAME=VOICE,...',
    });
  });
  return pairs && Object.fromEntries(pairs);
}
