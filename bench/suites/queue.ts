// What a queue costs and how far it carries: the same book with one and two real workers, up to 100,000 jobs with up to
// 64 workers whose synthesis is replaced by its measured duration, Redis when it is short of processor time, and how
// soon the part of a killed worker is begun again.
import { hasRedis, REDIS_ADVICE } from '../../scripts/redis.mjs';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import { type QueueFigures, queueCharts } from '../lib/queue/charts.js';
import { deaths, type RealRun, speakWith } from '../lib/queue/real-workers.js';
import { BenchRedis, queueVersions } from '../lib/queue/redis.js';
import { idle, PARTS_OF_A_BOOK, type SimulatedRun, simulate } from '../lib/queue/simulated-workers.js';
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
} as const satisfies Options;

/** Minutes of a part that real workers speak here, and of a part as the queue cuts a book by default. */
const PART_MINUTES = 1;
const DEFAULT_PART_MINUTES = 5;
/** Parts that each worker of the crowd takes. */
const ROUNDS = 4;
const IDLE_SECONDS = 20;
/** What of a core Redis may take in a plan: the rest is for what comes at once. */
const PLANNED_SHARE = 0.5;
/** Connections that Redis takes if nothing else is said (maxclients). */
const MOST_CONNECTIONS = 10_000;

const NOTES = [
  'a worker that waits takes next to no processor time, so that all simulated workers of a run share the process of the bench; they are real workers with a real Redis (AOF on, synced every second) all the same, each with its own connections',
  'simulated waits: the measured durations of parts, scaled to the mean that --wait says, drawn with the seed; their books are joined for real, 10 ms a part',
  'ms a job are processor time: what the queue takes from a job besides the work itself',
];

/** Milliseconds around `average` in the shape of the durations that real workers measured. */
function shapedAs(parts: readonly number[], average: number): number[] {
  const middle = mean(parts);
  return parts.map((seconds) => (average * seconds) / middle);
}

/** @throws Error without Redis. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { minutes, workers, jobs, wait, crowd, share, kills, lock, seed, plots } = parseOptions(
    options,
    args,
  );
  if (!hasRedis()) throw new Error(`no Redis: ${REDIS_ADVICE}`);
  await using server = await BenchRedis.start();
  const env = environment({ seed, runs: 1, warmups: 1, versions: queueVersions(server) });
  const sizes = { minutes, partMinutes: PART_MINUTES };
  const real = [await speakWith(1, sizes, server), await speakWith(2, sizes, server)] as const;
  const parts = real.flatMap((one) => one.parts);
  // Other work on the machine stretches durations: their mean is taken from processor time, their shape from the clock.
  const partSeconds = (real[0].cpu + real[1].cpu) / parts.length;
  const durations = shapedAs(parts, wait);

  await simulate({ workers: 4, books: 4, durations, seed }, server); // the warm-up
  const books = (count: number): number =>
    Math.max(1, Math.round((jobs * count) / workers.reduce((a, b) => a + b, 0) / PARTS_OF_A_BOOK));
  const simulated: SimulatedRun[] = [];
  for (const count of workers)
    simulated.push(await simulate({ workers: count, books: books(count), durations, seed }, server));

  const many = Math.max(...workers);
  const limited = await simulate(
    {
      ...{ workers: many, durations, seed, whileWorking: () => server.throttle(share) },
      books: Math.max(1, Math.round(books(many) / 10)),
    },
    server,
  );
  const unemployed = await idle(crowd, IDLE_SECONDS, server);
  const longSeconds = (partSeconds * DEFAULT_PART_MINUTES) / PART_MINUTES;
  const crowded = await simulate(
    {
      ...{ workers: crowd, seed, durations: shapedAs(parts, 1000 * longSeconds) },
      books: Math.ceil((crowd * ROUNDS) / PARTS_OF_A_BOOK),
    },
    server,
  );
  const noticed = await deaths(kills, lock, seed, server);

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
  const drawn = plots === undefined ? [] : queueCharts(plots, figures);
  const most = Math.floor((1000 * PLANNED_SHARE) / figures.loads.perWorkerMs);
  const faults = [...simulated, limited, crowded].reduce((sum, one) => sum + one.notDone, 0);
  return {
    name: 'queue',
    environment: env,
    tables: [
      realTable(real, minutes),
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
      ...drawn.map((path) => `plot: ${path}`),
    ],
    data: { real, simulated, limited, unemployed, crowded, noticed, partSeconds, most },
  };
}

function realTable([one, two]: readonly [RealRun, RealRun], minutes: number): Table {
  return {
    title: `A book of about ${minutes} min of speech, parts of one, each worker a process with one thread`,
    columns: [
      'workers',
      'wall s',
      'processor s',
      'audio s per s',
      'speed-up',
      'efficiency by processor time',
    ],
    rows: [one, two].map(({ workers, seconds, cpu, audio }) => [
      workers,
      seconds,
      cpu,
      audio / seconds,
      one.seconds / seconds,
      one.cpu / cpu,
    ]),
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
      'all ms a job',
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
      run.addMs + run.workMs + run.redisMs,
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
