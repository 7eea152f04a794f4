// Whether the tests hold the guards, bounds and error paths of the parts that strangers and full disks meet: small faults
// are planted one by one, and the tests of the file have to fail.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import accepted from '../lib/mutants/accepted.json' with { type: 'json' };
import covered from '../lib/mutants/covered.json' with { type: 'json' };
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
  all: { kind: 'switch', does: 'every mutant, which takes hours' },
  trial: { kind: 'switch', does: 'only the faults that no test saw when a stranger tried version 0.1.0' },
  files: { kind: 'text', does: 'only files whose path has one of these parts, with commas' },
} as const satisfies Options;

const TESTS = covered as Readonly<Record<string, readonly string[]>>;

/** Least share of the mutants that are to be killed. */
export const WANTED = 0.9;

interface Planted extends Omit<Mutant, 'kind'> {
  kind: string;
  file: string;
  tests: readonly string[];
}

/** The faults of the trial of version 0.1.0 that no test saw. @throws Error when the code has changed. */
function ofTrial(): Planted[] {
  return trial.map(({ file, before, after, tests }) => {
    const source = readFileSync(join(repositoryRoot, file), 'utf8');
    const at = source.indexOf(before);
    if (at < 0) throw new Error(`bench/lib/mutants/trial.json: ${file} no longer has ${before}`);
    const line = source.slice(0, at).split('\n').length;
    const faulty = source.slice(0, at) + after + source.slice(at + before.length);
    return { kind: 'trial', file, line, before, after, tests, source: faulty, text: before.trim() };
  });
}

interface Result extends Omit<Planted, 'source' | 'tests'> {
  fate: Fate;
  /** Why it may live. */
  reason?: string;
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

function reasonFor({ file, text, before, after }: Omit<Planted, 'source'>): string | undefined {
  return (accepted as Accepted[]).find(
    (one) => one.file === file && one.text === text && one.before === before && one.after === after,
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
  const { count, seed, all, files, trial: isTrial } = parseOptions(options, args);
  const parts = files?.split(',');
  const chosen = Object.keys(TESTS).filter((file) => parts?.some((part) => file.includes(part)) ?? true);
  if (chosen.length === 0) throw new Error(`--files: no file with ${files}`);
  const planted: Planted[] = chosen.flatMap((file) =>
    mutantsOf(readFileSync(join(repositoryRoot, file), 'utf8'), file).map((mutant) => ({
      ...mutant,
      file,
      tests: TESTS[file]!,
    })),
  );
  // Those of the trial are always among them, unless files are named.
  const given = parts ? [] : ofTrial();
  const taken = isTrial ? ofTrial() : [...given, ...(all ? planted : sample(planted, count, seed))];
  taken.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
  using workshop = await Workshop.open();
  const results: Result[] = [];
  for (const { source, tests, ...mutant } of taken) {
    await workshop.calibrate(tests);
    const fate = await workshop.fateOf(mutant.file, source, tests);
    const reason = fate === 'survived' ? reasonFor({ ...mutant, tests }) : undefined;
    results.push({ ...mutant, fate, ...(reason === undefined ? {} : { reason }) });
    const where = `${mutant.file}:${mutant.line}`;
    if (fate === 'survived')
      console.error(`survived${reason ? ' (accepted)' : ''}: ${where} ${mutant.before} -> ${mutant.after}`);
  }
  return reportOf(results, planted.length, seed);
}

function reportOf(results: readonly Result[], all: number, seed: number): Report {
  const survivors = results.filter(({ fate }) => fate === 'survived');
  const share = 1 - survivors.length / results.length;
  const byFile = grouped(results);
  return {
    name: 'mutants',
    environment: environment({ seed, runs: results.length, warmups: 0 }),
    tables: [
      {
        title: 'Mutants by file',
        columns: ['file', 'planted', 'killed', 'hung', 'survived', 'of them accepted'],
        rows: [...byFile].map(([file, own]) => {
          const having = (fate: Fate): number => own.filter((one) => one.fate === fate).length;
          const isAccepted = own.filter(({ reason }) => reason !== undefined).length;
          return [file, own.length, having('killed'), having('hung'), having('survived'), isAccepted];
        }),
      },
      {
        title: 'Survivors',
        columns: ['where', 'kind', 'before', 'after', 'reason'],
        rows: survivors.map(({ file, line, kind, before, after, reason }) => [
          `${file}:${line}`,
          kind,
          before,
          after,
          reason ?? 'none: a test is missing',
        ]),
      },
    ],
    notes: [
      `${results.length} of ${all} mutants; ${(100 * share).toFixed(1)} % killed, ${100 * WANTED} % wanted`,
    ],
    data: { share, results },
  };
}

function grouped(results: readonly Result[]): Map<string, Result[]> {
  const byFile = new Map<string, Result[]>();
  for (const one of results) byFile.set(one.file, [...(byFile.get(one.file) ?? []), one]);
  return byFile;
}
