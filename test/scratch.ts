// Folders for tests that write files.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder that is removed when the test ends. */
export function scratch(): { path: (...names: string[]) => string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-test-'));
  return {
    path: (...names) => join(folder, ...names),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
