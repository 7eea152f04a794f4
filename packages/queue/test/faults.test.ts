// If this fails, a book loses chapters or is spoken twice when a worker, Redis, the network, a disk or a clock fails.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../../../scripts/redis.mjs';
import { random } from '../../../test/random.js';
import { createQueue, createWorker } from '../src/index.js';
import { assertWhole, bookIn, bookOf, isOver, placeIn, sentence } from './book.js';
import { folder, HAS_REDIS, pause, RedisServer, until, WorkerProcess } from './services.js';
import { disposeVoice, speak } from './voice.js';

const test = suite('queue: faults');
/** Kills of workers, and of Redis; more of them take as much longer. */
const KILLS = Number(process.env.VOIRS_QUEUE_KILLS ?? 2);
/** Long enough for them. */
const CHAPTERS = Math.max(2, Math.ceil(KILLS / 2));
const BOOK = bookOf(CHAPTERS);
const PARTS = 3 * CHAPTERS;

if (HAS_REDIS) {
  const redis = await RedisServer.start();
  const place = (lockSeconds = 1) => placeIn(redis, folder(), lockSeconds);
  /** The book as a single process makes it. */
  let reference: Record<string, string> = {};
  test.before(async () => {
    const at = place(30);
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    await using _worker = await createWorker(at);
    await until(isOver(queue, id));
    reference = bookIn(at.store);
    assert.is(Object.keys(reference).length, 3);
  });

  test('loses nothing when workers are killed at any instant', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    const moments = random(KILLS, 20);
    for (let kill = 0; kill < KILLS; kill++) {
      await using worker = await WorkerProcess.start(at);
      await until(async () => (await queue.queues.parts.getActiveCount()) > 0 || (await isOver(queue, id)()));
      await pause(kill === 0 ? 0 : (1 + moments[kill]!) * 400);
      await worker.stop('SIGKILL');
    }
    await using _last = await createWorker({ ...at, speak });
    const killed = await until(isOver(queue, id));
    // A part that three workers have died with counts as what kills them; it is not lost.
    if (KILLS > 2 && killed.state === 'failed') await queue.retry(id);
    const status = await until(isOver(queue, id));
    assert.equal([status.state, status.parts], ['done', { total: PARTS, done: PARTS, failed: 0 }]);
    assertWhole(at.store, reference);
  });

  test('loses nothing when Redis is killed', async () => {
    const own = await RedisServer.start();
    const at = { redis: own.url, store: folder(), lockSeconds: 1 };
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    await using _worker = await createWorker({ ...at, speak });
    const moments = random(KILLS, 21);
    for (let kill = 0; kill < KILLS; kill++) {
      await until(async () => (await queue.book(id)).parts.done > kill || (await isOver(queue, id)()));
      await pause((1 + moments[kill]!) * 150);
      await own.stop('SIGKILL');
      await pause(300);
      await own.start();
    }
    const status = await until(isOver(queue, id));
    assert.equal([status.state, status.parts.done], ['done', PARTS]);
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
      await using cut = await WorkerProcess.start({ ...at, redis: `redis://127.0.0.1:${port}` });
      await until(() => cut.events.some(({ event }) => event === 'spoken'));
      isUp = false;
      for (const socket of sockets) socket.destroy();
      await using _other = await createWorker({ ...at, speak });
      await until(async () => (await queue.book(id)).parts.done >= 3);
      isUp = true;
      const status = await until(isOver(queue, id));
      assert.equal([status.state, status.parts.done], ['done', PARTS]);
      assertWhole(at.store, reference);
    } finally {
      proxy.close();
    }
  });

  test('takes over from a worker that hangs, and bears that it comes back', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    await using hung = await WorkerProcess.start(at);
    await until(() => queue.queues.parts.getActiveCount().then((count) => count > 0));
    hung.child.kill('SIGSTOP');
    await using _other = await createWorker({ ...at, speak });
    await until(async () => (await queue.book(id)).parts.done >= PARTS - 1);
    hung.child.kill('SIGCONT');
    const status = await until(isOver(queue, id));
    assert.equal([status.state, status.parts], ['done', { total: PARTS, done: PARTS, failed: 0 }]);
    await hung.stop(); // it ends what it had in hand
    assertWhole(at.store, reference);
  });

  test('sets a text aside that takes down every worker, and speaks the others', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const { id } = await queue.add({ ...BOOK, chapters: [BOOK.chapters[0]!] });
    const poison = 'number 12';
    let deaths = 0;
    for (;;) {
      await using worker = await WorkerProcess.start({ ...at, poison });
      const over = await Promise.race([until(isOver(queue, id)), worker.ended()]);
      if (over) {
        await worker.stop();
        break;
      }
      deaths++;
    }
    const { state, parts, failures } = await queue.book(id);
    assert.equal([deaths, state, parts], [3, 'failed', { total: 3, done: 2, failed: 1 }]);
    assert.equal(failures[0]?.chapter, 0);
    assert.match(BOOK.chapters[0]!.text.slice(...failures[0]!.span), /number 12/);
    await using _worker = await createWorker({ ...at, speak }); // one that it does no harm
    assert.equal(await queue.retry(id), [id]);
    assert.is((await until(isOver(queue, id))).state, 'done');
  });

  test('speaks on when the clock of a worker jumps, there and back', async () => {
    const at = place();
    await using queue = await createQueue(at);
    const { id } = await queue.add(BOOK);
    await using worker = await WorkerProcess.start({ ...at, clockJumpsMs: [7_200_000, -14_400_000] });
    const status = await until(isOver(queue, id));
    assert.equal([status.state, status.parts.done], ['done', PARTS]);
    await worker.stop(); // it ends what it had in hand, which may be the same book again
    assertWhole(at.store, reference);
  });

  test('gives the part in hand back on SIGTERM, uncounted', async () => {
    const at = place(30);
    await using queue = await createQueue(at);
    const long = [1, 2, 3, 4, 5, 6, 7, 8].map(sentence).join(' ').repeat(4);
    const { id } = await queue.add({ ...BOOK, chapters: [{ title: 'Long', text: long }], partMinutes: 20 });
    await using worker = await WorkerProcess.start(at);
    await until(() => queue.queues.parts.getActiveCount().then((count) => count > 0));
    await pause(300);
    await worker.stop('SIGTERM');
    assert.equal([worker.isClosed, worker.events.map(({ event }) => event)], [true, ['returned']]);
    const job = await queue.queues.parts.getJob(`${id}-0`);
    assert.equal([await job?.getState(), job?.attemptsMade], ['prioritized', 0]);
  });

  test('finishes a book after its disk was full', async () => {
    const path = folder();
    const mount = (options: string) => spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path]);
    if (mount('size=400k').status !== 0) {
      console.log('SKIP no disk can be mounted here: it needs a privilege');
      return;
    }
    try {
      const at = placeIn(redis, join(path, 'store'));
      mkdirSync(at.store);
      await using queue = await createQueue(at);
      const { id } = await queue.add(BOOK, { attempts: 1 });
      await using _worker = await createWorker({ ...at, speak });
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

  test.after(async () => {
    await disposeVoice();
    await redis.stop();
  });
}

test.run();
