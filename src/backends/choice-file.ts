// Measured trials of backends, kept in the user's cache folder: backend-choice.json. A file that is of another version,
// or broken, or cannot be read or written, counts as none: measuring again costs a moment.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import type { Trial } from './choice.js';
import { userCacheFolder } from './user-cache.js';

interface ChoiceFile {
  /** Of voirs. */
  version: string;
  /** By machine, threads and candidates; fastest first. */
  trials: Record<string, readonly Trial[]>;
}

/** VOIRS_BACKEND_CACHE=off: every choice is measured, nothing is kept. */
export function forgetsChoices(): boolean {
  return process.env.VOIRS_BACKEND_CACHE === 'off';
}

/** What figures hold for: a home folder may be shared by different machines. */
export function machineName(): string {
  const { platform, arch, version } = process;
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${platform} ${arch}, ${model}, ${availableParallelism()} cores, Node ${version}`;
}

const path = (): string => join(userCacheFolder(), 'backend-choice.json');

function packageVersion(): string {
  const json = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(json) as { version: string }).version;
}

function isTrial(value: unknown): value is Trial {
  const { name, ms } = Object(value) as Partial<Trial>;
  return typeof name === 'string' && typeof ms === 'number' && Number.isFinite(ms);
}

function read(): ChoiceFile['trials'] {
  try {
    const { version, trials } = JSON.parse(readFileSync(path(), 'utf8')) as Partial<ChoiceFile>;
    return version === packageVersion() && typeof trials === 'object' ? { ...trials } : {};
  } catch {
    return {};
  }
}

/** The trials kept under a key, fastest first. */
export function keptTrials(key: string): readonly Trial[] | undefined {
  const trials: unknown = read()[key];
  return Array.isArray(trials) && trials.length > 0 && trials.every(isTrial) ? trials : undefined;
}

/** Keeps trials for later processes, where the folder can be written. */
export function keepTrials(key: string, trials: readonly Trial[]): void {
  try {
    const file: ChoiceFile = { version: packageVersion(), trials: { ...read(), [key]: trials } };
    mkdirSync(userCacheFolder(), { recursive: true });
    // Renamed into place, so that a process that reads meanwhile sees a whole file.
    const half = `${path()}.${process.pid}`;
    writeFileSync(half, `${JSON.stringify(file, null, 2)}\n`);
    renameSync(half, path());
  } catch {
    // A folder that cannot be written: the next process measures again.
  }
}
