// Whether the tests hold the guards, bounds and error paths of the parts that strangers and full disks meet: small faults
// are planted one by one, and the tests of the file have to fail.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import accepted from '../lib/mutants/accepted.json' with { type: 'json' };
import covered from '../lib/mutants/covered.json' with { type: 'json' };
import { KeptFates, nameOf } from '../lib/mutants/kept.js';
import { type Mutant, mutantsOf } from '../lib/mutants/mutate.js';
import trial from '../lib/mutants/trial.json' with { type: 'json' };
import { type Fate, Workshop } from '../lib/mutants/workshop.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description = 'plants small faults in guarded code and counts those that the tests see';

export const options = {
  count: { kind: 'count', default: 60, does: 'mutants, a sample over all files' },
  seed: { kind: 'count', default: 20, does: 'of the sample' },
  all: {
    kind: 'switch',
    does: 'every mutant; those whose source and tests are as in the last run keep their fate',
  },
  afresh: { kind: 'switch', does: 'forgets what the last runs found' },
  trial: { kind: 'switch', does: 'only the faults that no test saw when a stranger tried version 0.1.0' },
  files: { kind: 'text', does: 'only files whose path has one of these parts, with commas' },
} as const satisfies Options;

const TESTS = covered as Readonly<Record<string, readonly string[]>>;

/** Least share of the mutants that are to be killed. */
export const WANTED = 0.9;

interface Result extends Omit<Mutant, 'kind' | 'id'>, Fate {
  kind: string;
  path: string;
  /** Why it may live. */
  reason?: string;
}

/** The faults of the trial of version 0.1.0 that no test saw. @throws Error when the code has changed. */
async function triedAgain(workshop: Workshop): Promise<Result[]> {
  const results: Result[] = [];
  for (const { file: path, before, after, tests } of trial) {
    const source = readFileSync(join(repositoryRoot, path), 'utf8');
    const at = source.indexOf(before);
    if (at < 0) throw new Error(`bench/lib/mutants/trial.json: ${path} no longer has ${before}`);
    const line = source.slice(0, at).split('\n').length;
    const faulty = source.slice(0, at) + after + source.slice(at + before.length);
    const fate = await workshop.fateOf(path, faulty, tests);
    results.push({
      kind: 'trial',
      path,
      line,
      before: before.trim(),
      after: after.trim(),
      text: before.trim(),
      ...fate,
    });
  }
  return results;
}

/** A mutant that changes nothing that can be seen, or nothing that is promised. */
interface Accepted {
  file: string;
  /** The line as it stands. */
  text: string;
  before: string;
  after: string;
  reason: string;
}

function reasonFor(path: string, { text, before, after }: Mutant): string | undefined {
  return (accepted as Accepted[]).find(
    (one) => one.file === path && one.text === text && one.before === before && one.after === after,
  )?.reason;
}

/** So many of a list, the same for the same seed. */
function sample<T>(list: readonly T[], count: number, seed: number): T[] {
  const rest = [...list];
  const taken: T[] = [];
  let state = seed >>> 0;
  while (taken.length < count && rest.length > 0) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    taken.push(...rest.splice(Math.floor((state / 2 ** 32) * rest.length), 1));
  }
  return taken;
}

export async function run({ args }: SuiteOptions): Promise<Report> {
  const { count, seed, all, afresh, files, trial: isTrial } = parseOptions(options, args);
  const parts = files?.split(',');
  const chosen = Object.keys(TESTS).filter((path) => parts?.some((part) => path.includes(part)) ?? true);
  if (chosen.length === 0) throw new Error(`--files: no file with ${files}`);
  const sources = chosen.map((path) => ({
    path,
    ...mutantsOf(readFileSync(join(repositoryRoot, path), 'utf8'), path),
  }));
  const every = sources.flatMap(({ path, mutants }) => mutants.map((mutant) => ({ path, mutant })));
  const taken = new Set(
    (isTrial ? [] : all ? every : sample(every, count, seed)).map(({ mutant }) => mutant),
  );
  using workshop = await Workshop.open();
  // Those of the trial are always among them, unless files are named.
  const results = parts ? [] : await triedAgain(workshop);
  for (const source of sources)
    results.push(...(await tried(workshop, source, taken, afresh ? undefined : new KeptFates())));
  return reportOf(results, every.length, seed);
}

interface Source {
  path: string;
  mutants: readonly Mutant[];
  switched: string;
}

/** The fates of those mutants of a file that are taken, from the last run where they hold. */
async function tried(
  workshop: Workshop,
  { path, mutants, switched }: Source,
  taken: ReadonlySet<Mutant>,
  last: KeptFates | undefined,
): Promise<Result[]> {
  const tests = TESTS[path]!;
  const own = mutants.filter((mutant) => taken.has(mutant));
  if (own.length === 0) return [];
  const names = new Map(mutants.map((mutant) => [mutant.id, nameOf(mutant, mutants)]));
  const fates = new Map<number, Fate>();
  const hints = new Map<number, string>();
  for (const { id } of own) {
    const kept = last?.fateOf(path, names.get(id)!, tests);
    if (kept) fates.set(id, kept);
    const hint = last?.hintOf(path, names.get(id)!);
    if (hint !== undefined) hints.set(id, hint);
  }
  const open = own.map(({ id }) => id).filter((id) => !fates.has(id));
  const started = performance.now();
  const keep = new KeptFates();
  if (open.length > 0) {
    const found = await workshop.try(path, switched, open, tests, hints);
    for (const [id, fate] of found) {
      fates.set(id, fate);
      keep.put(path, names.get(id)!, tests, fate);
    }
    keep.save(path, new Set(names.values()));
  }
  const results = own.map((mutant): Result => {
    const fate = fates.get(mutant.id)!;
    const reason = fate.fate === 'survived' ? reasonFor(path, mutant) : undefined;
    return { ...mutant, path, ...fate, ...(reason === undefined ? {} : { reason }) };
  });
  const survivors = results.filter(({ fate }) => fate === 'survived');
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.error(
    `${path}: ${own.length} mutants, ${open.length} tried in ${seconds} s, ${survivors.length} survived`,
  );
  for (const { line, kind, before, after, reason } of survivors)
    if (reason === undefined) console.error(`  ${path}:${line} (${kind}) ${before} -> ${after}`);
  return results;
}

function reportOf(results: readonly Result[], all: number, seed: number): Report {
  const survivors = results.filter(({ fate }) => fate === 'survived');
  const killed = results.length - survivors.length;
  const share = killed / results.length;
  const byFile = grouped(results);
  return {
    name: 'mutants',
    environment: environment({ seed, runs: results.length, warmups: 0 }),
    tables: [
      {
        title: 'Mutants by file',
        columns: ['file', 'planted', 'killed', 'hung', 'survived', 'of them accepted', 'killed, %'],
        rows: [...byFile].map(([path, own]) => {
          const having = (fate: Fate['fate']): number => own.filter((one) => one.fate === fate).length;
          const isAccepted = own.filter(({ reason }) => reason !== undefined).length;
          const percent = (100 * (1 - having('survived') / own.length)).toFixed(1);
          return [
            path,
            own.length,
            having('killed'),
            having('hung'),
            having('survived'),
            isAccepted,
            percent,
          ];
        }),
      },
      {
        title: 'Survivors',
        columns: ['where', 'kind', 'before', 'after', 'reason'],
        rows: survivors.map(({ path, line, kind, before, after, reason }) => [
          `${path}:${line}`,
          kind,
          before,
          after,
          reason ?? 'none: a test is missing',
        ]),
      },
    ],
    notes: [
      `${results.length} mutants, of ${all} of these files; ${(100 * share).toFixed(1)} % killed, ${100 * WANTED} % wanted`,
    ],
    data: { share, results },
  };
}

function grouped(results: readonly Result[]): Map<string, Result[]> {
  const byFile = new Map<string, Result[]>();
  for (const one of results) byFile.set(one.path, [...(byFile.get(one.path) ?? []), one]);
  return byFile;
}
