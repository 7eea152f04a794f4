// POST /v1/audio/speech: text in, a file out while it is being made, as bytes or as events.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MEDIA_TYPES } from '../options.js';
import { asRequestError, errorBody } from '../request-error.js';
import type { Room } from '../room.js';
import { SPEECH_SCHEMA, type SpeechBody, type Understood, understood } from '../speech-request.js';
import type { SpeechPiece } from '../workers/messages.js';

/** A header's value: one line of ASCII, whatever the client wrote. */
export function headerText(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, '?').slice(0, 1000);
}

/** Speech under way: its first piece is there, so that the answer can begin, or has become an error. */
export interface Begun {
  pieces: AsyncGenerator<SpeechPiece, void, undefined>;
}

/**
 * Hands a text in and waits for its first piece.
 * @throws RequestError, SpeechFailure before anything is answered.
 */
export async function begin(
  { spec }: Understood,
  request: FastifyRequest,
  reply: FastifyReply,
  { pool, metrics, settings }: Room,
): Promise<Begun> {
  const began = performance.now();
  const controller = new AbortController();
  let isWhole = false;
  reply.raw.once('close', () => {
    if (isWhole) return;
    metrics.aborted.inc();
    controller.abort();
  });
  const text = spec.text ?? '';
  const end = request.client.begin(text.length);
  try {
    const job = pool.speak(spec, { client: request.client.name, signal: controller.signal });
    metrics.characters.inc(text.length);
    if (settings.logTexts) request.log.info({ input: text, voice: spec.voice }, 'text');
    const first = await job.next();
    metrics.firstByte.observe((performance.now() - began) / 1000);
    const pieces = async function* (): AsyncGenerator<SpeechPiece, void, undefined> {
      let seconds = 0;
      try {
        for (let next = first; !next.done; next = await job.next()) {
          seconds = next.value.seconds;
          yield next.value;
        }
        isWhole = true;
      } finally {
        end();
        await job.return();
        metrics.audioSeconds.inc(seconds);
        metrics.duration.observe((performance.now() - began) / 1000);
      }
    };
    return { pieces: pieces() };
  } catch (error) {
    end();
    throw error;
  }
}

/** Says in headers who speaks, and what is not done as asked. */
export function tell(reply: FastifyReply, { spec, notices }: Understood): void {
  reply.header('x-voirs-voice', spec.voice);
  if (notices.length > 0) reply.header('x-voirs-notice', headerText(notices.join('; ')));
}

async function* bytesOf(pieces: AsyncIterable<SpeechPiece>): AsyncGenerator<Uint8Array> {
  for await (const { bytes } of pieces) if (bytes.length > 0) yield bytes;
}

/** One event; a line of data each, as OpenAI sends them. */
export function event(data: object): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');

async function* eventsOf(
  pieces: AsyncIterable<SpeechPiece>,
  text: string,
  request: FastifyRequest,
): AsyncGenerator<string> {
  try {
    for await (const { bytes } of pieces)
      if (bytes.length > 0) yield event({ type: 'speech.audio.delta', audio: base64(bytes) });
    // Characters, where OpenAI has tokens: this engine has none.
    const usage = { input_tokens: text.length, output_tokens: 0, total_tokens: text.length };
    yield event({ type: 'speech.audio.done', usage });
  } catch (error) {
    request.log.error({ err: error }, 'speech ended early');
    yield event({ type: 'error', ...errorBody(asRequestError(error)) });
  }
}

export function addSpeechRoutes(app: FastifyInstance, room: Room): void {
  const { settings } = room;
  app.post<{ Body: SpeechBody & { stream_format?: 'audio' | 'sse' } }>(
    '/v1/audio/speech',
    {
      schema: {
        summary: 'Speak a text',
        tags: ['speech'],
        body: { ...SPEECH_SCHEMA, additionalProperties: settings.ignoreUnknown },
      },
    },
    async (request, reply) => {
      const { body } = request;
      const asked = understood(body, body.input, { ...room, defaultFormat: 'mp3' });
      const { pieces } = await begin(asked, request, reply, room);
      tell(reply, asked);
      reply.header('cache-control', 'no-store');
      if (body.stream_format === 'sse') {
        reply.type('text/event-stream; charset=utf-8').header('x-accel-buffering', 'no');
        return reply.send(Readable.from(eventsOf(pieces, body.input, request)));
      }
      reply.type(MEDIA_TYPES[asked.format]!(asked.spec.sampleRate));
      return reply.send(Readable.from(bytesOf(pieces), { objectMode: false }));
    },
  );
}
