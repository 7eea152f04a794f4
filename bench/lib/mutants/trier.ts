// The process in which a test file meets faults: loads the file once, says which tests reach which faults, then plants
// one fault after the other and runs the tests that reach it.
//
//   node --expose-gc --import tsx bench/lib/mutants/trier.ts TEST-FILE, started by workshop.ts
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Suite } from './suites.js';

/** What the owner asks for. */
export type Request =
  /** Run all tests without a fault and watch. */
  | { kind: 'survey' }
  /** Plant faults; `tests` run in their order, by their place in the file. */
  | { kind: 'try'; faults: readonly { id: number; tests: readonly number[] }[] };

/** What it hears. */
export type Reply =
  /** The file is loaded. */
  | { kind: 'loaded' }
  | { kind: 'survey'; tests: readonly SurveyedTest[]; once: readonly number[]; failed?: string }
  | { kind: 'begins'; id: number }
  /** `by` is the name of the test that failed. */
  | { kind: 'fate'; id: number; by?: string }
  /** All are tried; `failed` tells that the tests fail without a fault by now, so that no fate of this try counts. */
  | { kind: 'done'; failed?: string };

/** A test without a fault. */
export interface SurveyedTest {
  name: string;
  ms: number;
  /** The faults that it reaches. */
  reaches: readonly number[];
}

type Asker = (id: number) => boolean;

const say = (reply: Reply): Promise<void> =>
  new Promise((done, fail) => process.send!(reply, (error: Error | null) => (error ? fail(error) : done())));

const hitsFile = join(tmpdir(), `voirs-mutant-hits-${process.pid}`);
const seen = new Set<number>();
/** The environment is for the programs and threads that tests start. */
function watch(): void {
  seen.clear();
  rmSync(hitsFile, { force: true });
  process.env.MUTANT_HITS = hitsFile;
  delete process.env.MUTANT;
  globalThis.isMutant = (id) => {
    seen.add(id);
    return false;
  };
}
function watched(): number[] {
  const elsewhere = existsSync(hitsFile) ? readFileSync(hitsFile, 'utf8').split('\n').filter(Boolean) : [];
  return [...new Set([...seen, ...elsewhere.map(Number)])];
}
function plant(id: number): void {
  delete process.env.MUTANT_HITS;
  process.env.MUTANT = String(id);
  globalThis.isMutant = (asked) => asked === id;
}

declare global {
  var isMutant: Asker | undefined;
}

const [path] = process.argv.slice(2);
/** Whether more than one fault is planted in this process, one after the other. */
const isShared = process.env.MUTANT === undefined;
if (isShared) watch();
else plant(Number(process.env.MUTANT));
await import(pathToFileURL(resolve(path!)).href);
const reachedFirst = isShared ? watched() : [];
// uvu itself is what test files import; workshop.ts put suites.ts in its place.
const { suites } = (await import('uvu')) as unknown as { suites: Suite[] };

interface Placed {
  suite: Suite;
  test: Suite['tests'][number];
}
const placed: Placed[] = suites.flatMap((suite) => suite.tests.map((test) => ({ suite, test })));

const all = async (hooks: Suite['before'], { state }: Suite): Promise<void> => {
  for (const hook of hooks) await hook(state);
};

/** What a file prepares and clears away once is done once in a process: its temporary files go with the copy. */
const prepared = new Set<Suite>();

/** Runs tests until one fails; its name, or that of the hook that failed. */
async function run(chosen: readonly Placed[], done: (one: Placed, ms: number) => void = () => {}) {
  for (const { suite, test } of chosen) {
    let name = `${suite.name}: before`;
    try {
      if (!prepared.has(suite)) await all(suite.before, suite);
      prepared.add(suite);
      name = test.name;
      const started = performance.now();
      try {
        await all(suite.beforeEach, suite);
        await test.handler(suite.state);
      } finally {
        await all(suite.afterEach, suite);
      }
      done({ suite, test }, performance.now() - started);
    } catch (error) {
      return { name, error };
    }
  }
  return undefined;
}

/** The same, and what the file does at its end. */
async function runToTheEnd(chosen: readonly Placed[]) {
  const failed = await run(chosen);
  if (failed) return failed;
  for (const suite of prepared) {
    try {
      await all(suite.after, suite);
    } catch (error) {
      return { name: `${suite.name}: after`, error };
    }
  }
  return undefined;
}

const told = ({ name, error }: { name: string; error: unknown }): string =>
  `${name}: ${error instanceof Error ? error.stack : error}`;

/**
 * Twice: what a file keeps, such as a table made when it is first needed, is reached in the first round alone, and so is
 * everything where the tests pass only once.
 */
async function survey(): Promise<Reply> {
  const rounds: SurveyedTest[][] = [[], []];
  for (const tests of rounds) {
    watch();
    const failed = await run(placed, ({ test }, ms) => {
      tests.push({ name: test.name, ms, reaches: watched() });
      watch();
    });
    if (!failed) continue;
    if (tests === rounds[0]) return { kind: 'survey', tests, once: [], failed: told(failed) };
    tests.length = 0;
  }
  const [first, second] = rounds.map((tests) => new Set(tests.flatMap(({ reaches }) => reaches)));
  const once = [...first!].filter((id) => !second!.has(id));
  return { kind: 'survey', tests: rounds[0]!, once: [...reachedFirst, ...once] };
}

process.on('message', async (request: Request) => {
  if (request.kind === 'survey') return say(await survey());
  for (const { id, tests } of request.faults) {
    await say({ kind: 'begins', id });
    plant(id);
    const chosen = tests.map((n) => placed[n]!);
    const failed = await (isShared ? run(chosen) : runToTheEnd(chosen));
    await say({ kind: 'fate', id, ...(failed ? { by: failed.name } : {}) });
  }
  // A fault may leave something behind that fails the tests of the next.
  plant(0);
  const failed = isShared ? await run(placed) : undefined;
  return say({ kind: 'done', ...(failed ? { failed: told(failed) } : {}) });
});
process.on('disconnect', () => process.exit());
process.on('exit', () => rmSync(hitsFile, { force: true }));
// What a test leaves open must not end this process, nor must an end without a reply go unnoticed.
await say({ kind: 'loaded' });
