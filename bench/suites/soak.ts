// Whether memory grows over thousands of syntheses, ours beside onnxruntime-node's on the same models: a
// process each, readings at intervals, and for each kind of memory its slope with a confidence interval.
import { join } from 'node:path';
import { cachePath, repositoryRoot } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { runFresh, SETTLED_NODE } from '../lib/fresh/start.js';
import { type Options, parseOptions } from '../lib/options.js';
import { drawChart, type Panel } from '../lib/plot/chart.js';
import type { Report, Table } from '../lib/report.js';
import { blockFit, mean, meanInterval } from '../lib/statistics.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable, type Unavailable } from '../lib/unavailable.js';
import { ensureOnnx } from '../rivals/onnx/ensure.js';
import { openOnnxruntimeNode } from '../rivals/onnxruntime-node/index.js';

export const description = 'RSS, JS heap, external, WASM heap, arena and tensors over thousands of syntheses';

export const options = {
  count: { kind: 'count', default: 1000, does: 'syntheses' },
  every: { kind: 'count', does: 'syntheses between two readings (default a 500th of all)' },
  'warm-ups': { kind: 'count', least: 0, does: 'syntheses whose readings do not count (default a tenth)' },
  minutes: { kind: 'number', does: 'ends a run early' },
  threads: { kind: 'count', default: 1, does: 'threads' },
  seed: { kind: 'count', default: 1, least: 0, does: 'makes the texts' },
  // With several, the slopes are held against how the runs differ, which needs four.
  runs: { kind: 'count', default: 1, does: 'processes of each engine: 1, or 4 and more' },
  'at-once': { kind: 'count', default: 1, does: 'processes at the same time' },
  plot: {
    kind: 'text',
    default: join(repositoryRoot, 'out', 'soak.png'),
    does: 'picture (default out/soak.png)',
  },
  'without-rival': { kind: 'switch', does: 'leaves out onnxruntime-node' },
  // Kept results touch the pages of their slabs one after the other, which RSS shows as growth until all are.
  'without-cache': { kind: 'switch', does: 'keeps no results, so that RSS does not grow with them' },
  // V8's compiled code is then no part of the slopes; WebAssembly is compiled as usual.
  'without-optimizing': { kind: 'switch', does: 'runs JavaScript uncompiled, so that code does not grow' },
} as const satisfies Options;

/** A reading after `at` syntheses: bytes and counts; a figure that an engine lacks is absent. */
export interface Reading {
  at: number;
  rss: number;
  /** Less the pages that V8 has for its heap, in use or not. */
  rssBesideHeap: number;
  heapUsed: number;
  external: number;
  arrayBuffers: number;
  wasmHeap?: number;
  arena?: number;
  slabsAllocated?: number;
  leases?: number;
  tensors?: number;
}

/** What bench/lib/fresh/soak.mjs and soak-onnxruntime.mjs print. */
export interface Course {
  /** Before the first synthesis, then after every `every` syntheses. */
  samples: Reading[];
  done: number;
  audioSeconds: number;
  wallSeconds: number;
  peakRssBytes: number;
}

type Kind = Exclude<keyof Reading, 'at' | 'slabsAllocated' | 'leases'>;

const KINDS: Record<Kind, string> = {
  rss: 'RSS',
  rssBesideHeap: "RSS without V8's heap",
  heapUsed: 'JS heap in use',
  external: 'external, WASM heap included',
  arrayBuffers: 'ArrayBuffers',
  wasmHeap: 'WASM heap',
  arena: 'arena capacity',
  tensors: 'tensors alive',
};

/** Blocks that the counted readings of a run are averaged in. */
const BLOCKS = 20;

/** A kind of memory over the counted readings of all runs; bytes, or a count. */
interface Trend {
  /** Means over the runs. */
  first: number;
  last: number;
  /** In any run. */
  most: number;
  /** Per synthesis, with its 95 % interval: of one run by its residuals, of several by how they differ. */
  slope: number;
  slopeInterval: [low: number, high: number];
  /** Of each run. */
  slopes: number[];
}

type Engine = 'voirs' | 'onnxruntime-node';

/** Nothing where an engine has no such figure. */
function trend(runs: readonly (readonly Reading[])[], kind: Kind): Trend | undefined {
  const values = runs.map((counted) => counted.map((reading) => reading[kind]));
  if (!values.flat().every((value) => value !== undefined)) return undefined;
  const figures = values as number[][];
  const fits = figures.map((run, n) =>
    blockFit(
      runs[n]!.map(({ at }) => at),
      run,
      BLOCKS,
    ),
  );
  const slopes = fits.map(({ slope }) => slope);
  const several = fits.length > 1 ? meanInterval(slopes) : undefined;
  return {
    first: mean(figures.map((run) => run[0]!)),
    last: mean(figures.map((run) => run.at(-1)!)),
    most: Math.max(...figures.flat()),
    slope: several?.mean ?? slopes[0]!,
    slopeInterval: several?.interval ?? fits[0]!.slopeInterval,
    slopes,
  };
}

function trendsOf(courses: readonly Course[], warmups: number): Partial<Record<Kind, Trend>> {
  const runs = courses.map(({ samples }) => samples.filter(({ at }) => at >= warmups));
  const found = (Object.keys(KINDS) as Kind[]).map((kind) => [kind, trend(runs, kind)] as const);
  return Object.fromEntries(found.filter(([, one]) => one !== undefined));
}

function tableOf(engine: string, trends: Partial<Record<Kind, Trend>>): Table {
  const rows = (Object.entries(trends) as [Kind, Trend][]).map(([kind, t]) => {
    const scale = kind === 'tensors' ? 1 : 2 ** 20;
    const each =
      t.slopes.length > 1 ? [t.slopes.map((slope) => Number(slope.toPrecision(2))).join(', ')] : [];
    return [
      KINDS[kind],
      t.first / scale,
      t.last / scale,
      t.most / scale,
      t.slope,
      ...t.slopeInterval,
      ...each,
    ];
  });
  const columns = ['memory', 'first MiB', 'last', 'most', 'bytes per synthesis', '95 % from', 'to'];
  const isSeveral = rows.some(({ length }) => length > columns.length);
  return { title: engine, columns: isSeveral ? [...columns, 'each run'] : columns, rows };
}

function panels(courses: Partial<Record<Engine, Course[]>>): Panel[] {
  const curves = Object.entries(courses).flatMap(([engine, runs]) =>
    runs.map(({ samples }, n) => ({ name: n === 0 ? engine : `${engine}, run ${n + 1}`, samples })),
  );
  return (Object.entries(KINDS) as [Kind, string][])
    .filter(([kind]) => kind !== 'arrayBuffers')
    .map(([kind, title]) => ({
      title,
      unit: kind === 'tensors' ? 'count' : 'MiB',
      curves: curves
        .filter(({ samples }) => samples[0]?.[kind] !== undefined)
        .map(({ name, samples }) => ({
          name,
          x: samples.map(({ at }) => at),
          y: samples.map((reading) => reading[kind]! / (kind === 'tensors' ? 1 : 2 ** 20)),
        })),
    }));
}

/** The paths that the rival's loop needs, or why it cannot run here. */
async function rivalPaths(): Promise<Record<'rivals' | 'acoustic' | 'vocoder', string> | Unavailable> {
  const rival = await openOnnxruntimeNode();
  if (isUnavailable(rival)) return rival;
  const acoustic = await ensureOnnx('acoustic');
  if (isUnavailable(acoustic)) return acoustic;
  const vocoder = await ensureOnnx('vocoder');
  if (isUnavailable(vocoder)) return vocoder;
  return { rivals: cachePath('rivals', 'package.json'), acoustic, vocoder };
}

/** Runs of one program, each in a process of its own and with texts of its own, `atOnce` at a time. */
async function inTurn(
  name: 'soak' | 'soak-onnxruntime',
  nodeFlags: string[],
  inputs: readonly object[],
  atOnce: number,
): Promise<Course[]> {
  const courses: Course[] = [];
  for (let n = 0; n < inputs.length; n += atOnce) {
    const together = inputs.slice(n, n + atOnce);
    courses.push(
      ...(await Promise.all(together.map((input) => runFresh<Course>({ name, nodeFlags }, input)))),
    );
  }
  return courses;
}

/** @throws Error on an unknown option or value, too few readings or runs, or when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const values = parseOptions(options, args);
  const plain = values['without-optimizing'] ? ['--no-opt', '--no-sparkplug'] : [];
  const nodeFlags = [...SETTLED_NODE, ...plain];
  const { count, threads, runs, seed, minutes, 'at-once': atOnce } = values;
  const every = values.every ?? Math.max(1, Math.ceil(count / 500));
  const warmups = values['warm-ups'] ?? Math.ceil(count / 10);
  if (runs === 2 || runs === 3) throw new Error(`--runs: got ${runs}; wanted 1, or 4 and more`);
  const protocol = { seed, warmups, runs: count - warmups };
  const inputs = Array.from({ length: runs }, (_, n) => ({
    count,
    every,
    seed: seed + n,
    threads,
    withoutCache: values['without-cache'],
    ...(minutes === undefined ? {} : { minutes }),
  }));
  const notes = [
    `texts of two to four words, all different; ${threads} thread(s); two gc() before each reading, every ${every} syntheses; node ${nodeFlags.join(' ')}`,
    `slopes: least squares over the means of ${BLOCKS} equal blocks of the readings after ${warmups} syntheses, which are not counted`,
    runs === 1
      ? "95 %: Student's t, with fewer degrees of freedom where neighbouring blocks resemble each other"
      : `95 %: Student's t over the slopes of ${runs} runs, processes of their own with texts of their own, ${atOnce} at once`,
  ];
  const courses: Partial<Record<Engine, Course[]>> = {
    voirs: await inTurn('soak', nodeFlags, inputs, atOnce),
  };
  const paths = values['without-rival'] ? undefined : await rivalPaths();
  if (paths && isUnavailable(paths)) notes.push(`onnxruntime-node not measured: ${paths.unavailable}`);
  else if (paths) {
    const theirs = inputs.map((input) => ({ ...input, ...paths }));
    courses['onnxruntime-node'] = await inTurn('soak-onnxruntime', nodeFlags, theirs, atOnce);
  }
  const facts = environment(protocol);
  const tables: Table[] = [];
  const data: Record<string, unknown> = { courses };
  for (const [engine, all] of Object.entries(courses)) {
    const trends = trendsOf(all, warmups);
    data[engine] = trends;
    tables.push(tableOf(engine, trends));
    for (const { done, audioSeconds, wallSeconds, peakRssBytes } of all)
      notes.push(
        `${engine}: ${done} syntheses, ${audioSeconds.toFixed(0)} s of audio in ${wallSeconds.toFixed(0)} s, peak RSS ${Math.round(peakRssBytes / 2 ** 20)} MiB`,
      );
  }
  const most = Math.max(...Object.values(courses).flatMap((all) => all.map(({ done }) => done)));
  drawChart(`${most} syntheses in one process`, 'syntheses', panels(courses)).save(values.plot);
  notes.push(`plot: ${values.plot}`);
  return { name: 'soak', environment: facts, tables, notes, data };
}
