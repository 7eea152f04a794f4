// What grows in the JavaScript heap over thousands of syntheses, by kind: objects and strings would be a
// leak, code that V8 compiles meanwhile is not.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../lib/environment.js';
import { runFresh, SETTLED_NODE } from '../lib/fresh/start.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'JavaScript heap by kind of object, between two snapshots of one process';

export const options = {
  count: { kind: 'count', default: 4000, does: 'syntheses' },
  'warm-ups': { kind: 'count', default: 2000, least: 0, does: 'syntheses before the first snapshot' },
  threads: { kind: 'count', default: 1, does: 'threads' },
  seed: { kind: 'count', default: 1, least: 0, does: 'makes the texts' },
} as const satisfies Options;

/**
 * The parts of V8's heap snapshot that are read (v8-profiler.h; nodes are rows of numbers, `meta` names their
 * fields).
 */
interface HeapSnapshot {
  snapshot: { meta: { node_fields: string[]; node_types: [string[], ...unknown[]] } };
  nodes: number[];
  strings: string[];
}

/** Objects of one kind. */
export interface Share {
  count: number;
  bytes: number;
}

/** V8's kinds that hold the data of programs; the rest is code, descriptions of code, and V8's own data. */
const PROGRAM_KINDS: ReadonlySet<string> = new Set([
  'array',
  'string',
  'object',
  'closure',
  'regexp',
  'number',
  'concatenated string',
  'sliced string',
  'symbol',
  'bigint',
  'synthetic',
]);

/** Sums by `key`. */
function sharesOf(
  { snapshot, nodes, strings }: HeapSnapshot,
  key: (kind: string, name: string) => string,
): Map<string, Share> {
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name, size] = ['type', 'name', 'self_size'].map((field) => fields.indexOf(field)) as [
    number,
    number,
    number,
  ];
  const shares = new Map<string, Share>();
  for (let at = 0; at < nodes.length; at += fields.length) {
    const which = key(types[0][nodes[at + type]!]!, strings[nodes[at + name]!]!);
    const share = shares.get(which) ?? { count: 0, bytes: 0 };
    share.count++;
    share.bytes += nodes[at + size]!;
    shares.set(which, share);
  }
  return shares;
}

function growth(before: Map<string, Share>, after: Map<string, Share>): Map<string, Share> {
  const none = { count: 0, bytes: 0 };
  const grown = [...new Set([...before.keys(), ...after.keys()])].map((key): [string, Share] => {
    const [from, to] = [before.get(key) ?? none, after.get(key) ?? none];
    return [key, { count: to.count - from.count, bytes: to.bytes - from.bytes }];
  });
  return new Map(grown.sort(([, a], [, b]) => b.bytes - a.bytes));
}

function sumOf(kinds: Map<string, Share>, isMeant: (kind: string) => boolean): Share {
  const sum = { count: 0, bytes: 0 };
  for (const [kind, { count, bytes }] of kinds) {
    if (!isMeant(kind)) continue;
    sum.count += count;
    sum.bytes += bytes;
  }
  return sum;
}

/** How a process speaks between its two snapshots. */
export interface GrowthInput {
  count: number;
  /** Syntheses before the first snapshot. */
  warmups: number;
  seed: number;
  threads: number;
  /** Folder of a voice; the default one without it. */
  weights?: string;
}

/** The growth of the heap, the largest first. */
export interface Growth {
  /** Objects, arrays, strings, closures. */
  programs: Share;
  /** Compiled code, its lists, and V8's own. */
  code: Share;
  kinds: Map<string, Share>;
  names: Map<string, Share>;
}

/** @throws Error when dist/ is missing. */
export async function measureGrowth(input: GrowthInput): Promise<Growth> {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-growth-'));
  try {
    const paths = [join(folder, 'before.heapsnapshot'), join(folder, 'after.heapsnapshot')];
    await runFresh<null>({ name: 'growth', nodeFlags: SETTLED_NODE }, { ...input, paths });
    const snapshots = paths.map((path) => JSON.parse(readFileSync(path, 'utf8')) as HeapSnapshot);
    const between = (key: (kind: string, name: string) => string) => {
      const [before, after] = snapshots.map((one) => sharesOf(one, key)) as [
        Map<string, Share>,
        Map<string, Share>,
      ];
      return growth(before, after);
    };
    const kinds = between((kind) => kind);
    return {
      programs: sumOf(kinds, (kind) => PROGRAM_KINDS.has(kind)),
      code: sumOf(kinds, (kind) => !PROGRAM_KINDS.has(kind)),
      kinds,
      names: between((kind, name) => `${kind}: ${name.slice(0, 60)}`),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** @throws Error on an unknown option or value, or when dist/ is missing. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { count, 'warm-ups': warmups, threads, seed } = parseOptions(options, args);
  const { programs, code, kinds, names } = await measureGrowth({ count, warmups, seed, threads });
  const row = ([kind, { count: more, bytes }]: [string, Share]) => [
    kind,
    more,
    bytes,
    bytes / (count - warmups),
  ];
  const columns = ['kind', 'more', 'bytes more', 'bytes per synthesis'];
  const sums: [string, Share][] = [
    ['data of programs', programs],
    ['code and V8 itself', code],
  ];
  return {
    name: 'growth',
    environment: environment({ seed, warmups, runs: count - warmups }),
    tables: [
      {
        title: `after ${count} syntheses over after ${warmups}`,
        columns,
        rows: [...sums, ...kinds].map(row),
      },
      { title: 'what has grown most, by name', columns, rows: [...names].slice(0, 12).map(row) },
    ],
    notes: [`${threads} thread(s); node ${SETTLED_NODE.join(' ')}; no results kept`],
    data: { programs, code, kinds: Object.fromEntries(kinds) },
  };
}
