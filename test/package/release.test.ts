// If this fails, a release has code without its licence, tells of the machine that made it, or differs from one made
// elsewhere from the same sources.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bundledParts, noticesOf, packagesOf, partOf } from '../../scripts/notices.mjs';
import { scratch } from '../cli/run-cli.js';

const test = suite('release');
const root = fileURLToPath(new URL('../..', import.meta.url));
const notices = readFileSync(join(root, 'THIRD-PARTY-NOTICES.md'), 'utf8');

function release(folder: string): Map<string, Buffer> {
  const script = join(root, 'scripts', 'release.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, '--out', folder], { encoding: 'utf8' });
  assert.is(status, 0, stderr);
  return new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]));
}

/** Names, modification times and contents in a tar archive. */
function* entriesOf(tarball: Buffer): Generator<{ name: string; mtime: number; content: Buffer }> {
  const tar = gunzipSync(tarball);
  const text = (at: number, length: number): string =>
    tar.toString('utf8', at, at + length).replace(/\0.*$/s, '');
  for (let at = 0; text(at, 100) !== ''; ) {
    const size = Number.parseInt(text(at + 124, 12), 8);
    const prefix = text(at + 345, 155);
    const name = (prefix === '' ? '' : `${prefix}/`) + text(at, 100);
    const content = tar.subarray(at + 512, at + 512 + size);
    yield { name, mtime: Number.parseInt(text(at + 136, 12), 8), content };
    at += 512 + Math.ceil(size / 512) * 512;
  }
}

/** Makes files newer and their bits others, as a checkout by another user does, until it is disposed. */
function disturbed(folder: string): Disposable {
  const paths = (readdirSync(folder, { recursive: true }) as string[]).map((path) => join(folder, path));
  const files = paths.filter((path) => statSync(path).isFile());
  const modes = files.map((path) => statSync(path).mode);
  for (const [n, path] of files.entries()) {
    utimesSync(path, new Date(), new Date());
    chmodSync(path, modes[n]! | 0o020);
  }
  return {
    [Symbol.dispose]() {
      for (const [n, path] of files.entries()) chmodSync(path, modes[n]!);
    },
  };
}

test('lists the licence of every bundled package', () => {
  const parts = bundledParts(root);
  const names = parts.map(({ name }) => name);
  for (const name of ['@tensorflow/tfjs-core', 'seedrandom', 'saxes', 'xmlchars', 'ndarray', 'XNNPACK'])
    assert.ok(names.includes(name), `${name} is not among ${names}`);
  for (const { name, text } of parts) assert.ok(notices.includes(text), `${name} has no text in the notices`);
  assert.ok(notices.endsWith(noticesOf(parts)), 'the notices are not those of this build');
});

test('refuses to bundle a package without a licence', () => {
  assert.equal(
    packagesOf({
      inputs: {
        'src/index.ts': {},
        'node_modules/a/x.js': {},
        'node_modules/a/y.js': {},
        '../node_modules/@b/c/node_modules/@d/e/x.js': {},
      },
    }),
    ['@d/e', 'a'],
  );
  assert.throws(() => partOf(root, 'no-such-package'), /not installed/);
  // Without a licence file, and without a line in the supplement.
  const bare = readdirSync(join(root, 'node_modules', '@types')).find(
    (name) => !existsSync(join(root, 'node_modules', '@types', name, 'LICENSE')),
  );
  if (bare) assert.throws(() => partOf(root, `@types/${bare}`), /no licence file/);
  for (const bundle of ['dist/browser/voirs.js', 'dist/browser/player.js', 'dist/browser/resampler.js'])
    assert.match(readFileSync(join(root, bundle), 'utf8').slice(0, 200), /THIRD-PARTY-NOTICES/);
});

test('makes the same files again, whatever the times and bits', () => {
  using folder = scratch();
  const first = release(folder.path('first'));
  using _ = disturbed(join(root, 'dist'));
  const second = release(folder.path('second'));
  assert.equal([...first.keys()].sort(), [...second.keys()].sort());
  for (const [name, bytes] of first) assert.ok(bytes.equals(second.get(name)!), name);

  const tarballName = [...first.keys()].find((name) => /^voirs-\d.*\.tgz$/.test(name))!;
  const tarball = first.get(tarballName)!;
  const names: string[] = [];
  for (const { name, mtime, content } of entriesOf(tarball)) {
    names.push(name);
    assert.is(mtime, 499162500, `${name} has a time of its own`); // 26 October 1985, which npm gives to all
    assert.not(/\/\.[^/]+$|\.map$/.test(name), `${name} is no part of the package`);
    if (/\.(js|cjs|json|d\.ts)$/.test(name)) {
      const text = content.toString('utf8');
      assert.not(text.includes(root.replace(/\/$/, '')), `${name} has a path of this machine`);
      assert.not(/^\/\/# sourceMappingURL=(?!data:)/m.test(text), `${name} names a map that is not there`);
    }
  }
  for (const name of ['LICENSE', 'THIRD-PARTY-NOTICES.md', 'SECURITY.md', 'vendor/LICENSE-tensorflow.txt'])
    assert.ok(names.includes(`package/${name}`), `${name} is missing`);

  const sums = first.get('SHA256SUMS')!.toString().trim().split('\n');
  assert.is(sums.length, first.size - 1);
  for (const line of sums) {
    const [sum, name] = line.split('  ');
    assert.is(createHash('sha256').update(first.get(name!)!).digest('hex'), sum);
  }
  for (const name of first.keys())
    if (name.endsWith('.tgz')) assert.ok(first.has(name.replace('.tgz', '.cdx.json')), `${name} has no bill`);
  checkBill(JSON.parse(first.get(`${tarballName.replace('.tgz', '')}.cdx.json`)!.toString()), tarball);
});

interface Component {
  name: string;
  type: string;
  version?: string;
  purl?: string;
  licenses?: { license: { id?: string; name?: string } }[];
  hashes?: { alg: string; content: string }[];
}

/** The bill names all that npm installs, all that is bundled, and the voices, each with its licence. */
function checkBill(
  bom: {
    bomFormat: string;
    specVersion: string;
    serialNumber: string;
    metadata: { timestamp?: string; component: Component };
    components: Component[];
  },
  tarball: Buffer,
): void {
  assert.is(bom.bomFormat, 'CycloneDX');
  assert.match(bom.specVersion, /^1\.\d$/);
  assert.match(
    bom.serialNumber,
    /^urn:uuid:[\da-f]{8}-[\da-f]{4}-[1-8][\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/,
  );
  assert.is(bom.metadata.timestamp, undefined);
  assert.is(bom.metadata.component.name, 'voirs');
  assert.is(bom.metadata.component.hashes![0]!.content, createHash('sha512').update(tarball).digest('hex'));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.not.ok(
    bom.components.some(({ name }) => name === 'fastify'),
    'the bill has packages of the server',
  );
  const named = new Map(bom.components.map((one) => [one.name, one]));
  const models = bom.components.filter(({ type }) => type === 'machine-learning-model');
  assert.ok(models.length >= 2, `${models.length} voice sets`);
  for (const name of [...Object.keys(dependencies), ...bundledParts(root).map((one) => one.name)]) {
    const component = named.get(name);
    assert.ok(component, `${name} is not in the bill`);
    assert.match(component!.purl!, /^pkg:(npm|generic)\//);
    assert.ok(component!.licenses!.length > 0, `${name} has no licence in the bill`);
  }
}

test.run();
