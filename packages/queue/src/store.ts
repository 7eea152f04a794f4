// Where texts, parts and books lie: a folder, or a bucket of S3. A name has the whole content or none, so that what is
// there counts as done, however often it was made.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { VoirsError } from 'voirs';
import { createFile } from 'voirs/file-writer';

/** What was written. */
export interface Written {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Keys are paths with `/`, of lower-case letters, digits and `-_.`; see {@link checkKey}. */
export interface Store {
  /** Shown to people; without keys or passwords. */
  readonly place: string;
  has(key: string): Promise<boolean>;
  /** @returns undefined for a key that is not there. @throws VoirsError IO_ERROR. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** The content piece by piece. @throws VoirsError IO_ERROR, also for a key that is not there. */
  stream(key: string): AsyncIterable<Uint8Array>;
  /**
   * Writes the whole content under a temporary name, then gives it its own; what was there before is replaced then.
   * @throws VoirsError IO_ERROR, and what the pieces throw; the old content stays.
   */
  write(key: string, pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Written>;
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}

/** @throws VoirsError INVALID_OPTIONS for a key that could leave its folder. */
export function checkKey(key: string): string {
  if (/^(?:[a-z0-9][a-z0-9._-]*\/)*[a-z0-9][a-z0-9._-]*$/.test(key) && key.length <= 512) return key;
  throw new VoirsError('INVALID_OPTIONS', 'The key of a store is no relative path', {
    got: JSON.stringify(key),
  });
}

/** Opens `s3://bucket/prefix` or a folder. @throws VoirsError PACKAGE_NOT_FOUND when the client of S3 is missing. */
export async function openStore(place: string): Promise<Store> {
  if (!place.startsWith('s3://')) return new FolderStore(place);
  const { S3Store } = await import('./s3-store.js');
  return S3Store.open(place);
}

/** Digests what passes. */
export async function* counted(
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  into: Written,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256');
  into.bytes = 0;
  for await (const piece of pieces) {
    hash.update(piece);
    into.bytes += piece.length;
    yield piece;
  }
  into.sha256 = hash.digest('hex');
}

/** A folder, also one that several machines mount. */
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

  async *stream(key: string): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* createReadStream(this.path(key)) as AsyncIterable<Uint8Array>;
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

/** The error for a key that the store could not serve. */
export function failed(key: string, verb: string, cause: unknown): VoirsError {
  if (cause instanceof VoirsError) return cause;
  const reason = (cause as { got?: string }).got ?? (cause as Error).message;
  return new VoirsError('IO_ERROR', `${key} cannot be ${verb}`, { got: reason, cause });
}
