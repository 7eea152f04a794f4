// If this fails, whatever starts workers kills healthy ones, or sends no one home whose Redis is away.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createWorker, serveHealth } from '../src/index.js';
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

test.run();
