// Writes a file as a whole: its name has the complete old content until the complete new content is on the
// disk. The bytes go to a partial file in the same folder, which is synced and renamed. What stays and what
// does not: - Permission bits stay; owner and group too, where the process may set them. Access control lists
// do not. - A symbolic link stays and its target is written, also when the target does not exist yet. -
// Another hard link keeps the old content: writing in place would leave neither version after a failure.
import { rmSync, type Stats } from 'node:fs';
import {
  access,
  constants,
  type FileHandle,
  lstat,
  mkdtemp,
  open,
  opendir,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type FileDraft, FileFailure } from './contract.js';
import { MARK_PATTERN, markState, processMark } from './process-mark.js';

const PARTIAL = new RegExp(`^\\.voirs-(${MARK_PATTERN})\\.partial$`);
/** Age of a partial file whose process cannot be found out, after which it counts as left behind. */
const STALE_MS = 24 * 3600 * 1000;
/** As many links the kernel follows. */
const MOST_LINKS = 40;

/** Partial files of this process. They are removed at its exit. */
const unfinished = new Set<string>();
let removesAtExit = false;

/** Folders that this process has rid of the partial files of dead processes. */
const swept = new Set<string>();
const MOST_SWEPT = 1000;

/** The reason of a failure, without the name of the partial file, which the user does not know. */
export function fileFailure(error: unknown): FileFailure {
  if (error instanceof FileFailure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const got = message.replace(/, \w+( '.*)?$/s, '');
  return new FileFailure(isMissing ? 'missing' : 'failed', got, isFull ? 'Free some disk space' : undefined, {
    cause: error,
  });
}

/** A file in the making. */
class PartialFile implements FileDraft {
  private length = 0;
  private isSettled = false;

  constructor(
    private readonly handle: FileHandle,
    /** Undefined for a file without a name. */
    private readonly partial: string | undefined,
    private readonly place: string | undefined,
  ) {}

  get bytes(): number {
    return this.length;
  }

  async write(bytes: Uint8Array, at?: number): Promise<void> {
    try {
      // The system may take fewer bytes than it is given: the rest then fails, with the reason.
      for (let done = 0; done < bytes.length; ) {
        const position = (at ?? this.length) + done;
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, position);
        if (bytesWritten === 0) throw new FileFailure('failed', 'a disk that takes no more bytes');
        done += bytesWritten;
      }
    } catch (error) {
      throw fileFailure(error);
    }
    if (at === undefined) this.length += bytes.length;
  }

  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    const piece = Buffer.alloc(2 ** 16);
    for (let at = 0; at < this.length; ) {
      const { bytesRead } = await this.handle.read(piece, 0, piece.length, at).catch((error: unknown) => {
        throw fileFailure(error);
      });
      if (bytesRead === 0) throw new FileFailure('replaced', 'a partial file that was cut off');
      yield piece.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  async commit(): Promise<void> {
    const { handle, partial, place } = this;
    if (partial === undefined || place === undefined)
      throw new TypeError('A file without a name has no place');
    try {
      const replaced = await statIfAny(place);
      if (replaced) await keepAttributes(handle, replaced);
      await sync(handle);
      await handle.close();
      await rename(partial, place);
    } catch (error) {
      throw fileFailure(error);
    }
    this.isSettled = true;
    unfinished.delete(partial);
    await syncFolder(dirname(place));
  }

  async discard(): Promise<void> {
    if (this.isSettled) return;
    this.isSettled = true;
    await this.handle.close().catch(() => {}); // after a commit that failed it is closed already
    if (this.partial === undefined) return;
    await rm(this.partial, { force: true });
    unfinished.delete(this.partial);
  }
}

/**
 * Begins a file at a path.
 * @throws FileFailure when the path cannot be written; nothing is left behind then.
 */
export async function createFile(path: string): Promise<FileDraft> {
  try {
    const { place, replaced } = await placeOf(path);
    const folder = dirname(place);
    await sweep(folder);
    const partial = join(folder, `.voirs-${processMark()}.partial`);
    // With the bits of the old file from the beginning: a private file is not readable for a while.
    const handle = await open(partial, 'wx+', replaced ? replaced.mode & 0o777 : 0o666);
    unfinished.add(partial);
    if (!removesAtExit) {
      removesAtExit = true;
      process.on('exit', () => {
        for (const one of unfinished) rmSync(one, { force: true });
      });
    }
    return new PartialFile(handle, partial, place);
  } catch (error) {
    throw fileFailure(error);
  }
}

/**
 * A file without a name in the system's folder for such files: even a killed process leaves nothing.
 * @throws FileFailure.
 */
export async function createScratchFile(): Promise<FileDraft> {
  try {
    const folder = await mkdtemp(join(tmpdir(), 'voirs-'));
    const path = join(folder, 'scratch');
    const handle = await open(path, 'wx+');
    try {
      await rm(path);
      await rmdir(folder);
    } catch {
      // Windows keeps open files in their folder.
      process.on('exit', () => rmSync(folder, { force: true, recursive: true }));
    }
    return new PartialFile(handle, undefined, undefined);
  } catch (error) {
    throw fileFailure(error);
  }
}

/** Removes the partial files of the process that made a mark, which the caller knows to be dead. */
export async function removePartials(folder: string, mark: string): Promise<void> {
  const process = mark.replace(/-[^-]*$/, '-');
  for (const name of await readdir(folder)) {
    if (PARTIAL.exec(name)?.[1]?.startsWith(process)) await rm(join(folder, name), { force: true });
  }
}

async function statIfAny(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file behind symbolic links, and its attributes if it exists; refuses what is no regular file. */
async function placeOf(path: string): Promise<{ place: string; replaced: Stats | undefined }> {
  const replaced = await statIfAny(path);
  if (!replaced) return { place: await endOfLinks(path), replaced };
  if (!replaced.isFile())
    throw new FileFailure('not-a-file', replaced.isDirectory() ? 'a folder' : 'not a regular file');
  await access(path, constants.W_OK);
  return { place: await realpath(path), replaced };
}

/** The path that a link with no file behind it names; a path that is no link stays as it is. */
async function endOfLinks(path: string): Promise<string> {
  let place = path;
  for (let n = 0; n < MOST_LINKS; n++) {
    const info = await lstat(place).catch(() => undefined);
    if (!info?.isSymbolicLink()) return place;
    place = resolve(await realpath(dirname(place)), await readlink(place));
  }
  throw new FileFailure('failed', 'too many symbolic links');
}

/** Gives a new file owner, group and permission bits of the one that it replaces, as far as permitted. */
async function keepAttributes(handle: FileHandle, { uid, gid, mode }: Stats): Promise<void> {
  if (process.platform === 'win32') return;
  const mine = await handle.stat();
  let bits = mode & 0o7777;
  if (mine.uid !== uid || mine.gid !== gid) {
    try {
      await handle.chown(uid, gid);
    } catch {
      bits &= 0o777; // set-user-ID and the like are for the old owner
      const keepsGroup =
        mine.gid === gid ||
        (await handle.chown(-1, gid).then(
          () => true,
          () => false,
        ));
      // Another group gets no more than everyone gets.
      if (!keepsGroup) bits &= ~0o070 | ((bits & 0o007) << 3);
    }
  }
  await handle.chmod(bits);
}

async function sync(handle: FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    // Some file systems cannot, which is no failure of the disk.
    if (!['EINVAL', 'ENOSYS', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Makes a rename last through a power cut. Without it one of the two files is still there as a whole. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined); // Windows opens no folders
  await handle?.sync().catch(() => {});
  await handle?.close().catch(() => {});
}

/** Removes what killed processes left in a folder, once for each folder. */
async function sweep(folder: string): Promise<void> {
  if (swept.has(folder)) return;
  if (swept.size >= MOST_SWEPT) swept.clear();
  swept.add(folder);
  try {
    for await (const { name } of await opendir(folder)) {
      const mark = PARTIAL.exec(name)?.[1];
      if (mark === undefined) continue;
      const path = join(folder, name);
      const state = markState(mark);
      const isOld = async (): Promise<boolean> => Date.now() - (await stat(path)).mtimeMs > STALE_MS;
      if (state === 'dead' || (state === 'unknown' && (await isOld())))
        await rm(path, { force: true, recursive: true }); // folder-writer.ts makes folders so named
    }
  } catch {
    // A folder that cannot be read or changed is found out by writing to it.
  }
}
