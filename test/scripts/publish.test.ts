// If this fails, a release may go out without a repository, with dead links on npm, or without its changes.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { faults, relativeLinks, withAbsoluteLinks } from '../../scripts/publish/facts.mjs';
import { joined, nextVersion } from '../../scripts/publish/version.mjs';

const test = suite('publishing');
const root = fileURLToPath(new URL('../..', import.meta.url));
const REPOSITORY = 'https://example.org/owner/voirs';

/** What publishing reads of the checkout, in a folder of its own. */
let folder: string;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'voirs-publish-'));
  for (const name of ['server', 'queue']) mkdirSync(join(folder, 'packages', name), { recursive: true });
  for (const name of [
    'package.json',
    'README.md',
    'CHANGELOG.md',
    '.changeset',
    'packages/server/package.json',
    'packages/server/README.md',
    'packages/queue/package.json',
    'packages/queue/README.md',
  ])
    cpSync(join(root, name), join(folder, name), { recursive: true });
});
test.after.each(() => rmSync(folder, { recursive: true }));

const read = (name: string): string => readFileSync(join(folder, name), 'utf8');

/** States these in package.json. */
function state(facts: Record<string, unknown>): void {
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ ...JSON.parse(read('package.json')), ...facts }, null, '\t'),
  );
}

function run(script: string): { status: number | null; stderr: string } {
  const path = join(root, 'scripts', 'publish', script);
  return spawnSync(process.execPath, [path, folder], { encoding: 'utf8' });
}

test('refuses a package without repository and homepage', () => {
  state({ repository: '', homepage: '' });
  const { status, stderr } = run('check.mjs');
  assert.is(status, 1);
  assert.match(stderr, /repository is empty/);
  assert.match(stderr, /homepage is empty/);
  assert.is(run('stamp.mjs').status, 1);
});

test('refuses links that are dead on npm, and packages that differ', () => {
  state({ repository: REPOSITORY, homepage: REPOSITORY, version: '9.0.0' });
  const found = faults(folder).join('\n');
  assert.match(found, /voirs: README\.md has links that are dead on npm/);
  assert.match(found, /voirs-server: repository and homepage are not those of voirs/);
  rmSync(join(folder, 'packages', 'server', 'README.md'));
  assert.match(faults(folder).join('\n'), /voirs-server: README\.md is missing/);
  assert.match(found, /voirs: CHANGELOG\.md has no section "## 9\.0\.0"/);
});

test('lets a stamped release out', () => {
  state({ repository: REPOSITORY, homepage: 'https://voirs.example.org/' });
  assert.is(nextVersion(folder), '0.2.0');
  assert.is(run('stamp.mjs').status, 0);
  assert.equal(faults(folder), []);
  assert.is(run('check.mjs').status, 0);
  assert.match(read('README.md'), `](${REPOSITORY}/blob/v0.2.0/docs/`);
  const server = JSON.parse(read('packages/server/package.json')) as Record<string, unknown>;
  const url = `git+${REPOSITORY}.git`;
  assert.equal(server.repository, { type: 'git', url, directory: 'packages/server' });
  const { voirs, 'voirs-queue': queue } = server.peerDependencies as Record<string, string>;
  assert.equal([voirs, queue], ['0.2.0', '0.2.0']);
  assert.is(nextVersion(folder), undefined);
});

test('makes links absolute, and leaves anchors and addresses', () => {
  const text = '[a](docs/a.md#b) ![p](docs/p.png) [c](#d) [e](https://x.org/) [f](../../LICENSE)';
  assert.equal(relativeLinks(text), ['docs/a.md#b', 'docs/p.png', '../../LICENSE']);
  assert.is(
    withAbsoluteLinks(text, REPOSITORY, '1.2.3', 'packages/server/'),
    `[a](${REPOSITORY}/blob/v1.2.3/packages/server/docs/a.md#b) ![p](${REPOSITORY}/raw/v1.2.3/packages/server/docs/p.png) [c](#d) [e](https://x.org/) [f](${REPOSITORY}/blob/v1.2.3/LICENSE)`,
  );
});

test('joins the changes by hand with those of changesets', () => {
  const text =
    '# Changelog\n\n## 2.0.0\n\n### Minor Changes\n\n- b\n\n## 2.0.0 (unreleased)\n\n- a\n\n## 1.0.0\n\n- old\n';
  assert.is(
    joined(text, '2.0.0'),
    '# Changelog\n\n## 2.0.0\n\n- a\n\n### Minor Changes\n\n- b\n\n## 1.0.0\n\n- old\n',
  );
  assert.is(joined('# Changelog\n\n## 2.0.0\n\n- b\n', '2.0.0'), '# Changelog\n\n## 2.0.0\n\n- b\n');
});

test.run();
