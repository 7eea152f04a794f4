// A copy of the checkout in which faults are planted, and the tests of a file meet them one by one.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { repositoryRoot } from '../cache.js';
import { runProgram } from '../program.js';
import type { Reply, Request, SurveyedTest } from './trier.js';

/** How the tests of a file took a fault. */
export interface Fate {
  fate: 'killed' | 'hung' | 'survived';
  /** The test file and the test that saw it. */
  file?: string;
  by?: string;
}

/** A fault hangs a test that takes so many times its usual time, and so many seconds more. */
const PATIENCE = { factor: 5, seconds: 12 };
/** Faults between two looks whether the tests still pass without one. */
const ROUND = 40;

/** What is in the copy's node_modules in place of uvu. */
const STAND_IN = {
  'package.json': JSON.stringify({
    name: 'uvu',
    type: 'module',
    exports: { '.': './index.mjs', './assert': './assert.mjs' },
  }),
  'index.mjs': (root: string) =>
    `export * from '${pathToFileURL(join(root, 'bench', 'lib', 'mutants', 'suites.ts'))}';\n`,
  'assert.mjs': () =>
    `export * from '${pathToFileURL(join(repositoryRoot, 'node_modules', 'uvu', 'assert', 'index.mjs'))}';\n`,
} as const;

/** A copy that is removed when it is disposed. */
export class Workshop implements Disposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'voirs-mutants-'));
  private readonly root = join(this.folder, 'checkout');

  private constructor() {}

  /** @throws Error when git does not list the files. */
  static async open(): Promise<Workshop> {
    const workshop = new Workshop();
    const { root } = workshop;
    const list = ['-C', repositoryRoot, 'ls-files', '-co', '--exclude-standard'];
    const { code, stdout, stderr } = await runProgram('git', list);
    if (code !== 0) throw new Error(`git ls-files: ${stderr}`);
    for (const path of stdout.split('\n').filter(Boolean)) {
      if (path.startsWith('weights/')) continue; // large, and only read
      cpSync(join(repositoryRoot, path), join(root, path));
    }
    for (const name of ['dist', 'vendor'])
      cpSync(join(repositoryRoot, name), join(root, name), { recursive: true });
    symlinkSync(join(repositoryRoot, 'weights'), join(root, 'weights'), 'dir');
    mkdirSync(join(workshop.folder, 'tmp'));
    const modules = join(root, 'node_modules');
    mkdirSync(join(modules, 'uvu'), { recursive: true });
    for (const name of readdirSync(join(repositoryRoot, 'node_modules')))
      if (name !== 'uvu') symlinkSync(join(repositoryRoot, 'node_modules', name), join(modules, name));
    for (const [name, content] of Object.entries(STAND_IN))
      writeFileSync(join(modules, 'uvu', name), typeof content === 'string' ? content : content(root));
    // Tests of the program build it first: here each file with faults is compiled alone.
    writeFileSync(join(root, 'scripts', 'build.mjs'), '');
    return workshop;
  }

  /**
   * Plants faults of one file, each alone, and runs the tests that reach it until one fails: file by file in the order
   * given, within a file the test named by `hints` first and then the quickest.
   *
   * @throws Error when a test fails without a fault: its fates would mean nothing.
   */
  async try(
    path: string,
    switched: string,
    ids: readonly number[],
    tests: readonly string[],
    hints: ReadonlyMap<number, string>,
  ): Promise<Map<number, Fate>> {
    const original = readFileSync(join(this.root, path), 'utf8');
    const fates = new Map<number, Fate>();
    this.plant(path, switched);
    try {
      for (const file of tests) {
        const open = ids.filter((id) => !fates.has(id));
        if (open.length > 0) await this.meet(file, open, (id, fate) => fates.set(id, fate), hints);
      }
      for (const id of ids) if (!fates.has(id)) fates.set(id, { fate: 'survived' });
      return fates;
    } finally {
      this.plant(path, original);
    }
  }

  /** Plants a fault that stands in the source as it is, and runs all tests until one fails. */
  async fateOf(path: string, faulty: string, tests: readonly string[]): Promise<Fate> {
    const original = readFileSync(join(this.root, path), 'utf8');
    this.plant(path, faulty);
    try {
      for (const file of tests) {
        using trier = await Trier.start(this.root, file);
        const { failed } = await trier.survey();
        if (failed !== undefined) return { fate: 'killed', file, by: failed.split(': ')[0]! };
      }
      return { fate: 'survived' };
    } finally {
      this.plant(path, original);
    }
  }

  private async meet(
    file: string,
    ids: readonly number[],
    settle: (id: number, fate: Fate) => void,
    hints: ReadonlyMap<number, string>,
  ): Promise<void> {
    let trier: Trier | undefined = await Trier.start(this.root, file);
    try {
      const { tests, once, failed } = await trier.survey();
      if (failed !== undefined) throw new Error(`${file} fails without a fault: ${failed}`);
      const quickest = tests.map((_, n) => n).sort((a, b) => tests[a]!.ms - tests[b]!.ms);
      const fresh = new Set(once);
      const faults: Fault[] = ids
        .map((id) => {
          const reaching = fresh.has(id) ? quickest : quickest.filter((n) => tests[n]!.reaches.includes(id));
          const hint = reaching.findIndex((n) => tests[n]!.name === hints.get(id));
          if (hint > 0) reaching.unshift(...reaching.splice(hint, 1));
          return { id, tests: reaching };
        })
        .filter((fault) => fault.tests.length > 0);
      const limit = (chosen: readonly number[]): number =>
        PATIENCE.factor * chosen.reduce((sum, n) => sum + tests[n]!.ms, 0) + PATIENCE.seconds * 1000;
      const see: See = (id, fate, by) => {
        if (fate === 'survived') return; // perhaps the next file sees it
        settle(id, { fate: fate === 'ended' ? 'killed' : fate, file, ...(by === undefined ? {} : { by }) });
      };
      /** A process of its own for each. */
      const alone = async (chosen: readonly Fault[]): Promise<void> => {
        for (const fault of chosen) {
          using own = await Trier.start(this.root, file, fault.id).catch(() => undefined);
          // A file that cannot even be loaded is seen.
          if (!own) see(fault.id, 'killed', 'loading');
          else await own.try([fault], limit, see);
        }
      };
      // What is decided when a file is loaded or first used cannot be switched afterwards.
      const together = faults.filter(({ id }) => !fresh.has(id));
      for (let at = 0; at < together.length; at += ROUND) {
        const round = together.slice(at, at + ROUND);
        const seen = new Map<number, Seen>();
        let rest = round;
        let isClean = true;
        while (rest.length > 0) {
          trier ??= await Trier.start(this.root, file);
          const end = await trier.try(rest, limit, (id, fate, by) => seen.set(id, [fate, by]));
          if (end !== 'clean') {
            trier[Symbol.dispose]();
            trier = undefined;
          }
          isClean = end !== 'failing';
          rest = isClean ? rest.filter(({ id }) => !seen.has(id)) : [];
        }
        // What ended the process may have been left behind by the fault before.
        const isSure = ({ id }: Fault): boolean => isClean && seen.get(id)?.[0] !== 'ended';
        for (const { id } of round.filter(isSure)) see(id, ...seen.get(id)!);
        await alone(round.filter((fault) => !isSure(fault)));
      }
      trier?.[Symbol.dispose]();
      await alone(faults.filter(({ id }) => fresh.has(id)));
    } finally {
      trier?.[Symbol.dispose]();
    }
  }

  private plant(path: string, source: string): void {
    writeFileSync(join(this.root, path), source);
    const { outputText } = ts.transpileModule(source, {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
      },
    });
    const compiled = join(this.root, path.replace(/^src/, 'dist').replace(/\.ts$/, '.js'));
    mkdirSync(dirname(compiled), { recursive: true });
    writeFileSync(compiled, outputText);
  }

  [Symbol.dispose](): void {
    // A test that was ended leaves its small disk mounted.
    const mounts = existsSync('/proc/mounts') ? readFileSync('/proc/mounts', 'utf8').split('\n') : [];
    for (const path of mounts.map((line) => line.split(' ')[1] ?? ''))
      if (path.startsWith(`${this.folder}/`)) spawnSync('umount', ['-l', path]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A fate, or `ended`: the process came to its end. */
type Seen = [fate: Fate['fate'] | 'ended', by: string | undefined];
type See = (id: number, ...seen: Seen) => void;
type Fault = Extract<Request, { kind: 'try' }>['faults'][number];

/** A process of trier.ts, and a group of its own: what its tests have started ends with it. */
class Trier implements Disposable {
  private readonly replies: Reply[] = [];
  private ended: string | undefined;
  private wake = (): void => {};
  private output = '';

  private constructor(private readonly child: ChildProcess) {
    child.on('message', (reply: Reply) => {
      this.replies.push(reply);
      this.wake();
    });
    child.on('error', (error) => this.end(error.message));
    child.on('exit', (code, signal) => this.end(`ended with ${signal ?? code}`));
    child.stderr!.on('data', (piece: Buffer) => {
      this.output = (this.output + piece.toString()).slice(-4000);
    });
  }

  /** @throws Error when the test file cannot be loaded. */
  static async start(root: string, file: string, planted?: number): Promise<Trier> {
    const { MUTANT: _, MUTANT_HITS: __, ...env } = process.env;
    const trier = new Trier(
      spawn(process.execPath, ['--expose-gc', '--import', 'tsx', 'bench/lib/mutants/trier.ts', file], {
        cwd: root,
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        env: {
          ...env,
          ...(planted === undefined ? {} : { MUTANT: String(planted) }),
          VOIRS_KILLS: '3',
          NO_COLOR: '1',
          TMPDIR: join(root, '..', 'tmp'),
          // A fault may fill a list without end.
          NODE_OPTIONS: '--max-old-space-size=1500',
        },
      }),
    );
    const reply = await trier.hear(60_000);
    if (reply?.kind === 'loaded') return trier;
    trier[Symbol.dispose]();
    throw new Error(`${file} cannot be loaded: ${trier.ended ?? 'too slow'}\n${trier.output}`);
  }

  async survey(): Promise<{
    tests: readonly SurveyedTest[];
    once: readonly number[];
    failed?: string;
  }> {
    this.ask({ kind: 'survey' });
    const reply = await this.hear(600_000);
    if (reply?.kind === 'survey') return reply;
    return { tests: [], once: [], failed: `${this.ended ?? 'too slow'}\n${this.output}` };
  }

  /**
   * Tries faults until the end or until one ends or hangs the process.
   * @returns 'clean' when the process may go on, 'ended' when it may not, 'failing' when the tests fail without a fault by now
   */
  async try(
    faults: readonly Fault[],
    limit: (tests: readonly number[]) => number,
    see: See,
  ): Promise<'clean' | 'failing' | 'ended'> {
    this.ask({ kind: 'try', faults });
    const every = Math.max(60_000, limit(faults.flatMap(({ tests }) => tests)));
    let current: Fault | undefined;
    for (;;) {
      const reply = await this.hear(current ? limit(current.tests) : every);
      if (!reply) {
        if (!current) return 'failing';
        see(current.id, this.ended === undefined ? 'hung' : 'ended', this.ended ?? 'no end');
        return 'ended';
      }
      if (reply.kind === 'begins') current = faults.find(({ id }) => id === reply.id);
      if (reply.kind === 'fate') {
        current = undefined;
        see(reply.id, reply.by === undefined ? 'survived' : 'killed', reply.by);
      }
      if (reply.kind === 'done') {
        if (reply.failed === undefined) return 'clean';
        console.error(`each alone, for without a fault there fails by now: ${reply.failed.split('\n')[0]}`);
        return 'failing';
      }
    }
  }

  private ask(request: Request): void {
    if (this.ended === undefined) this.child.send(request, () => {});
  }

  private end(how: string): void {
    this.ended ??= how;
    this.wake();
  }

  /**
   * The next reply; undefined when none comes within the time, or ever. Time in which the process was ready and others had
   * the processors does not count.
   */
  private async hear(ms: number): Promise<Reply | undefined> {
    const queued = this.queuedMs();
    const started = performance.now();
    while (this.replies.length === 0 && this.ended === undefined) {
      const left = ms - (performance.now() - started) + (this.queuedMs() - queued);
      if (left <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.replies.shift();
  }

  /** How long the process has waited for a processor, where the system tells it (/proc/PID/schedstat). */
  private queuedMs(): number {
    try {
      const [, waited] = readFileSync(`/proc/${this.child.pid}/schedstat`, 'utf8').split(' ');
      return Number(waited) / 1e6;
    } catch {
      return 0;
    }
  }

  [Symbol.dispose](): void {
    try {
      process.kill(-this.child.pid!, 'SIGKILL');
    } catch {} // nothing is left of the group
  }
}
