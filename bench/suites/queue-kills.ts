// Whether a book whose workers and whose Redis are killed at random instants ends byte for byte as one that a single
// process made: what packages/queue/test/faults.test.ts does a few times, as often as one likes.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Book, createQueue, createWorker, type SpeechQueue } from 'voirs-queue';
import { freePort, hasRedis, REDIS_ADVICE, startRedis } from '../../scripts/redis.mjs';
import { repositoryRoot } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'kills workers of a queue and its Redis at random instants and compares the book';

export const options = {
  kills: { kind: 'count', default: 20, does: 'kills, of workers and of Redis in turn' },
  chapters: { kind: 'count', default: 10, does: 'of the book, three parts each' },
  seed: { kind: 'count', default: 20, does: 'of the instants' },
} as const satisfies Options;

/** Longest time from a sign of work to a kill, in milliseconds. */
const MOST_WAIT = 800;
const PROGRAM = join(repositoryRoot, 'dist', 'cli', 'main.js');

function bookOf(chapters: number): Book {
  const sentence = (n: number): string =>
    `Here the story has come to number ${n}, and it goes on after a pause.`;
  return {
    title: 'Killed',
    chapters: Array.from({ length: chapters }, (_, c) => ({
      title: `Chapter ${c + 1}`,
      text: [1, 2, 3].map((n) => sentence(10 * c + n)).join('\n\n'),
    })),
    partMinutes: 0.1,
    format: 'flac',
    captions: ['vtt'],
  };
}

/** Names and contents of a finished book. */
function filesOf(store: string, id: string): Map<string, Buffer> {
  const folder = join(store, 'books', id);
  const names = readdirSync(folder).filter((name) => name !== 'book.json');
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

async function over(queue: SpeechQueue, id: string): Promise<'done' | 'failed' | undefined> {
  const state = (await queue.book(id).catch(() => undefined))?.state; // Redis may be away
  return state === 'done' || state === 'failed' ? state : undefined;
}

async function ended(queue: SpeechQueue, id: string): Promise<'done' | 'failed'> {
  for (;;) {
    const state = await over(queue, id);
    if (state) return state;
    await sleep(100);
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** @throws Error when the book ends otherwise than that of a single process. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  if (!hasRedis()) throw new Error(`There is no Redis: ${REDIS_ADVICE}`);
  const { kills, chapters, seed } = parseOptions(options, args);
  const folder = mkdtempSync(join(tmpdir(), 'voirs-queue-kills-'));
  const [data, alone, killed] = ['redis', 'alone', 'killed'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(data);
  const port = await freePort();
  const start = (): Promise<ChildProcess> =>
    startRedis(port, data, ['--appendonly', 'yes', '--appendfsync', 'always']);
  let server = await start();
  let worker: ChildProcess | undefined;
  let isOver = false;
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  try {
    const redis = `redis://127.0.0.1:${port}`;
    const book = bookOf(chapters);
    // As a supervisor does.
    const work = (): void => {
      worker = spawn(process.execPath, [PROGRAM, 'queue', 'work', '--lock-seconds', '1'], {
        env: { ...process.env, VOIRS_REDIS: redis, VOIRS_STORE: killed },
        stdio: 'ignore',
      });
      worker.once('exit', () => !isOver && work());
    };
    let id: string;
    {
      const place = { redis, store: alone, prefix: 'alone' };
      await using queue = await createQueue(place);
      ({ id } = await queue.add(book));
      await using _worker = await createWorker(place);
      await ended(queue, id);
    }
    await using queue = await createQueue({ redis, store: killed });
    await queue.add(book);
    const done = { workers: 0, redis: 0 };
    let retries = 0;
    work();
    for (let n = 0; n < kills; n++) {
      const isAtWork = async (): Promise<boolean> =>
        (await queue.queues.parts.getActiveCount().catch(() => 0)) > 0;
      while (!(await isAtWork()) && !(await over(queue, id))) await sleep(20);
      if (await over(queue, id)) break;
      await sleep(random() * MOST_WAIT);
      if (n % 2 === 0) {
        if (worker) await kill(worker);
        done.workers++;
      } else {
        await kill(server);
        await sleep(200);
        server = await start();
        done.redis++;
      }
    }
    while ((await ended(queue, id)) === 'failed') retries += (await queue.retry(id)).length;
    const { parts } = await queue.book(id);
    const [wanted, found] = [filesOf(alone, id), filesOf(killed, id)];
    const other = [...wanted].filter(([name, bytes]) => !found.get(name)?.equals(bytes));
    const more = [...found.keys()].filter((name) => !wanted.has(name));
    if (other.length > 0 || more.length > 0)
      throw new Error(`other files: ${[...other.map(([name]) => name), ...more].join(', ')}`);
    return {
      name: 'queue-kills',
      environment: environment({ seed, runs: kills, warmups: 0 }),
      tables: [
        {
          title: 'A book that was killed and ended byte for byte as that of a single process',
          columns: ['parts', 'kills of workers', 'kills of Redis', 'retries', 'other files'],
          rows: [[parts.total, done.workers, done.redis, retries, other.length + more.length]],
        },
      ],
      notes: ['Redis keeps every command on its disk; a part that three workers died with is retried'],
    };
  } finally {
    isOver = true;
    if (worker) await kill(worker);
    await kill(server);
    rmSync(folder, { recursive: true, force: true });
  }
}
