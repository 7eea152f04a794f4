// If this fails, a book is not what was asked for: its chapters, its files, its order, its price, or who is told of it.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strToU8, zipSync } from 'fflate';
import { PNG } from 'pngjs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { useEncoder, type VoirsError } from 'voirs';
import { freePort } from '../../../scripts/redis.mjs';
import { HERE as HAS_FFMPEG, probe } from '../../../test/audio/ffmpeg.js';
import {
  type Book,
  createQueue,
  createWorker,
  FolderStore,
  isPublicAddress,
  metrics,
  readBooks,
  type Store,
  signatureOf,
  type WebhookEvent,
  type WorkerEvent,
} from '../src/index.js';
import { post } from '../src/webhook.js';
import { assertWhole, BOOK, bookIn, isOver, placeIn, sentence } from './book.js';
import { folder, HAS_REDIS, pause, RedisServer, until } from './services.js';
import { disposeVoice, speak } from './voice.js';

const test = suite('queue');
const XHTML = 'media-type="application/xhtml+xml"';
/** A book as publishers have it: two chapters, an author, a cover. */
const EPUB = zipSync({
  'META-INF/container.xml': strToU8(
    '<container><rootfiles><rootfile full-path="b.opf"/></rootfiles></container>',
  ),
  'b.opf': strToU8(
    '<package><metadata xmlns:dc="d"><dc:title>A Book of Two</dc:title><dc:creator>A. Writer</dc:creator></metadata>' +
      `<manifest><item id="a" href="a.xhtml" ${XHTML}/><item id="b" href="b.xhtml" ${XHTML}/>` +
      '<item id="c" href="c.png" media-type="image/png" properties="cover-image"/></manifest>' +
      '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
  ),
  'a.xhtml': strToU8(`<html><body><h1>First</h1><p>${sentence(1)}</p></body></html>`),
  'b.xhtml': strToU8(`<html><body><h1>Second</h1><p>${sentence(2)}</p></body></html>`),
  'c.png': PNG.sync.write(new PNG({ width: 2, height: 2 })),
});

if (HAS_REDIS) {
  const redis = await RedisServer.start();
  const referenceStore = folder();
  let reference: Record<string, string> = {};
  const place = (store?: string) => placeIn(redis, store);

  test('speaks a book in one process, with chapters, captions and its cost', async () => {
    const at = place(referenceStore);
    await using queue = await createQueue(at);
    const ticket = await queue.add(BOOK);
    assert.equal([ticket.parts, ticket.reused, ticket.isNew], [6, 0, true]);
    assert.is((await queue.add(BOOK)).isNew, false);
    const events: WorkerEvent[] = [];
    const before = process.cpuUsage();
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
    assert.ok(Math.abs(all.costPerAudioHour! - all.coreHours / all.audioHours) < 1e-9);
    // Of processors, not of a clock that goes on while others have them.
    const cores = all.books[0]!.coreSeconds;
    const { user, system } = process.cpuUsage(before);
    assert.ok(cores > 0 && cores < (user + system) / 1e6, `${cores} s`);
    const figures = await metrics(queue);
    assert.match(figures, /voirs_queue_books\{state="done"\} 1/);
    assert.match(
      figures,
      /# TYPE voirs_queue_audio_seconds_total counter\nvoirs_queue_audio_seconds_total [1-9]/,
    );
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

  test('takes nothing further while its process is over its limit', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    let megabytes = 100;
    const events: WorkerEvent['event'][] = [];
    await using _worker = await createWorker({
      ...{ ...at, speak },
      memoryLimitMb: 128,
      memory: () => megabytes * 2 ** 20,
      log: ({ event }) => {
        events.push(event);
        if (event === 'spoken' && megabytes === 100) megabytes = 200; // as the first part is done
      },
    });
    await until(() => events.includes('over-memory'));
    await pause(700); // longer than a part takes: one too many would be heard of
    assert.is((await queue.book(id)).parts.done, 1);
    assert.is(await queue.queues.parts.getActiveCount(), 0);
    megabytes = 99;
    assert.is((await until(isOver(queue, id))).state, 'done');
    assert.equal(
      events.filter((event) => event !== 'spoken' && event !== 'joined'),
      ['over-memory', 'within-memory'],
    );
    assertWhole(at.store, reference);
  });

  test('stops a book that nobody wants any more, also one in hand', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const text = `${sentence(1)} `.repeat(300);
    const { id } = await queue.add({ ...BOOK, chapters: [{ title: 'Long', text }], partMinutes: 12 });
    const events: WorkerEvent['event'][] = [];
    await using _worker = await createWorker({ ...at, speak, log: ({ event }) => events.push(event) });
    await until(() => queue.queues.parts.getActiveCount().then((count) => count > 0));
    assert.is(await queue.cancel(id), true);
    assert.is(await queue.cancel(id), false);
    await until(() => events.includes('cancelled'));
    await until(
      async () => (await queue.queues.books.getJobCounts('waiting-children', 'active')).active === 0,
    );
    assert.equal([(await queue.book(id)).state, events.includes('joined')], ['cancelled', false]);
    assert.not(events.includes('spoken'));
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
      await using _worker = await createWorker({ ...at, speak });
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
    await using _worker = await createWorker({ ...at, speak });
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
      ...{ ...at, speak },
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
    await using _worker = await createWorker({ ...at, speak });
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
      ['._2.md', 'what a Mac writes beside a file'],
      ['cover.jpg', 'no text'],
    ] as const)
      writeFileSync(join(chapters, name), text);
    const { id, parts } = run('add', chapters, '--title', 'My Book', '--captions', 'srt');
    assert.is(parts, 2);
    await using _worker = await createWorker({ redis: redis.url, store: at.store, speak });
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
    const small = { charactersPerMinute: 250 };
    assert.equal(run('limit', 'small', '250'), { limits: { small } });
    assert.equal(run('limit', '*', '9000'), { limits: { small, '*': { charactersPerMinute: 9000 } } });
    assert.equal(await queue.limits(), run('limit').limits);
    assert.equal(run('limit', 'small', 'none'), { limits: { '*': { charactersPerMinute: 9000 } } });
    assert.is(run('limit', 'small', '0').error.code, 'INVALID_OPTIONS');
    assert.is(run('limit', 'small').error.code, 'INVALID_OPTIONS');
    assert.equal(run('limit', '*', 'none'), { limits: {} });
  });

  test('makes an audiobook of an EPUB, with chapters, author and cover', async () => {
    const at = place();
    const path = join(folder(), 'book.epub');
    writeFileSync(path, EPUB);
    const [book] = await readBooks(path);
    useEncoder('aac', () => Promise.reject(new Error('not installed')));
    await using queue = await createQueue(at);
    const refused = await queue.add({ ...book!, format: 'm4b' }).catch((error: VoirsError) => error);
    assert.is((refused as VoirsError).code, 'ENCODER_NOT_FOUND');
    assert.equal((await queue.status()).books, []);
    useEncoder('aac', async () => ({
      ...(await import('mediabunny')),
      ...(await import('@mediabunny/aac-encoder')),
    }));
    const { id } = await queue.add({ ...book!, format: 'm4b' });
    await using _worker = await createWorker({ ...at, speak });
    assert.is((await until(isOver(queue, id))).state, 'done');
    const { files, duration, chapters } = (await queue.result(id))!;
    assert.equal(
      files.map(({ name }) => name),
      ['a-book-of-two.m4b'],
    );
    if (!HAS_FFMPEG) return;
    const found = probe(readFileSync(join(at.store, 'books', id, files[0]!.name)), 'm4b');
    assert.equal(
      found.chapters.map(({ start_time, tags }) => [tags?.title, Number(start_time)]),
      chapters.map(({ title, start }) => [title, Math.round(start * 1000) / 1000]),
    );
    assert.equal(
      chapters.map(({ title }) => title),
      ['First', 'Second'],
    );
    assert.ok(Math.abs(Number(found.format.duration) - duration) < 0.001, found.format.duration);
    const { title, artist, album } = found.format.tags!;
    assert.equal([title, artist, album], ['A Book of Two', 'A. Writer', 'A Book of Two']);
    assert.ok(found.streams.some(({ codec_name }) => codec_name === 'png'));
  });

  test('refuses what no worker could speak, before it is queued', async () => {
    await using queue = await createQueue(place());
    const refused: [Partial<Book>, object, RegExp][] = [
      [{ title: '' }, {}, /no title/],
      [{ chapters: [] }, {}, /no text/],
      [{ chapters: [{ title: 'x', text: ' \n ' }] }, {}, /no text/],
      [{ format: 'wav' as 'mp3' }, {}, /mp3, m4b, opus, flac/],
      [{ cover: { mediaType: 'image/gif' as 'image/png', base64: 'AA==' } }, {}, /another type/],
      [{ cover: { mediaType: 'image/png', base64: '..' } }, {}, /no picture/],
      [{}, { idempotencyKey: 'a b' }, /idempotency key/],
      [{ captions: ['doc' as 'srt'] }, {}, /captions is unknown/],
      [{ partMinutes: 0 }, {}, /0\.1 to 60/],
      [{ speaking: { voice: 'nobody' } }, {}, /no such voice/],
      [{}, { priority: 'now' }, /urgent, normal, bulk/],
      [{}, { attempts: 0 }, /1 to 20/],
      [{}, { tenant: 'a b' }, /tenant/],
    ];
    for (const most of [0, -1, 1.5, Number.NaN]) {
      const refusal = queue.limit({ small: { charactersPerMinute: most } });
      assert.match(await refusal.then(String, ({ message }: Error) => message), /from 1 up/);
    }
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

  test.after(async () => {
    await disposeVoice();
    await redis.stop();
  });
}

test('takes a webhook of a stranger to the open internet only', async () => {
  for (const [address, isOpen] of [
    ['93.184.216.34', true],
    ['2606:2800:220:1:248:1893:25c8:1946', true],
    ['10.0.0.1', false],
    ['127.0.0.1', false],
    ['169.254.169.254', false],
    ['::1', false],
    ['::ffff:192.168.0.1', false],
    ['fd00::1', false],
    ['no address', false],
  ] as const)
    assert.is(isPublicAddress(address), isOpen, address);
  let calls = 0;
  const hook = createHttpServer((_request, response) => {
    calls++;
    response.writeHead(302, { location: '/' }).end();
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const { port } = hook.address() as { port: number };
  const event: WebhookEvent = { event: 'book.done', id: 'x', title: 'x' };
  const told = (host: string, reach: 'public' | 'any') =>
    post({ url: `http://${host}:${port}/`, reach }, event).catch(({ message }: Error) => message);
  assert.match(String(await told('127.0.0.1', 'public')), /no public address/);
  assert.match(String(await told('localhost', 'public')), /no public address/);
  assert.is(calls, 0);
  assert.match(String(await told('127.0.0.1', 'any')), /answered 302/);
  hook.close();
});

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
