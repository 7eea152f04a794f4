// A user's project, in which the tests of the documentation compile and run what it shows.
import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A folder with voirs and other packages where npm puts them. The caller removes it. */
export function userProject(name: string, packages: readonly string[]): string {
  mkdirSync(join(root, '.cache'), { recursive: true });
  const project = mkdtempSync(join(root, '.cache', `${name}-`));
  mkdirSync(join(project, 'node_modules'));
  symlinkSync(root, join(project, 'node_modules', 'voirs'), 'dir');
  for (const one of packages)
    symlinkSync(join(root, 'node_modules', one), join(project, 'node_modules', one), 'dir');
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  return project;
}
