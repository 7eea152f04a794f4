// Where texts, parts and books lie: a folder, or a bucket of S3. A name has the whole content or none, so that what is
// there counts as done, however often it was made.
import { createHash } from 'node:crypto';
import { VoirsError } from 'voirs';

/** What was written. */
export interface Written {
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
}

/** Bytes of a file, both included. */
export interface ByteRange {
  start: number;
  end: number;
}

/** Keys are paths with `/`, of lower-case letters, digits and `-_.`; see {@link checkKey}. */
export interface Store {
  /** Shown to people; without keys or passwords. */
  readonly place: string;
  has(key: string): Promise<boolean>;
  /** @returns undefined for a key that is not there. @throws VoirsError IO_ERROR. */
  read(key: string): Promise<Uint8Array | undefined>;
  /**
   * The content piece by piece, or the bytes from `start` to `end`, that one included.
   * @throws VoirsError IO_ERROR, also for a key that is not there.
   */
  stream(key: string, range?: ByteRange): AsyncIterable<Uint8Array>;
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

/** The error for a key that the store could not serve. */
export function failed(key: string, verb: string, cause: unknown): VoirsError {
  if (cause instanceof VoirsError) return cause;
  const reason = (cause as { got?: string }).got ?? (cause as Error).message;
  return new VoirsError('IO_ERROR', `${key} cannot be ${verb}`, { got: reason, cause });
}
