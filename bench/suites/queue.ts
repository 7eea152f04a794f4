// What a queue costs and how far it carries: the same book with one and two real workers, up to 100,000 jobs with up to
// 64 workers whose synthesis is replaced by its measured duration, Redis when it is short of processor time, and how
// soon the part of a killed worker is begun again.
import { hasRedis, REDIS_ADVICE } from '../../scripts/redis.mjs';
import { cachePath } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import { type QueueFigures, queueCharts } from '../lib/queue/charts.js';
import { KeptBuild } from '../lib/queue/kept-build.js';
import { batchCpu, death, durableMs, type RealRun, speakWith } from '../lib/queue/real-workers.js';
import { BenchRedis, queueVersions } from '../lib/queue/redis.js';
import { idle, PARTS_OF_A_BOOK, type SimulatedRun, simulate } from '../lib/queue/simulated-workers.js';
import { Steps } from '../lib/queue/steps.js';
import type { Report, Table } from '../lib/report.js';
import { mean, quantile } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'speech by 1 and 2 workers, the queue alone with up to 64, killed workers';

export const options = {
  minutes: { kind: 'count', default: 10, does: 'minutes of speech of the book that real workers speak' },
  workers: {
    kind: 'counts',
    default: [1, 2, 4, 8, 16, 32, 64],
    does: 'numbers of workers that wait in place of speaking',
  },
  jobs: { kind: 'count', default: 12_700, does: 'jobs of these runs together, as many for each worker' },
  wait: { kind: 'count', default: 100, does: 'milliseconds that these jobs take on average' },
  crowd: { kind: 'count', default: 256, does: 'workers that wait as long as parts of five minutes take' },
  share: {
    kind: 'number',
    default: 0.01,
    does: 'part of the time that Redis may run in the run where it is the limit',
  },
  kills: { kind: 'count', default: 3, does: 'workers that are killed' },
  lock: { kind: 'count', default: 2, does: 'seconds after which a worker counts as dead' },
  seed: { kind: 'count', default: 1, does: 'seed of the waits and of the instants of death' },
  plots: { kind: 'text', does: 'folder for the plots, as SVG' },
  results: {
    kind: 'text',
    does: 'file that each result is written to as it comes, and from which a run that was broken off goes on; default: in .cache, gone when the run is done',
  },
} as const satisfies Options;

/** Minutes of a part that real workers speak here, and of a part as the queue cuts a book by default. */
const PART_MINUTES = 1;
const DEFAULT_PART_MINUTES = 5;
/** Parts that each worker of the crowd takes. */
const ROUNDS = 4;
/** As often as an idle worker looks for books and webhooks, so that each looks once. */
const IDLE_SECONDS = 30;
/** Jobs of the run where Redis is the limit, of those of the same workers otherwise. */
const LIMITED_PART = 0.05;
/** What of a core Redis may take in a plan: the rest is for what comes at once. */
const PLANNED_SHARE = 0.5;
/** Connections that Redis takes if nothing else is said (maxclients). */
const MOST_CONNECTIONS = 10_000;

const NOTES = [
  'a worker that waits takes next to no processor time, so that all simulated workers of a run share the process of the bench; they are real workers with a real Redis (AOF on, synced every second) all the same, each with its own connections',
  'simulated waits: the measured durations of parts, scaled to the mean that --wait says, drawn with the seed; a worker is told of a chunk each second',
  'ms a job are processor time: what the queue takes from a job besides the work itself, with what its worker takes by being there; joining (all parts of a run first, then all books) reads the word times and encodes the pauses, in place of the audio',
  'real workers speak some 25 s before they are measured; voirs batch is measured from its start to its end, to be held against start and book of one worker together',
  'all programs run from a copy of the build, so that no build changes them on the way',
];

/** Milliseconds around `average` in the shape of the durations that real workers measured. */
function shapedAs(parts: readonly number[], average: number): number[] {
  const middle = mean(parts);
  return parts.map((seconds) => (average * seconds) / middle);
}

/** @throws Error without Redis. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { plots, results = cachePath('bench', 'queue.jsonl'), ...sizes } = parseOptions(options, args);
  const { minutes, workers, jobs, wait, crowd, share, kills, lock, seed } = sizes;
  if (!hasRedis()) throw new Error(`no Redis: ${REDIS_ADVICE}`);
  using build = await KeptBuild.copy();
  await using server = await BenchRedis.start();
  const env = environment({ seed, runs: 1, warmups: 1, versions: queueVersions(server) });
  const steps = new Steps(results, { sizes, versions: env.versions });
  const book = { minutes, partMinutes: PART_MINUTES };
  const realRun = (count: number): Promise<RealRun> =>
    steps.take(`${count} real`, () => speakWith(count, book, server, build));
  const real = [await realRun(1), await realRun(2)] as const;
  const batch = await steps.take('voirs batch', () => batchCpu(book, server.folder, build));
  const durable = await steps.take('what is written of a part', () =>
    durableMs(DEFAULT_PART_MINUTES, server.folder, build),
  );
  const parts = real.flatMap((one) => one.parts);
  // Other work on the machine stretches durations: their mean is taken from processor time, their shape from the clock.
  const partSeconds = (real[0].cpu + real[1].cpu) / parts.length;
  const durations = shapedAs(parts, wait);

  const warmUp = { workers: 4, books: 4, durations: shapedAs(parts, Math.min(wait, 20)), seed };
  await simulate(warmUp, server, build);
  const books = (count: number): number =>
    Math.max(1, Math.round((jobs * count) / workers.reduce((a, b) => a + b, 0) / PARTS_OF_A_BOOK));
  const simulated: SimulatedRun[] = [];
  for (const count of workers) {
    const sized = { workers: count, books: books(count), durations, seed };
    simulated.push(await steps.take(`${count} that wait`, () => simulate(sized, server, build)));
  }

  const many = Math.max(...workers);
  const scarce = { workers: many, durations, seed, whileWorking: () => server.throttle(share) };
  const few = Math.max(1, Math.round(books(many) * LIMITED_PART));
  const limited = await steps.take('Redis is the limit', () =>
    simulate({ ...scarce, books: few }, server, build),
  );
  const unemployed = await steps.take('idle', () => idle(crowd, IDLE_SECONDS, server, build));
  const longSeconds = (partSeconds * DEFAULT_PART_MINUTES) / PART_MINUTES;
  const long = { workers: crowd, seed, durations: shapedAs(parts, 1000 * longSeconds) };
  const crowdBooks = Math.ceil((crowd * ROUNDS) / PARTS_OF_A_BOOK);
  const crowded = await steps.take(`${crowd} with long parts`, () =>
    simulate({ ...long, books: crowdBooks }, server, build),
  );
  const noticed: number[] = [];
  for (let number = 1; number <= kills; number++) {
    const one = { number, lockSeconds: lock, seed };
    noticed.push(await steps.take(`death ${number}`, () => death(one, server, build)));
  }

  const figures: QueueFigures = {
    simulated,
    noticed,
    lock,
    loads: {
      perWorkerMs: crowded.redisWorkMs / longSeconds,
      connections: unemployed.connections,
      share: PLANNED_SHARE,
    },
  };
  const drawn = plots === undefined ? [] : await queueCharts(plots, figures);
  const most = Math.floor((1000 * PLANNED_SHARE) / figures.loads.perWorkerMs);
  const all = [...simulated, limited, crowded];
  const faults = all.reduce((sum, one) => sum + one.notDone, 0);
  steps.forget();
  return {
    name: 'queue',
    environment: env,
    tables: [
      realTable(real, batch, minutes),
      {
        title: `What is written of a part of ${DEFAULT_PART_MINUTES} minutes, ms of processor time (to a folder)`,
        columns: ['samples, with their digest', 'times of words and phones'],
        rows: [[durable.samples, durable.times]],
      },
      simulatedTable(`${wait} ms a job on average, as many jobs for each worker`, simulated),
      limitTable(simulated.find((one) => one.workers === many)!, limited),
      simulatedTable(
        `parts of ${DEFAULT_PART_MINUTES} minutes: ${longSeconds.toFixed(1)} s a job on average`,
        [crowded],
      ),
      {
        title: 'What a worker costs Redis by being there',
        columns: ['workers', 'connections', 'bytes', 'Redis ms a second, idle', 'at work', 'own ms, idle'],
        rows: [
          [
            crowd,
            unemployed.connections,
            unemployed.bytes,
            unemployed.redisMs,
            figures.loads.perWorkerMs,
            unemployed.ownMs,
          ],
        ],
      },
      {
        title: `Most workers of one Redis, parts of ${DEFAULT_PART_MINUTES} minutes`,
        columns: [`by processor time (${100 * PLANNED_SHARE} % of a core)`, 'by 10,000 connections'],
        rows: [[most, Math.floor(MOST_CONNECTIONS / unemployed.connections)]],
      },
      deathTable(noticed, lock),
    ],
    notes: [
      ...NOTES,
      `jobs: ${simulated.reduce((sum, one) => sum + one.jobs, 0)} in all; parts or books that were not done: ${faults}`,
      ...all.flatMap(({ reasons }) => reasons).map((reason) => `set aside: ${reason}`),
      ...(steps.resumed > 0 ? [`${steps.resumed} steps are of a run that was broken off`] : []),
      ...drawn.map((path) => `plot: ${path}`),
    ],
    data: { real, batch, durable, simulated, limited, unemployed, crowded, noticed, partSeconds, most },
  };
}

function realTable([one, two]: readonly [RealRun, RealRun], batch: number, minutes: number): Table {
  const rowOf = (run: RealRun): (string | number)[] => [
    run.workers === 1 ? '1 worker' : `${run.workers} workers`,
    run.seconds,
    run.startCpu,
    run.cpu,
    run.startCpu + run.cpu,
    run.audio / run.seconds,
    one.seconds / run.seconds,
    one.cpu / run.cpu,
    (one.startCpu + one.cpu) / (run.startCpu + run.cpu),
  ];
  return {
    title: `A book of about ${minutes} min of speech, parts of one, each worker a process with one thread`,
    columns: [
      '',
      'wall s of the book',
      'processor s to start',
      'of the book',
      'together',
      'audio s per s',
      'speed-up',
      'efficiency by processor time',
      'with the start',
    ],
    rows: [rowOf(one), rowOf(two), ['voirs batch', null, null, null, batch, null, null, null, null]],
  };
}

function simulatedTable(what: string, runs: readonly SimulatedRun[]): Table {
  return {
    title: `Workers that wait, ${what}`,
    columns: [
      'workers',
      'jobs',
      'jobs per s',
      'of the ideal',
      'adding ms a job',
      'worker ms a job',
      'Redis ms a job',
      'joining ms a job',
      'all ms a job',
      'Redis commands a job',
      'Redis bytes a job that waits',
      'that is done',
      'spoken twice',
      'not done',
    ],
    rows: runs.map((run) => [
      run.workers,
      run.jobs,
      run.jobsPerSecond,
      run.ofIdeal,
      run.addMs,
      run.workMs,
      run.redisMs,
      run.joinMs,
      run.addMs + run.workMs + run.redisMs + run.joinMs,
      run.commands,
      run.bytesWaiting,
      run.bytesDone,
      run.spokenTwice,
      run.notDone,
    ]),
  };
}

/** The same workers with all of Redis and with little of it. */
function limitTable(free: SimulatedRun, limited: SimulatedRun): Table {
  return {
    title: 'Redis is the limit: stopped for most of the time',
    columns: ['Redis', 'workers', 'jobs per s', '% of a core for Redis', 'spoken twice', 'not done'],
    rows: [
      ['runs', free],
      ['is stopped and let go', limited],
    ].map(([what, run]) => {
      const { workers, jobsPerSecond, redisWorkMs, spokenTwice, notDone } = run as SimulatedRun;
      const percent = (jobsPerSecond * redisWorkMs) / 10;
      return [what as string, workers, jobsPerSecond, percent, spokenTwice, notDone];
    }),
  };
}

function deathTable(noticed: readonly number[], lock: number): Table {
  const sorted = [...noticed].sort((a, b) => a - b);
  const at = [0, 0.5, 0.9, 1].map((q) => quantile(sorted, q));
  return {
    title: 'Workers that are killed: seconds until another begins the part',
    columns: ['counts as dead after s', 'kills', 'least', 'median', '90 %', 'most', 'median / lock'],
    rows: [[lock, noticed.length, ...at, at[1]! / lock]],
  };
}
