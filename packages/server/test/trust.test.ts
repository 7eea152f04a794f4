// If this fails, strangers or pages can use the server, or hostile requests harm it or what others get.

import { createHash } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer, newKey, type ServerOptions, type SpeechServer } from 'voirs-server';
import WebSocket from 'ws';
import { Keys, keyOf, parseKeys } from '../dist/keys.js';
import { settingsOf } from '../dist/options.js';
import { errorOf, speak, start } from './start.js';

const test = suite('server: trust');
const BODY = { input: 'Hi.', response_format: 'pcm' };
const made = newKey('laptop');
const lines: string[] = [];
const logDestination = new Writable({
  write(chunk, _encoding, done) {
    lines.push(String(chunk));
    done();
  },
});
let open: SpeechServer;
let keyed: SpeechServer;
test.before(async () => {
  open = await start(
    { logLevel: 'info', receiveTimeout: 2, cors: ['https://good.example'] },
    { logDestination },
  );
  keyed = await start({ keys: `${made.line} requests=5 open=2\n# nobody else`, host: '0.0.0.0' });
});
test.after(async () => {
  await open.close();
  await keyed.close();
});

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const urlOf = (server: SpeechServer) =>
  ({ ...server, url: `http://127.0.0.1:${server.port}` }) as SpeechServer;

test('asks for a key wherever it says or makes anything', async () => {
  const server = urlOf(keyed);
  for (const path of ['/v1/audio/voices', '/v1/models', '/metrics', '/openapi.json', '/nowhere'])
    assert.is((await fetch(`${server.url}${path}`)).status, 401, path);
  for (const key of ['', 'x', made.key.slice(0, -1), `${made.key}x`]) {
    const answer = await speak(server, BODY, bearer(key));
    assert.is(answer.status, 401);
    assert.is((await errorOf(answer)).type, 'authentication_error');
  }
  assert.is((await fetch(`${server.url}/healthz`)).status, 200);
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/audio/speech/stream`);
  assert.match(
    await new Promise<string>((resolve) => socket.on('error', ({ message }) => resolve(message))),
    /401/,
  );
});

test('lets a key in by header or subprotocol, within its limits', async () => {
  const server = urlOf(keyed);
  const path = `${server.url.replace('http', 'ws')}/v1/audio/speech/stream`;
  const socket = new WebSocket(path, ['voirs', `openai-insecure-api-key.${made.key}`]);
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  assert.is(socket.protocol, 'voirs');
  socket.close();
  const statuses: number[] = [];
  let last: Response;
  do {
    last = await speak(server, BODY, bearer(made.key));
    statuses.push(last.status);
    if (last.status === 200) await last.arrayBuffer();
  } while (last.status === 200);
  assert.is(statuses.length, 6);
  assert.is(last.status, 429);
  assert.ok(Number(last.headers.get('retry-after')) <= 13);
  assert.match((await errorOf(last)).message, /requests of this minute/);
});

test('answers no page but those of its list', async () => {
  const from = (origin: string, extra = {}) => speak(open, BODY, { headers: { origin, ...extra } });
  assert.is((await from('https://evil.example')).status, 403);
  assert.is((await from('null')).status, 403);
  const good = await from('https://good.example');
  assert.is(good.status, 200);
  assert.is(good.headers.get('access-control-allow-origin'), 'https://good.example');
  await good.arrayBuffer();
  const asked = await fetch(`${open.url}/v1/audio/speech`, {
    method: 'OPTIONS',
    headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
  });
  assert.is(asked.headers.get('access-control-allow-origin'), null);
  const socket = new WebSocket(`${open.url.replace('http', 'ws')}/v1/audio/speech/stream`, {
    origin: 'https://evil.example',
  });
  assert.match(
    await new Promise<string>((resolve) => socket.on('error', ({ message }) => resolve(message))),
    /403/,
  );
});

/** Sends bytes as they are. @returns what comes until the other side closes. */
function raw(text: string, { server = open, isWhole = true } = {}): Promise<string> & { socket: Socket } {
  const socket = connect(server.port, '127.0.0.1');
  const answer = new Promise<string>((resolve) => {
    let all = '';
    socket.on('data', (data) => {
      all += data.toString('latin1');
    });
    socket.on('close', () => resolve(all));
    socket.on('error', () => resolve(all));
  });
  socket.write(text);
  if (isWhole) socket.end();
  return Object.assign(answer, { socket });
}

test('does not answer for a name that was made to point here', async () => {
  const answer = await raw('GET /v1/models HTTP/1.1\r\nHost: rebound.example\r\nConnection: close\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 403 .*host_not_allowed/s);
});

test('closes connections that send their request drop by drop', async () => {
  const head =
    'POST /v1/audio/speech HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 100\r\n';
  const dripping = [raw(head, { isWhole: false }), raw(`${head}\r\n{"in`, { isWhole: false })];
  const drops = setInterval(() => {
    for (const { socket } of dripping) if (socket.writable) socket.write('x');
  }, 200);
  const meanwhile = await speak(open, BODY);
  assert.is(meanwhile.status, 200, 'others are served');
  await meanwhile.arrayBuffer();
  const answers = await Promise.all(dripping);
  clearInterval(drops);
  for (const answer of answers) assert.match(answer, /^(HTTP\/1\.1 4\d\d|$)/);
});

const MALFORMED: [title: string, body: string, status: number, type?: string][] = [
  ['no JSON', '{"input": ', 400],
  ['an array', '[]', 400],
  ['null', 'null', 400],
  ['a deep object', '['.repeat(100_000), 400],
  ['a prototype', '{"input":"Hi.","__proto__":{"voice":"x"}}', 400],
  ['a constructor', '{"input":"Hi.","constructor":{"prototype":{"a":1}}}', 400],
  ['a body of another type', 'input=Hi.', 415, 'application/x-www-form-urlencoded'],
  ['text that pages may send', '{"input":"Hi."}', 415, 'text/plain'],
  ['a body beyond the limit', JSON.stringify({ input: 'a'.repeat(200_000) }), 413],
];
for (const [title, body, status, type = 'application/json'] of MALFORMED) {
  test(`refuses ${title}`, async () => {
    const answer = await speak(open, body, { headers: { 'content-type': type } });
    assert.is(answer.status, status);
    const { type: kind, message } = await errorOf(answer);
    assert.is(kind, 'invalid_request_error');
    if (status === 415) assert.match(message, 'Content-Type: application/json');
  });
}

const POST = 'POST /v1/audio/speech HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n';
const SMUGGLED: [title: string, bytes: string, status: number][] = [
  ['two lengths', `${POST}Content-Length: 15\r\nContent-Length: 5\r\n\r\n{"input":"Hi."}`, 400],
  [
    'a length beside chunks',
    `${POST}Content-Length: 15\r\nTransfer-Encoding: chunked\r\n\r\n{"input":"Hi."}`,
    400,
  ],
  ['chunks without a size', `${POST}Transfer-Encoding: chunked\r\n\r\nZZ\r\n{"input":"Hi."}`, 400],
  ['a chunk with a long name', `${POST}Transfer-Encoding: chunked\r\n\r\n1;${'a'.repeat(99_999)}`, 400],
  ['a header within a header', `${POST}X-A: a\rX-Evil: 1\r\n\r\n`, 400],
  ['lines without their first half', 'GET /healthz HTTP/1.1\nHost: 127.0.0.1\n\n', 400],
  ['headers without end', `${POST}X-A: ${'a'.repeat(99_999)}\r\n\r\n`, 431],
  ['a path that is no text', 'GET /v1/models/%ff%00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n', 400],
];
for (const [title, bytes, status] of SMUGGLED) {
  test(`answers ${title} with an error of its own, and nothing else`, async () => {
    const answer = await raw(bytes, { isWhole: false });
    assert.is(answer.slice(0, 13), `HTTP/1.1 ${status} `);
    const [head, body] = answer.split('\r\n\r\n') as [string, string];
    assert.match(head, /content-type: application\/json/i);
    assert.is(JSON.parse(body).error.type, 'invalid_request_error');
    assert.not.match(head, /x-evil/i);
  });
}

test('does not keep what a socket is sent beyond the longest text, nor answers that nobody reads', async () => {
  const handshake = [
    'GET /v1/audio/speech/stream HTTP/1.1',
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ].join('\r\n');
  /** A message as a client frames it; its mask is nought. */
  const frame = (text: string) => Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0, ...Buffer.from(text)]);
  const { socket } = raw(`${handshake}\r\n\r\n`, { isWhole: false });
  await new Promise((resolve) => socket.once('data', resolve));
  socket.pause();
  const flood = Buffer.concat(Array.from({ length: 200 }, () => frame('{}')));
  const closed = new Promise((resolve) => socket.once('close', () => resolve('closed')));
  const sent = (async () => {
    while (!socket.destroyed) await new Promise((resolve) => socket.write(flood, resolve));
  })();
  await Promise.all([closed, sent]);

  const flushes = new WebSocket(`${open.url.replace('http', 'ws')}/v1/audio/speech/stream`);
  const error = new Promise<string>((resolve) => {
    flushes.on('message', (data, isBinary) => {
      const message = isBinary ? {} : JSON.parse(String(data));
      if (message.type === 'error') resolve(message.error.code);
    });
  });
  await new Promise((resolve) => flushes.on('open', resolve));
  flushes.send('{"type":"start"}');
  for (let n = 0; n <= 16_384; n++) flushes.send('{"type":"flush"}');
  assert.is(await error, 'string_above_max_length');
  flushes.terminate();
});

test('ends a speech of few characters that never ends', async () => {
  await using server = await start({ maxCharacters: 20 });
  const pausing = { input: 'One. Two. Six.', voirs: { pauses: { sentence: 60 } }, stream_format: 'sse' };
  const events = (await (await speak(server, pausing)).text()).trimEnd().split('\n\n');
  assert.is(JSON.parse(events.at(-1)!.slice('data: '.length)).error.code, 'invalid_text');
  const whole = await speak(server, { ...BODY, input: 'One. Two.' });
  assert.ok((await whole.arrayBuffer()).byteLength > 20_000);
});

test('takes names of any characters for names, never for paths', async () => {
  const names = [
    '../../etc/passwd',
    'weights/aspen',
    '\0',
    'ǆ',
    '日本語',
    '💥',
    'a\r\nx-evil: 1',
    '__proto__',
    'x'.repeat(9000),
  ];
  for (const name of names) {
    for (const field of ['voice', 'model', 'response_format']) {
      const answer = await speak(open, { ...BODY, [field]: name });
      assert.ok([400, 404].includes(answer.status), `${field} ${name}: ${answer.status}`);
      assert.is(answer.headers.get('x-evil'), null);
      const { message } = await errorOf(answer);
      assert.ok(message.length < 1000 && !/weights\/[a-z]+\/|\/(work|home|tmp)\//.test(message), message);
    }
    const model = await fetch(`${open.url}/v1/models/${encodeURIComponent(name)}`);
    assert.ok([400, 404, 414].includes(model.status), `${name}: ${model.status}`);
  }
});

test('answers any JSON with an answer of its own', async () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.constant({}),
  );
  const field = fc.constantFrom(
    'voice',
    'speed',
    'model',
    'response_format',
    'voirs',
    'stream_format',
    'sample_rate',
    'x',
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(field, value, { maxKeys: 3 }), async (fields) => {
      const answer = await speak(open, { ...fields, input: '...' }); // nothing to say: it never gets to sound
      assert.ok([400, 404].includes(answer.status), JSON.stringify(fields));
      assert.ok((await errorOf(answer)).message.length > 0);
    }),
    { numRuns: 60 },
  );
});

test('puts nothing of a request into headers but printable ASCII', async () => {
  const answer = await speak(open, { ...BODY, user: 'a\r\nx-evil: 1', instructions: '日本' });
  assert.is(answer.headers.get('x-voirs-notice'), 'instructions is ignored; user is ignored');
  await answer.arrayBuffer();
  assert.match(answer.headers.get('x-request-id')!, /^[0-9a-f-]{36}$/);
  assert.is(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.match(answer.headers.get('content-security-policy')!, /default-src 'none'/);
  assert.is(answer.headers.get('x-powered-by'), null);
});

test('logs requests without their texts', async () => {
  const { length } = lines;
  await (await speak(open, { ...BODY, input: 'A secret ferry.' })).arrayBuffer();
  const logged = () => lines.slice(length).join('');
  while (!/request completed/.test(logged())) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.match(logged(), /"url":"\/v1\/audio\/speech"/);
  assert.not.ok(/secret ferry/.test(lines.join('')));
});

test('keeps digests of keys, and finds faults of their file by line', () => {
  const digest = createHash('sha256').update('k').digest('hex');
  const [key] = parseKeys(`\n# comment\n a@b.c sha256:${digest}  characters=5 # end`);
  assert.equal([key!.name, key!.limits], ['a@b.c', { characters: 5 }]);
  const keys = new Keys({ file: `a sha256:${digest}`, plain: ' p , q' });
  assert.equal(
    ['k', 'p', 'q', '', 'kk'].map((one) => keys.find(one)?.name),
    ['a', 'key-1', 'key-2', undefined, undefined],
  );
  for (const [line, wanted] of [
    ['a', /sha256/],
    [`a sha256:${digest.slice(1)}`, /64 hexadecimal/],
    [`a sha256:${digest} requests=0`, /requests=N/],
    [`a sha256:${digest} requests=1.5`, /requests=N/],
    [`a sha256:${digest}\na sha256:${digest}`, /no other line/],
    [`ä sha256:${digest}`, /letters/],
  ] as const)
    assert.throws(() => parseKeys(line), wanted);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        for (const { digest: own } of parseKeys(text)) assert.is(own.length, 32);
      } catch (error) {
        assert.is((error as { code: string }).code, 'INVALID_OPTIONS');
      }
    }),
  );
  fc.assert(
    fc.property(fc.string(), (text) => {
      const found = keyOf({ authorization: text, 'sec-websocket-protocol': text });
      assert.ok(found === undefined || (found.length > 0 && !/\s/.test(found)));
    }),
  );
});

test('counts characters of a key over a minute', () => {
  const digest = createHash('sha256').update('k').digest('hex');
  const client = new Keys({ file: `a sha256:${digest} characters=100 open=1`, plain: '' }).find('k')!;
  const end = client.begin(60);
  assert.throws(() => client.begin(1), /1 requests under way/);
  end();
  end();
  assert.throws(
    () => client.begin(60),
    (error: { retryAfter: number }) => error.retryAfter > 5 && error.retryAfter < 13,
  );
  client.begin(20)();
});

const BAD: [options: ServerOptions, message: RegExp][] = [
  [{ host: '0.0.0.0' }, /without a key/],
  [{ host: '192.0.2.1' }, /without a key/],
  [{ auth: true }, /without a key/],
  [{ port: 70_000 }, /port is out of range.*0 to 65535/],
  [{ workers: 0 }, /workers is out of range/],
  [{ worker: 1 } as ServerOptions, /Did you mean workers/],
  [{ logLevel: 'loud' }, /silent, error/],
  [{ cors: ['*'] }, /An origin of cors/],
  [{ cors: 'x' as never }, /cors is of the wrong type/],
  [{ keys: 'a b' }, /Line 1/],
  [{ sampleRate: 24_001 }, /sampleRate/],
  [{ aliases: { af_heart: 'heather' } }, /An alias stands for no voice; got af_heart=heather; wanted hazel/],
];
test('refuses options that are wrong or open the door, before anything starts', async () => {
  for (const [options, message] of BAD) {
    const error = await createServer({ logLevel: 'silent', port: 0, workers: 1, ...options }).catch(
      (reason) => reason,
    );
    assert.match(String(error.message), message, JSON.stringify(options));
  }
  assert.is(settingsOf({ queue: 9 }).clientQueue, 5);
});

test.run();
