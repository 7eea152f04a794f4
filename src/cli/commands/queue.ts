// voirs queue: books in Redis, spoken by as many machines as there are, from the package voirs-queue.
import { readFile } from 'node:fs/promises';
import { CAPTION_FORMATS } from '../../audio/captions.js';
import { VoirsError } from '../../errors.js';
import {
  choiceOption,
  defineCommand,
  integerOption,
  jsonOption,
  numberOption,
  usageError,
} from '../command.js';
import {
  optionalPackage,
  type QueuedBook,
  type QueueFigures,
  type QueuePackage,
  type QueueWorker,
} from '../optional-package.js';
import { table } from '../print.js';
import type { Terminal } from '../terminal.js';
import {
  engineOptions,
  lexiconOption,
  readingOptions,
  readingSettings,
  speakingOptions,
  synthesisOptions,
  threadsOption,
} from '../voice-options.js';

const ACTIONS = ['add', 'work', 'status', 'retry', 'cancel', 'limit', 'drain', 'pause', 'resume'] as const;
/** Arguments of an action: least and most. */
const ARGUMENTS: Partial<Record<(typeof ACTIONS)[number], [number, number]>> = {
  add: [1, Number.POSITIVE_INFINITY],
  status: [0, 1],
  retry: [0, 1],
  cancel: [1, 1],
  limit: [0, 2],
};
/** Takes a limit away. */
const NO_LIMIT = 'none';
const PRIORITIES = ['urgent', 'normal', 'bulk'] as const;
const { voice, rate, pitch, gain } = speakingOptions;

export const queue = defineCommand({
  usage: `${ACTIONS.join('|')} [FILE|FOLDER|ID ...] [options]`,
  details: [
    'add FILE...    Queue books: .epub by chapter, a folder as one book, .jsonl with one a line, .txt, .md, .html, .ssml',
    'work           Speak what is queued until SIGTERM, which gives the part in hand back',
    'status [ID]    How far the books are, and what they cost',
    'retry [ID]     Speak again what was set aside',
    'cancel ID      Stop a book that is not done; what was spoken stays in the store',
    'limit [TENANT N]  Characters a minute of a tenant (--tenant), none for no limit; * is every other tenant',
    'drain          Let the workers finish what they have in hand and take nothing more; resume ends it',
    'Needs the package voirs-queue, and Redis or Valkey. VOIRS_REDIS and VOIRS_STORE stand for --redis and --store.',
    'docs/queue.md is the guide.',
  ].join('\n'),
  options: {
    redis: {
      type: 'string',
      value: 'URL[,URL]',
      help: 'Redis or Valkey (default redis://127.0.0.1:6379); several share the books, and a worker serves one',
    },
    store: { type: 'string', value: 'PLACE', help: 'Folder that all workers reach, or s3://BUCKET/PREFIX' },
    title: { type: 'string', value: 'TEXT', help: 'add: title, where the file has none' },
    author: { type: 'string', value: 'TEXT', help: 'add: author, where the file has none' },
    cover: { type: 'string', value: 'FILE', help: "add: JPEG or PNG, instead of the EPUB's" },
    format: { type: 'string', value: 'NAME', help: 'add: mp3 (default), m4b, opus or flac' },
    'bit-rate': { type: 'string', value: 'BPS', help: 'add: bits per second of mp3, m4b and opus' },
    captions: {
      type: 'string',
      value: 'A,B',
      help: `add: captions beside the book: ${CAPTION_FORMATS.join(', ')}`,
    },
    priority: { type: 'string', value: 'P', help: `add: ${PRIORITIES.join(', ')} (default normal)` },
    tenant: { type: 'string', value: 'NAME', help: 'add: whose limit counts' },
    attempts: { type: 'string', value: 'N', help: 'add: tries of a part before it is set aside (default 3)' },
    'part-minutes': {
      type: 'string',
      value: 'M',
      help: 'add: longest part in minutes of speech (default 5)',
    },
    webhook: {
      type: 'string',
      value: 'URL',
      help: 'add: told when a book is done; VOIRS_WEBHOOK_SECRET signs it',
    },
    price: { type: 'string', value: 'P', help: 'status: price of a core for an hour' },
    name: { type: 'string', value: 'NAME', help: 'work: name of the worker' },
    'lock-seconds': {
      type: 'string',
      value: 'S',
      help: 'work: a silent worker counts as dead after (default 30)',
    },
    'connect-timeout': {
      type: 'string',
      value: 'S',
      help: 'work: end when Redis does not answer for so long at the start (default: wait and say so)',
    },
    'health-port': {
      type: 'string',
      value: 'PORT',
      help: 'work: answer probes at /healthz and /readyz on this port',
    },
    'memory-limit': {
      type: 'string',
      value: 'MB',
      help: 'work: take nothing further while the process is larger (default: no limit)',
    },
    ...{ voice, rate, pitch, gain },
    ...readingOptions,
    ...engineOptions,
    ...jsonOption,
  },
  positionals: { min: 1, max: Number.POSITIVE_INFINITY },
  async run({ values, positionals: [action, ...rest] }, terminal) {
    const what = choiceOption('queue', action, ACTIONS)!;
    const addresses = values.redis ?? process.env.VOIRS_REDIS ?? 'redis://127.0.0.1:6379';
    const servers = addresses.split(',').map((one) => one.trim());
    const place = { redis: servers[0], store: values.store ?? process.env.VOIRS_STORE };
    if (place.store === undefined)
      throw usageError('queue', 'There is no store', { wanted: '--store PLACE' });
    const [least, most] = ARGUMENTS[what] ?? [0, 0];
    if (rest.length < least || rest.length > most)
      throw usageError('queue', 'Wrong number of arguments', { got: `${what} with ${rest.length}` });
    if (what === 'work' && servers.length > 1) {
      throw usageError('queue', 'A worker serves one server', {
        got: `${servers.length} addresses`,
        wanted: '--redis URL',
      });
    }
    const healthPort = integerOption('--health-port', values['health-port'], { min: 0, max: 65_535 });
    const { createQueue, createShards, createWorker, readBooks, serveHealth } =
      await optionalPackage<QueuePackage>('voirs-queue');
    const show = (value: unknown, text: string): Promise<void> =>
      values.json ? terminal.printJson(value) : terminal.print(text);

    if (what === 'work') {
      const connectSeconds = numberOption('--connect-timeout', values['connect-timeout']);
      // Probes are answered before Redis is: whoever starts a worker early must not take it for one that hangs.
      let worker: QueueWorker | undefined;
      const notReady = async (): Promise<string | undefined> =>
        worker ? worker.notReady() : 'Redis does not answer yet';
      const health = healthPort === undefined ? undefined : await serveHealth({ notReady }, healthPort);
      try {
        worker = await createWorker({
          ...place,
          name: values.name,
          lockSeconds: numberOption('--lock-seconds', values['lock-seconds']),
          connectSeconds: connectSeconds ?? Number.POSITIVE_INFINITY,
          signal: terminal.signal,
          memoryLimitMb: numberOption('--memory-limit', values['memory-limit']),
          pipeline: {
            ...threadsOption(values.threads),
            ...(values.backend === undefined ? {} : { backend: values.backend }),
          },
          log: (event: object) => terminal.note(JSON.stringify(event)),
        });
      } catch (error) {
        await health?.close();
        throw error;
      }
      if (health) terminal.note(`probes are answered on port ${health.port}`);
      terminal.note(`working; texts and audio lie in ${place.store}`);
      await aborted(terminal);
      terminal.note('giving back the part in hand; a second signal ends at once');
      await worker.close();
      return health?.close();
    }
    const opened =
      servers.length > 1 ? await createShards({ ...place, redis: servers }) : await createQueue(place);
    try {
      if (what === 'add') {
        const settings = {
          speaking: await speakingOf(values),
          weights: values.weights,
          format: values.format,
          bitRate: integerOption('--bit-rate', values['bit-rate'], { min: 1, max: 10_000_000 }),
          captions: values.captions?.split(',').map((one) => one.trim()),
          partMinutes: numberOption('--part-minutes', values['part-minutes']),
        };
        const options = {
          priority: choiceOption('--priority', values.priority, PRIORITIES),
          tenant: values.tenant,
          attempts: integerOption('--attempts', values.attempts, { min: 1, max: 20 }),
          webhook: values.webhook && { url: values.webhook, secret: process.env.VOIRS_WEBHOOK_SECRET },
        };
        const { title, author } = values;
        const cover = values.cover === undefined ? undefined : await coverOf(values.cover);
        for (const path of rest) {
          for (const book of await readBooks(path)) {
            const named = { ...(title && { title }), ...(author && { author }), ...(cover && { cover }) };
            const ticket = await opened.add({ ...book, ...named, ...settings }, options);
            const kept = ticket.reused > 0 ? `, ${ticket.reused} of them there already` : '';
            await show(
              { title: book.title, ...ticket },
              `${ticket.id}  ${ticket.parts} ${ticket.parts === 1 ? 'part' : 'parts'}${kept}${ticket.isNew ? '' : ' (known)'}`,
            );
          }
        }
      } else if (what === 'status') {
        const pricePerCoreHour = numberOption('--price', values.price);
        if (rest[0] === undefined) {
          const figures = await opened.status({ pricePerCoreHour });
          await show(figures, describe(figures, pricePerCoreHour));
        } else {
          const [book, result] = [await opened.book(rest[0]), await opened.result(rest[0])];
          const folder = `${place.store.replace(/\/+$/, '')}/books/${rest[0]}`;
          await show(
            { ...book, ...(result && { folder, result }) },
            describeBook(book, folder, result?.files),
          );
        }
      } else if (what === 'retry') {
        const ids = await opened.retry(rest[0]);
        await show({ retried: ids }, ids.length === 0 ? 'Nothing was set aside' : ids.join('\n'));
      } else if (what === 'cancel') {
        const isStopped = await opened.cancel(rest[0]!);
        await show({ cancelled: isStopped }, isStopped ? 'Cancelled' : 'The book was over already');
      } else if (what === 'limit') {
        const limits = limited(await opened.limits(), rest);
        if (rest.length > 0) await opened.limit(limits);
        const rows = Object.entries(limits).map(([tenant, one]) => [tenant, String(one.charactersPerMinute)]);
        await show(
          { limits },
          rows.length === 0 ? 'No limits' : table(['tenant', 'characters a minute'], rows),
        );
      } else if (what === 'drain') {
        await opened.drain({ signal: terminal.signal });
        await show({ drained: true }, 'No worker is at work; voirs queue resume goes on');
      } else {
        await (what === 'pause' ? opened.pause() : opened.resume());
        await show({ [what]: true }, what === 'pause' ? 'Paused' : 'Resumed');
      }
    } finally {
      await opened.close();
    }
  },
});

type Values = Parameters<(typeof queue)['run']>[0]['values'];

/** A picture as it is stored with a book. @throws VoirsError IO_ERROR, INVALID_OPTIONS. */
async function coverOf(path: string): Promise<object> {
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new VoirsError('IO_ERROR', `${path} cannot be read`, { got: cause.message, cause });
  });
  const isPng = bytes.subarray(1, 4).toString('latin1') === 'PNG';
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
  if (!isPng && !isJpeg) {
    throw new VoirsError('INVALID_OPTIONS', 'The cover is no picture that players show', {
      got: path,
      wanted: 'JPEG or PNG',
    });
  }
  return { mediaType: isPng ? 'image/png' : 'image/jpeg', base64: bytes.toString('base64') };
}

type Limits = Awaited<ReturnType<Awaited<ReturnType<QueuePackage['createQueue']>>['limits']>>;

/** The limits with the one that is asked for. @throws VoirsError INVALID_OPTIONS. */
function limited(limits: Limits, [tenant, most]: string[]): Limits {
  if (tenant === undefined) return limits;
  if (most === undefined) {
    throw usageError('queue', 'The limit of the tenant is missing', {
      got: `limit ${tenant}`,
      wanted: `limit ${tenant} CHARACTERS, or ${NO_LIMIT}`,
    });
  }
  const others = Object.entries(limits).filter(([name]) => name !== tenant);
  if (most === NO_LIMIT) return Object.fromEntries(others);
  const charactersPerMinute = integerOption('limit', most, { min: 1, max: 1_000_000_000 })!;
  return Object.fromEntries([...others, [tenant, { charactersPerMinute }]]);
}

function aborted({ signal }: Terminal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Options of synthesis, which are stored with the book. @throws VoirsError INVALID_OPTIONS, IO_ERROR. */
async function speakingOf(values: Values): Promise<object> {
  if (values.plain) {
    throw new VoirsError('INVALID_OPTIONS', 'A queue reads numbers and abbreviations', {
      got: '--plain',
      suggestion: 'Give the words themselves',
    });
  }
  const { numbers, pauses, unsupported, emoji, leaveOut, strictSsml } = readingSettings(values);
  const speaking = { ...synthesisOptions(values), numbers, pauses, unsupported, emoji, leaveOut, strictSsml };
  const given = Object.entries({ ...speaking, ...(await lexiconOption(values)) });
  return Object.fromEntries(given.filter(([, value]) => value !== undefined));
}

function describe({ jobs, isPaused, books, ...sums }: QueueFigures, price: number | undefined): string {
  const rows = books.map(({ id, state, parts, audioSeconds, computeSeconds, coreSeconds }) => [
    id,
    state,
    `${parts.done}/${parts.total}${parts.failed > 0 ? `, ${parts.failed} set aside` : ''}`,
    `${(audioSeconds / 60).toFixed(1)} min`,
    audioSeconds > 0 && computeSeconds > 0 ? (computeSeconds / audioSeconds).toFixed(3) : '',
    ...(price === undefined ? [] : [((price * coreSeconds) / 3600).toFixed(4)]),
  ]);
  const { waiting, active, delayed, failed } = jobs;
  const lines = [
    table(['book', 'state', 'parts', 'audio', 'RTF', ...(price === undefined ? [] : ['cost'])], rows),
    '',
    `parts: ${waiting} waiting, ${active} active, ${delayed} delayed, ${failed} set aside${isPaused ? ' (paused)' : ''}`,
    `audio: ${sums.audioHours.toFixed(2)} h for ${sums.coreHours.toFixed(2)} core hours`,
  ];
  if (sums.etaSeconds !== undefined && waiting + active + delayed > 0)
    lines.push(`ready in about ${Math.ceil(sums.etaSeconds / 60)} min`);
  if (sums.costPerAudioHour !== undefined)
    lines.push(`cost of an hour of audio: ${sums.costPerAudioHour.toFixed(4)}`);
  return lines.join('\n');
}

/** @param folder where its files lie. */
function describeBook(
  book: QueuedBook,
  folder: string,
  files: { name: string; bytes: number }[] = [],
): string {
  const { title, state, parts, failures } = book;
  const aside = failures.map(
    ({ chapter, span, code, message, attempts }) =>
      `  chapter ${chapter + 1}, characters ${span[0]} to ${span[1]}, ${attempts} tries: ${code}: ${message}`,
  );
  const made = files.map(({ name, bytes }) => `  ${folder}/${name} (${bytes} bytes)`);
  return [`${title}: ${state}, ${parts.done} of ${parts.total} parts`, ...aside, ...made].join('\n');
}
