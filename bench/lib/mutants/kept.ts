// What the last runs found, so that a run tries only what changed: a fate holds while the source and the test file that
// saw the fault are the same, a survivor's while all its test files are.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachePath, repositoryRoot } from '../cache.js';
import type { Mutant } from './mutate.js';
import type { Fate } from './workshop.js';

interface Entry extends Fate {
  source: string;
  /** Digest of the test file that saw it, or of all. */
  tests: string;
}

type Kept = Record<string, Record<string, Entry>>;

const digests = new Map<string, string>();
function digest(paths: readonly string[]): string {
  return paths
    .map((path) => {
      const known = digests.get(path);
      if (known !== undefined) return known;
      const content = readFileSync(join(repositoryRoot, path));
      const made = createHash('sha256').update(content).digest('hex').slice(0, 12);
      digests.set(path, made);
      return made;
    })
    .join(' ');
}

/** A mutant's name, which other lines do not change. */
export function nameOf(mutant: Mutant, among: readonly Mutant[]): string {
  const same = among.filter(
    ({ text, before, after, kind }) =>
      text === mutant.text && before === mutant.before && after === mutant.after && kind === mutant.kind,
  );
  return `${mutant.kind} | ${mutant.text} | ${mutant.before} -> ${mutant.after} | ${same.indexOf(mutant)}`;
}

/** Fates on disk, in .cache/mutants.json. */
export class KeptFates {
  private readonly path = cachePath('mutants.json');
  private readonly all: Kept;

  constructor() {
    let all: Kept = {};
    try {
      all = JSON.parse(readFileSync(this.path, 'utf8')) as Kept;
    } catch {} // none yet, or cut off
    this.all = all;
  }

  /** The fate that still holds. */
  fateOf(file: string, name: string, tests: readonly string[]): Fate | undefined {
    const entry = this.all[file]?.[name];
    if (!entry || entry.source !== digest([file])) return undefined;
    if (entry.file !== undefined && !tests.includes(entry.file)) return undefined;
    if (entry.tests !== digest(entry.file === undefined ? tests : [entry.file])) return undefined;
    const { source: _, tests: __, ...fate } = entry;
    return fate;
  }

  /** The test that saw it last, if any. */
  hintOf(file: string, name: string): string | undefined {
    return this.all[file]?.[name]?.by;
  }

  put(file: string, name: string, tests: readonly string[], fate: Fate): void {
    this.all[file] ??= {};
    this.all[file][name] = {
      ...fate,
      source: digest([file]),
      tests: digest(fate.file === undefined ? tests : [fate.file]),
    };
  }

  /** Writes them; names that a file no longer has go. */
  save(file: string, names: ReadonlySet<string>): void {
    for (const name of Object.keys(this.all[file] ?? {})) if (!names.has(name)) delete this.all[file]![name];
    writeFileSync(this.path, JSON.stringify(this.all, null, 1));
  }
}
