// If this fails, a library on several Redis servers loses a book, or a larger fleet moves books that lie well.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Book, createShards, createWorker, shardOf } from '../src/index.js';
import { folder, HAS_REDIS, RedisServer, until } from './services.js';

const test = suite('shards');

const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `redis://user:secret@shard-${i}:6379/0`);
const ids = Array.from({ length: 1000 }, (_, i) => `book-${i}`);

test('spreads books evenly', () => {
  const counts = [0, 0, 0, 0];
  for (const id of ids) counts[shardOf(id, addresses(4))]!++;
  for (const count of counts) assert.ok(count > 200 && count < 300, counts.join(' '));
});

test('moves books to a new server and between no others', () => {
  const moved = ids.filter((id) => shardOf(id, addresses(4)) !== shardOf(id, addresses(5)));
  assert.ok(moved.length > 150 && moved.length < 250, String(moved.length));
  for (const id of moved) assert.is(shardOf(id, addresses(5)), 4);
});

test('gives a book the same server in any order and after a new password', () => {
  const list = addresses(4);
  const other = list.map((one) => one.replace('secret', 'changed')).reverse();
  const name = (url: string): string => new URL(url).hostname;
  for (const id of ids.slice(0, 50))
    assert.is(name(other[shardOf(id, other)]!), name(list[shardOf(id, list)]!));
});

test('refuses one server twice', async () => {
  const redis = ['redis://127.0.0.1:1/0', 'redis://:password@127.0.0.1:1/0'];
  await createShards({ redis, store: folder() }).then(
    () => assert.unreachable(),
    (error) => {
      assert.is(error.code, 'INVALID_OPTIONS');
      assert.not.match(error.got, /password/);
    },
  );
});

if (HAS_REDIS) {
  test('speaks each book once, on its own server', async () => {
    const servers = [await RedisServer.start(), await RedisServer.start()];
    const redis = servers.map(({ url }) => url);
    const store = folder();
    const silence = Buffer.alloc(480);
    const times = { sampleRate: 24_000, length: 240, timeline: { words: [], marks: [] } };
    const spoken: string[] = [];
    const workers = await Promise.all(
      redis.map((url) =>
        createWorker({
          ...{ redis: url, store },
          speak: async (to, key, { text }) => {
            spoken.push(text);
            const written = await to.write(`parts/${key}.pcm`, [silence]);
            await to.write(`parts/${key}.json`, [Buffer.from(JSON.stringify({ ...written, ...times }))]);
            return { audioSeconds: 0.01, computeSeconds: 0.01 };
          },
        }),
      ),
    );
    {
      await using queue = await createShards({ redis, store });
      const books = Array.from(
        { length: 8 },
        (_, i): Book => ({
          title: `Book ${i}`,
          chapters: [{ title: 'One', text: `Book number ${i}.` }],
          format: 'flac',
        }),
      );
      const tickets = await Promise.all(books.map((book) => queue.add(book)));
      await until(async () => (await queue.status()).books.every(({ state }) => state === 'done'));
      assert.equal(spoken.sort(), books.map(({ chapters }) => chapters[0]!.text).sort());
      const lists = await Promise.all(queue.shards.map(async (shard) => (await shard.status()).books));
      for (const [i, list] of lists.entries()) {
        assert.ok(list.length > 0, `shard ${i} has no book`);
        for (const { id } of list) assert.is(shardOf(id, redis), i);
      }
      assert.is((await queue.status()).books.length, 8);
      const { id } = tickets[0]!;
      assert.is((await queue.book(id)).title, 'Book 0');
      assert.is((await queue.result(id))!.files.length, 1);
      assert.is((await queue.add(books[0]!)).isNew, false);
      await queue.book('no-such-book').then(
        () => assert.unreachable(),
        ({ code }) => assert.is(code, 'INVALID_OPTIONS'),
      );
    }
    await Promise.all(workers.map((worker) => worker.close()));
    for (const server of servers) await server.stop();
  });
}

test.run();
