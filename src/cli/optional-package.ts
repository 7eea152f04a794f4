// Server and queue are packages of their own, so that a user who only speaks does not install them. They are looked for
// when they are asked for, beside this package and in the folder that the program is run in.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { shown, VoirsError } from '../errors.js';

/** The part of voirs-server that the command uses. */
export interface ServerPackage {
  createServer(options: object): Promise<{
    readonly url: string;
    readonly wyomingUrl?: string | undefined;
    close(): Promise<void>;
  }>;
  newKey(name: string): { key: string; line: string };
}

/** The part of voirs-queue that the command uses. */
export interface QueuePackage {
  createQueue(place: object): Promise<OpenQueue>;
  /** The same on several servers. */
  createShards(place: object): Promise<OpenQueue>;
  createWorker(options: object): Promise<QueueWorker>;
  serveHealth(
    worker: Pick<QueueWorker, 'notReady'>,
    port: number,
  ): Promise<{ readonly port: number; close(): Promise<void> }>;
  readBooks(path: string): Promise<{ title: string; chapters: object[] }[]>;
}

/** A worker that takes parts until it is closed. */
export interface QueueWorker {
  /** Why no part could be taken now. */
  notReady(): Promise<string | undefined>;
  close(): Promise<void>;
}

type Limits = Readonly<Record<string, { charactersPerMinute: number }>>;

interface OpenQueue {
  add(book: object, options: object): Promise<{ id: string; parts: number; reused: number; isNew: boolean }>;
  retry(id?: string): Promise<string[]>;
  cancel(id: string): Promise<boolean>;
  book(id: string): Promise<QueuedBook>;
  status(options: object): Promise<QueueFigures>;
  result(id: string): Promise<{ files: { name: string; bytes: number }[]; duration: number } | undefined>;
  limits(): Promise<Limits>;
  limit(limits: Limits): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  drain(options: { signal: AbortSignal }): Promise<void>;
  close(): Promise<void>;
}

/** One book of a queue. */
export interface QueuedBook {
  id: string;
  title: string;
  state: string;
  parts: { total: number; done: number; failed: number };
  audioSeconds: number;
  computeSeconds: number;
  coreSeconds: number;
  failures: { chapter: number; span: [number, number]; code: string; message: string; attempts: number }[];
}

/** All books of a queue. */
export interface QueueFigures {
  jobs: { waiting: number; active: number; delayed: number; failed: number };
  isPaused: boolean;
  books: QueuedBook[];
  audioHours: number;
  coreHours: number;
  realTimeFactor?: number;
  etaSeconds?: number;
  costPerAudioHour?: number;
}

/** @throws VoirsError PACKAGE_NOT_FOUND that says what to install. */
export async function optionalPackage<T>(name: 'voirs-server' | 'voirs-queue'): Promise<T> {
  let specifier: string = name;
  try {
    // Some package managers keep packages apart: then the program's folder knows it.
    import.meta.resolve(name);
  } catch {
    try {
      const fromHere = createRequire(join(process.cwd(), 'voirs.js'));
      specifier = pathToFileURL(fromHere.resolve(name)).href;
    } catch (cause) {
      throw missing(name, 'it is not installed', cause);
    }
  }
  try {
    return (await import(specifier)) as T;
  } catch (cause) {
    throw missing(name, shown((cause as Error).message.split('\n')[0]), cause);
  }
}

function missing(name: string, got: string, cause: unknown): VoirsError {
  return new VoirsError('PACKAGE_NOT_FOUND', 'A package cannot be loaded', {
    got,
    wanted: `the package ${name}`,
    suggestion: `Run npm install ${name}`,
    cause,
  });
}
