// The memory that many pipelines cost, at once and one after another: they share the weights, and a disposed
// pipeline leaves nothing behind.
import { environment } from '../lib/environment.js';
import { runFresh, SETTLED_NODE } from '../lib/fresh/start.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'memory of 100 more pipelines on one backend, and of 50 made and disposed in turn';

export const options = {
  more: { kind: 'count', default: 100, does: 'pipelines beside the first' },
  cycles: { kind: 'count', default: 50, does: 'pipelines made and disposed in turn' },
} as const satisfies Options;

/** A process once its garbage is gone; bytes, and tensors alive. */
export interface LeftOver {
  rss: number;
  heapUsed: number;
  external: number;
  arrayBuffers: number;
  tensors: number;
  tensorBytes: number;
}

/** The same while a pipeline lives. */
export interface LeftWithPipeline extends LeftOver {
  wasmHeap: number;
  weightsBytes: number;
  weightsHolders: number;
}

/** What bench/lib/fresh/sharing.mjs prints. */
export interface Sharing {
  /** The package is loaded, and nothing else. */
  before: LeftOver;
  one: LeftWithPipeline;
  /** With the others, which have not spoken, and then have. */
  created: LeftWithPipeline;
  spoken: LeftWithPipeline;
  /** The first one alone again. */
  alone: LeftWithPipeline;
  after: LeftOver;
}

export function measureSharing(more: number): Promise<Sharing> {
  return runFresh<Sharing>({ name: 'sharing', nodeFlags: SETTLED_NODE }, { more });
}

/** A reading after each cycle. */
export function measureCycles(cycles: number): Promise<LeftOver[]> {
  return runFresh<LeftOver[]>({ name: 'cycles', nodeFlags: SETTLED_NODE }, { cycles });
}

const MIB = 2 ** 20;

function row(name: string, left: LeftOver | LeftWithPipeline): (string | number)[] {
  const { rss, heapUsed, arrayBuffers, tensors } = left;
  const heap = 'wasmHeap' in left ? left.wasmHeap / MIB : 0;
  return [name, rss / MIB, heapUsed / MIB, arrayBuffers / MIB, heap, tensors];
}

/** @throws Error when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { more, cycles: count } = parseOptions(options, args);
  const facts = environment({ seed: 1, warmups: 0, runs: 1 });
  const sharing = await measureSharing(more);
  const cycles = await measureCycles(count);
  const { before, one, created, spoken, alone, after } = sharing;
  const each = (to: LeftOver, kind: 'rss' | 'heapUsed'): string =>
    ((to[kind] - one[kind]) / more / MIB).toFixed(3);
  const columns = ['state', 'RSS MiB', 'JS heap', 'ArrayBuffers', 'WASM heap', 'tensors'];
  const fifth = cycles[4];
  const last = cycles.at(-1)!;
  const notes = [
    `each further pipeline: ${each(created, 'rss')} MiB of RSS and ${each(created, 'heapUsed')} of JS heap when made, ${each(spoken, 'rss')} and ${each(spoken, 'heapUsed')} when it has spoken`,
    `node ${SETTLED_NODE.join(' ')}`,
  ];
  if (fifth) {
    const change = (kind: 'rss' | 'heapUsed'): string => ((last[kind] / fifth[kind] - 1) * 100).toFixed(1);
    notes.push(
      `after ${count} cycles: RSS ${change('rss')} %, JS heap ${change('heapUsed')} % more than after the fifth`,
    );
  }
  return {
    name: 'sharing',
    environment: facts,
    tables: [
      {
        title: 'pipelines at once',
        columns,
        rows: [
          row('loaded', before),
          row('one', one),
          row(`${more} more`, created),
          row('all have spoken', spoken),
          row('one again', alone),
          row('none', after),
        ],
      },
      {
        title: 'made, used, disposed, again and again',
        columns,
        rows: cycles.flatMap((left, n) =>
          n === 0 || (n + 1) % 5 === 0 ? [row(`after ${n + 1}`, left)] : [],
        ),
      },
    ],
    notes,
    data: { sharing, cycles },
  };
}
