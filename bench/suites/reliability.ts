// Whether the server and the library hold for an hour of everything at once: wrong requests, aborts, slow clients, dead
// workers, more than they can take. Memory must be flat, and every request that was accepted must be answered.
import { setTimeout as sleep } from 'node:timers/promises';
import { newKey } from 'voirs-server';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import { Child } from '../lib/reliability/child.js';
import { Clients } from '../lib/reliability/clients.js';
import { corpus } from '../lib/reliability/texts.mjs';
import type { Reference } from '../lib/reliability/verdict.js';
import type { Report, Table } from '../lib/report.js';
import { blockFit, quantile } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'server and library under mixed load for an hour: answers, memory, event loop';

export const options = {
  minutes: { kind: 'number', default: 60, does: 'minutes of load' },
  'warm-up': { kind: 'number', does: 'minutes whose readings and times do not count (default a sixth)' },
  seed: { kind: 'count', default: 20, least: 0, does: 'makes texts, requests and calls' },
  clients: { kind: 'count', default: 6, does: 'clients of the server' },
  tasks: { kind: 'count', default: 2, does: 'tasks of the library' },
  workers: { kind: 'count', default: 2, does: 'worker threads of the server' },
  entries: { kind: 'count', default: 60, least: 4, does: 'requests whose answers are known' },
  texts: { kind: 'count', default: 12, does: 'texts of each pipeline of the library' },
  every: { kind: 'number', default: 10, does: 'seconds between two readings' },
  deaths: { kind: 'number', default: 60, does: 'seconds between two deaths of a worker' },
  bursts: { kind: 'number', default: 45, does: 'seconds between two bursts of more than the queue takes' },
} as const satisfies Options;

const BLOCKS = 20;
const MAX_CHARACTERS = 4000;
const QUEUE = 16;
/** Requests of a burst: more than wait and run. */
const BURST = 40;

/** A reading of a process at a minute; bytes and counts, absent where they could not be had. */
type Reading = { minute: number } & Record<string, number | undefined>;

/** Times by which the event loop was late, in milliseconds. */
interface Lateness {
  median: number;
  p99: number;
  most: number;
}
interface ServerState extends Lateness {
  openJobs: number;
  queued: number;
  ready: number;
  lost: number;
}
interface LibraryState extends Lateness {
  counts: Record<string, number>;
  faults: string[];
}
interface Left {
  tensors: number;
  leases: number;
  arena: number;
}

const KINDS: Record<string, string> = {
  rss: 'RSS',
  rssBesideHeap: "RSS without the main thread's JS heap",
  heapUsed: 'JS heap of the main thread, in use',
  workerHeap: "oldest worker's JS heap, in use",
  external: 'external',
  arrayBuffers: 'ArrayBuffers',
  wasmHeap: 'WASM heap',
  arena: 'arena capacity',
  tensors: 'tensors alive',
};

/** One row for each kind of memory that has readings enough: first and last block, most, slope with its interval. */
function trends(readings: readonly Reading[]): Table['rows'] {
  return Object.entries(KINDS).flatMap(([kind, name]) => {
    const known = readings.filter((reading) => reading[kind] !== undefined);
    if (known.length < 2 * BLOCKS) return [];
    const scale = kind === 'tensors' ? 1 : 2 ** 20;
    const y = known.map((reading) => reading[kind]! / scale);
    const { slope, slopeInterval } = blockFit(
      known.map(({ minute }) => minute),
      y,
      BLOCKS,
    );
    const size = Math.floor(y.length / BLOCKS);
    const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const unit = 60; // an hour
    return [
      [
        ...[name, mean(y.slice(0, size)), mean(y.slice(-size)), Math.max(...y)],
        ...[slope * unit, slopeInterval[0] * unit, slopeInterval[1] * unit],
      ],
    ];
  });
}

const countRows = (counts: Readonly<Record<string, number>>): Table['rows'] =>
  Object.entries(counts).sort(([a], [b]) => a.localeCompare(b));

/** How many were made and have no end among the counts. */
function unaccounted(made: string, counts: Readonly<Record<string, number>>): number {
  const ends = Object.entries(counts).filter(([what]) =>
    /^(answered|refused|left|cut off|ended|faults)/.test(what),
  );
  return (counts[made] ?? 0) - ends.reduce((sum, [, count]) => sum + count, 0);
}

/** Does something again and again until it is told to stop. */
function repeatedly(seconds: number, what: (round: number) => Promise<void>): () => Promise<void> {
  const controller = new AbortController();
  const work = (async () => {
    for (let round = 0; ; round++) {
      await sleep(seconds * 1000, undefined, { signal: controller.signal }).catch(() => {});
      if (controller.signal.aborted) return;
      await what(round);
    }
  })();
  return () => {
    controller.abort();
    return work;
  };
}

/** @throws Error on an unknown option or value, or when a process ends by itself. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const values = parseOptions(options, args);
  const { minutes, seed, clients: clientCount, tasks, workers, entries: entryCount, texts } = values;
  const warmUp = values['warm-up'] ?? minutes / 6;
  const facts = environment({ seed, warmups: 0, runs: 1 });
  const entries = corpus(entryCount, seed);
  const made = ['a', 'b', 'c', 'narrow'].map(newKey);
  const lines = made.map(({ line }, n) => (n === 3 ? `${line} requests=30 open=2` : line));
  const library = await Child.start('library', { seed, tasks, textsEach: texts });
  let server: Child | undefined;
  try {
    const references = await library.ask<Reference[]>('references', entries);
    await library.ask('prepare');
    server = await Child.start('server', {
      ...{ port: 0, logLevel: 'silent', keys: lines.join('\n') },
      ...{ workers, streams: 3, queue: QUEUE, clientQueue: QUEUE - 4, maxCharacters: MAX_CHARACTERS },
      ...{ receiveTimeout: 10, queueTimeout: 30 },
    });
    const url = await server.ask<string>('url');
    const keys = made.map(({ key }) => key);
    const clients = new Clients({
      url,
      keys,
      entries,
      references,
      seed,
      maxCharacters: MAX_CHARACTERS,
    });
    const readings: Record<'server' | 'library', Reading[]> = { server: [], library: [] };
    const began = performance.now();
    const minute = (): number => (performance.now() - began) / 60_000;
    clients.start(clientCount);
    await library.ask('load');
    const running = server;
    const stops = [
      repeatedly(values.every, async () => {
        const at = { minute: minute() };
        const [ours, theirs] = await Promise.all([
          running.ask<Reading>('reading'),
          library.ask<Reading>('reading'),
        ]);
        readings.server.push({ ...ours, ...at });
        readings.library.push({ ...theirs, ...at });
      }),
      repeatedly(values.deaths, async (round) => {
        clients.noteDeath();
        await running.ask('kill', round === 0);
        await library.ask('kill', round % 2 === 0 ? 'kernels' : 'pipeline');
      }),
      repeatedly(values.bursts, () => clients.burst(BURST)),
    ];
    await sleep(warmUp * 60_000);
    await Promise.all([running.ask('forgetDelays'), library.ask('forgetDelays')]);
    clients.latencies.firstByte.length = 0;
    clients.latencies.total.length = 0;
    await sleep((minutes - warmUp) * 60_000);
    await Promise.all(stops.map((stop) => stop()));
    await Promise.all([clients.stop(), library.ask('unload')]);
    const serverState = await running.ask<ServerState>('state');
    const idle = await running.ask<Reading>('reading');
    const libraryState = await library.ask<LibraryState>('state');
    const left = await library.end<Left>();
    await running.end();
    const counted = {
      server: readings.server.filter((reading) => reading.minute >= warmUp),
      library: readings.library.filter((reading) => reading.minute >= warmUp),
    };
    const faults = [...clients.faults, ...libraryState.faults];
    const rest = {
      openJobs: serverState.openJobs,
      queued: serverState.queued,
      openCalls: idle.openCalls ?? 0,
      arenaInUse: idle.arenaInUse ?? 0,
      ...left,
      'requests without an end': unaccounted('requests', clients.counts),
      'calls without an end': unaccounted('calls', libraryState.counts),
    };
    for (const [name, value] of Object.entries(rest))
      if (value !== 0) faults.push(`${name} at the end: ${value}`);
    const percentiles = (times: number[]): number[] => {
      const ascending = [...times].sort((a, b) => a - b);
      return ascending.length === 0 ? [] : [0.5, 0.95, 1].map((q) => quantile(ascending, q));
    };
    const columns = ['memory', 'first MiB', 'last', 'most', 'MiB per hour', '95 % from', 'to'];
    const loops = { server: serverState, library: libraryState };
    return {
      name: 'reliability',
      environment: facts,
      tables: [
        { title: 'Requests to the server', columns: ['what', 'count'], rows: countRows(clients.counts) },
        { title: 'Calls of the library', columns: ['what', 'count'], rows: countRows(libraryState.counts) },
        { title: 'Memory of the server', columns, rows: trends(counted.server) },
        { title: 'Memory of the library', columns, rows: trends(counted.library) },
        {
          title: 'Event loop: milliseconds by which a timer was late',
          columns: ['process', 'median', 'p99', 'most'],
          rows: Object.entries(loops).map(([name, { median, p99, most }]) => [name, median, p99, most]),
        },
        {
          title: 'Requests that read at once, milliseconds',
          columns: ['to', 'p50', 'p95', 'most'],
          rows: Object.entries(clients.latencies).map(([name, times]) => [name, ...percentiles(times)]),
        },
      ],
      notes: [
        `${minutes} min of load, of which ${warmUp.toFixed(1)} are warm-up; ${clientCount} clients, ${workers} workers of one thread with 3 texts each, a queue of ${QUEUE}; ${tasks} tasks of the library; all on the same cores`,
        `answers are compared, byte by byte, to what the library gives for ${entries.length} requests alone; texts that nobody asked for before by their length`,
        `slopes: least squares over the means of ${BLOCKS} equal blocks of readings, every ${values.every} s under load, after gc(); the first of a row is the mean of the first block`,
        'times are those of a machine that other programs shared: they are no measure of speed',
        faults.length === 0 ? 'no fault' : `FAULTS: ${faults.join(' | ')}`,
      ],
      data: { counts: clients.counts, library: libraryState.counts, faults, rest, readings, loops },
    };
  } finally {
    if (library.isAlive) library.kill();
    if (server?.isAlive) server.kill();
  }
}
