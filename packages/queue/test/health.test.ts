// If this fails, whatever starts workers kills healthy ones, or sends no one home whose Redis is away.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../../../scripts/redis.mjs';
import { createQueue, createWorker, serveHealth } from '../src/index.js';
import { isOver } from './book.js';
import { folder, HAS_REDIS, RedisServer, until } from './services.js';

const test = suite('health of a worker');

const ask = async (port: number, path: string): Promise<[number, { status: string; reason?: string }]> => {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`);
  return [answer.status, (await answer.json()) as { status: string; reason?: string }];
};

test('answers 503 with the reason while a worker takes no part', async () => {
  await using health = await serveHealth({ notReady: async () => 'the worker is closing' }, 0, '127.0.0.1');
  assert.equal(await ask(health.port, '/readyz'), [
    503,
    { status: 'not ready', reason: 'the worker is closing' },
  ]);
  assert.equal(await ask(health.port, '/healthz'), [200, { status: 'ok' }]);
  assert.is((await ask(health.port, '/books'))[0], 404);
});

test('says which option to change when the port is taken', async () => {
  const worker = { notReady: async () => undefined };
  await using health = await serveHealth(worker, 0, '127.0.0.1');
  await serveHealth(worker, health.port, '127.0.0.1').then(
    () => assert.unreachable(),
    (error) => {
      assert.is(error.code, 'IO_ERROR');
      assert.match(error.suggestion, /--health-port/);
    },
  );
});

if (HAS_REDIS) {
  test('follows Redis, and stays alive without it', async () => {
    const redis = await RedisServer.start();
    await using worker = await createWorker({ redis: redis.url, store: folder() });
    await using health = await serveHealth(worker, 0, '127.0.0.1');
    assert.equal(await ask(health.port, '/readyz'), [200, { status: 'ready' }]);
    await redis.stop('SIGKILL');
    assert.equal(await ask(health.port, '/readyz'), [
      503,
      { status: 'not ready', reason: 'Redis does not answer' },
    ]);
    assert.is((await ask(health.port, '/healthz'))[0], 200);
    await redis.start();
    await until(async () => (await ask(health.port, '/readyz'))[0] === 200);
    await worker.close();
    assert.is((await ask(health.port, '/readyz'))[1].reason, 'the worker is closing');
    await redis.stop();
  });
}

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

if (HAS_REDIS) {
  test('waits for a Redis that starts later, says so, and is alive meanwhile', async () => {
    const redis = await RedisServer.notYet();
    const store = folder();
    const port = await freePort();
    const args = ['queue', 'work', '--redis', redis.url, '--store', store, '--health-port', String(port)];
    const worker = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    worker.stderr.on('data', (piece) => {
      log += piece;
    });
    await until(() => (log.match(/"event":"redis"/g) ?? []).length >= 2);
    assert.match(log, /Redis does not answer at redis:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED.*tried again in/);
    assert.equal(await ask(port, '/readyz'), [
      503,
      { status: 'not ready', reason: 'Redis does not answer yet' },
    ]);
    assert.is((await ask(port, '/healthz'))[0], 200);
    await redis.start();
    await until(async () => (await ask(port, '/readyz'))[0] === 200);
    await using queue = await createQueue({ redis: redis.url, store });
    const { id } = await queue.add({
      title: 'Late',
      chapters: [{ title: 'One', text: 'Late.' }],
      format: 'flac',
    });
    assert.is((await until(isOver(queue, id))).state, 'done');
    worker.kill('SIGTERM');
    assert.equal(await once(worker, 'exit'), [0, null]);
    await redis.stop();
  });

  test('ends without Redis when it was told to, and on SIGTERM', async () => {
    const { url } = await RedisServer.notYet();
    const work = ['queue', 'work', '--redis', url.replace('//', '//me:secret@'), '--store', folder()];
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, ...work, '--connect-timeout', '1']);
    assert.not.equal(status, 0);
    assert.match(String(stderr), /tried again[\s\S]*Redis does not answer at redis.*Start it/);
    assert.not.match(String(stderr), /secret/);
    const waiting = spawn(process.execPath, [PROGRAM, ...work], { stdio: ['ignore', 'ignore', 'pipe'] });
    await once(waiting.stderr, 'data');
    waiting.kill('SIGTERM');
    await once(waiting, 'exit');
  });

  test('does not wait for a Redis that refuses', async () => {
    const redis = await RedisServer.notYet();
    await redis.start(['--requirepass', 'right']);
    for (const url of [redis.url, redis.url.replace('//', '//:wrong@')]) {
      const told: string[] = [];
      const refused = createWorker({
        ...{ redis: url, store: folder(), connectSeconds: Number.POSITIVE_INFINITY },
        log: ({ event }) => told.push(event),
      });
      await refused.then(
        () => assert.unreachable(),
        (error) => {
          assert.is(error.code, 'IO_ERROR');
          assert.match(error.message, /NOAUTH|WRONGPASS/);
          assert.match(error.suggestion, /redis:\/\/USER:PASSWORD@/);
        },
      );
      assert.equal(told, []);
    }
    await redis.stop();
  });
}

test.run();
