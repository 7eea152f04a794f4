// A file of the user that is written as a whole or not at all. A path that cannot be written is refused
// before any work is done for it.
import { tmpdir } from 'node:os';
import { VoirsError } from '../errors.js';
import { type FileDraft, FileFailure } from '../host/contract.js';
import { host } from '../host/host.js';

/** A file in the making; disposing it leaves no trace, unless it was committed. */
export class OutputFile implements AsyncDisposable {
  private constructor(
    /** As the user named it. */
    readonly path: string,
    private readonly draft: FileDraft,
  ) {}

  /** @throws VoirsError IO_ERROR when `path` cannot be written; nothing is left behind then. */
  static async create(path: string): Promise<OutputFile> {
    return new OutputFile(path, await guarded(path, host.files.create(path)));
  }

  /** A file without a name that is gone with the process. @throws VoirsError IO_ERROR. */
  static async temporary(): Promise<OutputFile> {
    const folder = tmpdir();
    return new OutputFile(folder, await guarded(folder, host.files.createScratch()));
  }

  /** Number of bytes appended so far. */
  get size(): number {
    return this.draft.bytes;
  }

  /**
   * Appends all bytes, or overwrites from `at` on.
   * @throws VoirsError IO_ERROR, also when the disk gets full.
   */
  write(bytes: Uint8Array, at?: number): Promise<void> {
    return guarded(this.path, this.draft.write(bytes, at));
  }

  /** The content from the start, in pieces; a piece is valid until the next. @throws VoirsError IO_ERROR. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const pieces = this.draft.read();
    for (;;) {
      const { value, done } = await guarded(this.path, pieces.next());
      if (done) return;
      yield value;
    }
  }

  /** Puts the whole file in its place. @throws VoirsError IO_ERROR; the old file stays then. */
  commit(): Promise<void> {
    return guarded(this.path, this.draft.commit());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.draft.discard();
  }
}

/** Turns what the host says of a file into an error for the user. */
export async function guarded<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (!(cause instanceof FileFailure)) throw cause;
    throw new VoirsError('IO_ERROR', `${path} cannot be written`, {
      got: cause.got,
      suggestion: cause.suggestion ?? 'Check that its folder exists and can be written to',
      cause,
    });
  }
}
