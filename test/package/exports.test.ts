// If this fails, some bundler, runtime or compiler resolves the package wrongly, or a link of its README leads
// nowhere in node_modules.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { relativeLinks } from '../../scripts/publish/facts.mjs';

const test = suite('published package');
const root = fileURLToPath(new URL('../..', import.meta.url));

/** The tarball that npm would publish. */
let folder: string;
let tarball: Buffer;
let files: string[];
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'voirs-packed-'));
  const args = ['pack', '--ignore-scripts', '--json', '--workspaces=false', '--pack-destination', folder];
  const { stdout, stderr } = spawnSync('npm', args, {
    ...{ cwd: root, encoding: 'utf8', shell: process.platform === 'win32', maxBuffer: 2 ** 24 },
  });
  assert.match(stdout, /^\[/, stderr);
  const [packed] = JSON.parse(stdout) as [{ filename: string; files: { path: string }[] }];
  tarball = readFileSync(join(folder, packed.filename));
  files = packed.files.map(({ path }) => path);
});
test.after(() => rmSync(folder, { recursive: true }));

test('passes publint', async () => {
  const bytes = tarball.buffer.slice(
    tarball.byteOffset,
    tarball.byteOffset + tarball.byteLength,
  ) as ArrayBuffer;
  const { messages, pkg } = await publint({ pack: { tarball: bytes }, level: 'warning' });
  const found = messages.filter(({ code, path }) => {
    // The owner states the repository: scripts/publish/check.mjs holds that.
    if (code === 'INVALID_REPOSITORY_VALUE') return false;
    // The browser map names the sources too, for the checkout's own bundles.
    return !(code === 'FILE_DOES_NOT_EXIST' && path[0] === 'browser' && path[1]?.startsWith('./src/'));
  });
  assert.equal(
    found.map((message) => formatMessage(message, pkg as never)),
    [],
  );
});

test('has types that resolve as the code does', async () => {
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)));
  assert.ok(analysis.types);
  // An ES module: require() finds it from Node 22.12 on, and resolution as before Node 16 finds no subpaths.
  const problems = analysis.problems.filter(
    (problem) =>
      problem.kind !== 'CJSResolvesToESM' &&
      !('resolutionKind' in problem && problem.resolutionKind === 'node10'),
  );
  assert.equal(problems, []);
});

test('has every file that its README and guides link to', () => {
  const pages = files.filter((path) => /^(README|CONTRIBUTING|ARCHITECTURE)\.md$|^docs\/.*\.md$/.test(path));
  assert.ok(pages.length > 15, `${pages.length} pages`);
  const missing: string[] = [];
  for (const page of pages) {
    const prose = readFileSync(join(root, page), 'utf8')
      .replace(/^```.*?^```$/gms, '')
      .replace(/`[^`\n]*`/g, '');
    for (const target of relativeLinks(prose)) {
      const path = new URL(target, `file:///${page}`).pathname.slice(1);
      if (!files.some((file) => file === path || file.startsWith(`${path}/`)))
        missing.push(`${page}: ${target}`);
    }
  }
  assert.equal(missing, []);
});

test('states what npm shows of it', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  assert.is(manifest.author, 'voirs authors');
  assert.ok((manifest.keywords as string[]).length >= 10);
  assert.type((manifest.repository as { url?: unknown }).url, 'string');
  assert.type(manifest.homepage, 'string');
});

test.run();
