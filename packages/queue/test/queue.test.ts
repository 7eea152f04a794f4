// If this fails, a book loses chapters or is spoken twice when a worker, Redis, the network or a disk fails.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../../../scripts/redis.mjs';
import {
  type Book,
  createQueue,
  createWorker,
  FolderStore,
  metrics,
  type SpeechQueue,
  type Store,
  signatureOf,
  type WorkerEvent,
} from '../src/index.js';
import { folder, HAS_REDIS, pause, RedisServer, until, WorkerProcess } from './services.js';

const test = suite('queue');

const sentence = (n: number): string =>
  `Here the story has come to number ${n}, and it goes on after a pause.`;

/** Six parts of one sentence each. */
const BOOK: Book = {
  title: 'The Book of Tests',
  author: 'A. Writer',
  chapters: [1, 2].map((chapter) => ({
    title: `Chapter ${chapter}`,
    text: [1, 2, 3].map((n) => sentence(10 * chapter + n)).join('\n\n'),
  })),
  partMinutes: 0.1,
  format: 'flac',
  captions: ['vtt'],
};

/** Names and contents of a finished book. */
function bookIn(store: string): Record<string, string> {
  const books = readdirSync(join(store, 'books'));
  assert.is(books.length, 1);
  const path = join(store, 'books', books[0]!);
  const names = readdirSync(path).filter((name) => name !== 'book.json');
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(path, name)).toString('base64')]));
}

/** Nothing temporary is left, and each part is there once. */
function assertWhole(store: string, reference: Record<string, string>): void {
  assert.equal(Object.keys(bookIn(store)).sort(), Object.keys(reference).sort());
  for (const [name, content] of Object.entries(bookIn(store))) assert.ok(content === reference[name], name);
}

const isOver = (queue: SpeechQueue, id: string) => async () => {
  const status = await queue.book(id).catch(() => undefined); // Redis may be away
  return status !== undefined && (status.state === 'done' || status.state === 'failed') && status;
};

if (HAS_REDIS) {
  const redis = await RedisServer.start();
  const referenceStore = folder();
  let reference: Record<string, string> = {};
  let prefixes = 0;
  /** A queue of its own in the same Redis. */
  const place = (store = folder()) => ({
    redis: redis.url,
    store,
    prefix: `test${++prefixes}`,
    lockSeconds: 1,
  });

  test('speaks a book in one process, with chapters, captions and its cost', async () => {
    const at = place(referenceStore);
    await using queue = await createQueue(at);
    const ticket = await queue.add(BOOK);
    assert.equal([ticket.parts, ticket.reused, ticket.isNew], [6, 0, true]);
    assert.is((await queue.add(BOOK)).isNew, false);
    const events: WorkerEvent[] = [];
    await using _worker = await createWorker({ ...at, log: (event) => events.push(event) });
    const status = await until(isOver(queue, ticket.id));
    assert.equal([status.state, status.parts], ['done', { total: 6, done: 6, failed: 0 }]);
    const result = (await queue.result(ticket.id))!;
    assert.equal(
      result.chapters.map(({ title }) => title),
      ['Chapter 1', 'Chapter 2'],
    );
    assert.equal(
      result.files.map(({ name }) => name),
      ['the-book-of-tests.vtt', 'the-book-of-tests.flac'],
    );
    assert.is(events.filter(({ event }) => event === 'spoken').length, 6);
    const all = await queue.status({ pricePerCoreHour: 1 });
    assert.ok(Math.abs(all.costPerAudioHour! - all.realTimeFactor!) < 1e-9);
    assert.match(await metrics(queue), /voirs_queue_books\{state="done"\} 1/);
    reference = bookIn(referenceStore);
    assert.is(Object.keys(reference).length, 3);
  });

  test('speaks nothing again, and a changed voice makes new files', async () => {
    const at = place(referenceStore); // another Redis database in effect: only the store remembers
    await using queue = await createQueue(at);
    const again = await queue.add(BOOK);
    assert.equal([again.reused, again.isNew], [6, false]);
    assert.is((await queue.book(again.id)).state, 'done');
    const other = await queue.add({ ...BOOK, speaking: { voice: 'miles' } });
    assert.is.not(other.id, again.id);
    assert.equal([other.reused, other.isNew], [0, true]);
    const joined = await queue.add({ ...BOOK, format: 'opus' });
    assert.equal([joined.reused, joined.isNew], [6, true]);
  });

  test('loses nothing when workers are killed at any instant', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    for (const ms of [0, 400]) {
      const worker = await WorkerProcess.start(at);
      await until(() => queue.queues.parts.getActiveCount().then((count) => count > 0));
      await pause(ms);
      await worker.stop('SIGKILL');
    }
    await using _last = await createWorker(at);
    const status = await until(isOver(queue, id));
    assert.equal([status.state, status.parts], ['done', { total: 6, done: 6, failed: 0 }]);
    assertWhole(at.store, reference);
  });

  test('loses nothing when Redis is killed', async () => {
    const own = await RedisServer.start();
    const at = { redis: own.url, store: folder(), lockSeconds: 1 };
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    await using _worker = await createWorker(at);
    for (let round = 0; round < 2; round++) {
      await until(async () => (await queue.book(id)).parts.done > round);
      await own.stop('SIGKILL');
      await pause(700);
      await own.start();
    }
    const status = await until(isOver(queue, id));
    assert.equal([status.state, status.parts.done], ['done', 6]);
    assertWhole(at.store, reference);
    await own.stop();
  });

  test('loses nothing when the network of a worker is lost', async () => {
    const at = place();
    const port = await freePort();
    const sockets = new Set<Socket>();
    let isUp = true;
    const proxy: Server = createServer((socket) => {
      if (!isUp) return void socket.destroy();
      const target = connect(redis.port, '127.0.0.1');
      for (const one of [socket, target]) {
        sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => {
          sockets.delete(one);
          socket.destroy();
          target.destroy();
        });
      }
      socket.pipe(target).pipe(socket);
    }).listen(port, '127.0.0.1');
    try {
      await using queue = await createQueue(at);
      const { id } = await queue.add(BOOK);
      const cut = await WorkerProcess.start({ ...at, redis: `redis://127.0.0.1:${port}` });
      await until(() => cut.events.some(({ event }) => event === 'spoken'));
      isUp = false;
      for (const socket of sockets) socket.destroy();
      await using _other = await createWorker(at);
      await until(async () => (await queue.book(id)).parts.done >= 3);
      isUp = true;
      const status = await until(isOver(queue, id));
      assert.equal([status.state, status.parts.done], ['done', 6]);
      assertWhole(at.store, reference);
      await cut.stop('SIGKILL');
    } finally {
      proxy.close();
    }
  });

  test('speaks on when the clock of a worker jumps', async () => {
    for (const clockJumpMs of [7_200_000, -7_200_000]) {
      const at = place();
      await using queue = await createQueue(at);
      const { id } = await queue.add(BOOK);
      const worker = await WorkerProcess.start({ ...at, clockJumpMs });
      const status = await until(isOver(queue, id));
      assert.equal([status.state, status.parts.done], ['done', 6]);
      assertWhole(at.store, reference);
      await worker.stop();
    }
  });

  test('gives the part in hand back on SIGTERM, uncounted', async () => {
    const at = { ...place(), lockSeconds: 30 };
    await using queue = await createQueue(at);
    const long = [1, 2, 3, 4, 5, 6, 7, 8].map(sentence).join(' ').repeat(4);
    const { id } = await queue.add({ ...BOOK, chapters: [{ title: 'Long', text: long }], partMinutes: 20 });
    const worker = await WorkerProcess.start(at);
    await until(() => queue.queues.parts.getActiveCount().then((count) => count > 0));
    await pause(300);
    await worker.stop('SIGTERM');
    assert.equal([worker.isClosed, worker.events.map(({ event }) => event)], [true, ['returned']]);
    const job = await queue.queues.parts.getJob(`${id}-0`);
    assert.equal([await job?.getState(), job?.attemptsMade], ['prioritized', 0]);
  });

  test('sets a text aside that cannot be spoken, and tells of it', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const told: { body: string; signature: string | undefined }[] = [];
    const hook = createHttpServer(async (request, response) => {
      let body = '';
      for await (const piece of request) body += piece;
      told.push({ body, signature: request.headers['voirs-signature'] as string | undefined });
      response.end();
    }).listen(0, '127.0.0.1');
    await once(hook, 'listening');
    try {
      const { port } = hook.address() as { port: number };
      const webhook = { url: `http://127.0.0.1:${port}/`, secret: 'a secret' };
      const chapters = [
        { title: 'Good', text: sentence(1) },
        { title: 'Bad', text: '<speak><no-such', input: 'ssml' as const },
      ];
      const { id } = await queue.add({ ...BOOK, chapters, speaking: { strictSsml: true } }, { webhook });
      await using _worker = await createWorker(at);
      const status = await until(isOver(queue, id));
      assert.equal([status.state, status.parts], ['failed', { total: 2, done: 1, failed: 1 }]);
      const [failure] = status.failures;
      assert.equal([failure?.chapter, failure?.span, failure?.code], [1, [0, 15], 'INVALID_SSML']);
      await until(() => told.length > 0);
      assert.match(told[0]!.body, /"event":"book\.failed".*1 of 2 parts were set aside: 2/);
      assert.is(told[0]!.signature, signatureOf(told[0]!.body, 'a secret'));
      await queue.pause();
      const again = await queue.add({ ...BOOK, chapters, speaking: { strictSsml: true } });
      assert.equal([again.id, again.isNew, again.reused], [id, true, 1]);
      const { state, failures } = await queue.book(id);
      assert.equal([state, failures], ['running', []]);
    } finally {
      hook.close();
    }
  });

  test('tries a part again, sets it aside, and speaks it when it is retried', async () => {
    const path = folder();
    const disk = new FolderStore(path);
    let faults = 0;
    const store: Store = Object.assign(Object.create(disk) as Store, {
      write: (key: string, pieces: AsyncIterable<Uint8Array>) => {
        if (faults <= 0 || !key.endsWith('.pcm')) return disk.write(key, pieces);
        faults--;
        return Promise.reject(new Error('a fault of the test'));
      },
    });
    const at = { ...place(), store };
    await using queue = await createQueue(at);
    await using _worker = await createWorker(at);
    faults = 2;
    const { id } = await queue.add({ ...BOOK, chapters: [BOOK.chapters[0]!] }, { attempts: 2 });
    // Both tries may fall on one part or on two; the second try of two parts is spoken.
    const first = await until(isOver(queue, id));
    if (first.state === 'failed') assert.is(first.failures[0]?.attempts, 2);
    faults = 0;
    await queue.retry(id);
    const status = await until(isOver(queue, id));
    assert.equal(
      [status.state, status.parts, status.failures],
      ['done', { total: 3, done: 3, failed: 0 }, []],
    );
    assert.equal(await queue.retry(), []);
  });

  test('finishes a book after its disk was full', async () => {
    const path = folder();
    const mount = (options: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
    if (mount('size=400k').status !== 0) {
      console.log('SKIP no disk can be mounted here: it needs a privilege');
      return;
    }
    try {
      const at = place(join(path, 'store'));
      mkdirSync(at.store);
      await using queue = await createQueue(at);
      const { id } = await queue.add(BOOK, { attempts: 1 });
      await using _worker = await createWorker(at);
      const full = await until(isOver(queue, id));
      assert.is(full.state, 'failed');
      assert.is(full.failures[0]?.code, 'IO_ERROR');
      assert.match(full.failures[0]!.message, /ENOSPC|no space/i);
      mount('remount,size=40m');
      await queue.retry(id);
      assert.is((await until(isOver(queue, id))).state, 'done');
      assertWhole(at.store, reference);
    } finally {
      spawnSync('umount', ['-l', path]);
    }
  });

  test('lets an urgent book overtake, and pauses', async () => {
    const at = place();
    await using queue = await createQueue(at);
    await queue.pause();
    const short = (title: string): Book => ({ title, chapters: [{ title, text: `${title} is spoken.` }] });
    const books = [
      await queue.add(short('Bulk'), { priority: 'bulk' }),
      await queue.add(short('Normal')),
      await queue.add(short('Urgent'), { priority: 'urgent' }),
    ];
    const order: string[] = [];
    await using _worker = await createWorker({
      ...at,
      log: ({ event, book }) => event === 'spoken' && order.push(book!),
    });
    await pause(200);
    assert.equal([order, (await queue.status()).isPaused], [[], true]);
    await queue.resume();
    for (const { id } of books) await until(isOver(queue, id));
    assert.equal(
      order,
      [...books].reverse().map(({ id }) => id),
    );
    await queue.drain();
    assert.is((await queue.status()).isPaused, true);
  });

  test('keeps a tenant to its characters a minute', async () => {
    const at = place();
    await using queue = await createQueue(at);
    await queue.limit({ small: { charactersPerMinute: 100 }, '*': { charactersPerMinute: 1_000_000 } });
    const { id } = await queue.add(BOOK, { tenant: 'small' });
    await using _worker = await createWorker(at);
    await until(async () => (await queue.status()).jobs.delayed >= 4);
    // A minute may end between two parts.
    assert.ok((await queue.book(id)).parts.done <= 2);
    const other = await queue.add({ ...BOOK, title: 'Other' }, { tenant: 'large', priority: 'urgent' });
    assert.is((await until(isOver(queue, other.id))).state, 'done');
  });

  test('runs from the command line', async () => {
    const at = place();
    const env = { ...process.env, VOIRS_REDIS: redis.url, VOIRS_STORE: at.store };
    const program = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
    const run = (...args: string[]) =>
      JSON.parse(
        spawnSync(process.execPath, [program, 'queue', ...args, '--json'], { env }).stdout.toString(),
      );
    const chapters = folder();
    for (const [name, text] of [
      ['10.txt', 'The tenth chapter ends it.'],
      ['2.md', '# Two\n\nThe *second* one.'],
    ] as const)
      writeFileSync(join(chapters, name), text);
    const { id, parts } = run('add', chapters, '--title', 'My Book', '--captions', 'srt');
    assert.is(parts, 2);
    await using _worker = await createWorker({ redis: redis.url, store: at.store });
    await using queue = await createQueue({ redis: redis.url, store: at.store });
    await until(isOver(queue, id));
    const { state, result } = run('status', id);
    assert.is(state, 'done');
    assert.equal(
      result.files.map(({ name }: { name: string }) => name),
      ['my-book.srt', 'my-book.mp3'],
    );
    const captions = readFileSync(join(at.store, 'books', id, 'my-book.srt'), 'utf8');
    assert.match(captions, /Two[\s\S]*The second one\.[\s\S]*The tenth chapter ends it\./);
    assert.equal(run('drain'), { drained: true });
    assert.is(run('status').isPaused, true);
    assert.equal(run('resume'), { resume: true });
    assert.equal(run('retry'), { retried: [] });
  });

  test('refuses what no worker could speak, before it is queued', async () => {
    await using queue = await createQueue(place());
    const refused: [Partial<Book>, object, RegExp][] = [
      [{ title: '' }, {}, /no title/],
      [{ chapters: [] }, {}, /no text/],
      [{ chapters: [{ title: 'x', text: ' \n ' }] }, {}, /no text/],
      [{ format: 'wav' as 'mp3' }, {}, /mp3, opus, flac/],
      [{ captions: ['doc' as 'srt'] }, {}, /captions is unknown/],
      [{ partMinutes: 0 }, {}, /0\.1 to 60/],
      [{ speaking: { voice: 'nobody' } }, {}, /no such voice/],
      [{}, { priority: 'now' }, /urgent, normal, bulk/],
      [{}, { attempts: 0 }, /1 to 20/],
      [{}, { tenant: 'a b' }, /tenant/],
    ];
    for (const [book, options, message] of refused) {
      try {
        await queue.add({ ...BOOK, ...book }, options);
        assert.unreachable(String(message));
      } catch (error) {
        assert.match((error as Error).message, message);
      }
    }
    assert.equal((await queue.status()).books, []);
  });

  test.after(() => redis.stop());
}

test('says how to start Redis where none answers', async () => {
  const port = await freePort();
  for (const [url, message] of [
    [
      `redis://user:secret@127.0.0.1:${port}`,
      /Redis does not answer at redis:\/\/127\.0\.0\.1:\d+;.*Start it/,
    ],
    ['localhost', /wanted redis:\/\/HOST:PORT/],
  ] as const) {
    try {
      await createQueue({ redis: url, store: folder() });
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, message);
      assert.not.match((error as Error).message, /secret/);
    }
  }
});

test.run();
