// A project as a user has it, in an empty folder of .cache: the packed voirs, pinned packages, recipes. Its programs
// run as the user runs them, and its servers are asked over HTTP.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestBrowser } from '../browser/harness.js';
import { cachePath, repositoryRoot } from '../cache.js';
import { lastLines } from '../program.js';

const RECIPES = join(repositoryRoot, 'examples', 'recipes');
/** As packages of binaries name it. */
export const PLATFORM = `${process.platform}-${process.arch}`;
/** A server that prints no address for so long does not start. */
const LONGEST_START_MS = 120_000;

/** Runs a program to its end in a folder. @returns what it prints. @throws Error with its last lines when it fails. */
async function runIn(folder: string, program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1', CI: '1' };
  try {
    const options = { cwd: folder, env, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
    return (await promisify(execFile)(program, args, options)).stdout;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(lastLines(`${stdout}\n${stderr}`.trim() || message, 8), { cause: error });
  }
}

/** Packs the checkout, as it would be published. @returns the path of the tarball. */
export async function packed(): Promise<string> {
  const folder = dirname(cachePath('everywhere', 'package', 'tarball'));
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const args = ['pack', '--ignore-scripts', '--json', '--workspaces=false', '--pack-destination', folder];
  const [{ filename }] = JSON.parse(await runIn(repositoryRoot, 'npm', args)) as [{ filename: string }];
  return join(folder, filename);
}

/** A running server. */
export interface Served extends AsyncDisposable {
  /** Its address, without a slash at the end. */
  url: string;
}

export class Project {
  private constructor(readonly folder: string) {}

  /**
   * An empty folder with voirs and these packages in node_modules; no install scripts are run.
   * @throws Error when npm cannot install them.
   */
  static async create(name: string, tarball: string, packages: Record<string, string>): Promise<Project> {
    const folder = dirname(cachePath('everywhere', name, 'package.json'));
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const dependencies = { voirs: `file:${tarball}`, ...packages };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies }),
    );
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
    await runIn(folder, 'npm', ['install', ...flags]);
    return new Project(folder);
  }

  at(...path: string[]): string {
    return join(this.folder, ...path);
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), text);
  }

  read(path: string): string {
    return readFileSync(this.at(path), 'utf8');
  }

  /** A recipe, under its own name or the one that its project wants. */
  recipe(name: string, as = name): void {
    mkdirSync(dirname(this.at(as)), { recursive: true });
    cpSync(join(RECIPES, name), this.at(as));
  }

  /** The files that a page loads at run time, where docs/browser.md puts them. */
  publicFiles(): void {
    const own = (...path: string[]) => this.at('node_modules', 'voirs', ...path);
    cpSync(own('vendor', 'wasm'), this.at('public', 'voirs', 'vendor', 'wasm'), { recursive: true });
    cpSync(own('weights'), this.at('public', 'voirs', 'weights'), { recursive: true });
  }

  /** Path of a program of an installed package. */
  program(name: string): string {
    if (name === 'bun') return this.at('node_modules', '@oven', `bun-${PLATFORM}`, 'bin', 'bun');
    return this.at('node_modules', '.bin', name);
  }

  /** Runs a program to its end. @returns what it prints. @throws Error with its last lines when it fails. */
  run(program: string, args: readonly string[]): Promise<string> {
    return runIn(this.folder, program, args);
  }

  /** Starts a server, on a port of the system's choice where it takes PORT=0. */
  async serve(program: string, args: readonly string[]): Promise<Served> {
    const env = { ...process.env, PORT: '0', NEXT_TELEMETRY_DISABLED: '1', NO_COLOR: '1' };
    // A group of its own: bundlers start their servers as children.
    const child = spawn(program, args, { cwd: this.folder, env, detached: true });
    let output = '';
    const address = new Promise<string>((resolve, reject) => {
      const look = (piece: Buffer): void => {
        output += piece;
        const found = output.match(/http:\/\/[\w.[\]:]+:\d+/);
        if (found) resolve(found[0].replace(/localhost|0\.0\.0\.0|\[::\]/, '127.0.0.1'));
      };
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      child.on('error', reject);
      child.on('exit', (code) => reject(new Error(`ended with ${code}: ${lastLines(output)}`)));
      setTimeout(() => reject(new Error(`no address: ${lastLines(output)}`)), LONGEST_START_MS).unref();
    });
    try {
      return { url: await address, [Symbol.asyncDispose]: () => ended(child) };
    } catch (error) {
      await ended(child);
      throw error;
    }
  }

  remove(path: string): void {
    rmSync(this.at(path));
  }
}

/** What a place showed. */
export interface Shown {
  /** What was heard of the speech: its words, or seconds of a file. */
  said: string;
  threads?: number;
  /** Bytes of what was built, by what it is. */
  note?: string;
}

/** A place; `undefined` where it needs a browser and there is none. */
export type Target = (project: Project, browser: TestBrowser | undefined) => Promise<Shown | undefined>;

/** Ends a process and its children. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return;
  const end = new Promise((resolve) => child.once('exit', resolve));
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    return; // it has ended
  }
  await end;
}
