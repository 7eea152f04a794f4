// The WebSocket for text that comes in pieces, as from a language model: each sentence is spoken as soon as it
// is whole, and audio and the times of its words come back.
import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { asRequestError, errorBody, RequestError, type SchemaFault, schemaError } from '../request-error.js';
import type { Room } from '../room.js';
import { SPEECH_PROPERTIES, type SpeechBody, understood } from '../speech-request.js';
import { rounded, WordTimes } from '../word-times.js';
import type { SpeechJob } from '../workers/job.js';

export const SOCKET_PATH = '/v1/audio/speech/stream';

const { input: _input, input_type: _inputType, ...START_PROPERTIES } = SPEECH_PROPERTIES;

/** The first message of each text. */
const START_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  properties: {
    type: { const: 'start' },
    ...START_PROPERTIES,
    audio: { type: 'string', enum: ['binary', 'base64'] },
    phones: { type: 'boolean' },
  },
} as const;

type Message =
  | ({ type: 'start'; audio?: 'binary' | 'base64'; phones?: boolean } & Omit<
      SpeechBody,
      'input' | 'input_type'
    >)
  | { type: 'text'; text: string }
  | { type: 'flush' | 'end' | 'cancel' };

/** Milliseconds between signs of life that are asked for. */
const PING = 30_000;
/** WebSocket's codes: the server goes away; try again later. */
const GOING_AWAY = 1001;
const TRY_AGAIN_LATER = 1013;
/** Connections at a time, speaking or not. */
const MOST_CONNECTIONS = 1000;
/** Bytes that wait for a client that writes and does not read: audio alone is never so far ahead. */
const MOST_UNREAD = 4 * 2 ** 20;

/** One text of a connection. */
interface Utterance {
  readonly job: SpeechJob;
  readonly controller: AbortController;
  readonly end: () => void;
  text: string;
}

/** One connection: one text at a time, any number after each other. */
export class Session {
  private utterance: Utterance | undefined;
  private isLeaving = false;
  private isAlive = true;
  private readonly pulse: ReturnType<typeof setInterval>;
  private idle: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly socket: WebSocket,
    private readonly request: FastifyRequest,
    private readonly room: Room,
  ) {
    this.pulse = setInterval(() => this.beat(), PING);
    socket.on('pong', () => {
      this.isAlive = true;
    });
    socket.on('message', (data: Buffer, isBinary: boolean) => this.receive(data, isBinary));
    socket.on('close', () => this.closed());
    socket.on('error', (error) => request.log.info({ err: error }, 'socket failed'));
    this.waitForMessage();
  }

  /** Closes the connection when what is being spoken is done. */
  leave(): void {
    this.isLeaving = true;
    if (!this.utterance) this.socket.close(GOING_AWAY, 'the server goes away');
  }

  private beat(): void {
    if (!this.isAlive) {
      this.socket.terminate();
      return;
    }
    this.isAlive = false;
    this.socket.ping();
  }

  private waitForMessage(): void {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => {
      this.fail(new RequestError(408, 'Nothing has come for too long', { code: 'idle' }));
      this.socket.close(1000, 'idle');
    }, this.room.settings.idleTimeout * 1000);
  }

  private receive(data: Buffer, isBinary: boolean): void {
    if (this.socket.readyState !== this.socket.OPEN) return; // what was on its way when it was closed
    this.waitForMessage();
    if (this.socket.bufferedAmount > MOST_UNREAD) {
      // Each message can be answered with a longer one: somebody who never reads would fill the memory.
      this.request.log.warn('a socket that is not read is closed');
      this.socket.terminate();
      return;
    }
    try {
      if (isBinary) throw new RequestError(400, 'Messages are JSON in text frames', { code: 'not_json' });
      this.obey(this.messageOf(data.toString()));
    } catch (error) {
      this.fail(error);
    }
  }

  /** @throws RequestError 400. */
  private messageOf(json: string): Message {
    let message: Message;
    try {
      message = JSON.parse(json);
    } catch {
      throw new RequestError(400, 'The message is not JSON', { code: 'not_json' });
    }
    const { type } = Object(message);
    if (type === 'start') {
      const validate = this.request.compileValidationSchema(START_SCHEMA);
      if (!validate(message))
        throw schemaError((validate.errors ?? []) as SchemaFault[], {
          known: Object.keys(START_SCHEMA.properties),
          given: Object.keys(message),
        });
      return message;
    }
    if (type === 'text' && typeof (message as { text: unknown }).text === 'string') return message;
    if (type === 'flush' || type === 'end' || type === 'cancel') return message;
    throw new RequestError(
      400,
      'The message is unknown; there are start, text (with text), flush, end, cancel',
      {
        param: 'type',
        code: 'unknown_message',
      },
    );
  }

  /** @throws RequestError, SpeechFailure. */
  private obey(message: Message): void {
    if (message.type === 'start') {
      this.start(message);
      return;
    }
    const { utterance } = this;
    if (!utterance) {
      if (message.type === 'cancel') return;
      throw new RequestError(400, 'Nothing has been started', { code: 'not_started' });
    }
    if (message.type === 'text') {
      this.add(utterance, message.text);
      utterance.job.push(message.text);
    } else if (message.type === 'flush') {
      this.add(utterance, '\u2029'); // counts in spans, as the library says
      utterance.job.flush();
    } else if (message.type === 'end') {
      if (this.room.settings.logTexts) this.request.log.info({ input: utterance.text }, 'text');
      utterance.job.push(null);
    } else {
      utterance.controller.abort();
    }
  }

  /** @throws RequestError for more text than is allowed. */
  private add(utterance: Utterance, text: string): void {
    const length = utterance.text.length + text.length;
    const most = this.room.settings.maxCharacters;
    if (length > most)
      throw new RequestError(400, `The text has ${length} characters; the most here is ${most}`, {
        code: 'string_above_max_length',
      });
    this.request.client.write(text.length);
    this.room.metrics.characters.inc(text.length);
    utterance.text += text;
  }

  private start(message: Extract<Message, { type: 'start' }>): void {
    if (this.utterance)
      throw new RequestError(400, 'A text is being spoken: end or cancel it first', {
        code: 'already_started',
      });
    const { audio, phones, type: _type, ...body } = message;
    const asked = understood(body, undefined, { ...this.room, defaultFormat: 'pcm' });
    const end = this.request.client.begin(0);
    const controller = new AbortController();
    try {
      const { client } = this.request;
      const job = this.room.pool.speak(asked.spec, { client: client.name, signal: controller.signal });
      this.utterance = { job, controller, end, text: '' };
    } catch (error) {
      end();
      throw error;
    }
    const { voice, sampleRate } = asked.spec;
    this.tell({
      type: 'started',
      voice,
      format: asked.format,
      sample_rate: sampleRate,
      notices: asked.notices,
    });
    this.give(this.utterance, audio === 'base64', phones === true);
  }

  /** Passes pieces on as they come. */
  private async give(utterance: Utterance, isBase64: boolean, wantsPhones: boolean): Promise<void> {
    const words = new WordTimes(() => utterance.text, wantsPhones);
    let duration = 0;
    try {
      for await (const { bytes, timeline, seconds } of utterance.job) {
        duration = seconds;
        const known = words.push(timeline);
        if (known.length > 0 || timeline.marks.length > 0)
          await this.tell({ type: 'words', words: known, marks: timeline.marks });
        if (bytes.length === 0) continue;
        if (isBase64) await this.tell({ type: 'audio', audio: Buffer.from(bytes).toString('base64') });
        else await this.send(bytes);
      }
      const rest = words.end();
      if (rest.length > 0) await this.tell({ type: 'words', words: rest, marks: [] });
      await this.tell({ type: 'done', duration: rounded(duration) });
    } catch (error) {
      if (utterance.controller.signal.aborted) await this.tell({ type: 'cancelled' });
      else this.fail(error);
    } finally {
      this.room.metrics.audioSeconds.inc(duration);
      utterance.end();
      if (this.utterance === utterance) this.utterance = undefined;
      if (this.isLeaving) this.leave();
    }
  }

  private fail(error: unknown): void {
    const answer = asRequestError(error);
    if (answer.status >= 500) this.request.log.error({ err: error }, 'speech failed');
    this.tell({ type: 'error', ...errorBody(answer) });
  }

  private tell(message: object): Promise<void> {
    return this.send(JSON.stringify(message));
  }

  /** Resolves when the data has been handed to the network: a slow reader so slows its worker. */
  private send(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.readyState !== this.socket.OPEN) resolve();
      else this.socket.send(data, () => resolve());
    });
  }

  private closed(): void {
    clearInterval(this.pulse);
    clearTimeout(this.idle);
    if (this.utterance) this.room.metrics.aborted.inc();
    this.utterance?.controller.abort();
  }
}

export function addSocketRoute(app: FastifyInstance, room: Room, sessions: Set<Session>): void {
  app.get(
    SOCKET_PATH,
    {
      websocket: true,
      schema: {
        summary: 'WebSocket: text in pieces, audio and word times back (docs/server.md)',
        tags: ['speech'],
      },
    },
    (socket, request) => {
      if (sessions.size >= MOST_CONNECTIONS) {
        socket.close(TRY_AGAIN_LATER, 'too many connections');
        return;
      }
      const session = new Session(socket, request, room);
      sessions.add(session);
      socket.on('close', () => sessions.delete(session));
    },
  );
}
