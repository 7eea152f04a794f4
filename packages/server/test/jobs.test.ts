// If this fails, a long request is lost, made twice, seen by another key, or its board is open to strangers.
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { chromium } from 'playwright-core';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createQueue, createWorker, signatureOf } from 'voirs-queue';
import { newKey, type SpeechServer } from 'voirs-server';
import { CHROMIUM_ADVICE, findChromium } from '../../../scripts/chromium.mjs';
import { patience } from '../../../scripts/patience.mjs';
import { folder, HAS_REDIS, RedisServer, until } from '../../queue/test/services.js';
import { parseKeys } from '../dist/keys.js';
import { errorOf, post, start } from './start.js';

const test = suite('server: jobs');
const PATH = '/v1/audio/jobs';
const BOOK = {
  title: 'Two Chapters',
  author: 'A. Writer',
  chapters: [
    { title: 'One', input: 'The first chapter is short.' },
    { title: 'Two', input: '<speak>So is the <break time="200ms"/> second.</speak>' },
  ],
  response_format: 'flac',
  captions: ['vtt'],
};

interface Job {
  id: string;
  status: string;
  parts: { total: number; done: number; failed: number };
  duration: number;
  chapters: { title: string }[];
  files: { name: string; bytes: number; sha256: string; url: string; content_type: string }[];
  result_url: string;
  failures: { chapter: number; code: string; message: string }[];
}

test('knows which keys may look at the board', () => {
  const { line } = newKey('ops');
  assert.equal(
    parseKeys(`${line} board open=2\n${newKey('other').line}`).map(({ name, seesBoard, limits }) => [
      name,
      seesBoard,
      limits,
    ]),
    [
      ['ops', true, { open: 2 }],
      ['other', false, {}],
    ],
  );
});

if (HAS_REDIS) {
  const redis = await RedisServer.start();
  const [one, two, ops] = ['one', 'two', 'ops'].map(newKey) as [Key, Key, Key];
  type Key = ReturnType<typeof newKey>;
  const place = { redis: redis.url, store: folder() };
  let server: SpeechServer;

  const as = (key: Key, headers: Record<string, string> = {}) => ({
    headers: { authorization: `Bearer ${key.key}`, ...headers },
  });
  const ask = (body: unknown, key = one, headers: Record<string, string> = {}) =>
    post(server, PATH, body, as(key, headers));
  const get = (path: string, key = one, headers: Record<string, string> = {}) =>
    fetch(`${server.url}${path}`, as(key, headers));
  const jobOf = async (answer: Response): Promise<Job> => (await answer.json()) as Job;
  const ended = (id: string, key = one) =>
    until(async () => {
      const job = await jobOf(await get(`${PATH}/${id}`, key));
      return ['completed', 'failed', 'cancelled'].includes(job.status) && job;
    });

  test.before(async () => {
    server = await start({
      keys: [one.line, two.line, `${ops.line} board`].join('\n'),
      jobs: { ...place, maxCharacters: 2000, webhookHosts: ['127.0.0.1'] },
    });
  });
  test.after(async () => {
    await server.close();
    await redis.stop();
  });

  test('speaks a book that was asked for, tells of it signed, and gives it in ranges', async () => {
    const told: { body: string; signature: unknown }[] = [];
    const hook = createHttpServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      told.push({ body, signature: request.headers['voirs-signature'] });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    try {
      const { port } = hook.address() as { port: number };
      const webhook = { url: `http://127.0.0.1:${port}/told`, secret: 'a secret' };
      const asked = await ask({ ...BOOK, webhook });
      assert.is(asked.status, 202);
      const job = await jobOf(asked);
      assert.equal([job.status, job.parts], ['queued', { total: 2, done: 0, failed: 0 }]);
      assert.is(asked.headers.get('location'), `${PATH}/${job.id}`);
      const early = await get(`${PATH}/${job.id}/result`);
      assert.equal([early.status, (await errorOf(early)).code], [409, 'job_not_completed']);
      const again = await ask({ ...BOOK, webhook });
      assert.equal([again.status, (await jobOf(again)).id], [200, job.id]);

      await using _worker = await createWorker(place);
      const done = await ended(job.id);
      assert.equal([done.status, done.parts.done], ['completed', 2]);
      assert.equal(
        done.chapters.map(({ title }) => title),
        ['One', 'Two'],
      );
      assert.equal(
        done.files.map(({ name, content_type }) => [name, content_type]),
        [
          ['two-chapters.vtt', 'text/vtt; charset=utf-8'],
          ['two-chapters.flac', 'audio/flac'],
        ],
      );
      await until(() => told.length > 0);
      assert.match(told[0]!.body, new RegExp(`"event":"book.done","id":"${job.id}"`));
      assert.is(told[0]!.signature, signatureOf(told[0]!.body, 'a secret'));

      const whole = await get(done.result_url);
      const bytes = Buffer.from(await whole.arrayBuffer());
      const { bytes: size, sha256 } = done.files[1]!;
      assert.equal([whole.status, bytes.length, whole.headers.get('etag')], [200, size, `"${sha256}"`]);
      assert.is(bytes.subarray(0, 4).toString(), 'fLaC');
      const parts = ['bytes=0-99', `bytes=100-${size - 51}`, 'bytes=-50'].map((range) =>
        get(done.result_url, one, { range }),
      );
      const answers = await Promise.all(parts);
      assert.ok(answers.every(({ status }) => status === 206));
      assert.is(answers[1]!.headers.get('content-range'), `bytes 100-${size - 51}/${size}`);
      const pieces = await Promise.all(answers.map((answer) => answer.arrayBuffer()));
      assert.ok(Buffer.concat(pieces.map((piece) => Buffer.from(piece))).equals(bytes));
      const beyond = await get(done.result_url, one, { range: `bytes=${size}-` });
      assert.equal([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${size}`]);
      const other = await get(done.result_url, one, { range: 'bytes=0-9', 'if-range': '"another"' });
      assert.is((await other.arrayBuffer()).byteLength, size);
      assert.is((await get(done.result_url, one, { 'if-none-match': `"${sha256}"` })).status, 304);
      assert.match(await (await get(done.files[0]!.url)).text(), /^WEBVTT[\s\S]*The first chapter/);
      assert.is((await errorOf(await get(`${PATH}/${job.id}/files/x.mp3`))).code, 'file_not_found');
    } finally {
      hook.close();
    }
  });

  test('shows a key its own jobs only, though the parts are spoken once', async () => {
    const mine = await jobOf(await ask(BOOK));
    assert.is(mine.status, 'completed');
    for (const [path, method] of [
      ['', 'GET'],
      ['', 'DELETE'],
      ['/result', 'GET'],
      ['/files/two-chapters.flac', 'GET'],
    ]) {
      const answer = await fetch(`${server.url}${PATH}/${mine.id}${path}`, { method: method!, ...as(two) });
      assert.equal([answer.status, (await errorOf(answer)).code], [404, 'job_not_found']);
    }
    const before = readdirSync(`${place.store}/parts`).length;
    const theirs = await jobOf(await ask(BOOK, two));
    assert.is.not(theirs.id, mine.id);
    await using _worker = await createWorker(place);
    assert.is((await ended(theirs.id, two)).status, 'completed');
    assert.is(readdirSync(`${place.store}/parts`).length, before);
  });

  test('lists the jobs of a key, newest first, a page at a time', async () => {
    interface Page {
      object: string;
      data: Job[];
      first_id: string | null;
      last_id: string | null;
      has_more: boolean;
    }
    const third = newKey('third');
    const others = await start({
      keys: [one.line, third.line].join('\n'),
      jobs: { ...place, prefix: 'listed', maxCharacters: 2000 },
    });
    const list = (query: string, key = third) => fetch(`${others.url}${PATH}${query}`, as(key));
    const pageOf = async (query: string, key = third) => (await (await list(query, key)).json()) as Page;
    try {
      assert.equal(await pageOf(''), {
        ...{ object: 'list', data: [], first_id: null, last_id: null, has_more: false },
      });
      const asked: string[] = [];
      for (const input of ['First.', 'Second.', 'Third.', 'Fourth.', 'Fifth.'])
        asked.unshift((await jobOf(await post(others, PATH, { input }, as(third)))).id);
      const foreign = await jobOf(await post(others, PATH, { input: 'Of another.' }, as(one)));
      const all = await pageOf('');
      assert.equal(
        all.data.map(({ id, status }) => [id, status]),
        asked.map((id) => [id, 'queued']),
      );
      assert.equal([all.first_id, all.last_id, all.has_more], [asked[0], asked[4], false]);
      const seen: string[] = [];
      for (let page = await pageOf('?limit=2'); ; page = await pageOf(`?limit=2&after=${page.last_id}`)) {
        seen.push(...page.data.map(({ id }) => id));
        if (seen.length === 2) await post(others, PATH, { input: 'Meanwhile.' }, as(third)); // moves no page
        if (!page.has_more) break;
      }
      assert.equal(seen, asked);
      assert.equal((await pageOf('', one)).data.length, 1);
      await using _worker = await createWorker({ ...place, prefix: 'listed' });
      await until(async () => (await pageOf('')).data.every(({ status }) => status === 'completed'));
      assert.is((await pageOf('')).data[0]!.result_url, `${PATH}/${(await pageOf('')).first_id}/result`);
      for (const [query, status] of [
        ['?limit=0', 400],
        ['?limit=101', 400],
        ['?limit=x', 400],
        ['?page=2', 400],
        [`?after=${foreign.id}`, 404],
        ['?after=never-asked', 404],
      ] as const)
        assert.is((await list(query)).status, status, query);
      assert.is((await fetch(`${others.url}${PATH}`)).status, 401);
      const { paths } = (await (await fetch(`${others.url}/openapi.json`, as(third))).json()) as {
        paths: Record<string, { get?: { parameters?: { name: string; in: string }[] } }>;
      };
      assert.equal(
        paths[PATH]!.get!.parameters!.map((parameter) => [parameter.in, parameter.name]),
        [
          ['query', 'limit'],
          ['query', 'after'],
        ],
      );
    } finally {
      await others.close();
    }
  });

  test('gets the same job for the same key of a request, and none for another request', async () => {
    const body = { input: 'Asked for by name.' };
    const named = { 'idempotency-key': 'order-66' };
    const both = await Promise.all([ask(body, one, named), ask(body, one, named)]);
    const jobs = await Promise.all(both.map(jobOf));
    assert.is(jobs[0]!.id, jobs[1]!.id);
    await fetch(`${server.url}${PATH}/${jobs[0]!.id}`, { method: 'DELETE', ...as(one) });
    const after = await ask(body, one, named);
    assert.equal([after.status, (await jobOf(after)).status], [200, 'cancelled']);
    const other = await ask({ input: 'Another.' }, one, named);
    assert.equal([other.status, (await errorOf(other)).code], [409, 'idempotency_key_reused']);
    assert.is((await ask({ input: 'Another.' }, two, named)).status, 202);
  });

  test('cancels what waits, and speaks it when it is asked for again', async () => {
    await using queue = await createQueue(place);
    const body = { input: 'Nobody wants this. '.repeat(20), title: 'Unwanted' };
    const { id } = await jobOf(await ask(body));
    const waiting = () => queue.queues.parts.getJob(`${id}-0`);
    assert.ok(await waiting());
    const answer = await fetch(`${server.url}${PATH}/${id}`, { method: 'DELETE', ...as(one) });
    assert.equal([answer.status, (await jobOf(answer)).status], [200, 'cancelled']);
    assert.is(await waiting(), undefined);
    assert.is((await errorOf(await get(`${PATH}/${id}/result`))).message, 'The job is cancelled');
    const again = await ask(body);
    assert.equal([again.status, (await jobOf(again)).status], [202, 'queued']);
    await using _worker = await createWorker(place);
    assert.is((await ended(id)).status, 'completed');
  });

  test('takes what the guide asks for', async () => {
    const guide = readFileSync(new URL('../../../docs/server.md', import.meta.url), 'utf8');
    const [, block] = /^```sh queue\n(.*?)^```$/ms.exec(guide)!;
    const [, body] = /-d '(.*)'/s.exec(block!)!;
    const answer = await ask(body, one);
    assert.equal([answer.status, (await jobOf(answer)).parts.total], [202, 2]);
    await fetch(`${server.url}${answer.headers.get('location')}`, { method: 'DELETE', ...as(one) });
  });

  test('says which text cannot be spoken', async () => {
    const chapters = [...BOOK.chapters, { title: 'Bad', input: '<speak><no-such', input_type: 'ssml' }];
    const { id } = await jobOf(await ask({ ...BOOK, chapters, voirs: { strictSsml: true } }));
    await using _worker = await createWorker(place);
    const { status, failures } = await ended(id);
    assert.equal([status, failures[0]!.chapter, failures[0]!.code], ['failed', 2, 'invalid_ssml']);
  });

  const REFUSED: [body: object, status: number, message: RegExp, headers?: Record<string, string>][] = [
    [{}, 400, /either input or chapters/],
    [{ ...BOOK, input: 'x' }, 400, /either input or chapters/],
    [{ input: 'x', chapter: [] }, 400, /Did you mean chapters/],
    [{ input: 'x', response_format: 'wav' }, 400, /mp3, m4b, opus, flac/],
    [{ input: 'x'.repeat(2001) }, 400, /2001 characters; the most here is 2000/],
    [{ input: ' ' }, 400, /no text/],
    [{ input: 'x', voice: 'nobody' }, 400, /no voice "nobody"/],
    [{ input: 'x', webhook: { url: 'ftp://example.org' } }, 400, /http or https/],
    [{ input: 'x', webhook: { url: 'http://[::1]/' } }, 400, /private network/],
    [{ input: 'x', webhook: { url: 'http://169.254.169.254/' } }, 400, /private network/],
    [{ input: 'x', cover: { media_type: 'image/png', base64: '?' } }, 400, /cover is no picture/],
    [{ input: 'x' }, 400, /idempotency key/, { 'idempotency-key': 'a b' }],
  ];
  test('refuses what no worker could speak, as the other routes do', async () => {
    for (const [body, status, message, headers] of REFUSED) {
      const answer = await ask(body, one, headers);
      assert.is(answer.status, status, String(message));
      assert.match((await errorOf(answer)).message, message);
    }
    assert.is((await get(`${PATH}/no-such-job`)).status, 404);
    assert.is((await get(`${PATH}/..%2fx`)).status, 400);
    assert.is((await post(server, PATH, BOOK)).status, 401);
  });

  test('lists its routes, and the figures of the queue among its own', async () => {
    const { paths } = (await (await get('/openapi.json')).json()) as { paths: object };
    for (const path of ['', '/{id}', '/{id}/result', '/{id}/files/{name}'])
      assert.ok(Object.hasOwn(paths, PATH + path), path);
    const metrics = await (await get('/metrics')).text();
    assert.match(metrics, /^voirs_queue_up 1$/m);
    assert.match(metrics, /^voirs_queue_books\{state="done"\} [1-9]/m);
    assert.match(metrics, /^voirs_requests_total\{route="\/v1\/audio\/jobs"/m);
  });

  test('shows the queue to the key that says board, and to nobody else', async () => {
    const path = '/queue/api/queues';
    const basic = (key: string) => `Basic ${Buffer.from(`ops:${key}`).toString('base64')}`;
    const look = (headers: Record<string, string>, method = 'GET') =>
      fetch(`${server.url}${path}`, { method, headers });
    for (const [headers, status] of [
      [{}, 401],
      [{ authorization: basic('wrong') }, 401],
      [{ authorization: basic(one.key) }, 403],
      [{ authorization: `Bearer ${one.key}` }, 403],
    ] as [Record<string, string>, number][]) {
      const answer = await look(headers);
      assert.is(answer.status, status);
      assert.is(answer.headers.get('www-authenticate') !== null, true);
    }
    // A path is the one that it is decoded to, however it is written.
    for (const written of ['/%71ueue/api/queues', '/%71%75eue', '/queue/%61pi/queues', '/queue/']) {
      const answer = await get(written, one);
      assert.is(answer.status, 403, written);
    }
    const answer = await look({ authorization: basic(ops.key) });
    assert.is(answer.status, 200);
    const { queues } = (await answer.json()) as { queues: { name: string; readOnlyMode: boolean }[] };
    assert.equal(queues.map(({ name }) => name).sort(), ['books', 'parts', 'webhooks']);
    assert.ok(queues.every(({ readOnlyMode }) => readOnlyMode));
    const foreign = { authorization: basic(ops.key), origin: 'https://evil.example' };
    assert.is((await look(foreign, 'PUT')).status, 403);
    const page = await fetch(`${server.url}/queue`, { headers: { authorization: basic(ops.key) } });
    assert.match(page.headers.get('content-security-policy')!, /^default-src 'none'; script-src 'self';/);
    assert.not.match(await page.text(), /(?:src|href)="(?:https?:)?\/\//);
  });

  test('shows the board in a browser that asks nobody else', async () => {
    const executablePath = findChromium();
    if (!executablePath) {
      console.log(`SKIP no Chromium: ${CHROMIUM_ADVICE}`);
      return;
    }
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    try {
      const page = await browser.newPage({ httpCredentials: { username: 'ops', password: ops.key } });
      const [asked, complaints]: [string[], string[]] = [[], []];
      page.setDefaultTimeout(60_000 * patience());
      page.on('request', (request) => asked.push(new URL(request.url()).origin));
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
      await page.goto(`${server.url}/queue`);
      await page.getByText('webhooks').first().waitFor();
      assert.equal([...new Set(asked)], [server.url]);
      // What the browser says of the first answer, 401, which asks for the password.
      assert.equal(
        complaints.filter((text) => !text.includes('401')),
        [],
      );
    } finally {
      await browser.close();
    }
  });

  test('answers 503 while Redis is away, and goes on when it is back', async () => {
    await redis.stop('SIGKILL');
    const answer = await ask({ input: 'Not now.' });
    assert.equal([answer.status, (await errorOf(answer)).code], [503, 'queue_unavailable']);
    assert.is(answer.headers.get('retry-after'), '5');
    await redis.start();
    assert.is(await until(async () => (await ask({ input: 'Not now.' })).status !== 503 && true), true);
  });
}

test.run();
