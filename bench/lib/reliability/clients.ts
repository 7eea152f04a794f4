// The clients of the server under load: each asks again as soon as it has been answered, for all that there is, in every
// way that clients have, and compares what it gets to what the library gives alone.
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { seededRandom } from '../../../src/cli/bench-text.js';
import { ask, type Ended, type Reading, type Sent } from './client.js';
import { drawn, type Entry, uniqueText } from './texts.mjs';
import { type Reference, verdict } from './verdict.js';
import { type Wrong, wrongRequests } from './wrong-requests.js';

/** What the clients work with. */
export interface ClientsSetup {
  url: string;
  /** One a client, in turn. The last has narrow limits. */
  keys: readonly string[];
  entries: readonly Entry[];
  references: readonly Reference[];
  seed: number;
  maxCharacters: number;
}

const SPEECH = '/v1/audio/speech';
/** Milliseconds before a death within which it may have been on its way already. */
const ON_ITS_WAY = 2000;
const MOST_FAULTS = 20;
const SHORT = { input: 'One of many.', voice: 'hazel', response_format: 'pcm', sample_rate: 24_000 };

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** The audio of events as OpenAI sends them, and the code of the error that ended them. */
function fromEvents(text: string): { audio: Buffer; isDone: boolean; code?: string } {
  const events = text
    .split('\n\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line.replace(/^data: /, '')));
  const parts = events.flatMap(({ audio }) => (audio ? [Buffer.from(audio, 'base64')] : []));
  const { type, error } = events.at(-1) ?? {};
  return { audio: Buffer.concat(parts), isDone: type === 'speech.audio.done', code: error?.code };
}

/** The same of lines of JSON. */
function fromLines(text: string): { audio: Buffer; isDone: boolean; code?: string } {
  const lines = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  const last = lines.at(-1) ?? {};
  const audio = Buffer.concat(lines.map((line) => Buffer.from(line.audio ?? '', 'base64')));
  return { audio, isDone: last.duration !== undefined, code: last.error?.code };
}

export class Clients {
  readonly counts: Record<string, number> = {};
  readonly faults: string[] = [];
  /** Milliseconds of requests that read at once: to the first byte, and to the last. */
  readonly latencies: { firstByte: number[]; total: number[] } = { firstByte: [], total: [] };
  private readonly agent = new Agent({ keepAlive: true });
  private readonly wrong: Wrong[];
  private readonly deaths: number[] = [];
  private isOver = false;
  private running: Promise<unknown> = Promise.resolve();

  constructor(private readonly setup: ClientsSetup) {
    this.wrong = wrongRequests(setup.maxCharacters);
  }

  start(count: number): void {
    this.running = Promise.all(Array.from({ length: count }, (_, n) => this.client(n)));
  }

  /** Resolves when all have been answered. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.running;
    this.agent.destroy();
  }

  /** A worker of the server is ended now: answers that break are its work. */
  noteDeath(): void {
    this.deaths.push(performance.now());
    this.count('workers ended');
  }

  /** More requests at once than the server takes. */
  async burst(size: number): Promise<void> {
    this.count('bursts');
    await Promise.all(
      Array.from({ length: size }, async () => {
        const ended = await this.speech(SHORT, 0);
        this.judge('burst', ended, () => ended.bytes > 10_000 && ended.bytes % 2 === 0);
      }),
    );
  }

  private count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }

  private fault(what: string): void {
    this.count('faults');
    if (this.faults.length < MOST_FAULTS) this.faults.push(what);
  }

  private headers(client: number): Record<string, string> {
    const { keys } = this.setup;
    return { authorization: `Bearer ${keys[client % keys.length]}` };
  }

  private speech(
    body: object,
    client: number,
    reading: Reading = {},
    rest: Partial<Sent> = {},
  ): Promise<Ended> {
    this.count('requests');
    const headers = { ...this.headers(client), ...rest.headers };
    const sent = { path: SPEECH, body: JSON.stringify(body), ...rest, headers };
    return ask(this.setup.url, this.agent, sent, reading);
  }

  private diedSince(beganAt: number): boolean {
    return this.deaths.some((at) => at > beganAt - ON_ITS_WAY);
  }

  /** Counts how a request ended; whatever it should not have been is a fault. */
  private judge(kind: string, ended: Ended, isRight: () => boolean, reference?: Reference): void {
    const didDie = this.diedSince(ended.beganAt);
    const { end, isFault } = verdict(ended, { isRight, reference, didDie });
    if (!isFault) this.count(end);
    else
      this.fault(`${kind}: ${end} (${ended.status}, ${ended.bytes} bytes, ${Math.round(ended.totalMs)} ms)`);
  }

  private async client(number: number): Promise<void> {
    const random = seededRandom(this.setup.seed * 1000 + number);
    const kinds: [weight: number, act: (n: number, random: () => number) => Promise<void>][] = [
      [10, (n) => this.whole(n, number)],
      [2, (n) => this.whole(n, number, 'read slowly', { restMs: 20 + 200 * random() })],
      [1, () => this.stalled(number, random)],
      [4, (n) => this.whole(n, number, 'left', { leaveMs: 1500 * random() ** 2 })],
      [2, (n) => this.events(n, number)],
      [2, (n) => this.times(n, number)],
      [1, (n) => this.lines(n, number)],
      [1, (n) => this.captions(n, number)],
      [2, () => this.unique(number, random)],
      [2, () => this.socket(number, random)],
      [5, () => this.refused(number, random)],
    ];
    while (!this.isOver) {
      const [, act] = drawn(kinds, random);
      // The last entry is long: `stalled` alone asks for it.
      const n = Math.floor(random() * (this.setup.entries.length - 1));
      const full = this.counts['refused 429 queue_full'] ?? 0;
      try {
        await act(n, random);
      } catch (error) {
        this.fault(`client ${number}: ${(error as Error).stack}`);
      }
      const isNarrow = number % this.setup.keys.length === this.setup.keys.length - 1;
      if (isNarrow || (this.counts['refused 429 queue_full'] ?? 0) > full) await sleep(isNarrow ? 1000 : 200);
    }
  }

  private async whole(n: number, client: number, kind = 'whole', reading: Reading = {}): Promise<void> {
    const [entry, reference] = [this.setup.entries[n]!, this.setup.references[n]!];
    const ended = await this.speech(entry, client, reading);
    const isRight = (): boolean => 'sha256' in reference && ended.sha256 === reference.sha256;
    this.judge(`${kind}, ${JSON.stringify(entry)}`, ended, isRight, reference);
    if (kind !== 'whole' || ended.status !== 200 || ended.how !== 'whole') return;
    this.latencies.firstByte.push(ended.firstByteMs);
    this.latencies.total.push(ended.totalMs);
  }

  /** A long answer that is not read for some seconds; half of the clients then read on, half are gone. */
  private async stalled(client: number, random: () => number): Promise<void> {
    const stallMs = 1000 + 4000 * random();
    const reading = random() < 0.5 ? { stallMs } : { stallMs: 60_000, leaveMs: stallMs };
    await this.whole(this.setup.entries.length - 1, client, 'stalled', reading);
  }

  private isAlone(reference: Reference, { audio, isDone }: { audio: Buffer; isDone: boolean }): boolean {
    return isDone && 'sha256' in reference && sha256(audio) === reference.sha256;
  }

  /** An answer of status 200 that says at its end that the worker is gone. */
  private brokeOff(ended: Ended, code: string | undefined): boolean {
    if (code !== 'worker_lost' || !this.diedSince(ended.beganAt)) return false;
    this.count('cut off by a dead worker');
    return true;
  }

  private events(n: number, client: number): Promise<void> {
    return this.told('events', n, client, { body: { stream_format: 'sse' }, read: fromEvents });
  }

  private lines(n: number, client: number): Promise<void> {
    const path = `${SPEECH}/timestamps`;
    return this.told('lines', n, client, { body: { stream: true }, read: fromLines, options: { path } });
  }

  /** An answer whose own words tell the sound, the times, and that a worker is gone. */
  private async told(
    what: string,
    n: number,
    client: number,
    { body, read, options }: { body: object; read: typeof fromEvents; options?: { path: string } },
  ): Promise<void> {
    const [entry, reference] = [this.setup.entries[n]!, this.setup.references[n]!];
    const ended = await this.speech({ ...entry, ...body }, client, { isKept: true }, options);
    const whole = ended.how === 'whole' && ended.status === 200;
    if (whole && this.brokeOff(ended, read(ended.body.toString()).code)) return;
    const isRight = (): boolean => this.isAlone(reference, read(ended.body.toString()));
    this.judge(`${what}, ${JSON.stringify(entry)}`, ended, isRight, reference);
  }

  private async times(n: number, client: number): Promise<void> {
    const [entry, reference] = [this.setup.entries[n]!, this.setup.references[n]!];
    const ended = await this.speech(entry, client, { isKept: true }, { path: `${SPEECH}/timestamps` });
    const isRight = (): boolean => {
      const { audio, duration } = JSON.parse(ended.body.toString());
      const isAsLong = 'seconds' in reference && Math.abs(duration - reference.seconds) < 0.002;
      return isAsLong && this.isAlone(reference, { audio: Buffer.from(audio, 'base64'), isDone: true });
    };
    this.judge(`times, ${JSON.stringify(entry)}`, ended, isRight, reference);
  }

  private async captions(n: number, client: number): Promise<void> {
    const { response_format: _format, ...entry } = this.setup.entries[n]!;
    const path = `${SPEECH}/captions`;
    const ended = await this.speech(entry, client, { isKept: true }, { path });
    const isRight = (): boolean => ended.body.toString().startsWith('WEBVTT');
    this.judge(`captions, ${JSON.stringify(entry)}`, ended, isRight, this.setup.references[n]!);
  }

  /** A text that was never asked for: its audio is as long as it says. */
  private async unique(client: number, random: () => number): Promise<void> {
    const body = { ...SHORT, input: uniqueText(random) };
    const ended = await this.speech(body, client, { isKept: true }, { path: `${SPEECH}/timestamps` });
    this.judge('unique', ended, () => {
      const { audio, duration, words } = JSON.parse(ended.body.toString());
      const samples = Buffer.from(audio, 'base64').length / 2;
      return words.length > 3 && duration > 0.5 && Math.abs(samples / SHORT.sample_rate - duration) < 0.002;
    });
  }

  private async refused(client: number, random: () => number): Promise<void> {
    const { name, statuses, headers, ...sent } = this.wrong[Math.floor(random() * this.wrong.length)]!;
    this.count('requests');
    const all = { ...this.headers(client), ...headers };
    const ended = await ask(this.setup.url, this.agent, { ...sent, headers: all });
    // A server may close the connection of a body that is too long, or does not come, before it is read.
    if (ended.how === 'cut' && (statuses.includes(413) || statuses.includes(408)))
      this.count('refused: closed');
    else if (ended.how === 'whole' && statuses.includes(ended.status!)) this.count(`refused ${ended.status}`);
    else this.judge(name, ended, () => false);
  }

  /** A text in pieces over a WebSocket; every third is cancelled or left. */
  private async socket(client: number, random: () => number): Promise<void> {
    this.count('requests');
    const beganAt = performance.now();
    const socket = new WebSocket(`${this.setup.url.replace('http', 'ws')}${SPEECH}/stream`, {
      headers: this.headers(client),
    });
    const fate = random() < 0.67 ? 'whole' : random() < 0.5 ? 'cancel' : 'leave';
    const text = uniqueText(random);
    const said = await new Promise<string>((resolve) => {
      let bytes = 0;
      const patience = setTimeout(() => resolve('hung'), 1_800_000);
      const end = (how: string): void => {
        clearTimeout(patience);
        resolve(how);
      };
      const say = (message: object): void => socket.send(JSON.stringify(message));
      socket.on('error', (error) => end(`error: ${error.message}`));
      socket.on('close', () => end('closed'));
      socket.on('open', () => {
        say({ type: 'start', voice: 'miles', response_format: 'pcm', sample_rate: 24_000 });
        for (const piece of text.match(/.{1,7}/gs)!) say({ type: 'text', text: piece });
        if (fate === 'leave') setTimeout(() => end('left'), 300 * random());
        else if (fate === 'cancel')
          setTimeout(() => socket.readyState === socket.OPEN && say({ type: 'cancel' }), 300 * random());
        else say({ type: 'end' });
      });
      socket.on('message', (data: Buffer, isBinary) => {
        if (isBinary) bytes += data.length;
        else {
          const { type, duration, error } = JSON.parse(data.toString());
          if (type === 'error') end(error.code);
          if (type === 'cancelled') end('left');
          if (type === 'done')
            end(Math.abs(bytes / 48_000 - duration) < 0.002 && bytes > 24_000 ? 'whole' : 'another length');
        }
      });
    });
    socket.terminate();
    if (said === 'whole') this.count('answered whole and right');
    else if (said === 'left') this.count('left by the client');
    else if (
      /^(sessions_full|rate_limit_exceeded)$/.test(said) ||
      /Unexpected server response: 429/.test(said)
    )
      this.count(`refused 429 ${said.startsWith('error') ? 'socket' : said}`);
    else if (this.diedSince(beganAt) && /worker_lost|closed/.test(said))
      this.count('cut off by a dead worker');
    else this.fault(`socket, ${fate}: ${said}`);
  }
}
