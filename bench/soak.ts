// Whether memory grows over thousands of syntheses, ours beside onnxruntime-node's on the same models: a process each,
// readings every so often, and for each kind of memory the slope and how far to trust it.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { cachePath, repositoryRoot } from './cache.js';
import { environment } from './environment.js';
import { runFresh, SETTLED_NODE } from './fresh/start.js';
import { drawChart, type Panel } from './plot/chart.js';
import type { Report, Table } from './report.js';
import { ensureOnnx } from './rivals/onnx/ensure.js';
import { openOnnxruntimeNode } from './rivals/onnxruntime-node/index.js';
import { blockFit } from './statistics.js';
import type { SuiteOptions } from './suite.js';
import { isUnavailable, type Unavailable } from './unavailable.js';

export const description = 'RSS, JS heap, external, WASM heap, arena and tensors over thousands of syntheses';

/** A reading after `at` syntheses: bytes and counts; what an engine does not have is absent. */
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

/** What bench/fresh/soak.mjs and soak-onnxruntime.mjs print. */
export interface Course {
  /** Before the first synthesis, then every so many. */
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

/** Blocks that the counted readings are averaged in. */
const BLOCKS = 20;

/** A kind of memory over the counted readings; bytes, or a count. */
interface Trend {
  first: number;
  last: number;
  most: number;
  /** Per synthesis, with its 95 % interval. */
  slope: number;
  slopeInterval: [low: number, high: number];
}

/** Nothing where an engine has no such figure. */
function trend(counted: readonly Reading[], kind: Kind): Trend | undefined {
  const values = counted.map((reading) => reading[kind]);
  if (!values.every((value) => value !== undefined)) return undefined;
  const at = counted.map((reading) => reading.at);
  const { slope, slopeInterval } = blockFit(at, values, BLOCKS);
  return { first: values[0]!, last: values.at(-1)!, most: Math.max(...values), slope, slopeInterval };
}

function tableOf(engine: string, trends: Partial<Record<Kind, Trend>>): Table {
  const rows = (Object.entries(trends) as [Kind, Trend][]).map(([kind, t]) => {
    const scale = kind === 'tensors' ? 1 : 2 ** 20;
    return [KINDS[kind], t.first / scale, t.last / scale, t.most / scale, t.slope, ...t.slopeInterval];
  });
  const columns = ['memory', 'first MiB', 'last', 'most', 'bytes per synthesis', '95 % from', 'to'];
  return { title: engine, columns, rows };
}

function panels(courses: Record<string, Course>): Panel[] {
  return (Object.entries(KINDS) as [Kind, string][])
    .filter(([kind]) => kind !== 'arrayBuffers')
    .map(([kind, title]) => ({
      title,
      unit: kind === 'tensors' ? 'count' : 'MiB',
      curves: Object.entries(courses)
        .filter(([, { samples }]) => samples[0]?.[kind] !== undefined)
        .map(([name, { samples }]) => ({
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

/** @throws Error on an unknown option, too few readings, or when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      count: { type: 'string', default: '1000' },
      every: { type: 'string' },
      'warm-ups': { type: 'string' },
      minutes: { type: 'string' },
      threads: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      plot: { type: 'string', default: join(repositoryRoot, 'out', 'soak.png') },
      'without-rival': { type: 'boolean', default: false },
      // Kept results touch the pages of their slabs one after the other, which RSS shows as growth until all are.
      'without-cache': { type: 'boolean', default: false },
      // What V8 compiles on and on is then no part of the slopes; WebAssembly runs as ever.
      'without-optimizing': { type: 'boolean', default: false },
    },
  });
  const plain = values['without-optimizing'] ? ['--no-opt', '--no-sparkplug'] : [];
  const nodeFlags = [...SETTLED_NODE, ...plain];
  const count = Number(values.count);
  const every = Number(values.every ?? Math.max(1, Math.ceil(count / 500)));
  const warmups = Number(values['warm-ups'] ?? Math.ceil(count / 10));
  const protocol = { seed: Number(values.seed), warmups, runs: count - warmups };
  const input = {
    count,
    every,
    seed: protocol.seed,
    threads: Number(values.threads),
    withoutCache: values['without-cache'],
    ...(values.minutes === undefined ? {} : { minutes: Number(values.minutes) }),
  };
  const notes = [
    `texts of two to four words, all different; ${values.threads} thread(s); two gc() before each reading, every ${every} syntheses; node ${nodeFlags.join(' ')}`,
    `slopes: least squares over the means of ${BLOCKS} equal blocks of the readings after ${warmups} syntheses, which are not counted; Student's t, with fewer degrees of freedom where neighbouring blocks resemble each other`,
  ];
  const courses: Record<string, Course> = {
    voirs: await runFresh<Course>({ name: 'soak', nodeFlags }, input),
  };
  const paths = values['without-rival'] ? undefined : await rivalPaths();
  if (paths && isUnavailable(paths)) notes.push(`onnxruntime-node not measured: ${paths.unavailable}`);
  else if (paths) {
    const program = { name: 'soak-onnxruntime', nodeFlags } as const;
    courses['onnxruntime-node'] = await runFresh<Course>(program, { ...input, ...paths });
  }
  const facts = environment(protocol);
  const tables: Table[] = [];
  const data: Record<string, unknown> = { courses };
  for (const [engine, course] of Object.entries(courses)) {
    const counted = course.samples.filter(({ at }) => at >= warmups);
    const kinds = Object.keys(KINDS) as Kind[];
    const trends = Object.fromEntries(
      kinds.flatMap((kind) => {
        const found = trend(counted, kind);
        return found ? [[kind, found]] : [];
      }),
    ) as Partial<Record<Kind, Trend>>;
    data[engine] = trends;
    tables.push(tableOf(engine, trends));
    notes.push(
      `${engine}: ${course.done} syntheses, ${course.audioSeconds.toFixed(0)} s of audio in ${course.wallSeconds.toFixed(0)} s, peak RSS ${Math.round(course.peakRssBytes / 2 ** 20)} MiB`,
    );
  }
  const most = Math.max(...Object.values(courses).map(({ done }) => done));
  drawChart(`${most} syntheses in one process`, 'syntheses', panels(courses)).save(values.plot);
  notes.push(`plot: ${values.plot}`);
  return { name: 'soak', environment: facts, tables, notes, data };
}
