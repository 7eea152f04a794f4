// Workers as they are deployed, each a process with one thread: how much the second costs, how long a part takes, and
// how soon another goes on when one is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Book, createQueue, createWorker, type SpeechQueue, type WorkerEvent } from 'voirs-queue';
import { seededRandom } from '../../../src/cli/bench-text.js';
import { type BenchRedis, cpuSeconds, sleep } from './redis.js';

const SENTENCE = 'The lamps were lit along the harbour, and the last boats came in with the tide. ';
const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

interface Place {
  redis: string;
  store: string;
}

/** `voirs queue work` with one thread, once it works; its events go to `onEvent`. */
async function startWorker(
  { redis, store }: Place,
  lockSeconds: number,
  onEvent: (event: WorkerEvent) => void,
): Promise<ChildProcess> {
  const at = ['--redis', redis, '--store', store, '--lock-seconds', String(lockSeconds)];
  const child = spawn(process.execPath, [PROGRAM, 'queue', 'work', '--threads', '1', ...at], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = createInterface(child.stderr!);
  await once(lines, 'line');
  lines.on('line', (line) => {
    if (line.includes('{')) onEvent(JSON.parse(line.slice(line.indexOf('{'))) as WorkerEvent);
  });
  return child;
}

async function untilOver(queue: SpeechQueue, id: string): Promise<void> {
  while (!['done', 'failed'].includes((await queue.book(id)).state)) await sleep(50);
}

/** No two parts are alike: a part that is there would not be spoken again. */
function textOf(minutes: number): string {
  const count = Math.ceil((minutes * 900) / (SENTENCE.length + 12));
  return Array.from({ length: count }, (_, i) => `Night ${i + 1}. ${SENTENCE}`).join('');
}

/** One book spoken by some workers. */
export interface RealRun {
  workers: number;
  seconds: number;
  /** Processor seconds of all workers. */
  cpu: number;
  audio: number;
  /** Seconds that each part took to speak. */
  parts: number[];
}

/** Speaks a book of so many minutes in parts of `partMinutes`. */
export async function speakWith(
  workers: number,
  { minutes, partMinutes }: { minutes: number; partMinutes: number },
  server: BenchRedis,
): Promise<RealRun> {
  const place = { redis: server.url(workers), store: join(server.folder, `real${workers}`) };
  await using queue = await createQueue(place);
  const chapters = [{ title: 'One', text: textOf(minutes) }];
  const book: Book = { title: 'Bench', chapters, partMinutes, format: 'flac' };
  const parts: number[] = [];
  const onEvent = ({ event, computeSeconds }: WorkerEvent): void => {
    if (event === 'spoken' && computeSeconds) parts.push(computeSeconds);
  };
  const processes = await Promise.all(Array.from({ length: workers }, () => startWorker(place, 30, onEvent)));
  try {
    const before = processes.map(({ pid }) => cpuSeconds(pid!));
    const started = performance.now();
    const { id } = await queue.add(book);
    await untilOver(queue, id);
    const seconds = (performance.now() - started) / 1000;
    const cpu = processes.reduce((sum, { pid }, i) => sum + cpuSeconds(pid!) - before[i]!, 0);
    return { workers, seconds, cpu, audio: (await queue.book(id)).audioSeconds, parts };
  } finally {
    for (const one of processes) one.kill('SIGKILL');
  }
}

/**
 * Seconds from the death of a worker until another begins its part, for a number of deaths at random instants. Others
 * are at work all the time, as in a fleet.
 */
export async function deaths(
  count: number,
  lockSeconds: number,
  seed: number,
  server: BenchRedis,
): Promise<number[]> {
  const random = seededRandom(seed);
  const noticed: number[] = [];
  for (let i = 0; i < count; i++) {
    const place = { redis: server.url(9), store: join(server.folder, `dead${i}`) };
    await using queue = await createQueue(place);
    const child = await startWorker(place, lockSeconds, () => {});
    const text = `Death ${i + 1}. ${textOf(60)}`; // longer than the worker lives
    const { id } = await queue.add({
      title: `Dead ${i}`,
      chapters: [{ title: 'One', text }],
      partMinutes: 60,
    });
    while ((await queue.status()).jobs.active === 0) await sleep(20);
    let taken = 0;
    const speak = async (): Promise<{ audioSeconds: number; computeSeconds: number }> => {
      taken ||= performance.now();
      return { audioSeconds: 1, computeSeconds: 1 };
    };
    const others = await Promise.all([1, 2].map(() => createWorker({ ...place, lockSeconds, speak })));
    await sleep(1000 * lockSeconds * (1 + random()));
    const killed = performance.now();
    child.kill('SIGKILL');
    await once(child, 'exit');
    while (taken === 0) await sleep(10);
    noticed.push((taken - killed) / 1000);
    await untilOver(queue, id);
    for (const other of others) await other.close();
  }
  return noticed;
}
