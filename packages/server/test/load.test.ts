// If this fails, the server under load loses what it accepted, lets one client starve others, or goes on
// speaking to clients that have gone.

import { connect } from 'node:net';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SpeechServer } from 'voirs-server';
import { FairQueue } from '../dist/workers/fair-queue.js';
import { Turns } from '../dist/workers/turns.js';
import { errorOf, speak, start } from './start.js';

const test = suite('server: load');
const SENTENCE = 'The tide comes in and the boats rise with it, one after the other. ';
/** 17 s of speech: its worker is busy for as long as the requests of a test take to arrive. */
const LONG = SENTENCE.repeat(4);
/** Bytes of it at least. */
const LONG_BYTES = 700_000;
let server: SpeechServer;
test.before(async () => {
  server = await start({ streams: 1, queue: 4, clientQueue: 3, plainKeys: 'one,two' });
});
test.after(() => server.close());

const as = (key: string, signal?: AbortSignal): RequestInit => ({
  headers: { authorization: `Bearer ${key}` },
  ...(signal ? { signal } : {}),
});
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const until = async (isSo: () => boolean | Promise<boolean>) => {
  while (!(await isSo())) await pause(10);
};
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${server.url}/metrics`, as('one'))).text();
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)![1]);
};

test('serves clients in turns, and never one beyond its share', () => {
  const queue = new FairQueue<string>({ total: 5, perClient: 3 });
  for (const item of ['a1', 'a2', 'a3', 'a4']) assert.is(queue.push('a', item), item !== 'a4');
  assert.ok(queue.push('b', 'b1'));
  assert.ok(queue.push('c', 'c1'));
  assert.not.ok(queue.push('d', 'd1'), 'it is full');
  queue.putBack('b', 'b0');
  const order = Array.from({ length: 6 }, () => queue.shift());
  assert.equal(order, ['b0', 'a1', 'c1', 'b1', 'a2', 'a3']);
  assert.is(queue.shift(), undefined);
});

test('keeps a fair queue in order whatever happens to it', () => {
  const action = fc.record({
    kind: fc.constantFrom('push', 'shift', 'remove'),
    client: fc.constantFrom('a', 'b', 'c'),
  });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const queue = new FairQueue<number>({ total: 8, perClient: 4 });
      const model = new Map<string, number[]>([
        ['a', []],
        ['b', []],
        ['c', []],
      ]);
      const all = () => [...model.values()].flat();
      for (const [n, { kind, client }] of actions.entries()) {
        const own = model.get(client)!;
        if (kind === 'push' && queue.push(client, n)) own.push(n);
        if (kind === 'remove' && own.length > 0) assert.ok(queue.remove(client, own.pop()!));
        if (kind === 'shift') {
          const item = queue.shift();
          const of = [...model.values()].find((items) => items[0] === item);
          assert.is(item === undefined, all().length === 0);
          of?.shift();
        }
        assert.is(queue.size, all().length);
        assert.ok(queue.size <= 8);
      }
    }),
  );
});

test('gives turns by the earliest deadline', async () => {
  const turns = new Turns();
  const order: number[] = [];
  let release = () => {};
  const first = turns.run(0, () => new Promise<void>((resolve) => (release = resolve)));
  const rest = [30, 10, 20].map((deadline) => turns.run(deadline, async () => void order.push(deadline)));
  release();
  await Promise.all([first, ...rest]);
  assert.equal(order, [10, 20, 30]);
  assert.is(await turns.run(0, async () => 7), 7, 'it is free again');
});

test('refuses with 429 and Retry-After what does not fit, and serves the rest', async () => {
  const running = await speak(server, { input: LONG, response_format: 'pcm' }, as('one'));
  const controller = new AbortController();
  const waiting = [1, 2, 3].map(() => speak(server, { input: 'One.' }, as('one')));
  await until(() => server.pool.queued === 3);
  const mine = await speak(server, { input: 'Hi.' }, as('one'));
  assert.is(mine.status, 429);
  assert.match(mine.headers.get('retry-after')!, /^\d+$/);
  assert.is((await errorOf(mine)).code, 'queue_full');
  const order: string[] = [];
  const other = speak(server, { input: 'Two.' }, as('two')).then((answer) => {
    order.push('two');
    return answer;
  });
  for (const answer of waiting) answer.then(() => order.push('one'));
  await until(() => server.pool.queued === 4);
  assert.is((await speak(server, { input: 'Hi.' }, as('two', controller.signal))).status, 429, 'it is full');
  assert.ok((await running.arrayBuffer()).byteLength > LONG_BYTES);
  for (const answer of [...waiting, other]) assert.is((await answer).status, 200);
  assert.ok(order.indexOf('two') <= 1, `the other client came ${order.indexOf('two') + 1}th`);
});

test('serves others while the listener of a long text is far behind', async () => {
  const spec = {
    ...{ text: LONG.repeat(2), voice: 'hazel', sampleRate: 48_000, options: {} },
    encoding: { format: 'wav', encoding: 'float32' },
  } as const;
  const gone = new AbortController();
  const slow = server.pool.speak(spec, { client: 'slow', signal: gone.signal });
  let heard = (await slow.next()).value!.bytes.length;
  const other = await speak(server, { input: 'Hello.' }, as('one'));
  assert.is(other.status, 200);
  await other.arrayBuffer();
  assert.is(server.pool.openJobs, 1, 'the slow one has not been ended');
  for await (const { bytes } of slow) heard += bytes.length;
  assert.ok(heard > 4 * 2 ** 20 + 1_000_000, `${heard} bytes`);
  assert.is(server.pool.openJobs, 0);
});

test('stops speaking to a client that goes away, waiting or listening', async () => {
  const before = await metric('voirs_aborted_total');
  const listening = new AbortController();
  const answer = await speak(server, { input: LONG, response_format: 'pcm' }, as('one', listening.signal));
  const waiting = new AbortController();
  const never = speak(server, { input: LONG }, as('one', waiting.signal)).catch((error) => error.name);
  await until(() => server.pool.queued === 1);
  waiting.abort();
  await until(() => server.pool.queued === 0);
  assert.is(await never, 'AbortError');
  listening.abort();
  await answer.arrayBuffer().catch(() => {});
  await until(() => server.pool.openJobs === 0);
  await until(async () => (await server.pool.memory())[0]?.memory.openCalls === 0);
  assert.is(await metric('voirs_aborted_total'), before + 2);
  const next = await speak(server, { input: 'Hello.' }, as('one'));
  assert.is(next.status, 200);
  await next.arrayBuffer();
});

test('speaks again what a dead worker had not begun, and ends what it had', async () => {
  const begun = await speak(server, { input: LONG, response_format: 'pcm' }, as('one'));
  const waiting = speak(server, { input: 'After the fall.', response_format: 'pcm' }, as('two'));
  await until(() => server.pool.queued === 1);
  server.pool.kill();
  const reason = await begun.arrayBuffer().catch((error) => error.name);
  assert.is(reason, 'TypeError', 'the answer ends as an error, not as if it were whole');
  assert.is((await fetch(`${server.url}/readyz`)).status, 503);
  const spoken = await waiting;
  assert.is(spoken.status, 200);
  assert.ok((await spoken.arrayBuffer()).byteLength > 20_000);
  assert.is(await metric('voirs_workers_lost_total'), 1);
  assert.is((await fetch(`${server.url}/readyz`)).status, 200);
});

test('ends an event stream with an error when its worker dies', async () => {
  const answer = await speak(server, { input: LONG, stream_format: 'sse' }, as('one'));
  server.pool.kill();
  const events = (await answer.text()).trimEnd().split('\n\n');
  const last = JSON.parse(events.at(-1)!.replace('data: ', ''));
  assert.is(last.type, 'error');
  assert.is(last.error.code, 'worker_lost');
});

test('stays flat over 1,000 aborted requests', async () => {
  await until(() => server.pool.ready === 1);
  const request = (input: string): string => {
    const body = JSON.stringify({ input, response_format: 'pcm' });
    const head = 'POST /v1/audio/speech HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer one\r\n';
    return `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };
  // Most are gone before they are heard: a short text spares the speaking, which is not what may leak here.
  const [short, long] = [request('Hello, you.'), request(LONG)];
  /** Goes once it hears something, within the body, or at any time after it; with an end or a reset. */
  const abort = (n: number) =>
    new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1');
      const go = () => (n % 2 ? socket.destroy() : socket.resetAndDestroy());
      socket.on('error', () => {}).on('close', () => resolve());
      if (n % 20 === 0) socket.once('data', go).write(long);
      else socket.write(n % 7 === 0 ? short.slice(0, -20) : short, () => setTimeout(go, n % 5));
    });
  const figures = async () => {
    await until(() => server.pool.openJobs === 0);
    await until(async () => (await server.pool.memory())[0]?.memory.openCalls === 0);
    const [report] = (await server.pool.memory())[0]!.memory.reports;
    return {
      tensors: report!.native!.tensorBytes,
      leases: report!.audio!.leases,
      arena: report!.audio!.capacityBytes,
    };
  };
  for (let n = 0; n < 40; n += 4) await Promise.all(Array.from({ length: 4 }, (_, i) => abort(n + i)));
  const before = await figures();
  for (let n = 0; n < 1000; n += 4) await Promise.all(Array.from({ length: 4 }, (_, i) => abort(n + i)));
  assert.equal(await figures(), before);
  assert.is(before.leases, 0);
  assert.is(server.pool.queued, 0);
  const connections = await new Promise((resolve) =>
    server.app.server.getConnections((_, count) => resolve(count)),
  );
  assert.ok((connections as number) < 10, `${connections} connections`);
});

test('finishes what it accepted when it is closed, the queue included', async () => {
  const running = await speak(server, { input: LONG, response_format: 'pcm' }, as('one'));
  const waiting = speak(server, { input: 'The last one.' }, as('two'));
  await until(() => server.pool.queued === 1);
  const closed = server.close();
  const refused = await speak(server, { input: 'Too late.' }, as('two')).catch((error) => error.name);
  assert.ok(refused === 'TypeError' || (refused as Response).status === 503);
  assert.ok((await running.arrayBuffer()).byteLength > LONG_BYTES);
  assert.is((await waiting).status, 200);
  assert.ok((await (await waiting).arrayBuffer()).byteLength > 4_000);
  await closed;
  assert.is(server.pool.openJobs, 0);
});

test.run();
