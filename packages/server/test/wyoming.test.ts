// If this fails, Home Assistant cannot speak through voirs serve, or a stranger at that port can harm the server.
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from 'voirs';
import { createServer, type SpeechServer } from 'voirs-server';
import { EventReader, eventBytes } from '../dist/wyoming/events.js';
import { installed, run } from './python.js';
import { start } from './start.js';

const test = suite('server: wyoming');
/** The reference implementation of the protocol, which Home Assistant uses. */
const WYOMING = 'wyoming==1.10.2';
const TEXT = 'The ferry left. Was it late?';
let server: SpeechServer;
let port: number;
test.before(async () => {
  server = await start({ wyoming: '0', sampleRate: 22050, maxCharacters: 500 });
  port = Number(/^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(server.wyomingUrl!)![1]);
});
test.after(() => server.close());

interface Heard {
  type: string;
  data: Record<string, unknown>;
  payload: Buffer;
}

/** Events in bytes, read as the protocol says, without the server's own reader. */
function eventsIn(bytes: Buffer): Heard[] {
  const events: Heard[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = bytes.indexOf(10, at);
    const { type, data_length = 0, payload_length = 0 } = JSON.parse(bytes.subarray(at, end).toString());
    const [from, to] = [end + 1 + data_length, end + 1 + data_length + payload_length];
    events.push({
      type,
      data: JSON.parse(bytes.subarray(end + 1, from).toString()),
      payload: bytes.subarray(from, to),
    });
    at = to;
  }
  return events;
}

const line = (type: string, data?: object): string => `${JSON.stringify({ type, data })}\n`;

/** Everything that comes back for what is written, until the server ends the connection. */
async function answer(...written: (string | Buffer)[]): Promise<Heard[]> {
  const socket = await opened();
  for (const bytes of written) socket.write(bytes);
  socket.end();
  return eventsIn(await rest(socket));
}

async function opened(): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return socket;
}

async function rest(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

const audioOf = (events: Heard[]): Buffer => Buffer.concat(events.map(({ payload }) => payload));
const until = async (isSo: () => boolean) => {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
};

let whole: Buffer;
test('speaks a text with the samples of the library, chunk by chunk', async () => {
  const events = await answer(line('synthesize', { text: TEXT, voice: { name: 'miles' } }));
  assert.is(events[0]!.type, 'audio-start');
  assert.equal([events.at(-1)!.type, events.at(-2)!.type], ['audio-stop', 'audio-chunk']);
  for (const { data } of events.slice(0, -1))
    assert.equal([data.rate, data.width, data.channels], [22050, 2, 1]);
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  using audio = await pipeline.synthesize(TEXT, { voice: 'miles' });
  whole = audioOf(events);
  assert.ok(events.length > 4, `${events.length} events`);
  assert.is(whole.compare(Buffer.from(audio.toPcm16().buffer)), 0);
  assert.is(events.at(-1)!.data.timestamp, Math.round(audio.duration * 1000));
  assert.is(events[2]!.data.timestamp, Math.round((1000 * events[1]!.payload.length) / 2 / 22050));
});

test('speaks text in pieces, and passes over the whole that is sent for older services', async () => {
  const voice = { name: 'miles' };
  const events = await answer(
    line('synthesize-start', { voice }),
    ...TEXT.match(/.{1,5}/g)!.map((text) => line('synthesize-chunk', { text })),
    line('synthesize', { text: TEXT, voice }),
    line('synthesize-stop'),
  );
  const kinds = events.map(({ type }) => type).filter((type, n, all) => type !== all[n - 1]);
  assert.equal(kinds, ['audio-start', 'audio-chunk', 'audio-stop', 'synthesize-stopped']);
  assert.is(audioOf(events).length, whole.length);
});

test('speaks one text after the other on a connection, SSML too', async () => {
  const events = await answer(
    line('ping', { text: 'x' }),
    line('unheard-of', { a: 1 }),
    eventBytes('audio-chunk', { rate: 16000 }, Buffer.alloc(100_000)),
    eventBytes('synthesize', { text: '<speak>One &amp; two.</speak>', text_format: 'ssml' }),
    line('synthesize', { text: 'Three.', voice: { language: 'en-US' } }),
  );
  assert.equal([events[0]!.type, events[0]!.data.text], ['pong', 'x']);
  const stops = events.filter(({ type }) => type === 'audio-stop');
  assert.is(stops.length, 2);
  assert.ok(!events.some(({ type }) => type === 'error'));
});

const WRONG: [title: string, written: (string | Buffer)[], code: string][] = [
  ['a request of a browser', ['POST / HTTP/1.1\r\nHost: x\r\n\r\n'], 'not_wyoming'],
  ['a line without an end', ['x'.repeat(200_000)], 'not_wyoming'],
  ['a line that is an array', ['[]\n'], 'not_wyoming'],
  ['a length out of range', ['{"type":"synthesize","data_length":1e9}\n'], 'not_wyoming'],
  ['a negative length', ['{"type":"synthesize","payload_length":-1}\n'], 'not_wyoming'],
  ['data that is no JSON', ['{"type":"synthesize","data_length":3}\n{,}'], 'not_wyoming'],
  ['a text that is none', [line('synthesize', { text: 5 })], 'missing_field'],
  ['a text that is too long', [line('synthesize', { text: 'a '.repeat(300) })], 'string_above_max_length'],
  ['a voice that is a path', [line('synthesize', { text: 'a', voice: { name: '../x' } })], 'voice_not_found'],
  ['nothing to speak', [line('synthesize', { text: '...' })], 'invalid_text'],
  ['a piece before the start', [line('synthesize-chunk', { text: 'a' })], 'not_started'],
  [
    'pieces that become too long',
    [
      line('synthesize-start'),
      ...Array.from({ length: 6 }, () => line('synthesize-chunk', { text: 'b '.repeat(50) })),
    ],
    'string_above_max_length',
  ],
];
for (const [title, written, code] of WRONG) {
  test(`answers ${title} with an error, and ends the connection`, async () => {
    const events = await answer(...written);
    const errors = events.filter(({ type }) => type === 'error');
    assert.equal(
      errors.map(({ data }) => data.code),
      [code],
    );
    assert.ok(String(errors[0]!.data.text).length > 10);
    await until(() => server.pool.openJobs === 0);
  });
}

test('stops speaking when the client goes', async () => {
  const socket = await opened();
  socket.write(line('synthesize', { text: `${TEXT} `.repeat(15) }));
  await new Promise((resolve) => socket.once('data', resolve));
  socket.resetAndDestroy();
  await until(() => server.pool.openJobs === 0);
});

test('reads events in any pieces of bytes, and nothing else', () => {
  const data = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean()));
  const event = fc.record({ type: fc.string(), data, payload: fc.uint8Array({ maxLength: 40 }) });
  fc.assert(
    fc.property(fc.array(event, { maxLength: 5 }), fc.integer({ min: 1, max: 64 }), (events, size) => {
      const bytes = Buffer.concat(events.map((one) => eventBytes(one.type, one.data, one.payload)));
      const reader = new EventReader(10_000);
      const read = [];
      for (let at = 0; at < bytes.length; at += size)
        read.push(...reader.push(bytes.subarray(at, at + size)));
      assert.equal(JSON.stringify(read), JSON.stringify(events.map(({ type, data }) => ({ type, data }))));
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      try {
        new EventReader(100).push(bytes);
      } catch (error) {
        assert.is((error as { code: string }).code, 'not_wyoming');
      }
    }),
  );
});

const CLIENT = `
import asyncio, json, sys
from wyoming.client import AsyncTcpClient
from wyoming.info import Describe, Info
from wyoming.audio import AudioStart, AudioChunk, AudioStop
from wyoming.tts import Synthesize, SynthesizeVoice, SynthesizeStart, SynthesizeChunk, SynthesizeStop, SynthesizeStopped

async def main():
    port, text = int(sys.argv[1]), sys.argv[2]
    async with AsyncTcpClient("127.0.0.1", port) as client:
        await client.write_event(Describe().event())
        program = Info.from_event(await client.read_event()).tts[0]
        voice = SynthesizeVoice(name=program.voices[0].name)
        await client.write_event(Synthesize(text=text, voice=voice).event())
        sizes = []
        for last in (AudioStop, SynthesizeStopped):
            size = 0
            while True:
                event = await client.read_event()
                if AudioStart.is_type(event.type): start = AudioStart.from_event(event)
                elif AudioChunk.is_type(event.type): size += len(AudioChunk.from_event(event).audio)
                elif last.is_type(event.type): break
            sizes.append(size)
            if last is AudioStop:
                await client.write_event(SynthesizeStart(voice=voice).event())
                for piece in text.split(" "): await client.write_event(SynthesizeChunk(text=piece + " ").event())
                await client.write_event(SynthesizeStop().event())
    print(json.dumps(dict(name=program.name, streaming=program.supports_synthesize_streaming, rate=start.rate,
        voices=[voice.name for voice in program.voices], languages=program.voices[0].languages, sizes=sizes)))

asyncio.run(main())
`;
test('is what the reference client of the protocol reads', async () => {
  const python = await installed('server-wyoming', WYOMING);
  if (!python) return;
  const { stdout, stderr } = await run(python, ['-c', CLIENT, String(port), TEXT]);
  assert.ok(stdout !== '', stderr);
  const { sizes, voices, ...facts } = JSON.parse(stdout);
  assert.equal(facts, { name: 'voirs', streaming: true, rate: 22050, languages: ['en-US'] });
  assert.ok(voices.includes('hazel') && voices.includes('miles'));
  assert.ok(sizes[0] > 40_000);
  assert.is(sizes[1], sizes[0]);
});

test('refuses an address that is none, and one that is taken', async () => {
  for (const [wyoming, code] of [
    ['x', 'INVALID_OPTIONS'],
    ['127.0.0.1:99999', 'INVALID_OPTIONS'],
    ['0.0.0.0:', 'INVALID_OPTIONS'],
    [`127.0.0.1:${port}`, 'IO_ERROR'],
  ] as const) {
    const error = await createServer({ port: 0, workers: 1, logLevel: 'silent', wyoming }).catch(
      (one) => one,
    );
    assert.is(error.code, code, wyoming);
  }
});

test('finishes what it accepted when the server is closed, and takes nothing new', async () => {
  const idle = await opened();
  const busy = await opened();
  busy.write(line('synthesize', { text: `${TEXT} `.repeat(3) }));
  await until(() => server.pool.openJobs === 1);
  const closed = server.close();
  const events = eventsIn(await rest(busy));
  assert.is(events.at(-1)!.type, 'audio-stop');
  assert.ok(audioOf(events).length > 2 * whole.length);
  assert.is((await rest(idle)).length, 0);
  busy.end();
  idle.end();
  await closed;
  assert.is(await opened().catch((error) => error.code), 'ECONNREFUSED');
});

test.run();
