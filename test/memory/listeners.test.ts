// If this fails, a listener can break or stall the work that it listens to, or misses its end.
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Listeners } from '../../src/memory/listeners.js';
import { voirsError } from '../expect.js';

const test = suite('listeners');

/** Messages of the process's warnings while `work` runs. */
async function warnings(work: () => void | Promise<void>): Promise<string[]> {
  const messages: string[] = [];
  const keep = (warning: Error) => messages.push(warning.message);
  process.on('warning', keep);
  await work();
  await delay(5);
  process.off('warning', keep);
  return messages;
}

test('calls each listener once, in order, until it is taken off', () => {
  const listeners = new Listeners<number>('count');
  const heard: string[] = [];
  const a = (n: number) => {
    heard.push(`a${n}`);
    listeners.off('count', a);
  };
  const b = (n: number) => heard.push(`b${n}`);
  for (const one of [a, b, b]) listeners.on('count', one);
  listeners.emit(1);
  listeners.emit(2);
  listeners.off('count', b);
  assert.ok(listeners.isEmpty);
  listeners.emit(3);
  assert.equal(heard, ['a1', 'b1', 'b2']);
});

test('reports what listeners throw as a warning and goes on', async () => {
  const listeners = new Listeners<number>('count');
  const heard: number[] = [];
  const told = await warnings(() => {
    listeners.on('count', () => {
      throw new Error('thrown');
    });
    listeners.on('count', async () => {
      throw new Error('rejected');
    });
    listeners.on('count', () => {
      throw 'no error at all';
    });
    listeners.on('count', (n) => heard.push(n));
    listeners.emit(7);
  });
  assert.equal(heard, [7]);
  assert.equal(told.sort(), ['no error at all', 'rejected', 'thrown']);
});

test('streams all events from its making until it is left', async () => {
  const listeners = new Listeners<number>('count');
  const events = listeners.stream();
  const waiting = [events.next(), events.next()];
  for (const n of [1, 2, 3]) listeners.emit(n);
  assert.equal(
    (await Promise.all(waiting)).map(({ value }) => value),
    [1, 2],
  );
  for await (const n of events) {
    assert.is(n, 3);
    break;
  }
  assert.ok(listeners.isEmpty);
  assert.equal(await events.next(), { done: true, value: undefined });
});

test('keeps only the latest events for a slow reader', async () => {
  const listeners = new Listeners<number>('count');
  const events = listeners.stream({ most: 3 });
  for (let n = 0; n < 50; n++) listeners.emit(n);
  const read: number[] = [];
  listeners.close();
  for await (const n of events) read.push(n);
  assert.equal(read, [47, 48, 49]);
  assert.ok(listeners.isEmpty);
});

test('keeps 100 events unless it is told another number, and none once it is left', async () => {
  for (const [options, kept] of [
    [{}, 100],
    [{ most: 1 }, 1],
  ] as const) {
    const listeners = new Listeners<number>('count');
    const [read, left] = [listeners.stream(options), listeners.stream(options)];
    for (let n = 0; n < 150; n++) listeners.emit(n);
    await left.return!();
    assert.ok((await left.next()).done);
    listeners.close();
    let count = 0;
    for await (const _ of read) count++;
    assert.is(count, kept);
  }
});

test('tells of the first listener, before it is there', () => {
  const told: boolean[] = [];
  const listeners: Listeners<number> = new Listeners('count', () => told.push(listeners.isEmpty));
  for (const one of [() => {}, () => {}]) listeners.on('count', one);
  assert.equal(told, [true]);
});

test('ends a waiting reader at close, an abort and return()', async () => {
  for (const end of ['close', 'abort', 'return'] as const) {
    const listeners = new Listeners<number>('count');
    const abort = new AbortController();
    const events = listeners.stream({ signal: abort.signal });
    const waits = events.next();
    if (end === 'close') listeners.close();
    else if (end === 'abort') abort.abort();
    else await events.return!();
    assert.equal(await waits, { done: true, value: undefined }, end);
    assert.ok(listeners.isEmpty, end);
  }
  const aborted = new Listeners<number>('count').stream({ signal: AbortSignal.abort() });
  assert.ok((await aborted.next()).done);
});

test('refuses bad listeners and bounds, and everything after close', async () => {
  const listeners = new Listeners<number>('count');
  await voirsError(() => listeners.on('count', 'x' as never), 'INVALID_OPTIONS');
  for (const most of [0, 1.5, Number.NaN])
    await voirsError(() => listeners.stream({ most }), 'INVALID_OPTIONS');
  listeners.close();
  await voirsError(() => listeners.on('count', () => {}), 'DISPOSED');
  await voirsError(() => listeners.stream(), 'DISPOSED');
});

test.run();
