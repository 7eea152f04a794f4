// If this fails, word times, captions or text in pieces over the WebSocket are wrong, and subtitles drift.
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from 'voirs';
import type { SpeechServer } from 'voirs-server';
import webvtt from 'webvtt-parser';
import WebSocket from 'ws';
import { Base64Stream } from '../dist/base64-stream.js';
import { errorOf, post, start } from './start.js';

const test = suite('server: times and pieces');
const TEXT = 'In 1999 seven ferries left the harbour. Was the last one late?';
const PATH = '/v1/audio/speech/timestamps';
let server: SpeechServer;
test.before(async () => {
  server = await start();
});
test.after(() => server.close());

interface Word {
  word: string;
  start: number;
  end: number;
  span: [number, number];
  phones?: { phone: string; start: number; end: number }[];
}
interface Times {
  audio: string;
  format: string;
  voice: string;
  sample_rate: number;
  duration: number;
  words: Word[];
  marks: { name: string; time: number }[];
  captions?: string;
}

let whole: Times;
test('gives audio and the times of the library for every written word', async () => {
  const answer = await post(server, PATH, {
    input: TEXT,
    response_format: 'pcm',
    phones: true,
    caption_format: 'srt',
  });
  assert.is(answer.headers.get('content-type'), 'application/json; charset=utf-8');
  whole = (await answer.json()) as Times;
  await using pipeline = await VoirsPipeline.create({ sampleRate: 24000, numThreads: 1 });
  using audio = await pipeline.synthesize(TEXT);
  assert.is(Buffer.from(whole.audio, 'base64').length, 2 * audio.samples.length);
  assert.ok(Math.abs(whole.duration - audio.duration) < 1e-5);
  assert.equal(
    whole.words.slice(0, 3).map(({ word }) => word),
    ['In', '1999', 'seven'],
  );
  for (const { word, span } of whole.words) assert.is(TEXT.slice(...span), word);
  const spoken = audio.timeline.words;
  assert.ok(Math.abs(whole.words[1]!.start - spoken[1]!.start) < 1e-5);
  assert.ok(Math.abs(whole.words[2]!.start - spoken[4]!.start) < 1e-5, 'nineteen ninety nine is one');
  assert.is(whole.words[2]!.phones![0]!.phone, 'S');
  assert.is(whole.captions, audio.captions('srt', { text: TEXT }));
});

test('sends the same in lines while it is made', async () => {
  const answer = await post(server, PATH, { input: TEXT, response_format: 'pcm', stream: true });
  assert.is(answer.headers.get('content-type'), 'application/x-ndjson');
  const lines = (await answer.text())
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Times);
  assert.ok(lines.length > 2, `${lines.length} lines`);
  const audio = Buffer.concat(lines.map((line) => Buffer.from(line.audio, 'base64')));
  assert.is(audio.toString('base64'), whole.audio);
  const words = lines.flatMap((line) => line.words);
  assert.equal(
    words,
    whole.words.map(({ phones: _phones, ...word }) => word),
  );
  assert.is(lines.at(-1)!.duration, whole.duration);
});

test('sends the same as multipart where Accept asks', async () => {
  const answer = await post(
    server,
    PATH,
    { input: TEXT, response_format: 'wav' },
    { headers: { accept: 'multipart/mixed' } },
  );
  const boundary = /^multipart\/mixed; boundary=(.*)$/.exec(answer.headers.get('content-type')!)![1]!;
  const parts = Buffer.from(await answer.arrayBuffer())
    .toString('latin1')
    .split(`--${boundary}`);
  assert.is(parts.length, 4);
  assert.match(parts[1]!, /^\r\nContent-Type: audio\/wav\r\n\r\nRIFF/);
  const json = JSON.parse(parts[2]!.split('\r\n\r\n')[1]!) as Times;
  assert.is(json.words.length, whole.words.length);
  assert.is(parts[3], '--\r\n');
});

test('gives captions alone, which a parser of WebVTT reads', async () => {
  const answer = await post(server, '/v1/audio/speech/captions', {
    input: `<speak>${TEXT} <mark name="m"/></speak>`,
  });
  assert.is(answer.headers.get('content-type'), 'text/vtt; charset=utf-8');
  const { cues, errors } = new webvtt.WebVTTParser().parse(await answer.text());
  assert.is(errors.length, 0);
  assert.is(
    cues
      .map(({ tree }) => tree.children.map(({ value }) => value).join(' '))
      .join(' ')
      .replace(/\s+/g, ' '),
    TEXT,
  );
  const words = await post(server, '/v1/audio/speech/captions', {
    input: TEXT,
    caption_format: 'json',
    caption_words: true,
  });
  assert.is(((await words.json()) as unknown[]).length, whole.words.length);
  const wrong = await errorOf(
    await post(server, '/v1/audio/speech/captions', { input: TEXT, caption_format: 'sub' }),
  );
  assert.match(wrong.message, /srt, vtt, textgrid/);
});

/** A socket, and what it has received. */
async function connect(path = '/v1/audio/speech/stream') {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`);
  const audio: Buffer[] = [];
  const messages: {
    type: string;
    words: Word[];
    audio: string;
    duration: number;
    error: { code: string };
  }[] = [];
  let wake = () => {};
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) audio.push(data);
    else messages.push(JSON.parse(data.toString()));
    wake();
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const say = (message: unknown) =>
    socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  const until = async (isThere: () => boolean) => {
    while (!isThere())
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
  };
  const heard = (type: string) => messages.filter((message) => message.type === type);
  return { socket, audio, messages, say, until, heard };
}

test('speaks text in pieces over the WebSocket, with the times of its words', async () => {
  const { socket, audio, say, until, heard } = await connect();
  for (let round = 0; round < 2; round++) {
    audio.length = 0;
    say({ type: 'start', voice: 'hazel', audio: round === 0 ? 'binary' : 'base64' });
    for (const piece of TEXT.match(/.{1,7}/g)!) say({ type: 'text', text: piece });
    say({ type: 'end' });
    await until(() => heard('done').length > round);
  }
  const inMessages = heard('audio').map(({ audio }) => Buffer.from(audio, 'base64'));
  assert.is(
    inMessages.reduce((sum, { length }) => sum + length, 0),
    Math.round(48_000 * heard('done')[1]!.duration),
  );
  const words = heard('words').flatMap((message) => message.words);
  assert.equal(words.slice(0, words.length / 2), words.slice(words.length / 2));
  assert.equal(
    words.slice(0, words.length / 2),
    whole.words.map(({ phones: _phones, ...word }) => word),
  );
  socket.close();
});

test('speaks a flushed piece before the text ends, and stops when it is cancelled', async () => {
  const { socket, audio, say, until, heard } = await connect();
  say({ type: 'start', voice: 'nova' });
  say({ type: 'text', text: 'A word and' });
  say({ type: 'flush' });
  await until(() => audio.length > 0);
  assert.is(heard('done').length, 0);
  say({ type: 'cancel' });
  await until(() => heard('cancelled').length > 0);
  say({ type: 'start' });
  await until(() => heard('started').length === 2);
  socket.close();
  await until(() => true);
});

test('answers wrong messages over the WebSocket, and goes on', async () => {
  const { socket, say, until, messages } = await connect();
  const wrong: [unknown, string][] = [
    ['{', 'not_json'],
    [{ type: 'text', text: 'a' }, 'not_started'],
    [{ type: 'shout' }, 'unknown_message'],
    [{ type: 'start', voise: 'a' }, 'unknown_field'],
    [{ type: 'start', voice: 'zzzzzz' }, 'voice_not_found'],
    [{ type: 'start', model: 'zzzzzz' }, 'model_not_found'],
  ];
  for (const [message, code] of wrong) {
    const before = messages.length;
    say(message);
    await until(() => messages.length > before);
    assert.is(messages.at(-1)!.error.code, code);
  }
  say({ type: 'start' });
  await until(() => messages.at(-1)!.type === 'started');
  say({ type: 'start' });
  await until(() => messages.at(-1)!.error?.code === 'already_started');
  say({ type: 'text', text: 'a'.repeat(20_000) });
  await until(() => messages.at(-1)!.error?.code === 'string_above_max_length');
  socket.close();
});

test('joins base64 of any pieces', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 9 })), (pieces) => {
      const stream = new Base64Stream();
      const text = pieces.map((piece) => stream.push(piece)).join('') + stream.end();
      assert.is(text, Buffer.concat(pieces).toString('base64'));
    }),
  );
});

test.run();
