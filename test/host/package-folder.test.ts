// If this fails, a server whose code was bundled (Next.js, esbuild) does not find the voices and WebAssembly
// files.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findPackage } from '../../src/host/package-folder.js';

const test = suite('package folder');
let folder: string;
test.before.each(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'voirs-package-')));
});
test.after.each(() => rmSync(folder, { recursive: true }));

/** A package at this path. */
function place(...path: string[]): string {
  const root = join(folder, ...path);
  mkdirSync(join(root, 'vendor', 'wasm'), { recursive: true });
  return root;
}
const code = (...path: string[]) => pathToFileURL(join(folder, ...path)).href;

test('takes the package that the code is part of', () => {
  const root = place('app', 'node_modules', 'voirs');
  place('other', 'node_modules', 'voirs');
  const own = code('app', 'node_modules', 'voirs', 'dist', 'host', 'host.js');
  assert.is(findPackage(own, join(folder, 'other')), root);
});

test('looks above a bundle that was moved', () => {
  const root = place('app', 'node_modules', 'voirs');
  assert.is(findPackage(code('app', '.next', 'server', 'chunks', 'route.js'), folder), root);
});

test('looks above the working folder where the code is elsewhere', () => {
  const root = place('app', 'node_modules', 'voirs');
  for (const url of [code('out', 'server.js'), undefined, 'blob:x', 'https://host/a.js'])
    assert.is(findPackage(url, join(folder, 'app', 'deep')), root, String(url));
});

test('names the place beside the code where there is no package', () => {
  assert.is(findPackage(code('a', 'b', 'c.js'), folder), folder);
});

test.run();
