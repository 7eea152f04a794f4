// Keeps two runs out of one folder. Each run puts a claim there: a file whose name carries the mark of its process
// and is used once only, so that removing the claim of a dead run can never hit that of a running one.
import { rmSync } from 'node:fs';
import { open, readdir, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted, VoirsError } from '../errors.js';
import { removePartials } from '../host/file-writer.js';
import { MARK_PATTERN, markState, processMark } from '../host/process-mark.js';

const CLAIM = new RegExp(`^\\.voirs-(${MARK_PATTERN})\\.lock$`);
/** How often a run touches its claim. */
const BEAT_MS = 5000;
/** A claim untouched for this long belongs to a dead run, if its process cannot be looked up. */
const STALE_MS = 60_000;
/** An older claim is not watched. */
const OLD_MS = 10 * STALE_MS;
/** A younger one is watched for two beats at least: the clocks of two machines may differ. */
const WATCH_MS = 12_000;
/** Two runs that begin together see each other's claim, step back and try again. */
const ATTEMPTS = 4;
const TOGETHER_MS = 2000;

/** How a run that has to wait is interrupted, and how it says so. */
export interface LockOptions {
  signal: AbortSignal;
  note(text: string): void;
}

/** The claim of this run on a folder; disposing gives the folder free. */
export class FolderLock implements AsyncDisposable {
  private readonly beat: NodeJS.Timeout;
  private readonly atExit = (): void => rmSync(this.path, { force: true });

  private constructor(
    private readonly folder: string,
    private readonly path: string,
  ) {
    this.beat = setInterval(() => {
      const now = new Date();
      utimes(path, now, now).catch(() => {}); // `check` finds out that it is gone
    }, BEAT_MS).unref();
    process.on('exit', this.atExit);
  }

  /**
   * Claims a folder, after removing what dead runs left in it.
   * @throws VoirsError IO_ERROR while another run has it, ABORTED when the signal fires; a system error when
   * the folder cannot be written.
   */
  static async acquire(folder: string, options: LockOptions): Promise<FolderLock> {
    for (let attempt = 1; ; attempt++) {
      const lock = await FolderLock.claim(folder);
      try {
        const rival = await findRival(folder, lock.path, options);
        if (!rival) return lock;
        const isNew = Date.now() - rival.touched < TOGETHER_MS;
        if (!isNew || attempt === ATTEMPTS) throw await inUse(folder, rival.path);
      } catch (error) {
        await lock[Symbol.asyncDispose]();
        throw error;
      }
      await lock[Symbol.asyncDispose]();
      await sleep(50 + Math.random() * 200 * attempt);
    }
  }

  private static async claim(folder: string): Promise<FolderLock> {
    const path = join(folder, `.voirs-${processMark()}.lock`);
    const handle = await open(path, 'wx');
    const lock = new FolderLock(folder, path);
    try {
      const holder: Holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
      await handle.writeFile(`${JSON.stringify(holder)}\n`);
      return lock;
    } catch (error) {
      await lock[Symbol.asyncDispose]();
      throw error;
    } finally {
      await handle.close();
    }
  }

  /** @throws VoirsError IO_ERROR when another run took this one, which stood still, for dead. */
  async check(): Promise<void> {
    try {
      await stat(this.path);
    } catch (cause) {
      throw new VoirsError('IO_ERROR', `${this.folder} is no longer claimed by this run`, {
        got: 'a claim that another run removed, because this one stood still',
        suggestion: 'Wait for the other run, then use --resume',
        cause,
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.beat);
    process.removeListener('exit', this.atExit);
    await rm(this.path, { force: true });
  }
}

/** Content of a claim, for messages only. */
interface Holder {
  pid: number;
  host: string;
  since: string;
}

/** Another run that has the folder. */
interface Rival {
  path: string;
  /** When it touched its claim, in ms since 1970. */
  touched: number;
}

/** Looks through the claims of a folder and removes those of dead runs, with their partial files. */
async function findRival(folder: string, own: string, options: LockOptions): Promise<Rival | undefined> {
  for (const name of await readdir(folder)) {
    const mark = CLAIM.exec(name)?.[1];
    const path = join(folder, name);
    if (mark === undefined || path === own) continue;
    const touched = await touchedAt(path);
    if (touched === undefined) continue;
    const state = markState(mark);
    if (state === 'alive' || (state === 'unknown' && (await isBeating(path, touched, options)))) {
      return { path, touched };
    }
    await removePartials(folder, mark);
    await rm(path, { force: true });
  }
  return undefined;
}

/** Waits until a claim is touched, which only its run does, or has been left untouched for too long. */
async function isBeating(path: string, touched: number, { signal, note }: LockOptions): Promise<boolean> {
  const age = Date.now() - touched;
  if (age > OLD_MS) return false;
  const until = Date.now() + Math.max(WATCH_MS, STALE_MS - age);
  note(`${path} is the claim of a run that cannot be looked up from here; waiting for a sign of it`);
  while (Date.now() < until) {
    await sleep(500);
    throwIfAborted(signal);
    const now = await touchedAt(path);
    if (now === undefined) return false;
    if (now !== touched) return true;
  }
  return false;
}

async function touchedAt(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function inUse(folder: string, claim: string): Promise<VoirsError> {
  let got = 'a claim that cannot be read';
  try {
    const { pid, host, since } = JSON.parse(await readFile(claim, 'utf8')) as Holder;
    got = `process ${pid} on ${host}, since ${since}`;
  } catch {
    // a claim that is being written, or was removed just now
  }
  return new VoirsError('IO_ERROR', `${folder} is in use by another run`, {
    got,
    suggestion: `Wait until it ends, or choose another folder. If that process is gone, delete ${claim}`,
  });
}
