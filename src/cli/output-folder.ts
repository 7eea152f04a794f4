// A folder of the user that is written as a whole or not at all, as output-file.ts writes a file.
import { FolderDraft } from '../host/folder-writer.js';
import { guarded } from './output-file.js';

/** A folder in the making; disposing it leaves no trace, unless it was committed. */
export class OutputFolder implements AsyncDisposable {
  private constructor(
    /** As the user named it. */
    readonly path: string,
    private readonly draft: FolderDraft,
  ) {}

  /** @throws VoirsError IO_ERROR where something is there already, or nothing can be made. */
  static async create(path: string): Promise<OutputFolder> {
    return new OutputFolder(path, await guarded(path, FolderDraft.create(path)));
  }

  /** Writes a file; `name` may be in a folder of it. @throws VoirsError IO_ERROR, also when the disk gets full. */
  write(name: string, content: Uint8Array | string): Promise<void> {
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
    return guarded(this.path, this.draft.write(name, bytes));
  }

  /** Puts the folder in its place. @throws VoirsError IO_ERROR. */
  commit(): Promise<void> {
    return guarded(this.path, this.draft.commit());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.draft.discard();
  }
}
