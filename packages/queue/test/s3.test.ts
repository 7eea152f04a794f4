// If this fails, books are not found in a bucket, or a half-written one is taken for whole.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freePort } from '../../../scripts/redis.mjs';
import { openStore } from '../src/index.js';
import { folder } from './services.js';

interface S3Server {
  run(): Promise<unknown>;
  close(): Promise<void>;
}
const { default: S3rver } = (await import('s3rver')) as unknown as {
  default: new (options: object) => S3Server;
};

const test = suite('s3');
const port = await freePort();
const directory = folder();
const server = new S3rver({
  address: '127.0.0.1',
  port,
  silent: true,
  directory,
  configureBuckets: [{ name: 'speech', configs: [] }],
});
await server.run();
Object.assign(process.env, {
  AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${port}`,
  AWS_ACCESS_KEY_ID: 'S3RVER',
  AWS_SECRET_ACCESS_KEY: 'S3RVER',
  AWS_REGION: 'us-east-1',
});

const MB = 2 ** 20;
const piece = (value: number): Uint8Array => new Uint8Array(MB).fill(value);

test('writes, finds, reads and removes objects below a prefix', async () => {
  const store = await openStore('s3://speech/a/b');
  assert.is(store.place, 's3://speech/a/b/');
  assert.is(await store.has('parts/x.json'), false);
  assert.is(await store.read('parts/x.json'), undefined);
  const { bytes, sha256 } = await store.write('parts/x.json', [Buffer.from('{"x":'), Buffer.from('1}')]);
  assert.equal([bytes, sha256.length], [7, 64]);
  assert.is(await store.has('parts/x.json'), true);
  assert.is(Buffer.from((await store.read('parts/x.json'))!).toString(), '{"x":1}');
  await store.remove('parts/x.json');
  assert.is(await store.has('parts/x.json'), false);
  await store.close();
});

test('uploads a long object in pieces, and streams it back', async () => {
  const store = await openStore('s3://speech/long');
  const pieces = Array.from({ length: 12 }, (_, i) => piece(i));
  const written = await store.write('book.flac', pieces);
  assert.is(written.bytes, 12 * MB);
  let at = 0;
  for await (const part of store.stream('book.flac')) {
    assert.is(part[0], Math.floor(at / MB));
    at += part.length;
  }
  assert.is(at, 12 * MB);
  await store.close();
});

test('keeps the old object when the new one fails on the way', async () => {
  const store = await openStore('s3://speech/old');
  await store.write('a', [piece(1)]);
  async function* broken(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 7; i++) yield piece(2);
    throw new Error('a fault of the test');
  }
  try {
    await store.write('a', broken());
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /a cannot be written; got a fault of the test/);
  }
  assert.is((await store.read('a'))![0], 1);
  await store.close();
});

test('refuses keys and places that are none', async () => {
  const store = await openStore('s3://speech');
  for (const key of ['../x', '/x', 'a//b', 'a/', 'A', 'a\n', '']) {
    try {
      await store.read(key);
      assert.unreachable(key);
    } catch (error) {
      assert.match((error as Error).message, /no relative path/);
    }
  }
  for (const place of ['s3://', 's3://A_B', 's3://a'])
    assert.match(
      await openStore(place).then(String, (error: Error) => error.message),
      /s3:\/\/BUCKET\/PREFIX/,
    );
  await store.close();
});

test.after(() => server.close());
test.run();
