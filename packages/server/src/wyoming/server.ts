// A second door for Home Assistant: the Wyoming protocol over TCP, with the same workers, queue and limits as HTTP.
// The protocol has no keys, so that whoever reaches its address may speak.
import { createServer, type Server, type Socket } from 'node:net';
import type { FastifyBaseLogger } from 'fastify';
import type { Address } from '../options.js';
import { asRequestError, RequestError } from '../request-error.js';
import type { Room } from '../room.js';
import { type SpeechBody, understood } from '../speech-request.js';
import { SERVER_VERSION } from '../version.js';
import type { SpeechJob } from '../workers/job.js';
import { EventReader, eventBytes, type WyomingEvent } from './events.js';

/** Connections at a time; Home Assistant opens one for each text. */
const MOST_CONNECTIONS = 256;
/** Bytes of an event's data beside its text, and of a character in it at most. */
const DATA_REST = 65_536;
const BYTES_A_CHARACTER = 6;
/** Bytes of a sample. */
const WIDTH = 2;
const OWNERS = { name: 'voirs', url: '' };

/** A text that is being spoken. */
interface Utterance {
  readonly job: SpeechJob;
  readonly controller: AbortController;
  readonly rate: number;
  length: number;
}

class Connection {
  private readonly reader: EventReader;
  /** The text that comes in pieces. */
  private pieces: Utterance | undefined;
  /** What is being spoken, to its end. */
  private turn: Promise<void> = Promise.resolve();
  private open: Utterance | undefined;
  private isLeaving = false;

  constructor(
    private readonly socket: Socket,
    private readonly room: Room,
    private readonly log: FastifyBaseLogger,
  ) {
    const { maxCharacters, idleTimeout } = room.settings;
    this.reader = new EventReader(maxCharacters * BYTES_A_CHARACTER + DATA_REST);
    socket.setTimeout(idleTimeout * 1000, () => {
      // What waits for a worker is silent too; what waits for its own text is not waited for.
      if (!this.open || this.pieces) socket.destroy();
    });
    socket.on('error', (error) => log.debug({ err: error }, 'wyoming: the connection failed'));
    socket.on('close', () => {
      if (this.open) room.metrics.aborted.inc();
      this.open?.controller.abort();
    });
    this.serve();
  }

  /** Ends the connection when what is being spoken is done. */
  leave(): void {
    this.isLeaving = true;
    if (!this.open) this.socket.end();
  }

  private async serve(): Promise<void> {
    try {
      // Its own end comes when the audio has been written: a client may close its half once it has asked.
      for await (const bytes of this.socket.iterator({ destroyOnReturn: false }))
        for (const event of this.reader.push(bytes)) await this.obey(event);
      this.pieces?.job.push(null);
      await this.turn;
    } catch (error) {
      await this.fail(error);
    }
    this.socket.end();
  }

  private async obey({ type, data }: WyomingEvent): Promise<void> {
    if (type === 'describe') await this.send('info', this.info());
    else if (type === 'ping') await this.send('pong', { text: data.text ?? null });
    else if (type === 'synthesize') await this.speak(data);
    else if (type === 'synthesize-start') await this.begin(data, undefined);
    else if (type === 'synthesize-chunk') this.add(textOf(data));
    else if (type === 'synthesize-stop') this.finish();
    // Others are passed over, as the protocol wants.
  }

  private async speak(data: WyomingEvent['data']): Promise<void> {
    const text = textOf(data);
    // Between start and stop it is the whole once more, for services that take no pieces.
    if (!this.pieces) await this.begin(data, text);
  }

  private async begin(data: WyomingEvent['data'], text: string | undefined): Promise<void> {
    if (this.pieces)
      throw new RequestError(400, 'A text in pieces has not been stopped', { code: 'already_started' });
    await this.turn;
    if (this.isLeaving) return;
    const { name } = Object(data.voice) as { name?: unknown };
    const body: Omit<SpeechBody, 'input'> = {
      ...(typeof name === 'string' ? { voice: name } : {}),
      ...(data.text_format === 'ssml' ? { input_type: 'ssml' } : {}),
    };
    const { spec } = understood(body, text, { ...this.room, defaultFormat: 'pcm' });
    const controller = new AbortController();
    const client = this.socket.remoteAddress ?? 'unknown';
    const job = this.room.pool.speak(spec, { client, signal: controller.signal });
    this.count(text ?? '');
    const utterance = { job, controller, rate: spec.sampleRate, length: text?.length ?? 0 };
    this.open = utterance;
    if (text === undefined) this.pieces = utterance;
    this.turn = this.give(utterance, text === undefined);
  }

  private add(text: string): void {
    const { pieces } = this;
    if (!pieces) throw new RequestError(400, 'No text in pieces has been started', { code: 'not_started' });
    pieces.length += text.length;
    const most = this.room.settings.maxCharacters;
    if (pieces.length > most)
      throw new RequestError(400, `The text has ${pieces.length} characters; the most here is ${most}`, {
        code: 'string_above_max_length',
      });
    this.count(text);
    pieces.job.push(text);
  }

  private finish(): void {
    this.pieces?.job.push(null);
    this.pieces = undefined;
  }

  private count(text: string): void {
    this.room.metrics.characters.inc(text.length);
    if (this.room.settings.logTexts && text !== '') this.log.info({ input: text }, 'text');
  }

  /** Passes the audio on as it comes. Never rejects: what goes wrong is told, and ends the connection. */
  private async give(utterance: Utterance, isInPieces: boolean): Promise<void> {
    const { job, rate } = utterance;
    const { metrics } = this.room;
    const form = { rate, width: WIDTH, channels: 1 };
    const began = performance.now();
    let samples = 0;
    try {
      for await (const { bytes } of job) {
        if (bytes.length === 0) continue;
        if (samples === 0) {
          if (!isInPieces) metrics.firstByte.observe((performance.now() - began) / 1000);
          await this.send('audio-start', { ...form, timestamp: 0 });
        }
        await this.send('audio-chunk', { ...form, timestamp: Math.round((1000 * samples) / rate) }, bytes);
        samples += bytes.length / WIDTH;
      }
      await this.send('audio-stop', { timestamp: Math.round((1000 * samples) / rate) });
      if (isInPieces) await this.send('synthesize-stopped', {});
      else metrics.duration.observe((performance.now() - began) / 1000);
    } catch (error) {
      // Home Assistant waits for audio-stop, or for the end of the connection.
      if (!utterance.controller.signal.aborted) await this.fail(error);
      this.socket.end();
    } finally {
      metrics.audioSeconds.inc(samples / rate);
      if (this.open === utterance) this.open = undefined;
      if (this.pieces === utterance) this.pieces = undefined;
      if (this.isLeaving) this.socket.end();
    }
  }

  private async fail(error: unknown): Promise<void> {
    if (this.socket.destroyed) return;
    const { status, message, code } = asRequestError(error);
    if (status >= 500) this.log.error({ err: error }, 'wyoming: speech failed');
    await this.send('error', { text: message, code });
    this.open?.controller.abort();
  }

  private info(): object {
    const artifact = { attribution: OWNERS, installed: true, version: SERVER_VERSION };
    const voices = this.room.voices.list().map(({ id, name, language }) => ({
      ...{ ...artifact, name: id, description: name, languages: [language] },
    }));
    const program = { name: 'voirs', description: 'voirs', voices, supports_synthesize_streaming: true };
    return { tts: [{ ...artifact, ...program }] };
  }

  /** Resolves when it has been handed to the network: a slow reader so slows its worker. */
  private send(type: string, data: object, payload?: Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      if (this.socket.writable) this.socket.write(eventBytes(type, data, payload), () => resolve());
      else resolve();
    });
  }
}

function textOf({ text }: WyomingEvent['data']): string {
  if (typeof text === 'string') return text;
  throw new RequestError(400, 'text is missing', { param: 'text', code: 'missing_field' });
}

export class WyomingServer {
  private readonly connections = new Map<Connection, Socket>();
  private readonly server: Server;

  private constructor(room: Room, log: FastifyBaseLogger) {
    this.server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      const connection = new Connection(socket, room, log);
      this.connections.set(connection, socket);
      socket.on('close', () => this.connections.delete(connection));
    });
    this.server.maxConnections = MOST_CONNECTIONS;
  }

  /** @throws Error of the network. */
  static async listen(room: Room, address: Address, log: FastifyBaseLogger): Promise<WyomingServer> {
    const own = new WyomingServer(room, log);
    await new Promise<void>((resolve, reject) => {
      own.server.once('error', reject).listen(address, () => resolve());
    });
    return own;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  /** Takes no further connection, and resolves when what was accepted has been spoken. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const connection of this.connections.keys()) connection.leave();
    await closed;
  }

  /** Ends all connections at once. */
  destroy(): void {
    for (const socket of this.connections.values()) socket.destroy();
  }
}
