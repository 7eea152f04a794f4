// Workers whose synthesis is replaced by a wait as long as synthesis was measured to take: everything else is the
// worker's own code and a real Redis. Waiting takes next to no processor time, so that one process holds many of them.
import { createQueue, createWorker, type QueueWorker, type Store } from 'voirs-queue';
import { seededRandom } from '../../../src/cli/bench-text.js';
import { type BenchRedis, sleep } from './redis.js';

/** Parts of a book: some eight hours in parts of five minutes. */
export const PARTS_OF_A_BOOK = 100;

const SAMPLE_RATE = 24_000;
/** What a part becomes: 10 ms of silence, so that books are joined for real and encoding them costs little. */
const SILENCE = Buffer.alloc(2 * 240);
const SPOKEN = Buffer.from(
  JSON.stringify({
    bytes: SILENCE.length,
    sha256: '',
    sampleRate: SAMPLE_RATE,
    length: SILENCE.length / 2,
    timeline: { words: [], marks: [] },
  }),
);

/** Holds everything in memory, so that only the queue is measured. */
class MemoryStore implements Store {
  readonly place = 'memory';
  readonly files = new Map<string, Uint8Array>();
  async has(key: string): Promise<boolean> {
    return this.files.has(key);
  }
  async read(key: string): Promise<Uint8Array | undefined> {
    return this.files.get(key);
  }
  async *stream(key: string): AsyncGenerator<Uint8Array, void, undefined> {
    yield this.files.get(key)!;
  }
  async write(key: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
    const parts: Uint8Array[] = [];
    for await (const piece of pieces) parts.push(piece);
    const bytes = Buffer.concat(parts);
    this.files.set(key, bytes);
    return { bytes: bytes.length, sha256: '' };
  }
  async remove(key: string): Promise<void> {
    this.files.delete(key);
  }
  async close(): Promise<void> {}
}

/** What a run is made of. */
export interface Simulation {
  workers: number;
  /** All of {@link PARTS_OF_A_BOOK} parts. */
  books: number;
  /** Milliseconds that parts take; each part draws one. */
  durations: readonly number[];
  seed: number;
  /** Runs between adding and working, and after: for what the caller measures or disturbs. */
  whileWorking?: () => () => Promise<void>;
}

/** What a run cost. */
export interface SimulatedRun {
  workers: number;
  jobs: number;
  seconds: number;
  jobsPerSecond: number;
  /** Throughput over workers / mean wait. */
  ofIdeal: number;
  /** Processor milliseconds of a job: to add it, to take it and say that it is done, and Redis's for both. */
  addMs: number;
  workMs: number;
  redisMs: number;
  /** Redis's alone while workers are at work. */
  redisWorkMs: number;
  /** Bytes of Redis's memory for a job that waits, and for one that is done. */
  bytesWaiting: number;
  bytesDone: number;
  /** Parts that were spoken more than once, books that were not done: both are faults. */
  spokenTwice: number;
  notDone: number;
  /** Milliseconds of processor time of one `status()`, which /metrics asks for as well, at the end. */
  statusMs: number;
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

/** Workers in this process, all of them at work. */
async function workersAt(
  place: { redis: string; store: Store; prefix: string },
  count: number,
  speak: (store: Store, key: string) => Promise<{ audioSeconds: number; computeSeconds: number }>,
): Promise<QueueWorker[]> {
  return Promise.all(Array.from({ length: count }, () => createWorker({ ...place, lockSeconds: 30, speak })));
}

/** Adds books, lets the workers wait through them, and counts. */
export async function simulate(
  { workers, books, durations, seed, whileWorking }: Simulation,
  server: BenchRedis,
): Promise<SimulatedRun> {
  await server.clear();
  const store = new MemoryStore();
  const place = { redis: server.url(8), store, prefix: 'voirs' };
  await using queue = await createQueue(place);
  const jobs = books * PARTS_OF_A_BOOK;

  const empty = await server.memory();
  const adding = { own: process.cpuUsage(), redis: server.cpu() };
  for (let book = 1; book <= books; book++) {
    const chapters = Array.from({ length: PARTS_OF_A_BOOK }, (_, i) => ({
      title: String(i + 1),
      text: `Part ${i + 1} of book ${book}.`,
    }));
    await queue.add({ title: `Book ${book}`, chapters, format: 'flac' });
  }
  const addMs = milliseconds(process.cpuUsage(adding.own));
  const added = server.cpu() - adding.redis;
  const full = await server.memory();

  const random = seededRandom(seed);
  let waited = 0;
  let spoken = 0;
  let lastSpoken = 0;
  const computeSeconds = durations.reduce((a, b) => a + b, 0) / durations.length / 1000;
  const speak = async (_: Store, key: string) => {
    const ms = durations[Math.floor(random() * durations.length)]!;
    await sleep(ms);
    waited += ms;
    spoken++;
    lastSpoken = performance.now();
    store.files.set(`parts/${key}.pcm`, SILENCE);
    store.files.set(`parts/${key}.json`, SPOKEN);
    return { audioSeconds: 1, computeSeconds };
  };
  await queue.pause(); // starting workers is no part of a job
  const running = await workersAt(place, workers, speak);
  await sleep(500);
  const working = { own: process.cpuUsage(), redis: server.cpu() };
  const started = performance.now();
  await queue.resume();
  const restore = whileWorking?.();
  const { parts, books: joins } = queue.queues;
  for (;;) {
    await sleep(250);
    if (spoken < jobs) continue;
    const left = await Promise.all([
      parts.getJobCounts('active', 'prioritized', 'wait', 'delayed'),
      joins.getJobCounts('active', 'prioritized', 'wait', 'delayed', 'waiting-children'),
    ]);
    if (left.every((counts) => Object.values(counts).every((count) => count === 0))) break;
  }
  await restore?.();
  const workMs = milliseconds(process.cpuUsage(working.own));
  const ended = server.cpu();
  const seconds = (lastSpoken - started) / 1000;
  for (const worker of running) await worker.close();
  const done = await server.memory();
  const asking = { own: process.cpuUsage(), redis: server.cpu() };
  const status = await queue.status();
  const statusMs = milliseconds(process.cpuUsage(asking.own)) + 1000 * (server.cpu() - asking.redis);
  const parted = status.books.reduce((sum, book) => sum + book.parts.done, 0);
  return {
    workers,
    jobs,
    seconds,
    jobsPerSecond: jobs / seconds,
    ofIdeal: waited / 1000 / seconds / workers,
    addMs: addMs / jobs,
    workMs: workMs / jobs,
    redisMs: (1000 * (added + ended - working.redis)) / jobs,
    redisWorkMs: (1000 * (ended - working.redis)) / jobs,
    bytesWaiting: (full - empty) / jobs,
    bytesDone: (done - empty) / jobs,
    spokenTwice: spoken - jobs,
    notDone: status.books.filter(({ state }) => state !== 'done').length + jobs - parted,
    statusMs,
  };
}

/** What a worker costs Redis by being there. */
export interface IdleCost {
  workers: number;
  connections: number;
  /** Bytes of Redis's memory a worker. */
  bytes: number;
  /** Milliseconds of processor time in a second: the worker's own, and Redis's. */
  ownMs: number;
  redisMs: number;
}

/** Workers that have nothing to do, for some seconds. */
export async function idle(workers: number, seconds: number, server: BenchRedis): Promise<IdleCost> {
  await server.clear();
  const store = new MemoryStore();
  const [connections, memory] = [await server.connections(), await server.memory()];
  const running = await workersAt({ redis: server.url(8), store, prefix: 'voirs' }, workers, async () => ({
    audioSeconds: 0,
    computeSeconds: 0,
  }));
  await sleep(1000);
  const before = { own: process.cpuUsage(), redis: server.cpu() };
  await sleep(1000 * seconds);
  const cost: IdleCost = {
    workers,
    connections: ((await server.connections()) - connections) / workers,
    bytes: ((await server.memory()) - memory) / workers,
    ownMs: milliseconds(process.cpuUsage(before.own)) / seconds / workers,
    redisMs: (1000 * (server.cpu() - before.redis)) / seconds / workers,
  };
  await Promise.all(running.map((worker) => worker.close()));
  return cost;
}
