// What the workers of a bench load, as it was when the bench began: a long run outlives builds, and a file that a build
// takes away under a worker would be counted as a fault of the queue.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { repositoryRoot } from '../cache.js';

export type QueueModule = typeof import('voirs-queue');

/** A copy of the built packages, with the dependencies of the repository. */
export class KeptBuild implements Disposable {
  private constructor(
    /** The program `voirs`. */
    readonly program: string,
    readonly queue: QueueModule,
    private readonly folder: string,
  ) {}

  static async copy(): Promise<KeptBuild> {
    const folder = mkdtempSync(join(tmpdir(), 'voirs-bench-build-'));
    const copied = ['package.json', 'dist', 'vendor', 'packages/queue/package.json', 'packages/queue/dist'];
    for (const name of copied) cpSync(join(repositoryRoot, name), join(folder, name), { recursive: true });
    const link = (name: string): void => symlinkSync(join(repositoryRoot, name), join(folder, name));
    link('weights'); // no build changes them
    if (existsSync(join(repositoryRoot, 'packages/queue/node_modules'))) link('packages/queue/node_modules');
    mkdirSync(join(folder, 'node_modules'));
    const own = ['voirs', 'voirs-queue'];
    for (const name of readdirSync(join(repositoryRoot, 'node_modules')))
      if (!own.includes(name)) link(join('node_modules', name));
    symlinkSync(folder, join(folder, 'node_modules', 'voirs'));
    symlinkSync(join(folder, 'packages', 'queue'), join(folder, 'node_modules', 'voirs-queue'));
    const entry = pathToFileURL(join(folder, 'packages', 'queue', 'dist', 'index.js')).href;
    return new KeptBuild(
      join(folder, 'dist', 'cli', 'main.js'),
      (await import(entry)) as QueueModule,
      folder,
    );
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
