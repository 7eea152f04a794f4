// Workers whose synthesis is replaced by a wait as long as synthesis was measured to take: everything else is the
// worker's own code and a real Redis. Waiting takes next to no processor time, so that one process holds many of them.
import type { QueueWorker, QueueWorkerOptions, SpeechQueue, Store } from 'voirs-queue';
import { seededRandom } from '../../../src/cli/bench-text.js';
import type { KeptBuild } from './kept-build.js';
import { type BenchRedis, sleep } from './redis.js';

/** Parts of a book: some eight hours in parts of five minutes. */
export const PARTS_OF_A_BOOK = 100;

/** Chapters of a book. */
const CHAPTERS = 10;
/** As short as the queue cuts: 90 characters. */
const PART_MINUTES = 0.1;
/** The lowest there is: joining encodes the pauses between parts, which are longer here than the parts. */
const SAMPLE_RATE = 8000;
/** What a part becomes: 10 ms of silence, so that books are joined for real and encoding them costs little. */
const SILENCE = Buffer.alloc(2 * 80);
/** Milliseconds of a wait after which a worker is told that a chunk is there. */
const CHUNK_MS = 1000;
/** Milliseconds that workers have to start in. */
const START_MS = 500;
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
    for await (const piece of pieces) {
      parts.push(piece);
      await new Promise(setImmediate); // a disk lets other work in as well: locks are to be kept
    }
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
  /**
   * Processor milliseconds of a job: to add it, to take it, keep it and say that it is done, Redis's for these, and of
   * both to join its book once all parts are there.
   */
  addMs: number;
  workMs: number;
  redisMs: number;
  joinMs: number;
  /** Redis's alone while workers are at work. */
  redisWorkMs: number;
  /** Commands that Redis was given while workers were at work. */
  commands: number;
  /** Bytes of Redis's memory for a job that waits, and for one that is done. */
  bytesWaiting: number;
  bytesDone: number;
  /** Parts that were spoken more than once, books that were not done: both are faults. */
  spokenTwice: number;
  notDone: number;
  /** Why: the first few reasons that jobs were set aside for. */
  reasons: string[];
  /** Milliseconds of processor time of one `status()`, which /metrics asks for as well, at the end. */
  statusMs: number;
}

const milliseconds = ({ user, system }: NodeJS.CpuUsage): number => (user + system) / 1000;

/** Workers in this process, all of them at work. */
async function workersAt(
  { queue }: KeptBuild,
  place: { redis: string; store: Store; prefix: string },
  count: number,
  speak: QueueWorkerOptions['speak'],
): Promise<QueueWorker[]> {
  return Promise.all(
    Array.from({ length: count }, () => queue.createWorker({ ...place, lockSeconds: 30, speak })),
  );
}

/** Chapters of which each paragraph is a part. */
function chaptersOf(book: number): { title: string; text: string }[] {
  const filler = 'and so it goes on. '.repeat(2);
  return Array.from({ length: CHAPTERS }, (_, chapter) => ({
    title: String(chapter + 1),
    text: Array.from(
      { length: PARTS_OF_A_BOOK / CHAPTERS },
      (_part, part) => `Book ${book}, ${chapter}, ${part}: ${filler}`,
    ).join('\n\n'),
  }));
}

/** What is spent, by this process and by Redis. */
class Spending {
  private own = process.cpuUsage();
  private redis: number;

  constructor(private readonly server: BenchRedis) {
    this.redis = server.cpu();
  }

  /** Milliseconds since the last call. */
  lap(): { own: number; redis: number } {
    const lap = {
      own: milliseconds(process.cpuUsage(this.own)),
      redis: 1000 * (this.server.cpu() - this.redis),
    };
    this.own = process.cpuUsage();
    this.redis = this.server.cpu();
    return lap;
  }
}

const OPEN = ['active', 'prioritized', 'wait', 'delayed', 'waiting-children'] as const;

async function untilEmpty(queue: SpeechQueue['queues'][keyof SpeechQueue['queues']]): Promise<void> {
  for (;;) {
    const counts = await queue.getJobCounts(...OPEN);
    if (Object.values(counts).every((count) => count === 0)) return;
    await sleep(250);
  }
}

/** Adds books, lets the workers wait through them, joins them, and counts. */
export async function simulate(
  { workers, books, durations, seed, whileWorking }: Simulation,
  server: BenchRedis,
  build: KeptBuild,
): Promise<SimulatedRun> {
  await server.clear();
  const store = new MemoryStore();
  const place = { redis: server.url(8), store, prefix: 'voirs' };
  await using queue = await build.queue.createQueue(place);
  let jobs = 0;

  const empty = await server.memory();
  const spending = new Spending(server);
  for (let book = 1; book <= books; book++) {
    const shape = { format: 'flac', partMinutes: PART_MINUTES, sampleRate: SAMPLE_RATE } as const;
    jobs += (await queue.add({ title: `Book ${book}`, chapters: chaptersOf(book), ...shape })).parts;
  }
  const added = spending.lap();
  const full = await server.memory();

  const random = seededRandom(seed);
  let waited = 0;
  let spoken = 0;
  let lastSpoken = 0;
  const computeSeconds = durations.reduce((a, b) => a + b, 0) / durations.length / 1000;
  const speak: QueueWorkerOptions['speak'] = async (_, key, _request, _signal, onChunk) => {
    const ms = durations[Math.floor(random() * durations.length)]!;
    for (let left = ms; left > 0; left -= CHUNK_MS) {
      await sleep(Math.min(left, CHUNK_MS));
      onChunk((ms - left) / 1000);
    }
    waited += ms;
    spoken++;
    lastSpoken = performance.now();
    store.files.set(`parts/${key}.pcm`, SILENCE);
    store.files.set(`parts/${key}.json`, SPOKEN);
    return { audioSeconds: 1, computeSeconds };
  };
  await queue.pause(); // starting workers is no part of a job
  const running = await workersAt(build, place, workers, speak);
  await sleep(START_MS);
  const { parts, books: joins } = queue.queues;
  spending.lap();
  const before = await server.commands();
  const started = performance.now();
  await parts.resume();
  const restore = whileWorking?.();
  while (spoken < jobs) await sleep(250);
  await untilEmpty(parts);
  await restore?.();
  const work = spending.lap();
  const commands = (await server.commands()) - before;
  const seconds = (lastSpoken - started) / 1000;
  spending.lap();
  await joins.resume();
  await untilEmpty(joins);
  const joined = spending.lap();
  for (const worker of running) await worker.close();
  const done = await server.memory();
  spending.lap();
  const status = await queue.status();
  const asked = spending.lap();
  const parted = status.books.reduce((sum, book) => sum + book.parts.done, 0);
  const aside = [...(await parts.getFailed(0, 2)), ...(await joins.getFailed(0, 2))];
  return {
    workers,
    jobs,
    seconds,
    jobsPerSecond: jobs / seconds,
    ofIdeal: waited / 1000 / seconds / workers,
    addMs: added.own / jobs,
    workMs: work.own / jobs,
    redisMs: (added.redis + work.redis) / jobs,
    joinMs: (joined.own + joined.redis) / jobs,
    redisWorkMs: work.redis / jobs,
    commands: commands / jobs,
    bytesWaiting: (full - empty) / jobs,
    bytesDone: (done - empty) / jobs,
    spokenTwice: spoken - jobs,
    notDone: status.books.filter(({ state }) => state !== 'done').length + jobs - parted,
    reasons: aside.map(({ failedReason }) => failedReason),
    statusMs: asked.own + asked.redis,
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
export async function idle(
  workers: number,
  seconds: number,
  server: BenchRedis,
  build: KeptBuild,
): Promise<IdleCost> {
  await server.clear();
  const store = new MemoryStore();
  const [connections, memory] = [await server.connections(), await server.memory()];
  const place = { redis: server.url(8), store, prefix: 'voirs' };
  const nothing = { audioSeconds: 0, computeSeconds: 0 };
  const running = await workersAt(build, place, workers, async () => nothing);
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
