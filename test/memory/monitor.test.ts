// If this fails, a peak between two moments goes unseen (the original guide's monitor has that fault), or a
// monitor keeps the process alive.
import { spawnSync } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { host } from '../../src/host/host.js';
import { type MemorySummary, memoryEvents, memoryMonitor, monitorMemory } from '../../src/memory/monitor.js';
import { voirsError } from '../expect.js';

const test = suite('memory monitor');
const MB = 2 ** 20;

test('sees by its timer a peak that is gone at the end', async () => {
  let bytes = 100;
  using monitor = memoryMonitor('peak', { intervalMs: 1, read: () => bytes });
  bytes = 900;
  await delay(30);
  bytes = 150;
  const summary = monitor.end();
  assert.equal(
    [summary.name, summary.startBytes, summary.peakBytes, summary.endBytes, summary.netBytes],
    ['peak', 100, 900, 150, 50],
  );
  assert.ok(summary.samples > 2);
});

test('marks explicit samples of synchronous work by their labels', () => {
  let bytes = 10;
  let told: MemorySummary | undefined;
  {
    using monitor = memoryMonitor('marks', {
      read: () => bytes,
      onSummary: (summary) => {
        told = summary;
      },
    });
    bytes = 60;
    assert.is(monitor.sample('creation'), 50);
    bytes = 25;
    assert.is(monitor.current(), 15);
    assert.is(monitor.peak(), 60);
    monitor.sample('cleanup');
  }
  assert.is(told!.peakBytes, 60);
  assert.equal(told!.marks, [
    { label: 'creation', deltaBytes: 50 },
    { label: 'cleanup', deltaBytes: 15 },
  ]);
});

test('counts its samples', () => {
  let bytes = 1;
  const monitor = memoryMonitor('count', { intervalMs: 1e6, read: () => bytes });
  for (let n = 0; n < 3; n++) monitor.sample();
  assert.is(monitor.end().samples, 4);
  bytes = 9;
  assert.equal([monitor.sample(), monitor.peak()], [8, 1], 'what comes after the end is no peak of it');
  assert.is(monitor.end().samples, 4);
});

test('watches the heap where the runtime knows no more, and refuses where it knows nothing', async () => {
  const memory = host.memory as { process: typeof host.memory.process; runtime: typeof host.memory.runtime };
  const { process, runtime } = memory;
  try {
    memory.process = () => undefined;
    memory.runtime = () => ({ ...runtime()!, heapUsedBytes: 77 });
    assert.equal(memoryMonitor('heap').end().peakBytes, 77);
    memory.runtime = () => undefined;
    const { suggestion } = await voirsError(() => memoryMonitor('none'), 'INVALID_OPTIONS');
    assert.is(suggestion, 'Pass { read }');
  } finally {
    Object.assign(memory, { process, runtime });
  }
});

test('takes a rise of the high-water mark for a peak, not an old mark', () => {
  let mark = 500;
  const options = { read: () => 100, highWater: () => mark };
  const before = memoryMonitor('old', options).end();
  assert.is(before.peakBytes, 100);
  const monitor = memoryMonitor('risen', options);
  mark = 700;
  assert.is(monitor.end().peakBytes, 700);
});

test('watches physical memory by default, also behind synchronous work', () => {
  const monitor = memoryMonitor('rss');
  const hold = () => new Float32Array(16 * MB).fill(1);
  assert.is(hold()[7], 1);
  const { startBytes, peakBytes } = monitor.end();
  assert.ok(peakBytes - startBytes > 32 * MB, `${peakBytes - startBytes}`);
});

test('ends the callback form on errors too, with value and summary', async () => {
  const told: string[] = [];
  const options = { read: () => 1, onSummary: ({ name }: MemorySummary) => told.push(name) };
  const { value, summary } = await monitorMemory('good', async (monitor) => monitor.current() + 41, options);
  assert.equal([value, summary.netBytes, told], [41, 0, ['good']]);
  let message = '';
  await monitorMemory(
    'bad',
    () => {
      throw new Error('inside');
    },
    options,
  ).catch((error: Error) => {
    message = error.message;
  });
  assert.equal([message, told], ['inside', ['good', 'bad']]);
});

test('gives readings at once and by the clock until left or aborted', async () => {
  let reads = 0;
  const seen: number[] = [];
  const keepAlive = setInterval(() => {}, 1000); // events alone do not
  for await (const event of memoryEvents(() => ++reads, { intervalMs: 1 })) {
    assert.is(event.type, 'reading');
    seen.push(event.report);
    if (seen.length === 3) break;
  }
  assert.equal(seen, [1, 2, 3]);
  const abort = new AbortController();
  let count = 0;
  for await (const _ of memoryEvents(() => 0, { intervalMs: 1, signal: abort.signal }))
    if (++count === 2) abort.abort();
  assert.is(count, 2);
  clearInterval(keepAlive);
});

test('says when a reading was taken, and ends at once by a signal', async () => {
  const abort = new AbortController();
  const before = performance.now();
  const events = memoryEvents(() => 0, { intervalMs: 1e6, signal: abort.signal });
  const { elapsedMs } = (await events.next()).value!;
  assert.ok(elapsedMs >= 0 && elapsedMs <= performance.now() - before);
  abort.abort();
  assert.ok((await events.next()).done);
});

test('gives a slow reader fresh figures instead of a backlog', async () => {
  let reads = 0;
  const events = memoryEvents(() => ++reads, { intervalMs: 1 });
  await events.next();
  await delay(40);
  assert.is((await Promise.all([events.next(), delay(20)]))[0].value!.report, 2);
  await events.return();
});

test('refuses bad options', async () => {
  await voirsError(() => memoryMonitor('x', { intervalMs: 0 }), 'INVALID_OPTIONS');
  for (const bad of [{ interval: 5 }, null, { read: 5 }, { onSummary: 'x' }, { highWater: {} }] as never[])
    await voirsError(() => memoryMonitor('bad', bad), 'INVALID_OPTIONS');
  await voirsError(() => memoryEvents(undefined as never).next(), 'INVALID_OPTIONS');
  await voirsError(() => memoryEvents(() => 0, { interval: 5 } as never).next(), 'INVALID_OPTIONS');
  await voirsError(() => memoryEvents(() => 0, { intervalMs: Number.NaN }).next(), 'INVALID_OPTIONS');
});

test('does not keep the process alive by a monitor left open', () => {
  const monitor = new URL('../../src/memory/monitor.ts', import.meta.url).href;
  const code = `import { memoryMonitor, memoryEvents } from ${JSON.stringify(monitor)};
    memoryMonitor('open', { intervalMs: 5 });
    void memoryEvents(() => 0, { intervalMs: 5 }).next();
    console.log('ready');`;
  const { stdout, status } = spawnSync(
    process.execPath,
    [...process.execArgv, '--input-type=module', '-e', code],
    { encoding: 'utf8', timeout: 60_000 },
  );
  assert.equal([stdout.trim(), status], ['ready', 0]);
});

test.run();
