// Speech with the times of its words, and captions alone: what OpenAI's speech lacks and its users ask for.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { CAPTION_FORMATS, type CaptionFormat, captions, readableText, type Timeline } from 'voirs';
import { Base64Stream } from '../base64-stream.js';
import { MEDIA_TYPES } from '../options.js';
import { asRequestError, errorBody, RequestError } from '../request-error.js';
import type { Room } from '../room.js';
import { SPEECH_PROPERTIES, type SpeechBody, type Understood, understood } from '../speech-request.js';
import { rounded, WordTimes } from '../word-times.js';
import type { SpeechPiece } from '../workers/messages.js';
import { begin, tell } from './speech.js';

export const CAPTION_TYPES: Record<CaptionFormat, string> = {
  srt: 'application/x-subrip; charset=utf-8',
  vtt: 'text/vtt; charset=utf-8',
  textgrid: 'text/plain; charset=utf-8',
  json: 'application/json; charset=utf-8',
  lrc: 'text/plain; charset=utf-8',
  ttml: 'application/ttml+xml; charset=utf-8',
};

const CAPTION_PROPERTIES = {
  caption_format: { type: 'string', enum: CAPTION_FORMATS, description: 'Captions in this format.' },
  caption_words: { type: 'boolean', description: 'Each word is a cue of its own.' },
  caption_line_length: { type: 'integer', minimum: 10, maximum: 200, description: 'Default 42.' },
  caption_lines: { type: 'integer', minimum: 1, maximum: 4, description: 'Lines of a cue. Default 2.' },
} as const;

interface CaptionBody extends SpeechBody {
  caption_format?: CaptionFormat;
  caption_words?: boolean;
  caption_line_length?: number;
  caption_lines?: number;
}

interface TimesBody extends CaptionBody {
  phones?: boolean;
  stream?: boolean;
}

const TIMES_SCHEMA = {
  type: 'object',
  required: ['input'],
  properties: {
    ...SPEECH_PROPERTIES,
    ...CAPTION_PROPERTIES,
    phones: { type: 'boolean', description: 'Words come with the times of their phones. Default false.' },
    stream: { type: 'boolean', description: 'Lines of JSON while the speech is made. Default false.' },
  },
} as const;

const CAPTIONS_SCHEMA = {
  type: 'object',
  required: ['input'],
  properties: { ...SPEECH_PROPERTIES, ...CAPTION_PROPERTIES },
} as const;

/** What captions show: the input without its markup. */
function shownText({ spec }: Understood): string {
  return readableText(spec.text ?? '', spec.options.input ?? 'text');
}

function captionsOf(body: CaptionBody, timeline: Timeline, text: string, format: CaptionFormat): string {
  return captions(timeline, format, {
    text,
    words: body.caption_words,
    lineLength: body.caption_line_length,
    lines: body.caption_lines,
  });
}

/** Everything but the audio, once all is spoken. */
interface Facts {
  duration: number;
  words: unknown[];
  marks: unknown[];
  captions?: string;
}

/** Collects the times of pieces as they pass. */
class Collected {
  readonly timeline: Timeline = { words: [], marks: [] };
  private seconds = 0;

  constructor(
    private readonly asked: Understood,
    private readonly body: TimesBody,
  ) {}

  add({ timeline, seconds }: SpeechPiece): void {
    this.timeline.words.push(...timeline.words);
    this.timeline.marks.push(...timeline.marks);
    this.seconds = seconds;
  }

  facts(): Facts {
    const text = shownText(this.asked);
    const words = new WordTimes(() => text, this.body.phones === true);
    const { caption_format: format } = this.body;
    return {
      duration: rounded(this.seconds),
      words: [...words.push(this.timeline), ...words.end()],
      marks: this.timeline.marks,
      ...(format === undefined ? {} : { captions: captionsOf(this.body, this.timeline, text, format) }),
    };
  }
}

const head = ({ spec, format }: Understood) => ({ format, sample_rate: spec.sampleRate, voice: spec.voice });

/** One JSON object, written as the audio comes, so that no answer is held in memory. */
async function* asJson(pieces: AsyncIterable<SpeechPiece>, asked: Understood, body: TimesBody) {
  const collected = new Collected(asked, body);
  const base64 = new Base64Stream();
  yield `${JSON.stringify(head(asked)).slice(0, -1)},"audio":"`;
  for await (const piece of pieces) {
    collected.add(piece);
    const text = base64.push(piece.bytes);
    if (text !== '') yield text;
  }
  yield `${base64.end()}",${JSON.stringify(collected.facts()).slice(1)}`;
}

/** A line of JSON for each piece: its audio and the words that are certain by then; the last has the duration. */
async function* asLines(pieces: AsyncIterable<SpeechPiece>, asked: Understood, body: TimesBody) {
  const text = shownText(asked);
  const words = new WordTimes(() => text, body.phones === true);
  let duration = 0;
  try {
    for await (const { bytes, timeline, seconds } of pieces) {
      duration = seconds;
      const audio = Buffer.from(bytes).toString('base64');
      yield `${JSON.stringify({ audio, words: words.push(timeline), marks: timeline.marks })}\n`;
    }
    yield `${JSON.stringify({ audio: '', words: words.end(), marks: [], ...head(asked), duration: rounded(duration) })}\n`;
  } catch (error) {
    yield `${JSON.stringify(errorBody(asRequestError(error)))}\n`;
  }
}

/** The audio as it is made, then the times as JSON. */
async function* asMultipart(
  pieces: AsyncIterable<SpeechPiece>,
  asked: Understood,
  body: TimesBody,
  boundary: string,
) {
  const collected = new Collected(asked, body);
  const type = MEDIA_TYPES[asked.format]!(asked.spec.sampleRate);
  yield Buffer.from(`--${boundary}\r\nContent-Type: ${type}\r\n\r\n`);
  for await (const piece of pieces) {
    collected.add(piece);
    if (piece.bytes.length > 0) yield piece.bytes;
  }
  const json = JSON.stringify({ ...head(asked), ...collected.facts() });
  yield Buffer.from(
    `\r\n--${boundary}\r\nContent-Type: application/json\r\n\r\n${json}\r\n--${boundary}--\r\n`,
  );
}

export function addTimesRoutes(app: FastifyInstance, room: Room): void {
  const { settings } = room;
  const tags = ['times'];
  app.post<{ Body: TimesBody }>(
    '/v1/audio/speech/timestamps',
    {
      schema: {
        summary:
          'Speak a text, with the time of every word: JSON, lines of JSON, or multipart/mixed as Accept asks',
        tags,
        body: { ...TIMES_SCHEMA, additionalProperties: settings.ignoreUnknown },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const asked = understood(body, body.input, { ...room, defaultFormat: 'mp3' });
      const { pieces } = await begin(asked, request, reply, room);
      tell(reply, asked);
      reply.header('cache-control', 'no-store');
      if (body.stream === true) {
        reply.type('application/x-ndjson').header('x-accel-buffering', 'no');
        return reply.send(Readable.from(asLines(pieces, asked, body)));
      }
      if (/multipart\/(mixed|\*)/.test(request.headers.accept ?? '')) {
        const boundary = `voirs-${randomUUID()}`;
        reply.header('content-type', `multipart/mixed; boundary=${boundary}`);
        return reply.send(Readable.from(asMultipart(pieces, asked, body, boundary), { objectMode: false }));
      }
      reply.type('application/json; charset=utf-8');
      return reply.send(Readable.from(asJson(pieces, asked, body)));
    },
  );
  app.post<{ Body: CaptionBody }>(
    '/v1/audio/speech/captions',
    {
      schema: {
        summary: 'The captions of a text, without its audio',
        tags,
        body: { ...CAPTIONS_SCHEMA, additionalProperties: settings.ignoreUnknown },
      },
    },
    async (request, reply) => {
      const { body } = request;
      if (body.response_format !== undefined)
        throw new RequestError(400, 'Captions have no audio: use caption_format', {
          param: 'response_format',
        });
      const asked = understood(body, body.input, { ...room, defaultFormat: 'pcm' });
      asked.spec.encoding = undefined;
      const { pieces } = await begin(asked, request, reply, room);
      const timeline: Timeline = { words: [], marks: [] };
      for await (const piece of pieces) timeline.words.push(...piece.timeline.words);
      tell(reply, asked);
      const format = body.caption_format ?? 'vtt';
      reply.type(CAPTION_TYPES[format]);
      return captionsOf(body, timeline, shownText(asked), format);
    },
  );
}
