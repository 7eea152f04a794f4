// The journal of a batch, batch.jsonl: one line a row with the size and the digest of its file, so that a later
// run can tell a whole and unchanged file from any other. A file is on the disk before its line is written.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { VoirsError } from '../errors.js';

/** Name of the journal in the folder of the batch. */
export const JOURNAL = 'batch.jsonl';

/** One line of the journal. */
export interface JournalEntry {
  line: number;
  id: string;
  file: string;
  status: 'done' | 'failed' | 'skipped';
  /** Digest of the text and of all that shapes its audio. */
  digest: string;
  /** Of the file; absent for a row that failed. */
  bytes?: number;
  /** Of the file, hexadecimal; absent for a row that failed. */
  sha256?: string;
  duration?: number;
  computeSeconds?: number;
  error?: ReturnType<VoirsError['toJSON']>;
}

/** A file beside what the journal says of it. */
export type FileState = 'right' | 'missing' | 'changed';

/** The last entry of each file in a folder; none without a journal. @throws VoirsError IO_ERROR. */
export async function readJournal(folder: string): Promise<Map<string, JournalEntry>> {
  let content = '';
  try {
    content = await readFile(join(folder, JOURNAL), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unusable(folder, 'read', cause);
  }
  const entries = content.split('\n').flatMap(parseEntry);
  return new Map(entries.map((entry) => [entry.file, entry]));
}

/** A line of a killed run may be cut off: it counts for nothing, and its row is spoken again. */
function parseEntry(line: string): JournalEntry[] {
  try {
    const entry = JSON.parse(line) as JournalEntry;
    const { file, digest, status, bytes, sha256 } = entry;
    const isWhole = typeof bytes === 'number' && typeof sha256 === 'string';
    const isValid =
      typeof file === 'string' && typeof digest === 'string' && (isWhole || status === 'failed');
    return isValid ? [entry] : [];
  } catch {
    return [];
  }
}

/** Compares a file with its entry by size and digest. @throws VoirsError IO_ERROR when it cannot be read. */
export async function stateOf(folder: string, { file, bytes, sha256 }: JournalEntry): Promise<FileState> {
  const hash = createHash('sha256');
  let size = 0;
  try {
    for await (const piece of createReadStream(join(folder, file)) as AsyncIterable<Buffer>) {
      hash.update(piece);
      size += piece.length;
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
    throw unusable(join(folder, file), 'read', cause);
  }
  return size === bytes && hash.digest('hex') === sha256 ? 'right' : 'changed';
}

/** Appends to a journal. */
export class Journal implements AsyncDisposable {
  private last: Promise<void> = Promise.resolve();

  private constructor(
    private readonly folder: string,
    private readonly handle: FileHandle,
  ) {}

  /** @param continues an earlier journal is continued, not replaced. @throws VoirsError IO_ERROR. */
  static async open(folder: string, { continues }: { continues: boolean }): Promise<Journal> {
    const path = join(folder, JOURNAL);
    try {
      const handle = await open(path, continues ? 'a+' : 'w');
      const journal = new Journal(folder, handle);
      const { size } = await handle.stat();
      const last = Buffer.alloc(1);
      if (size > 0) await handle.read(last, 0, 1, size - 1);
      if (size > 0 && last.toString() !== '\n') await handle.appendFile('\n'); // after a line that was cut off
      return journal;
    } catch (cause) {
      throw unusable(path, 'written', cause);
    }
  }

  /** Lines are written one after the other, in the order of the calls. @throws VoirsError IO_ERROR unless all of it is written. */
  add(entry: JournalEntry): Promise<void> {
    const written = this.last.then(() => this.append(entry));
    this.last = written.catch(() => {});
    return written;
  }

  private async append(entry: JournalEntry): Promise<void> {
    try {
      await this.handle.appendFile(`${JSON.stringify(entry)}\n`);
    } catch (cause) {
      throw unusable(join(this.folder, JOURNAL), 'written', cause);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.datasync().catch(() => {}); // lines that a power cut takes cost a row spoken again
    await this.handle.close();
  }
}

/** @returns the error for a folder or file that cannot be read or written. */
export function unusable(path: string, verb: 'read' | 'written', cause: unknown): VoirsError {
  return new VoirsError('IO_ERROR', `${path} cannot be ${verb}`, {
    got: (cause as Error).message.replace(/, \w+( '.*)?$/s, ''),
    suggestion: verb === 'read' ? 'Check its permissions' : 'Choose a folder that can be written to',
    cause,
  });
}
