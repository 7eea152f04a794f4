// Writes a folder as a whole: it is made under a temporary name beside its place, each file by file-writer.ts, and renamed
// when all are there. A failure, or the end of the process, leaves nothing of it.
import { rmSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FileFailure } from './contract.js';
import { createFile, fileFailure } from './file-writer.js';
import { processMark } from './process-mark.js';

/** Files in a folder: plain names, at most one folder down. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(\/[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}){0,2}$/;

/** A folder in the making. */
export class FolderDraft {
  private isSettled = false;
  private readonly atExit = (): void => rmSync(this.partial, { recursive: true, force: true });

  private constructor(
    private readonly place: string,
    private readonly partial: string,
  ) {
    process.on('exit', this.atExit);
  }

  /** @throws FileFailure where there is something already, or none can be made. */
  static async create(path: string): Promise<FolderDraft> {
    const place = resolve(path);
    try {
      const there = await stat(place).catch(() => undefined);
      if (there && !there.isDirectory()) throw new FileFailure('not-a-file', 'a file of that name');
      if (there && (await readdir(place)).length > 0)
        throw new FileFailure('failed', 'a folder with files in it', 'Name a new folder, or empty this one');
      const partial = join(dirname(place), `.voirs-${processMark()}.partial`);
      await mkdir(partial);
      return new FolderDraft(place, partial);
    } catch (error) {
      throw fileFailure(error);
    }
  }

  /** Writes a file of the folder. @throws FileFailure unless every byte is written. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    if (!NAME.test(name)) throw new FileFailure('failed', `the file name ${name}`);
    try {
      await mkdir(dirname(join(this.partial, name)), { recursive: true });
    } catch (error) {
      throw fileFailure(error);
    }
    const file = await createFile(join(this.partial, name));
    try {
      await file.write(bytes);
      await file.commit();
    } finally {
      await file.discard();
    }
  }

  /** Puts the folder in its place. @throws FileFailure. */
  async commit(): Promise<void> {
    try {
      await rmdir(this.place).catch(() => {}); // an empty one, which some systems rename over and others do not
      await rename(this.partial, this.place);
    } catch (error) {
      throw fileFailure(error);
    }
    this.settle();
  }

  /** Removes it, unless it was committed. */
  async discard(): Promise<void> {
    if (this.isSettled) return;
    this.settle();
    await rm(this.partial, { recursive: true, force: true });
  }

  private settle(): void {
    this.isSettled = true;
    process.removeListener('exit', this.atExit);
  }
}
