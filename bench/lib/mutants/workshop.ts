// A copy of the checkout in which faults are planted one by one, and the tests of the file run on each.
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { repositoryRoot } from '../cache.js';
import { runProgram } from '../program.js';

/** How the tests of a file took a fault. */
export type Fate = 'killed' | 'hung' | 'survived';

/** A fault hangs a test that takes so many times its usual time, and so many seconds more. */
const PATIENCE = { factor: 5, seconds: 30 };

/** A copy that is removed when it is disposed. */
export class Workshop implements Disposable {
  private readonly folder = mkdtempSync(join(tmpdir(), 'voirs-mutants-'));
  private readonly root = join(this.folder, 'checkout');
  /** Seconds of each test file without a fault. */
  private readonly seconds = new Map<string, number>();

  private constructor() {}

  /** @throws Error when git does not list the files. */
  static async open(): Promise<Workshop> {
    const workshop = new Workshop();
    const { root } = workshop;
    const { code, stdout, stderr } = await runProgram('git', [
      '-C',
      repositoryRoot,
      'ls-files',
      '-co',
      '--exclude-standard',
    ]);
    if (code !== 0) throw new Error(`git ls-files: ${stderr}`);
    for (const path of stdout.split('\n').filter(Boolean)) {
      if (path.startsWith('weights/')) continue; // large, and only read
      cpSync(join(repositoryRoot, path), join(root, path));
    }
    for (const name of ['dist', 'vendor'])
      cpSync(join(repositoryRoot, name), join(root, name), { recursive: true });
    for (const name of ['node_modules', 'weights'])
      symlinkSync(join(repositoryRoot, name), join(root, name), 'dir');
    // Tests of the program build it first: here each mutant is compiled alone.
    writeFileSync(join(root, 'scripts', 'build.mjs'), '');
    return workshop;
  }

  /** Runs test files without a fault. @throws Error when one fails: its fates would mean nothing. */
  async calibrate(tests: readonly string[]): Promise<void> {
    for (const test of tests) {
      if (this.seconds.has(test)) continue;
      const started = performance.now();
      const { fails, output } = await this.test(test, 600);
      if (fails) throw new Error(`${test} fails without a fault:\n${output}`);
      this.seconds.set(test, (performance.now() - started) / 1000);
    }
  }

  /** Plants a fault, runs the tests until one fails, and takes it out again. */
  async fateOf(path: string, source: string, tests: readonly string[]): Promise<Fate> {
    const original = readFileSync(join(this.root, path), 'utf8');
    this.plant(path, source);
    try {
      // The quickest first.
      for (const test of [...tests].sort((a, b) => this.seconds.get(a)! - this.seconds.get(b)!)) {
        const limit = PATIENCE.factor * this.seconds.get(test)! + PATIENCE.seconds;
        const { fails, isLate } = await this.test(test, limit);
        if (isLate) return 'hung';
        if (fails) return 'killed';
      }
      return 'survived';
    } finally {
      this.plant(path, original);
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

  private test(path: string, seconds: number): Promise<{ fails: boolean; isLate: boolean; output: string }> {
    return new Promise((resolve, reject) => {
      // A group of its own: what a test has started ends with it.
      const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', path], {
        cwd: this.root,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, VOIRS_KILLS: '3', NO_COLOR: '1' },
      });
      let output = '';
      let isLate = false;
      const take = (piece: Buffer): void => {
        output = (output + piece.toString()).slice(-20_000);
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      const timer = setTimeout(() => {
        isLate = true;
        process.kill(-child.pid!, 'SIGKILL');
      }, seconds * 1000);
      child.on('error', reject);
      child.on('exit', (code) => {
        clearTimeout(timer);
        try {
          process.kill(-child.pid!, 'SIGKILL');
        } catch {} // nothing is left of the group
        resolve({ fails: code !== 0, isLate, output });
      });
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
