// If this fails, a program written for OpenAI's speech gets other sound, other errors or nothing from voirs.
import OpenAI from 'openai';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { VoirsPipeline } from 'voirs';
import type { SpeechServer } from 'voirs-server';
import { errorOf, post, speak, start } from './start.js';

const test = suite('server: speech');
const TEXT = 'Seven ferries left the harbour. The last one sailed at noon.';
let server: SpeechServer;
let client: OpenAI;

test.before(async () => {
  server = await start();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});
test.after(() => server.close());

/** Greatest difference of 16-bit samples. */
function difference(one: Int16Array, other: Int16Array): number {
  assert.is(one.length, other.length);
  let most = 0;
  for (const [i, sample] of one.entries()) most = Math.max(most, Math.abs(sample - other[i]!));
  return most;
}

const samplesOf = (bytes: Uint8Array): Int16Array => new Int16Array(bytes.slice().buffer);

let whole: Int16Array;
test('gives the samples of the library at 24 kHz as pcm', async () => {
  await using pipeline = await VoirsPipeline.create({ sampleRate: 24000, numThreads: 1 });
  using audio = await pipeline.synthesize(TEXT, { speakingRate: 1.25 });
  const answer = await speak(server, { input: TEXT, voice: 'hazel', response_format: 'pcm', speed: 1.25 });
  assert.is(answer.headers.get('content-type'), 'audio/pcm; rate=24000; channels=1');
  assert.is(answer.headers.get('x-voirs-voice'), 'hazel');
  assert.is(answer.headers.get('x-voirs-notice'), null);
  whole = samplesOf(new Uint8Array(await answer.arrayBuffer()));
  assert.ok(difference(whole, audio.toPcm16()) <= 1);
});

test('sends sound before the whole is made', async () => {
  const answer = await speak(server, { input: TEXT.repeat(4), response_format: 'pcm' });
  const sizes: number[] = [];
  const reader = answer.body!.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) sizes.push(next.value.length);
  assert.ok(sizes.length > 3, `${sizes.length} pieces`);
  assert.ok(sizes[0]! < 0.2 * sizes.reduce((sum, size) => sum + size), `the first of ${sizes}`);
});

test('sends the events of OpenAI with the same bytes', async () => {
  const body = { input: TEXT, voice: 'hazel', response_format: 'pcm', speed: 1.25, stream_format: 'sse' };
  const answer = await speak(server, body);
  assert.is(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const events = (await answer.text())
    .trimEnd()
    .split('\n\n')
    .map((line) => JSON.parse(line.replace(/^data: /, '')) as { type: string; audio: string; usage: object });
  const done = events.pop()!;
  assert.is(done.type, 'speech.audio.done');
  assert.equal(done.usage, { input_tokens: TEXT.length, output_tokens: 0, total_tokens: TEXT.length });
  assert.ok(events.length > 1 && events.every(({ type }) => type === 'speech.audio.delta'));
  const joined = Buffer.concat(events.map(({ audio }) => Buffer.from(audio, 'base64')));
  assert.is(difference(samplesOf(joined), whole), 0);
});

const FIRST_BYTES: Record<string, [type: string, bytes: RegExp]> = {
  mp3: ['audio/mpeg', /^(ID3|\xff[\xe0-\xff])/],
  opus: ['audio/ogg; codecs=opus', /^OggS/],
  aac: ['audio/aac', /^\xff[\xf0-\xff]/],
  flac: ['audio/flac', /^fLaC/],
  wav: ['audio/wav', /^RIFF\xff\xff\xff\xffWAVE/],
  mulaw: ['audio/basic; rate=8000; channels=1', /^./s],
  alaw: ['audio/x-alaw-basic; rate=8000; channels=1', /^./s],
};
for (const [format, [type, bytes]] of Object.entries(FIRST_BYTES)) {
  test(`writes ${format}`, async () => {
    const answer = await speak(server, { input: 'Hello.', response_format: format });
    assert.is(answer.status, 200);
    assert.is(answer.headers.get('content-type'), type);
    const file = Buffer.from(await answer.arrayBuffer());
    assert.match(file.subarray(0, 12).toString('latin1'), bytes);
    assert.ok(file.length > 2000, `${file.length} bytes`);
  });
}

test('serves the openai client: speech, models, errors', async () => {
  const answer = await client.audio.speech.create({
    ...{ model: 'gpt-4o-mini-tts', voice: 'onyx', input: 'Hello from the client.' },
    instructions: 'Cheerfully.',
  });
  assert.is(answer.headers.get('content-type'), 'audio/mpeg');
  assert.is(answer.headers.get('x-voirs-voice'), 'miles');
  assert.is(answer.headers.get('x-voirs-notice'), 'instructions is ignored');
  assert.ok((await answer.arrayBuffer()).byteLength > 4000);
  const models = await client.models.list();
  assert.ok(models.data.some(({ id }) => id === 'tts-1'));
  assert.is((await client.models.retrieve('voirs')).id, 'voirs');
  const error = await client.audio.speech
    .create({ model: 'tts-1', voice: 'nobody', input: 'Hi.' })
    .catch((reason) => reason);
  assert.instance(error, OpenAI.BadRequestError);
  assert.is(error.param, 'voice');
  assert.match(error.message, /there are alloy, .*hazel/);
  assert.ok(error.requestID);
});

test('says in a header at which speed it speaks', async () => {
  const answer = await speak(server, { input: 'Hi.', speed: 4 });
  assert.is(answer.headers.get('x-voirs-notice'), 'speed 4 is spoken at 2: the engine has 0.5 to 2');
  const [fast, slow] = await Promise.all(
    [2, 0.25].map(async (speed) => {
      const spoken = await speak(server, { input: 'One two three.', speed, response_format: 'pcm' });
      return (await spoken.arrayBuffer()).byteLength;
    }),
  );
  assert.ok(slow! > 3 * fast! && slow! < 5 * fast!, `${slow} against ${fast} bytes`);
});

test('reads SSML where the input is SSML', async () => {
  const ssml = '<speak>A <break time="2s"/> b.</speak>';
  const bytes = async (body: object) =>
    (await (await speak(server, { response_format: 'pcm', ...body })).arrayBuffer()).byteLength;
  assert.ok((await bytes({ input: ssml })) > 2 * 48_000);
  const error = await errorOf(await speak(server, { input: '<speak>A', voirs: { strictSsml: true } }));
  assert.is(error.code, 'invalid_ssml');
});

test('passes options of the engine on, checked', async () => {
  const answer = await speak(server, { input: 'Hi.', voirs: { pitchShift: 3 }, response_format: 'pcm' });
  assert.is(answer.status, 200);
  const wrong = await errorOf(await speak(server, { input: 'Hi.', voirs: { pitchShift: 300 } }));
  assert.match(wrong.message, /pitchShift is out of range; got 300; wanted a number from -12 to 12/);
});

const REFUSED: [title: string, body: unknown, status: number, message: RegExp][] = [
  ['a body without input', { voice: 'hazel' }, 400, /^input is missing$/],
  ['the field of another server', { text: 'Hi.' }, 400, /^input is missing; "text" is no field here$/],
  ['a format by another name', { input: 'Hi.', format: 'wav' }, 400, /mean response_format\?$/],
  ['a rate by another name', { input: 'Hi.', length_scale: 2 }, 400, /mean speed\?$/],
  ['an empty input', { input: '' }, 400, /^input must NOT have fewer/],
  [
    'a misspelt field with its name',
    { input: 'Hi.', voise: 'a' },
    400,
    /Unknown field "voise".*mean voice\?$/,
  ],
  ['a misspelt voice with its name', { input: 'Hi.', voice: 'hasel' }, 400, /mean hazel\?$/],
  [
    'an unknown format with the list',
    { input: 'Hi.', response_format: 'm4a' },
    400,
    /mp3, opus, aac, flac, wav, pcm/,
  ],
  ['a speed beyond 4', { input: 'Hi.', speed: 5 }, 400, /^speed must be <= 4$/],
  ['an ill-typed speed', { input: 'Hi.', speed: '1' }, 400, /^speed must be number$/],
  ['an unknown model', { input: 'Hi.', model: 'x' }, 404, /there are voirs, tts-1/],
  ['a lexicon of a client', { input: 'Hi.', voirs: { lexicon: 'a B' } }, 400, /takes no lexicon/],
  ['a text that is too long', { input: 'a'.repeat(16_385) }, 400, /16385 characters; the most here is 16384/],
  ['a text with nothing to say', { input: '...' }, 400, /nothing/i],
  [
    'a bit rate of wav',
    { input: 'Hi.', response_format: 'wav', bit_rate: 64_000 },
    400,
    /wav has no bitRate/,
  ],
];
for (const [title, body, status, message] of REFUSED) {
  test(`refuses ${title}`, async () => {
    const answer = await speak(server, body);
    assert.is(answer.status, status);
    const error = await errorOf(answer);
    assert.match(error.message, message);
    assert.is(error.type, 'invalid_request_error');
  });
}

test('takes the slashes of any base URL, and says where one lacks /v1', async () => {
  for (const path of ['//v1/models', '/v1//models/', '/v1/audio/voices/'])
    assert.is((await fetch(`${server.url}${path}`)).status, 200, path);
  const { message } = await errorOf(await post(server, '/audio/speech', { input: 'Hi.' }));
  assert.is(
    message,
    'There is no POST /audio/speech. Did you mean /v1/audio/speech? Base URLs of clients end with /v1',
  );
  const other = await errorOf(await post(server, '/audio/other', {}));
  assert.is(other.message, 'There is no POST /audio/other');
});

test('lists voices with the names that they answer to', async () => {
  const { voices } = (await (await fetch(`${server.url}/v1/audio/voices`)).json()) as {
    voices: { id: string; name: string; aliases: string[] }[];
  };
  assert.is(voices[0]!.id, 'hazel');
  assert.ok(voices.every(({ name }) => name.length > 0));
  const answered = voices.flatMap(({ aliases }) => aliases);
  for (const name of [
    'alloy',
    'ash',
    'ballad',
    'coral',
    'echo',
    'fable',
    'nova',
    'onyx',
    'sage',
    'shimmer',
    'verse',
  ])
    assert.ok(answered.includes(name), name);
});

test('speaks with a voice of the second set', async () => {
  const answer = await speak(server, { input: 'Hello.', voice: { id: 'kathleen' }, response_format: 'pcm' });
  assert.is(answer.headers.get('x-voirs-voice'), 'kathleen');
  assert.ok((await answer.arrayBuffer()).byteLength > 10_000);
});

/** `METHOD /path` of each line of Fastify's tree, in which a line continues the path that it hangs from. */
function routesOf(tree: string): string[] {
  const open: { depth: number; path: string }[] = [];
  return tree.split('\n').flatMap((line) => {
    const [, indent = '', own = '', methods] = /^([\s│]*)[├└]── (\S*)(?: \(([^)]*)\))?/.exec(line) ?? [];
    if (own === '') return [];
    while (open.length > 0 && open.at(-1)!.depth >= indent.length) open.pop();
    const path = `${open.at(-1)?.path ?? ''}${own}`;
    open.push({ depth: indent.length, path });
    return (methods ?? '')
      .split(', ')
      .flatMap((method) => (/^(GET|POST)$/.test(method) ? [`${method} ${path}`] : []));
  });
}

test('describes every route in its OpenAPI document', async () => {
  const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as {
    info: { description: string };
    paths: Record<
      string,
      Record<string, { requestBody?: { content: Record<string, { schema: { properties: object } }> } }>
    >;
  };
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
  );
  const socket = 'GET /v1/audio/speech/stream'; // OpenAPI has no WebSockets: its description names it
  const routes = routesOf(server.app.printRoutes({ commonPrefix: false }));
  assert.ok(routes.includes(socket) && document.info.description.includes('/v1/audio/speech/stream'));
  assert.equal(described.sort(), routes.filter((route) => route !== socket).sort());
  const body = document.paths['/v1/audio/speech']!.post!.requestBody!.content['application/json']!;
  assert.ok('response_format' in body.schema.properties && 'instructions' in body.schema.properties);
});

test.run();
