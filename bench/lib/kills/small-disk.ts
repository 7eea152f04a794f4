// A disk of a few pages that gets full for real: a tmpfs, which only root may mount.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Size of a page, in which a tmpfs counts. */
export const PAGE = 4096;

/** A disk that is gone when it is disposed. */
export interface SmallDisk extends Disposable {
  path(...names: string[]): string;
  /** Gives it so many pages, as when space is freed. */
  resize(pages: number): void;
}

/** A disk of so many pages; undefined, with a line that says so, where it cannot be mounted. */
export function smallDisk(pages: number): SmallDisk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-disk-'));
  const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${pages * PAGE}`, 'tmpfs', folder]);
  if (mount.status !== 0) {
    rmSync(folder, { recursive: true });
    console.log('SKIP a full disk: mounting a tmpfs is not permitted here');
    return undefined;
  }
  return {
    path: (...names) => join(folder, ...names),
    resize(pages) {
      const again = spawnSync('mount', ['-o', `remount,size=${pages * PAGE}`, folder], { encoding: 'utf8' });
      if (again.status !== 0) throw new Error(`the disk cannot be resized: ${again.stderr}`);
    },
    [Symbol.dispose]() {
      spawnSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  };
}
