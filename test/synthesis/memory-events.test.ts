// If this fails, a service cannot see when its speech takes memory and gives it back, or seeing it costs it its speech.
import { setTimeout as delay } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as tf from '#tf';
import { acquireBackend } from '../../src/backends/registry.js';
import { type MemoryEvent, VoirsPipeline } from '../../src/index.js';
import { Log } from '../../src/log.js';
import { CallRecord, MemoryEvents } from '../../src/synthesis/memory-events.js';
import { voirsError } from '../expect.js';

const test = suite('memory events');
const FAST = { speakingRate: 2 };
const MB = 2 ** 20;

/** Lets the heap outgrow its share of a small limit. */
async function blowUp(megabytes: number): Promise<void> {
  const { backend, release } = await acquireBackend('wasm', { numThreads: 1 });
  const values = new Float32Array((megabytes * MB) / 4);
  await backend.queue.run(() => backend.run(() => tf.tensor1d(values)).dispose());
  await release();
}

function recorded(pipeline: VoirsPipeline): MemoryEvent[] {
  const events: MemoryEvent[] = [];
  pipeline.on('memory', (event) => events.push(event));
  return events;
}

type Kind<K extends MemoryEvent['kind']> = Extract<MemoryEvent, { kind: K }>;

function only<K extends MemoryEvent['kind']>(events: MemoryEvent[], kind: K): Kind<K>[] {
  return events.filter((event): event is Kind<K> => event.kind === kind);
}

test('the end of every call: what came of it, its bytes, its peak, a report', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1 });
  const events = recorded(pipeline);
  using audio = await pipeline.synthesize('Tea.', FAST);
  using _again = await pipeline.synthesize('Tea.', FAST);
  using _rendered = await pipeline.render(await pipeline.prepare('Tea.', FAST));
  await voirsError(() => pipeline.synthesize(''), 'INVALID_TEXT');
  let streamed = 0;
  for await (using chunk of pipeline.stream('Tea. Tea.', FAST)) streamed += chunk.samples.byteLength;
  for await (using _chunk of pipeline.stream('Tea. Tea.', FAST)) break;
  const calls = only(events, 'call');
  const bytes = audio.samples.byteLength;
  assert.equal(
    calls.map(({ call, outcome }) => `${call} ${outcome}`),
    [
      ...['synthesize made', 'synthesize kept', 'prepare made', 'render made', 'synthesize failed'],
      ...['stream made', 'stream left'],
    ],
  );
  assert.equal(
    calls.slice(0, 6).map(({ audioBytes }) => audioBytes),
    [bytes, bytes, 0, bytes, 0, streamed],
  );
  for (const { type, process, report } of calls) {
    assert.is(type, 'memory');
    assert.ok(process!.startBytes > 10 * MB);
    assert.ok(process!.peakBytes >= Math.max(process!.startBytes, process!.endBytes));
    assert.ok(report.native!.wasmHeapBytes! > MB && report.process!.rssBytes > 10 * MB);
  }
  assert.is(calls[1]!.report.audio!.leases, 2, 'the report is of the moment');
  assert.equal(
    events.map(({ sequence }) => sequence),
    events.map((_, i) => i + 1),
  );
});

test('eviction, clean-up and its bytes, a heap made anew, and one that has grown', async () => {
  const pipeline = await VoirsPipeline.create({ numThreads: 1, memoryLimitMb: 32, cacheSize: 1 });
  (await pipeline.synthesize('Tea.', FAST)).dispose();
  const events = recorded(pipeline);
  const keptBytes = pipeline.memoryReport().modelCache!.results!.bytes;
  (await pipeline.synthesize('Four.', FAST)).dispose();
  assert.equal(
    only(events, 'eviction').map(({ entries, bytes }) => [entries, bytes]),
    [[1, keptBytes]],
  );
  const before = pipeline.memoryReport();
  assert.ok(before.audio!.capacityBytes > 0 && before.modelCache!.results!.bytes > 0);
  const heap = before.native!.wasmHeapBytes!;
  await blowUp(64);
  (await pipeline.synthesize('Grown.', FAST)).dispose();
  const [growth] = only(events, 'heap-growth');
  assert.is(growth!.fromBytes, heap);
  assert.ok(growth!.toBytes >= heap + 16 * MB, `${growth!.fromBytes} -> ${growth!.toBytes}`);
  assert.is(growth!.toBytes, growth!.report.native!.wasmHeapBytes);
  const [recycle] = only(events, 'recycle');
  assert.equal(
    [recycle!.fromBytes, recycle!.toBytes],
    [growth!.toBytes, pipeline.memoryReport().native!.wasmHeapBytes],
  );
  assert.ok(recycle!.toBytes < recycle!.fromBytes);
  const { modelCache, audio } = pipeline.memoryReport();
  await pipeline.reset();
  const [cleanup] = only(events, 'cleanup');
  assert.equal(
    [cleanup!.reason, cleanup!.resultsBytes, cleanup!.audioBytes],
    ['reset', modelCache!.results!.bytes, audio!.capacityBytes],
  );
  assert.equal([cleanup!.report.audio!.slabs, cleanup!.report.modelCache!.results!.entries], [0, 0]);
  (await pipeline.synthesize('Gone.', FAST)).dispose();
  await pipeline.dispose();
  const last = events.at(-1) as Kind<'cleanup'>;
  assert.equal([last.kind, last.reason], ['cleanup', 'dispose']);
  assert.ok(last.resultsBytes > 0 && last.audioBytes > 0);
  assert.is(last.report.native, undefined, 'freed, so not measured');
  await voirsError(() => pipeline.on('memory', () => {}), 'DISPOSED');
  await voirsError(() => pipeline.memoryEvents(), 'DISPOSED');
});

test('a listener that throws breaks no speech; one that is off hears nothing more; other events there are none', async () => {
  await using pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const messages: string[] = [];
  const keep = (warning: Error) => messages.push(warning.message);
  process.on('warning', keep);
  const faulty = () => {
    throw new Error('from a listener');
  };
  let heard = 0;
  const listener = () => {
    heard++;
  };
  pipeline.on('memory', faulty).on('memory', listener);
  using audio = await pipeline.synthesize('Tea.', FAST);
  assert.ok(audio.samples.some((x) => x !== 0));
  await delay(5);
  process.off('warning', keep);
  assert.ok(messages.length > 0 && messages.every((message) => message === 'from a listener'));
  assert.is(messages.length, heard);
  const before = heard;
  pipeline.off('memory', listener).off('memory', faulty);
  (await pipeline.synthesize('Tea.', FAST)).dispose();
  assert.is(heard, before);
  await voirsError(() => pipeline.on('speech' as 'memory', listener), 'INVALID_OPTIONS');
});

test('as a stream: what came while nobody read is there, and dispose() ends it', async () => {
  const pipeline = await VoirsPipeline.create({ numThreads: 1, cacheSize: 0 });
  const events = pipeline.memoryEvents();
  for (const text of ['Tea.', 'Four.']) (await pipeline.synthesize(text, FAST)).dispose();
  await pipeline.dispose();
  const kinds: string[] = [];
  for await (const { kind } of events) if (kind !== 'heap-growth') kinds.push(kind);
  assert.equal(kinds, ['call', 'call', 'cleanup']);
});

test('measures nothing without listeners', () => {
  let measured = 0;
  const count = <T>(value: T): T => {
    measured++;
    return value;
  };
  const events = new MemoryEvents({ report: () => count({}), heapBytes: () => count(1) });
  const record = new CallRecord('synthesize', events, new Log('silent'));
  record.made();
  record[Symbol.dispose]();
  events.lookAtHeap();
  events.tell({ kind: 'recycle', fromBytes: 1, toBytes: 1 });
  assert.is(measured, 0);
  const listener = () => {};
  events.listeners.on('memory', listener);
  events.lookAtHeap();
  assert.ok(measured > 0);
  events.listeners.off('memory', listener);
  const before = measured;
  events.lookAtHeap();
  assert.is(measured, before);
});

test.run();
