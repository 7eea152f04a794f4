// What a queue costs and how far it carries: the same book with one and two real workers, thousands of jobs with many
// workers whose synthesis is replaced by a wait, and the time until a dead worker's part is taken over.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { type Book, createQueue, createWorker, type SpeechQueue, type Store } from 'voirs-queue';
import { freePort, hasRedis, REDIS_ADVICE, startRedis } from '../../scripts/redis.mjs';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'speech by 1 and 2 workers, the queue alone with up to 64, a dead worker';

export const options = {
  minutes: { kind: 'count', default: 10, does: 'minutes of speech of the book that real workers speak' },
  workers: { kind: 'counts', default: [1, 4, 16, 64], does: 'numbers of workers that only wait' },
  jobs: { kind: 'count', default: 5000, does: 'jobs of each of these runs' },
  wait: { kind: 'count', default: 50, does: 'milliseconds that a job of these runs takes' },
  lock: { kind: 'count', default: 2, does: 'seconds after which a worker counts as dead' },
} as const satisfies Options;

const SENTENCE = 'The lamps were lit along the harbour, and the last boats came in with the tide. ';
const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** A Redis that lives as long as the bench. */
class Server implements AsyncDisposable {
  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly child: ChildProcess,
  ) {}

  static async start(): Promise<Server> {
    const folder = mkdtempSync(join(tmpdir(), 'voirs-bench-queue-'));
    const port = await freePort();
    const child = await startRedis(port, folder, []);
    child.stdout!.resume();
    return new Server(folder, port, child);
  }

  /** Of a database of its own. */
  url(database: number): string {
    return `redis://127.0.0.1:${this.port}/${database}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill();
    await once(this.child, 'exit');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** `voirs queue work` with one thread, once it works. */
async function worker(place: { redis: string; store: string }, lock: number): Promise<ChildProcess> {
  const at = ['--redis', place.redis, '--store', place.store, '--lock-seconds', String(lock)];
  const child = spawn(process.execPath, [PROGRAM, 'queue', 'work', '--threads', '1', ...at], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await once(child.stderr!, 'data');
  child.stderr!.resume();
  return child;
}

/** Seconds of processor time of a process and its threads. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function untilOver(queue: SpeechQueue, id: string): Promise<void> {
  while (!['done', 'failed'].includes((await queue.book(id)).state)) await sleep(50);
}

interface RealRun {
  workers: number;
  seconds: number;
  cpu: number;
  audio: number;
}

async function speakWith(workers: number, minutes: number, server: Server): Promise<RealRun> {
  const place = { redis: server.url(workers), store: join(server.folder, `real${workers}`) };
  await using queue = await createQueue(place);
  // No two parts are alike: a part that is there would not be spoken again.
  const count = Math.ceil((minutes * 900) / (SENTENCE.length + 12));
  const text = Array.from({ length: count }, (_, i) => `Night ${i + 1}. ${SENTENCE}`).join('');
  const book: Book = { title: 'Bench', chapters: [{ title: 'One', text }], partMinutes: 1, format: 'flac' };
  const processes = await Promise.all(Array.from({ length: workers }, () => worker(place, 30)));
  try {
    const before = processes.map(({ pid }) => cpuSeconds(pid!));
    const started = performance.now();
    const { id } = await queue.add(book);
    await untilOver(queue, id);
    const seconds = (performance.now() - started) / 1000;
    const cpu = processes.reduce((sum, { pid }, i) => sum + cpuSeconds(pid!) - before[i]!, 0);
    return { workers, seconds, cpu, audio: (await queue.book(id)).audioSeconds };
  } finally {
    for (const one of processes) one.kill('SIGKILL');
  }
}

/** Holds everything in memory, so that only the queue is measured. */
class MemoryStore implements Store {
  readonly place = 'memory';
  private readonly files = new Map<string, Uint8Array>();
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

interface WaitRun {
  workers: number;
  jobsPerSecond: number;
  ofIdeal: number;
  cpuMsPerJob: number;
  redisMsPerJob: number;
  bytesPerJob: number;
}

async function waitWith(workers: number, jobs: number, wait: number, server: Server): Promise<WaitRun> {
  const store = new MemoryStore();
  const place = { redis: server.url(8), store, prefix: `wait${workers}` };
  const redis = new Redis(server.port);
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1]);
  await using queue = await createQueue(place);
  const empty = await used();
  const text = Array.from({ length: jobs }, (_, i) =>
    `Sentence ${String(i).padStart(8, '0')}.`.padEnd(90, '.'),
  );
  const book: Book = { title: 'Wait', chapters: [{ title: 'One', text: text.join('') }], partMinutes: 0.1 };
  const { id, parts } = await queue.add(book);
  const bytesPerJob = ((await used()) - empty) / parts;
  const speak = async (): Promise<{ audioSeconds: number; computeSeconds: number }> => {
    await sleep(wait);
    return { audioSeconds: 1, computeSeconds: wait / 1000 };
  };
  const running = await Promise.all(
    Array.from({ length: workers }, () => createWorker({ ...place, lockSeconds: 30, speak })),
  );
  const cpu = process.cpuUsage();
  const redisCpu = cpuSeconds(server.child.pid!);
  const started = performance.now();
  const first = (await queue.status()).jobs;
  const open = first.waiting + first.active;
  for (;;) {
    const { jobs: left } = await queue.status();
    if (left.waiting + left.active === 0) break;
    await sleep(100);
  }
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const redisSeconds = cpuSeconds(server.child.pid!) - redisCpu;
  await untilOver(queue, id); // the join finds no audio and sets the book aside
  await Promise.all(running.map((worker) => worker.close()));
  redis.disconnect();
  return {
    workers,
    jobsPerSecond: open / seconds,
    ofIdeal: open / seconds / (workers / (wait / 1000)),
    cpuMsPerJob: (user + system) / 1000 / open,
    redisMsPerJob: (redisSeconds * 1000) / open,
    bytesPerJob,
  };
}

/** Seconds from the death of a worker until another begins its part. */
async function deadWorker(lock: number, server: Server): Promise<number> {
  const place = { redis: server.url(9), store: join(server.folder, 'dead') };
  await using queue = await createQueue(place);
  const text = SENTENCE.repeat(200); // some seconds of work
  await queue.add({ title: 'Dead', chapters: [{ title: 'One', text }], partMinutes: 60 });
  const child = await worker(place, lock);
  while ((await queue.status()).jobs.active === 0) await sleep(20);
  await sleep(500);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const died = performance.now();
  let taken = 0;
  const speak = async (): Promise<{ audioSeconds: number; computeSeconds: number }> => {
    taken ||= performance.now();
    return { audioSeconds: 1, computeSeconds: 1 };
  };
  await using _other = await createWorker({ ...place, lockSeconds: lock, speak });
  while (taken === 0) await sleep(20);
  return (taken - died) / 1000;
}

/** @throws Error without Redis. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { minutes, workers, jobs, wait, lock } = parseOptions(options, args);
  if (!hasRedis()) throw new Error(`no Redis: ${REDIS_ADVICE}`);
  await using server = await Server.start();
  const real = [await speakWith(1, minutes, server), await speakWith(2, minutes, server)] as const;
  const waits: WaitRun[] = [];
  for (const count of workers) waits.push(await waitWith(count, jobs, wait, server));
  const noticed = await deadWorker(lock, server);
  const [one] = real;
  return {
    name: 'queue',
    environment: environment({ seed: 0, runs: 1, warmups: 0 }),
    tables: [
      {
        title: `A book of about ${minutes} min of speech, parts of one, each worker a process with one thread`,
        columns: [
          'workers',
          'wall s',
          'processor s',
          'audio s per s',
          'speed-up',
          'efficiency by processor time',
        ],
        rows: real.map(({ workers: count, seconds, cpu, audio }) => [
          count,
          seconds,
          cpu,
          audio / seconds,
          one.seconds / seconds,
          one.cpu / cpu,
        ]),
      },
      {
        title: `${jobs} jobs of ${wait} ms that only wait, all workers in one process`,
        columns: [
          'workers',
          'jobs per s',
          'of the ideal',
          'worker ms a job',
          'Redis ms a job',
          'Redis bytes a job',
        ],
        rows: waits.map((run) => [
          run.workers,
          run.jobsPerSecond,
          run.ofIdeal,
          run.cpuMsPerJob,
          run.redisMsPerJob,
          run.bytesPerJob,
        ]),
      },
      {
        title: 'A worker that is killed',
        columns: ['counts as dead after s', 'its part begins elsewhere after s'],
        rows: [[lock, noticed]],
      },
    ],
    notes: [
      'worker and Redis ms are processor time: what the queue takes from a job besides the work itself',
    ],
    data: { real, waits, noticed },
  };
}
