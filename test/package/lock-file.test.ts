// If this fails, an install may run a stranger's program, or take a package that no digest vouches for.
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('lock file');
const read = (name: string) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));

interface Locked {
  version?: string;
  resolved?: string;
  integrity?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  link?: boolean;
  dev?: boolean;
  peer?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
  license?: string;
}
const packages = Object.entries(read('package-lock.json').packages as Record<string, Locked>).filter(
  ([path, { link }]) => path.includes('node_modules/') && !link,
);

/**
 * Install scripts that were read: esbuild puts its binary in place, fsevents compiles on macOS, msgpackr-extract looks
 * for a prebuilt binary.
 */
const READ = ['esbuild', 'fsevents', 'msgpackr-extract'];
/** An optional part of BullMQ, so of voirs-queue alone; the queue works without it (`npm install --ignore-scripts`). */
const OF_THE_QUEUE = ['node_modules/msgpackr-extract'];

test('has a SHA-512 digest for every package', () => {
  assert.ok(packages.length > 30);
  for (const [path, { integrity }] of packages) assert.match(integrity ?? '', /^sha512-[\w+/]{86}==$/, path);
});

test('has every package that another names, so that npm ci takes it', () => {
  const names = new Set(packages.map(([path]) => path.replace(/^.*node_modules\//, '')));
  const missing = packages.flatMap(([path, { dependencies = {}, optionalDependencies = {} }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !names.has(name))
      .map((name) => `${name}, which ${path} names`),
  );
  assert.equal(missing, []); // Vite 8.4.0 names one that the registry does not have
});

test('names no place that packages come from: any registry, held to the digests', () => {
  for (const [path, { resolved, version }] of packages) {
    assert.not(resolved, path);
    assert.match(version ?? '', /^\d+\.\d+\.\d+/, path);
  }
});

test('has no install script but those that were read', () => {
  const scripts = packages.filter(([, { hasInstallScript }]) => hasInstallScript);
  const names = scripts.map(([path]) => path.replace(/^.*node_modules\//, ''));
  for (const name of names) assert.ok(READ.includes(name), `${name} runs a program when it is installed`);
});

test('gives users no package that runs a program at install', () => {
  for (const [path, { dev, peer, hasInstallScript }] of packages)
    if (!dev && !peer && !OF_THE_QUEUE.includes(path)) assert.not(hasInstallScript, path);
});

test('pins the versions of what users get', () => {
  for (const path of ['package.json', 'packages/server/package.json', 'packages/queue/package.json']) {
    for (const [name, range] of Object.entries(read(path).dependencies as Record<string, string>))
      assert.match(range, /^\d+\.\d+\.\d+$/, name);
  }
});

test('gives users permissive licences only', () => {
  const permissive = /^(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|0BSD|BlueOak-1\.0\.0)$/;
  for (const [path, { dev, peer, license }] of packages)
    if (!dev && !peer) assert.match(license ?? 'none', permissive, path);
});

test.run();
