// A file that is either there whole or not at all: written beside its place under another name, moved when
// done, removed when anything fails. That the place can be written is found out before any work is done for
// it.
import { rmSync } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  mkdtemp,
  open,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { VoirsError } from '../errors.js';

/** Partial files of this process that are neither moved nor removed yet. */
const unfinished = new Set<string>();
process.on('exit', () => {
  for (const path of unfinished) rmSync(path, { force: true });
});

function unwritable(path: string, cause: unknown): VoirsError {
  return new VoirsError('IO_ERROR', `${path} cannot be written`, {
    got: reasonOf(cause),
    suggestion: 'Check that its folder exists and can be written to',
    cause,
  });
}

/** Without the name of the partial file, which means nothing to the user. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/, \w+ '.*$/s, '');
}

/** A file in the making. */
export class OutputFile {
  private position = 0;
  private isSettled = false;

  private constructor(
    /** What the user called it. */
    readonly path: string,
    private readonly place: string,
    private readonly partial: string,
    private readonly handle: FileHandle,
  ) {}

  /** @throws VoirsError IO_ERROR when `path` cannot be written; nothing is left behind then. */
  static async create(path: string): Promise<OutputFile> {
    try {
      const place = await placeOf(path);
      const partial = join(dirname(place), `.${basename(place)}.${process.pid}.partial`);
      const handle = await open(partial, 'wx+');
      unfinished.add(partial);
      return new OutputFile(path, place, partial, handle);
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** A file for the time of the process only, in the system's folder for such. */
  static async temporary(): Promise<OutputFile> {
    const folder = await mkdtemp(join(tmpdir(), 'voirs-')).catch((error: unknown) => {
      throw unwritable(tmpdir(), error);
    });
    const file = await OutputFile.create(join(folder, 'out'));
    process.on('exit', () => rmSync(folder, { force: true, recursive: true }));
    return file;
  }

  /** Bytes appended so far. */
  get size(): number {
    return this.position;
  }

  /** Appends; `at` overwrites there instead. */
  async write(bytes: Uint8Array, at?: number): Promise<void> {
    try {
      await this.handle.write(bytes, 0, bytes.length, at ?? this.position);
    } catch (error) {
      throw unwritable(this.path, error);
    }
    if (at === undefined) this.position += bytes.length;
  }

  /** Its bytes from the start, piece by piece. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const piece = Buffer.alloc(2 ** 16);
    for (let at = 0; at < this.position; ) {
      const { bytesRead } = await this.handle.read(piece, 0, piece.length, at);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  /** Puts the whole file in its place. */
  async commit(): Promise<void> {
    try {
      await this.handle.close();
      await rename(this.partial, this.place);
    } catch (error) {
      throw unwritable(this.path, error);
    }
    this.isSettled = true;
    unfinished.delete(this.partial);
  }

  /** Leaves no trace, unless it was committed. */
  async discard(): Promise<void> {
    if (this.isSettled) return;
    this.isSettled = true;
    await this.handle.close().catch(() => {});
    await rm(this.partial, { force: true });
    unfinished.delete(this.partial);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.discard();
  }
}

/** The file behind links, if there is one; refuses what cannot be replaced by a file. */
async function placeOf(path: string): Promise<string> {
  const existing = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!existing) return path;
  if (!existing.isFile())
    throw new Error(existing.isDirectory() ? 'it is a folder' : 'it is not a regular file');
  await access(path, constants.W_OK);
  return realpath(path);
}
