// Workers as they are deployed, each a process with one thread: what a process costs before it speaks, how much the
// second costs, what `voirs batch` takes for the same text, and how soon another goes on when one is killed.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Book, FolderStore, SpeechQueue, WorkerEvent } from 'voirs-queue';
import { seededRandom } from '../../../src/cli/bench-text.js';
import type { KeptBuild } from './kept-build.js';
import { type BenchRedis, cpuSeconds, sleep } from './redis.js';

const SENTENCE = 'The lamps were lit along the harbour, and the last boats came in with the tide. ';

/** What a worker speaks before it is measured: by then its code is compiled as fast as it gets. */
const WARM_MINUTES = 0.4;

interface Place {
  redis: string;
  store: string;
}

/** `voirs queue work` with one thread, once it works; its events go to `onEvent`. */
async function startWorker(
  { program }: KeptBuild,
  { redis, store }: Place,
  lockSeconds: number,
  onEvent: (event: WorkerEvent) => void,
): Promise<ChildProcess> {
  const at = ['--redis', redis, '--store', store, '--lock-seconds', String(lockSeconds)];
  const child = spawn(process.execPath, [program, 'queue', 'work', '--threads', '1', ...at], {
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
  /** Processor seconds of all workers until each has spoken for a while: program, voice, code that is compiled. */
  startCpu: number;
  /** Processor seconds of all workers for the book. */
  cpu: number;
  audio: number;
  /** Seconds that each part took to speak. */
  parts: number[];
}

/** Speaks a book of so many minutes in parts of `partMinutes`, with workers that are warm. */
export async function speakWith(
  workers: number,
  { minutes, partMinutes }: { minutes: number; partMinutes: number },
  server: BenchRedis,
  build: KeptBuild,
): Promise<RealRun> {
  const place = { redis: server.url(workers), store: join(server.folder, `real${workers}`) };
  await using queue = await build.queue.createQueue(place);
  const parts: number[] = [];
  const warm = new Set<number>();
  const onEvent =
    (worker: number) =>
    ({ event, computeSeconds }: WorkerEvent): void => {
      if (event !== 'spoken' || !computeSeconds) return;
      warm.add(worker);
      parts.push(computeSeconds);
    };
  const processes = await Promise.all(
    Array.from({ length: workers }, (_, i) => startWorker(build, place, 30, onEvent(i))),
  );
  const spent = (): number => processes.reduce((sum, { pid }) => sum + cpuSeconds(pid!), 0);
  try {
    for (let round = 1; warm.size < workers; round++) {
      const books = Array.from({ length: workers }, (_, i): Book => {
        const text = `Worker ${i + 1}, round ${round}. ${textOf(WARM_MINUTES)}`;
        return { title: `Warm ${round} ${i}`, chapters: [{ title: 'One', text }], format: 'flac' };
      });
      for (const { id } of await Promise.all(books.map((book) => queue.add(book))))
        await untilOver(queue, id);
    }
    parts.length = 0;
    const startCpu = spent();
    const started = performance.now();
    const chapters = [{ title: 'One', text: textOf(minutes) }];
    const { id } = await queue.add({ title: 'Bench', chapters, partMinutes, format: 'flac' });
    await untilOver(queue, id);
    const seconds = (performance.now() - started) / 1000;
    const cpu = spent() - startCpu;
    return { workers, seconds, startCpu, cpu, audio: (await queue.book(id)).audioSeconds, parts };
  } finally {
    for (const one of processes) one.kill('SIGKILL');
  }
}

/** Processor seconds of `voirs batch` from its start to its end, for the same text in rows of `partMinutes`. */
export async function batchCpu(
  { minutes, partMinutes }: { minutes: number; partMinutes: number },
  folder: string,
  { program }: KeptBuild,
): Promise<number> {
  const rows = join(folder, 'rows.txt');
  const text = textOf(minutes);
  const length = Math.ceil(text.length / Math.ceil(minutes / partMinutes));
  const pieces = Array.from({ length: Math.ceil(text.length / length) }, (_, i) =>
    text.slice(i * length, (i + 1) * length),
  );
  writeFileSync(rows, pieces.join('\n'));
  const at = ['--out-dir', join(folder, 'batch'), '--format', 'flac', '--sample-rate', '24000'];
  const batch = [process.execPath, program, 'batch', rows, ...at, '--threads', '1'];
  // The shell says what its children have taken.
  const shell = spawn('bash', ['-c', '"$@" >/dev/null 2>&1 || exit 1; times', 'bench', ...batch], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let told = '';
  shell.stdout.on('data', (piece) => {
    told += piece;
  });
  const [code] = await once(shell, 'close');
  if (code !== 0) throw new Error('voirs batch ended with an error');
  const times = told
    .trim()
    .split('\n')
    .at(-1)!
    .matchAll(/(\d+)m([\d.]+)s/g);
  return [...times].reduce((sum, [, minute, second]) => sum + 60 * Number(minute) + Number(second), 0);
}

/** Processor milliseconds of what becomes durable of a part: its samples, and the times of its words and phones. */
export async function durableMs(
  partMinutes: number,
  folder: string,
  build: KeptBuild,
): Promise<{ samples: number; times: number }> {
  const store: FolderStore = new build.queue.FolderStore(join(folder, 'durable'));
  const second = Buffer.alloc(2 * 24_000);
  const phone = { phone: 'AH0', start: 123.4567, end: 123.5678 };
  // Three words a second, four phones each.
  const words = Array.from({ length: 180 * partMinutes }, (_, i) => ({
    ...{ word: 'harbour', span: [i, i + 7], start: 123.4567, end: 123.5678 },
    phones: [phone, phone, phone, phone],
  }));
  async function* seconds(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 60 * partMinutes; i++) yield second;
  }
  const taken = async (write: () => Promise<unknown>): Promise<number> => {
    await write();
    const before = process.cpuUsage();
    for (let i = 0; i < 5; i++) await write();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000 / 5;
  };
  return {
    samples: await taken(() => store.write('parts/a.pcm', seconds())),
    times: await taken(() => store.write('parts/a.json', [Buffer.from(JSON.stringify({ words }))])),
  };
}

/** What a death needs to be met. */
export interface Death {
  /** Which of them. */
  number: number;
  lockSeconds: number;
  seed: number;
}

/**
 * Seconds from the death of a worker, at a random instant, until another begins its part. Others are at work all the
 * time, as in a fleet.
 */
export async function death(
  { number, lockSeconds, seed }: Death,
  server: BenchRedis,
  build: KeptBuild,
): Promise<number> {
  const { createQueue, createWorker } = build.queue;
  const random = seededRandom(seed + number);
  const place = { redis: server.url(9), store: join(server.folder, `dead${number}`) };
  await using queue = await createQueue(place);
  const child = await startWorker(build, place, lockSeconds, () => {});
  const text = `Death ${number}. ${textOf(60)}`; // longer than the worker lives
  const { id } = await queue.add({
    title: `Dead ${number}`,
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
  await untilOver(queue, id);
  for (const other of others) await other.close();
  return (taken - killed) / 1000;
}
