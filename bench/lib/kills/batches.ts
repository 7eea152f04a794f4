// Kills `voirs batch` again and again, resumes it, and compares what it ends with to an undisturbed run: for the test
// of killed batches (a few kills) and the suite kills (many).
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { JOURNAL, type JournalEntry, readJournal, stateOf } from '../../../src/cli/batch-journal.js';
import { PAGE, smallDisk } from './small-disk.js';

const PROGRAM = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));
const HOOK = new URL('./hook.mjs', import.meta.url).href;

/** Short rows: what they cost is the start of the program. One of them cannot be spoken. */
const ROWS = [
  'One.',
  'Two and a half.',
  'Three blind mice.',
  '\u{1F389}',
  'Five went away.',
  'Six.',
  'Seven.',
];
const OPTIONS = ['--threads', '1', '--captions', 'srt'];

/** How batches are killed. */
export interface KillOptions {
  /** Kills in all. */
  kills: number;
  /** The same seed gives the same instants. */
  seed: number;
  /** Where each batch writes to, by its number. */
  out: (batch: number) => string;
  /** A program and options that the batch is started with, such as unshare. */
  wrapper?: readonly string[];
}

/** One kill. */
export interface Kill {
  /** The step of the program, or the time, at which it died. */
  instant: string;
  /** Rows that the journal had then. */
  rows: number;
}

/** What came of it. */
export interface KillReport {
  kills: Kill[];
  /** Batches that were brought to their end. */
  batches: number;
  /** What was wrong, each in a sentence; none is wanted. */
  problems: string[];
}

/** When a run dies: at a step of its work on files, or after some milliseconds. */
type Instant = { at: number; of?: string; when: 'before' | 'after' | 'half' } | { ms: number };

/** How a run ended. */
export interface Ended {
  code: number | null;
  isKilled: boolean;
  stderr: string;
}

/** Exit code of a shell whose program was killed. */
const KILLED = 128 + 9;
/** Runs of one batch that may be killed. */
const KILLS_A_BATCH = 8;

/** Numbers from 0 to 1 (a linear congruential generator). */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function end(child: ChildProcess): Promise<Ended> {
  let stderr = '';
  child.stderr!.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ code, isKilled: signal === 'SIGKILL' || code === KILLED, stderr }),
    );
  });
}

/** Files of a folder by name. */
function filesOf(folder: string): Map<string, Buffer> {
  const names = readdirSync(folder).sort();
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/** Always the same batch, which ends with exit code 1: one of its rows cannot be spoken. */
export class KilledBatches {
  private readonly input: string;
  private readonly log: string;
  /** Files and steps of the undisturbed run, and how long it took. */
  private wanted = new Map<string, Buffer>();
  private steps: readonly string[] = [];
  private milliseconds = 0;

  private constructor(
    folder: string,
    private readonly options: readonly string[],
  ) {
    this.input = join(folder, 'in.txt');
    this.log = join(folder, 'steps.log');
    writeFileSync(this.input, ROWS.join('\n'));
  }

  /**
   * Runs the batch without a disturbance.
   * @param folder an empty folder.
   * @param options more of the command's: another voice.
   * @throws Error when that fails.
   */
  static async prepare(folder: string, options: readonly string[] = []): Promise<KilledBatches> {
    const batches = new KilledBatches(folder, options);
    const whole = join(folder, 'whole');
    const started = performance.now();
    const { code, stderr } = await batches.run(whole);
    if (code !== 1) throw new Error(`the undisturbed run ends with ${code}: ${stderr}`);
    batches.milliseconds = performance.now() - started;
    batches.wanted = filesOf(whole);
    batches.steps = batches.lastSteps();
    return batches;
  }

  /** Bytes of all files of the undisturbed run. */
  get bytes(): number {
    return [...this.wanted.values()].reduce((sum, { length }) => sum + length, 0);
  }

  /** Starts or resumes a batch. @param instant when it dies; undefined: at its end. */
  async run(out: string, instant?: Instant, wrapper: readonly string[] = []): Promise<Ended> {
    writeFileSync(this.log, '');
    const step = { folder: out, log: this.log, ...(instant && 'at' in instant ? instant : {}) };
    const program = [process.execPath, '--import', HOOK, PROGRAM];
    const args = ['batch', this.input, '-d', out, ...OPTIONS, ...this.options, '--resume'];
    const [command, ...rest] = [...wrapper, ...program, ...args];
    const child = spawn(command!, rest, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, VOIRS_KILL: JSON.stringify(step) },
    });
    const ended = end(child);
    if (instant && 'ms' in instant) {
      await sleep(instant.ms);
      child.kill('SIGKILL');
    }
    return ended;
  }

  private lastSteps(): string[] {
    return readFileSync(this.log, 'utf8').split('\n').filter(Boolean);
  }

  /** What is wrong with a batch that has ended. */
  async problemsOf(out: string): Promise<string[]> {
    const found = filesOf(out);
    const names = new Set([...this.wanted.keys(), ...found.keys()]);
    const problems: string[] = [];
    for (const name of names) {
      const [one, other] = [this.wanted.get(name), found.get(name)];
      // The journal has times of its own, and lines of the runs that were killed.
      if (one && other && (name === JOURNAL || one.equals(other))) continue;
      problems.push(`${name} ${one ? (other ? 'differs' : 'is missing') : 'is left over'} in ${out}`);
    }
    const { rows, wrong } = await lookUp(out);
    if (rows !== ROWS.length) problems.push(`the journal of ${out} has ${rows} rows of ${ROWS.length}`);
    return [...problems, ...wrong];
  }

  /**
   * Kills and resumes batches until there have been so many kills, and brings each to its end. The first kills fall
   * between the rename of an audio file and its line in the journal, into a line, and before a rename.
   */
  async kill({ kills, seed, out: outOf, wrapper = [] }: KillOptions): Promise<KillReport> {
    const random = generator(seed);
    const certain: Instant[] = [
      { at: 2, of: '^rename', when: 'after' }, // captions are renamed first, then the audio
      { at: 1, of: `^appendFile ${JOURNAL}`, when: 'half' },
      { at: 2, of: '^rename', when: 'before' },
    ];
    const next = (): Instant => {
      if (random() < 0.25) return { ms: this.milliseconds * random() };
      const when = (['before', 'after', 'half'] as const)[Math.floor(random() * 3)]!;
      return { at: 1 + Math.floor(random() * this.steps.length), when };
    };
    const report: KillReport = { kills: [], batches: 0, problems: [] };
    while (report.kills.length < kills) {
      const out = outOf(report.batches++);
      for (let n = 0; n < KILLS_A_BATCH && report.kills.length < kills; n++) {
        const instant = certain[report.kills.length] ?? next();
        const { isKilled, code, stderr } = await this.run(out, instant, wrapper);
        if (!isKilled && code !== 1) report.problems.push(`a run ends with ${code}: ${stderr}`);
        if (!isKilled) break; // it came to its end before
        const { rows, wrong } = await lookUp(out);
        report.kills.push({ instant: describe(instant, this.lastSteps()), rows });
        report.problems.push(...wrong);
      }
      const { code, stderr } = await this.run(out, undefined, wrapper);
      if (code !== 1) report.problems.push(`the last run in ${out} ends with ${code}: ${stderr}`);
      report.problems.push(...(await this.problemsOf(out)));
    }
    return report;
  }
}

/**
 * A batch on a disk that gets full: it ends with IO_ERROR, is killed and tried again, and goes on when there is space.
 * @returns undefined where no such disk can be had.
 */
export async function killOnFullDisk(
  batches: KilledBatches,
  { kills, seed }: Pick<KillOptions, 'kills' | 'seed'>,
): Promise<KillReport | undefined> {
  const pages = Math.ceil(batches.bytes / PAGE);
  using disk = smallDisk(Math.floor(pages / 2));
  if (!disk) return undefined;
  const out = disk.path('out');
  const report: KillReport = { kills: [], batches: 1, problems: [] };
  const random = generator(seed);
  for (let n = 0; n <= kills; n++) {
    const { code, isKilled, stderr } = await batches.run(out);
    if (isKilled || code !== 1 || !/IO_ERROR: .*ENOSPC/.test(stderr))
      report.problems.push(`on a full disk a run ends with ${code}: ${stderr}`);
    const left = readdirSync(out).filter((name) => name.startsWith('.'));
    if (left.length > 0) report.problems.push(`a run on a full disk leaves ${left.join(', ')}`);
    if (n === kills) break;
    const instant: Instant = {
      at: 1 + Math.floor(12 * random()),
      of: 'write|append|sync|rename',
      when: 'half',
    };
    if (!(await batches.run(out, instant)).isKilled) continue;
    const { rows, wrong } = await lookUp(out);
    report.kills.push({ instant: `on a full disk, at write, sync or rename ${instant.at}`, rows });
    report.problems.push(...wrong);
  }
  disk.resize(3 * pages);
  const { code, stderr } = await batches.run(out);
  if (code !== 1) report.problems.push(`with space again a run ends with ${code}: ${stderr}`);
  report.problems.push(...(await batches.problemsOf(out)));
  return report;
}

/** What a batch is started with in a namespace of its own, where process numbers begin again; by what it is called. */
const NAMESPACES: Record<string, readonly string[]> = {
  'the /proc outside': [],
  'a /proc of its own': ['--mount-proc'],
};

/** Programs that start another in a PID namespace; none, with a line that says so, where that is not permitted. */
export function namespaces(): [where: string, wrapper: readonly string[]][] {
  const unshare = ['unshare', '--pid', '--fork', '--kill-child'];
  // A shell is the first process there: the first cannot kill itself.
  const shell = ['sh', '-c', '"$@"; exit $?', 'sh'];
  return Object.entries(NAMESPACES).flatMap(([where, options]) => {
    const [command, ...rest] = [...unshare, ...options, ...shell];
    if (spawnSync(command!, [...rest, 'true']).status === 0) return [[where, [command!, ...rest]] as const];
    console.log(`SKIP a PID namespace with ${where}: unshare is not permitted here`);
    return [];
  }) as [string, readonly string[]][];
}

function describe(instant: Instant, steps: readonly string[]): string {
  if ('ms' in instant) return `after ${Math.round(instant.ms)} ms`;
  const name = steps.at(-1)?.replace(/\.voirs-\S*\./, '*.') ?? '';
  return `${instant.when} ${name}${instant.of ? '' : `, step ${instant.at}`}`;
}

/** Rows of a journal, and files that are not as it says. */
async function lookUp(out: string): Promise<{ rows: number; wrong: string[] }> {
  const entries: JournalEntry[] = existsSync(out) ? [...(await readJournal(out)).values()] : [];
  const wrong: string[] = [];
  for (const entry of entries) {
    if (entry.status === 'failed') continue;
    const state = await stateOf(out, entry);
    if (state !== 'right') wrong.push(`${entry.file} is ${state} in ${out}, though the journal has it`);
  }
  return { rows: entries.length, wrong };
}
