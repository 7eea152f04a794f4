// Where benches keep what they download or generate: .cache/ in the repository, which git ignores.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import origins from './shared-origins.json' with { type: 'json' };

/** The repository's root folder, without a trailing slash. */
export const repositoryRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/[/\\]$/, '');

/** A path below .cache/; its parent folder is made. The cache has its own rule for git to ignore it. */
export function cachePath(...parts: string[]): string {
  const cache = join(repositoryRoot, '.cache');
  const path = join(cache, ...parts);
  mkdirSync(dirname(path), { recursive: true });
  const ignore = join(cache, '.gitignore');
  if (!existsSync(ignore)) writeFileSync(ignore, '*\n');
  return path;
}

/**
 * A path in the shared read-only inputs (corpus, goldens, checkpoints): beside the repository, or
 * VOIRS_SHARED.
 */
export function sharedPath(...parts: string[]): string {
  return join(process.env.VOIRS_SHARED ?? join(repositoryRoot, '..', 'shared'), ...parts);
}

/** That something is not in the shared inputs, what it is, and where a stranger gets it. */
export function missingShared(path: string): string {
  const [, origin] = Object.entries(origins).find(([prefix]) => path.startsWith(prefix)) ?? [];
  const what = origin === undefined ? '' : ` (${origin})`;
  return `shared/${path} is not here${what}; VOIRS_SHARED names a folder that has it`;
}

/** A note for each of these shared inputs that is not here. */
export const sharedNotes = (...paths: string[]): string[] =>
  paths.filter((path) => !existsSync(sharedPath(path))).map(missingShared);
