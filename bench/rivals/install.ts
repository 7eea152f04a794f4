// Rivals are no dependencies: they are installed on demand, at exact versions, into .cache/, which git
// ignores.
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { cachePath } from '../lib/cache.js';
import { lastLines, runProgram } from '../lib/program.js';
import type { Unavailable } from '../lib/unavailable.js';

/** A `require` that resolves from the folder the rivals are installed in. */
export interface InstalledRival {
  require: NodeJS.Require;
}

/** There while some process installs: npm in two processes at once leaves half of each. */
const lock = (): string => cachePath('rivals', 'installing');
/** One that is older was left behind. */
const LONGEST_INSTALL_MS = 180_000;

/** Waits for its turn to install. */
async function takeLock(): Promise<void> {
  for (;;) {
    try {
      mkdirSync(lock());
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const since = statSync(lock(), { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > LONGEST_INSTALL_MS) rmSync(lock(), { recursive: true, force: true });
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/**
 * Makes sure that .cache/rivals/node_modules has `name` at exactly `version` (no install scripts are run).
 *
 * @param folder below .cache: one of its own gives a rival whose size can be told from that of others.
 */
export async function installRival(
  name: string,
  version: string,
  folder = 'rivals',
): Promise<InstalledRival | Unavailable> {
  const root = cachePath(folder, 'package.json');
  const prefix = dirname(root);
  const manifest = cachePath(folder, 'node_modules', name, 'package.json');
  const installed = () =>
    existsSync(manifest) &&
    (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version === version;
  if (installed()) return { require: createRequire(root) };
  await takeLock();
  try {
    if (!installed()) {
      console.error(`installing ${name} ${version} into .cache/${folder} (first time only)`);
      const flags = ['--save-exact', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
      const result = await runProgram(npm, ['install', '--prefix', prefix, `${name}@${version}`, ...flags]);
      if (result.code !== 0 || !installed()) {
        return { unavailable: `npm could not install ${name} ${version}: ${lastLines(result.stderr)}` };
      }
    }
  } finally {
    rmSync(lock(), { recursive: true, force: true });
  }
  return { require: createRequire(root) };
}
