// npm run release:version: takes the waiting changesets into versions and CHANGELOG.md. The section "(unreleased)",
// which changes are written into by hand, becomes that of the version, before what the changesets add.
//
// Changesets know the packages of a workspace and not its root, which voirs is: they run in a scratch folder where
// voirs is one package among the others.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { manifestIn, publishedFolders } from './facts.mjs';

/** A changelog in which the section by hand and the one of changesets are one. */
export function joined(text, version) {
  const escaped = version.replaceAll('.', '\\.');
  const made = text.match(new RegExp(`^## ${escaped}\\n(.*?)(?=^## |$(?![\\s\\S]))`, 'ms'));
  const byHand = text.match(/^## [^\n]*\(unreleased\)\n(.*?)(?=^## |$(?![\s\S]))/ms);
  if (!byHand) return text;
  const parts = [byHand[1].trim(), made ? made[1].trim() : ''].filter(Boolean);
  const rest = made ? text.replace(made[0], '') : text;
  return rest
    .replace(byHand[0], () => `## ${version}\n\n${parts.join('\n\n')}\n\n`)
    .replace(/\n{3,}/g, '\n\n');
}

/** Gives the packages of a checkout their next versions. @returns the version; undefined where nothing waits. */
export function nextVersion(root) {
  const waiting = readdirSync(join(root, '.changeset')).filter((name) => /^(?!README).*\.md$/.test(name));
  if (waiting.length === 0) return undefined;
  const scratch = mkdtempSync(join(tmpdir(), 'voirs-version-'));
  try {
    const folders = publishedFolders(root).map((folder) => [
      folder,
      join(scratch, 'packages', basename(folder)),
    ]);
    cpSync(join(root, '.changeset'), join(scratch, '.changeset'), { recursive: true });
    writeFileSync(
      join(scratch, 'package.json'),
      '{ "name": "scratch", "private": true, "workspaces": ["packages/*"] }',
    );
    writeFileSync(join(scratch, 'package-lock.json'), '{}'); // by which the tool of the workspace is known
    for (const [folder, copy] of folders) {
      mkdirSync(copy, { recursive: true });
      const { name, version } = manifestIn(folder);
      writeFileSync(join(copy, 'package.json'), JSON.stringify({ name, version }));
      const changes = join(folder, 'CHANGELOG.md');
      if (existsSync(changes)) cpSync(changes, join(copy, 'CHANGELOG.md'));
    }
    const cli = createRequire(import.meta.url).resolve('@changesets/cli/bin.js');
    const options = { cwd: scratch, encoding: 'utf8' };
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'version'], options);
    if (status !== 0) throw new Error(`changeset version failed: ${stdout}${stderr}`);
    const [{ version }] = folders.map(([, copy]) => manifestIn(copy));
    for (const [folder, copy] of folders) {
      const path = join(folder, 'package.json');
      let text = readFileSync(path, 'utf8').replace(/("version": ")[^"]+/, `$1${manifestIn(copy).version}`);
      // Each works with the others of the same release.
      for (const [, other] of folders) {
        const { name, version: next } = manifestIn(other);
        text = text.replace(new RegExp(`("peerDependencies": \\{[^}]*"${name}": ")[^"]+`), `$1${next}`);
      }
      writeFileSync(path, text);
      const changes = readFileSync(join(copy, 'CHANGELOG.md'), 'utf8');
      writeFileSync(join(folder, 'CHANGELOG.md'), joined(changes, version));
    }
    for (const name of waiting) rmSync(join(root, '.changeset', name));
    return version;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const version = nextVersion(fileURLToPath(new URL('../..', import.meta.url)));
  console.log(
    version === undefined
      ? 'no changeset waits'
      : `${version}: look at it, run npm install, commit, tag v${version}`,
  );
}
