// POST /v1/audio/jobs: speech that is too long to wait for. A text or a book goes into the queue, and its asker looks
// how far it is, fetches it in ranges, or is told by a webhook. The same request again is the same job.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import parseRange from 'range-parser';
import { CAPTION_FORMATS, type CaptionFormat } from 'voirs';
import type { Book, BookFormat, BookResult, BookState, BookStatus, Priority } from 'voirs-queue';
import type { Jobs } from '../jobs.js';
import { MEDIA_TYPES } from '../options.js';
import { RequestError } from '../request-error.js';
import type { Room } from '../room.js';
import { isSsml, SPEECH_PROPERTIES, type SpeechBody, understood } from '../speech-request.js';
import { headerText } from './speech.js';
import { CAPTION_TYPES } from './times.js';

const PATH = '/v1/audio/jobs';
/** As voirs-queue has them; its constant would load it. */
const FORMATS = ['mp3', 'm4b', 'opus', 'flac'] as const satisfies readonly BookFormat[];
const PRIORITIES = ['urgent', 'normal', 'bulk'] as const satisfies readonly Priority[];
/** Bytes of a character in JSON at most, and of a cover, beside the rest of a body. */
const BYTES_A_CHARACTER = 6;
const BODY_REST = 22 * 2 ** 20;
const MOST_CHAPTERS = 255;

const { input, input_type, response_format: _, ...SHARED } = SPEECH_PROPERTIES;

const JOB_PROPERTIES = {
  ...SHARED,
  input: { ...input, description: 'The text, or SSML. Either this or chapters.' },
  input_type,
  chapters: {
    type: 'array',
    minItems: 1,
    maxItems: MOST_CHAPTERS,
    items: {
      type: 'object',
      required: ['title', 'input'],
      additionalProperties: false,
      properties: { title: { type: 'string', minLength: 1, maxLength: 1000 }, input, input_type },
    },
    description: 'A book: its chapters in order. Either this or input.',
  },
  title: { type: 'string', minLength: 1, maxLength: 1000, description: 'Default: Speech.' },
  author: { type: 'string', minLength: 1, maxLength: 1000 },
  cover: {
    type: 'object',
    required: ['media_type', 'base64'],
    additionalProperties: false,
    properties: {
      media_type: { type: 'string', enum: ['image/jpeg', 'image/png'] },
      base64: { type: 'string' },
    },
    description: 'The picture that players show.',
  },
  response_format: { type: 'string', enum: FORMATS, description: 'Default mp3.' },
  captions: {
    type: 'array',
    maxItems: CAPTION_FORMATS.length,
    uniqueItems: true,
    items: { type: 'string', enum: CAPTION_FORMATS },
    description: 'Caption files beside the audio. Default: none.',
  },
  priority: { type: 'string', enum: PRIORITIES, description: 'Default normal.' },
  webhook: {
    type: 'object',
    required: ['url'],
    additionalProperties: false,
    properties: {
      url: { type: 'string', maxLength: 2000 },
      secret: { type: 'string', minLength: 1, maxLength: 200, description: 'Signs what is posted.' },
    },
    description: 'Told when the job is done or has failed, signed in the header voirs-signature.',
  },
} as const;

interface JobBody extends Omit<SpeechBody, 'input' | 'response_format'> {
  input?: string;
  chapters?: { title: string; input: string; input_type?: SpeechBody['input_type'] }[];
  title?: string;
  author?: string;
  cover?: { media_type: 'image/jpeg' | 'image/png'; base64: string };
  response_format?: BookFormat;
  captions?: CaptionFormat[];
  priority?: Priority;
  webhook?: { url: string; secret?: string };
}

/** What is asked for, as a book of the queue. @throws RequestError 400. */
function bookOf(body: JobBody, room: Room, maxCharacters: number): { book: Book; notices: string[] } {
  const { input: text, input_type: kind, chapters } = body;
  if ((text === undefined) === (chapters === undefined))
    throw new RequestError(400, 'A job has either input or chapters', {
      param: 'input',
      code: 'missing_field',
    });
  const given = chapters ?? [{ title: body.title ?? 'Speech', input: text!, input_type: kind }];
  const characters = given.reduce((sum, { input: one }) => sum + one.length, 0);
  if (characters > maxCharacters) {
    throw new RequestError(400, `The job has ${characters} characters; the most here is ${maxCharacters}`, {
      param: 'input',
      code: 'string_above_max_length',
    });
  }
  const { spec, notices } = understood(body, undefined, { ...room, defaultFormat: 'mp3' });
  const { lexicon, weights } = room.settings.pipeline;
  const { input: _form, speakingRate, ...options } = spec.options;
  const book: Book = {
    title: body.title ?? 'Speech',
    author: body.author,
    cover: body.cover && { mediaType: body.cover.media_type, base64: body.cover.base64 },
    chapters: given.map(({ title, input: one, input_type: form }) => ({
      title,
      text: one,
      input: isSsml(one, form) ? 'ssml' : 'text',
    })),
    speaking: {
      ...(lexicon === undefined ? {} : { lexicon }),
      ...options,
      voice: spec.voice,
      ...(speakingRate === 1 ? {} : { speakingRate }),
    },
    weights,
    sampleRate: spec.sampleRate,
    format: body.response_format,
    bitRate: body.bit_rate,
    captions: body.captions,
  };
  return { book, notices };
}

const STATUSES: Record<BookState, string> = {
  waiting: 'queued',
  running: 'in_progress',
  done: 'completed',
  failed: 'failed',
  cancelled: 'cancelled',
};

/** Codes of failures whose message tells the client what to change. */
const OF_THE_TEXT = new Set(['INVALID_TEXT', 'UNSUPPORTED_TEXT', 'INVALID_SSML', 'VOICE_NOT_FOUND']);

function shown(status: BookStatus, result: BookResult | undefined): object {
  const { id, title, state, parts, audioSeconds, failures } = status;
  return {
    id,
    object: 'audio.job',
    status: STATUSES[state],
    title,
    parts,
    audio_seconds: Math.round(audioSeconds * 1000) / 1000,
    ...(result && {
      duration: Math.round(result.duration * 1000) / 1000,
      chapters: result.chapters,
      files: result.files.map(({ name, bytes, sha256 }) => ({
        ...{ name, bytes, sha256, content_type: typeOf(name) },
        url: `${PATH}/${id}/files/${name}`,
      })),
      result_url: `${PATH}/${id}/result`,
    }),
    ...(failures.length > 0 && {
      failures: failures.map(({ chapter, span, code, message }) => ({
        ...{ chapter, span, code: code.toLowerCase() },
        message: OF_THE_TEXT.has(code) ? message : 'The speech could not be made',
      })),
    }),
  };
}

function typeOf(name: string): string {
  const extension = name.replace(/^.*\./, '');
  if (extension === 'm4b') return 'audio/mp4';
  return CAPTION_TYPES[extension as CaptionFormat] ?? MEDIA_TYPES[extension]!(0);
}

/** The job of a path, if it is the asker's. @throws RequestError 404, 503. */
async function jobOf(jobs: Jobs, request: FastifyRequest, id: string): Promise<BookStatus> {
  const status = await jobs.ask(async (queue) => await queue.find(id));
  if (status && status.tenant === request.client.tenant) return status;
  throw new RequestError(404, `There is no job ${JSON.stringify(id.slice(0, 80))}`, {
    param: 'id',
    code: 'job_not_found',
  });
}

/** Sends a file of a finished job, whole or the part that is asked for. @throws RequestError 416. */
function send(
  jobs: Jobs,
  request: FastifyRequest,
  reply: FastifyReply,
  { id, file }: { id: string; file: BookResult['files'][number] },
): FastifyReply {
  const { name, bytes, sha256 } = file;
  const etag = `"${sha256}"`;
  const { range, 'if-range': ifRange, 'if-none-match': ifNoneMatch } = request.headers;
  reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, max-age=0, must-revalidate',
    'content-disposition': `attachment; filename="${name}"`,
  });
  if (ifNoneMatch?.split(/\s*,\s*/).includes(etag)) return reply.code(304).send();
  const isOfThis = ifRange === undefined || ifRange === etag;
  const ranges = range === undefined || !isOfThis ? undefined : parseRange(bytes, range, { combine: true });
  if (ranges === -1) {
    reply.header('content-range', `bytes */${bytes}`);
    throw new RequestError(416, `The file has ${bytes} bytes`, { code: 'range_not_satisfiable' });
  }
  // Several ranges, and what is none, get the whole, as RFC 9110 allows.
  const one = Array.isArray(ranges) && ranges.length === 1 && ranges.type === 'bytes' ? ranges[0] : undefined;
  const { start, end } = one ?? { start: 0, end: bytes - 1 };
  reply.type(typeOf(name)).header('content-length', end - start + 1);
  if (one) reply.code(206).header('content-range', `bytes ${start}-${end}/${bytes}`);
  const pieces = jobs.queue.store.stream(`books/${id}/${name}`, one && { start, end });
  return reply.send(Readable.from(pieces, { objectMode: false }));
}

const tags = ['jobs'];
const id = { type: 'string', pattern: '^[a-z0-9-]{1,80}$' };
const params = { type: 'object', required: ['id'], properties: { id } } as const;
const DEFAULT_LIMIT = 20;
const page = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: {
      type: 'string',
      pattern: '^(?:[1-9][0-9]?|100)$',
      description: `Most jobs, 1 to 100; default ${DEFAULT_LIMIT}.`,
    },
    after: {
      ...id,
      description: 'Only jobs that were asked for before this one: last_id of the page before.',
    },
  },
} as const;

export function addJobRoutes(app: FastifyInstance, room: Room, jobs: Jobs): void {
  const { settings, metrics } = room;
  app.post<{ Body: JobBody }>(
    PATH,
    {
      bodyLimit: jobs.maxCharacters * BYTES_A_CHARACTER + BODY_REST,
      schema: {
        summary: 'Queue a long text or a book; the header Idempotency-Key names the request',
        tags,
        body: { type: 'object', properties: JOB_PROPERTIES, additionalProperties: settings.ignoreUnknown },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const { book, notices } = bookOf(body, room, jobs.maxCharacters);
      const webhook = body.webhook && { ...body.webhook, reach: jobs.reachOf(body.webhook.url) };
      const characters = book.chapters.reduce((sum, { text }) => sum + text.length, 0);
      request.client.begin(characters)();
      const key = request.headers['idempotency-key'];
      const ticket = await jobs.ask((queue) =>
        queue.add(book, {
          tenant: request.client.tenant,
          priority: body.priority,
          webhook,
          ...(typeof key === 'string' && { idempotencyKey: key }),
        }),
      );
      if (ticket.isNew) metrics.characters.inc(characters);
      const status = await jobOf(jobs, request, ticket.id);
      const result = await jobs.ask((queue) => queue.result(ticket.id));
      if (notices.length > 0) reply.header('x-voirs-notice', headerText(notices.join('; ')));
      reply.code(ticket.isNew ? 202 : 200).header('location', `${PATH}/${ticket.id}`);
      return shown(status, result);
    },
  );
  app.get<{ Querystring: { limit?: string; after?: string } }>(
    PATH,
    { schema: { summary: "The asker's jobs, newest first", tags, querystring: page } },
    async (request, reply) => {
      const { limit = String(DEFAULT_LIMIT), after } = request.query;
      if (after !== undefined) await jobOf(jobs, request, after);
      const { tenant } = request.client;
      const { books, hasMore } = await jobs.ask((queue) =>
        queue.list({ tenant, limit: Number(limit), after }),
      );
      reply.header('cache-control', 'no-store');
      return {
        object: 'list',
        data: books.map((book) => ({
          ...shown(book, undefined),
          ...(book.state === 'done' && { result_url: `${PATH}/${book.id}/result` }),
        })),
        first_id: books[0]?.id ?? null,
        last_id: books.at(-1)?.id ?? null,
        has_more: hasMore,
      };
    },
  );
  app.get<{ Params: { id: string } }>(
    `${PATH}/:id`,
    { schema: { summary: 'How far a job is, and its files when it is done', tags, params } },
    async (request, reply) => {
      const status = await jobOf(jobs, request, request.params.id);
      reply.header('cache-control', 'no-store');
      return shown(status, await jobs.ask((queue) => queue.result(status.id)));
    },
  );
  app.delete<{ Params: { id: string } }>(
    `${PATH}/:id`,
    { schema: { summary: 'Cancel a job that is not done', tags, params } },
    async (request) => {
      const before = await jobOf(jobs, request, request.params.id);
      await jobs.ask((queue) => queue.cancel(before.id));
      const status = await jobOf(jobs, request, before.id);
      return shown(status, await jobs.ask((queue) => queue.result(status.id)));
    },
  );
  const fileOf = async (
    request: FastifyRequest,
    reply: FastifyReply,
    job: string,
    name: string | undefined,
  ): Promise<FastifyReply> => {
    const status = await jobOf(jobs, request, job);
    const result = await jobs.ask((queue) => queue.result(status.id));
    if (!result) {
      throw new RequestError(409, `The job is ${STATUSES[status.state].replace('_', ' ')}`, {
        code: 'job_not_completed',
      });
    }
    const names = result.files.map((file) => file.name);
    // The audio is written after its captions.
    const file = name === undefined ? result.files.at(-1) : result.files.find((one) => one.name === name);
    if (file) return send(jobs, request, reply, { id: status.id, file });
    throw new RequestError(404, `There is no such file; there are ${names.join(', ')}`, {
      param: 'name',
      code: 'file_not_found',
    });
  };
  app.get<{ Params: { id: string } }>(
    `${PATH}/:id/result`,
    { schema: { summary: 'The audio of a finished job, whole or by Range', tags, params } },
    async (request, reply) => fileOf(request, reply, request.params.id, undefined),
  );
  app.get<{ Params: { id: string; name: string } }>(
    `${PATH}/:id/files/:name`,
    {
      schema: {
        summary: 'A file of a finished job: the audio, or captions',
        tags,
        params: {
          type: 'object',
          required: ['id', 'name'],
          properties: { id, name: { type: 'string', maxLength: 200 } },
        },
      },
    },
    async (request, reply) => fileOf(request, reply, request.params.id, request.params.name),
  );
}
