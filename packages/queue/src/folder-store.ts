// A folder as a store, also one that several machines mount: a file has its name when it is whole and on the disk.
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { createFile } from 'voirs/file-writer';
import { type ByteRange, checkKey, counted, failed, type Store, type Written } from './store.js';

/** See {@link Store}. */
export class FolderStore implements Store {
  readonly place: string;

  constructor(folder: string) {
    this.place = resolve(folder);
  }

  async has(key: string): Promise<boolean> {
    try {
      return (await stat(this.path(key))).isFile();
    } catch (error) {
      if (isMissing(error)) return false;
      throw failed(key, 'found', error);
    }
  }

  async read(key: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(this.path(key));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw failed(key, 'read', error);
    }
  }

  async *stream(key: string, range?: ByteRange): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* createReadStream(this.path(key), range) as AsyncIterable<Uint8Array>;
    } catch (error) {
      throw failed(key, 'read', error);
    }
  }

  async write(key: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Written> {
    const path = this.path(key);
    const written: Written = { bytes: 0, sha256: '' };
    const draft = await mkdir(dirname(path), { recursive: true })
      .then(() => createFile(path))
      .catch((error: unknown) => {
        throw failed(key, 'written', error);
      });
    try {
      for await (const piece of counted(pieces, written)) {
        await draft.write(piece).catch((error: unknown) => {
          throw failed(key, 'written', error);
        });
      }
      await draft.commit().catch((error: unknown) => {
        throw failed(key, 'written', error);
      });
    } finally {
      await draft.discard();
    }
    return written;
  }

  async remove(key: string): Promise<void> {
    await rm(this.path(key), { force: true }).catch((error: unknown) => {
      throw failed(key, 'removed', error);
    });
  }

  async close(): Promise<void> {}

  private path(key: string): string {
    return join(this.place, ...checkKey(key).split('/')).replaceAll('/', sep);
  }
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
