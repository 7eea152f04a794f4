// npm run release: the files of a release in one folder: the packages (voirs and those in packages/), the bill of
// materials of each (CycloneDX), and their digests. Equal sources give equal bytes: nothing in them tells of the time, the machine or the user.
//   --out FOLDER   default out/release
//   --twice        also builds a copy of the checkout elsewhere, and fails where that gives other packages
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { bundledParts } from './notices.mjs';
import { prepare } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

function run(command, args, cwd) {
  const options = { cwd, encoding: 'utf8', maxBuffer: 2 ** 28, shell: process.platform === 'win32' };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? (stderr || stdout)}`);
  return stdout;
}

const digest = (bytes, algorithm = 'sha256') => createHash(algorithm).update(bytes).digest('hex');

const manifestOf = (folder) => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));

/** Folders of the packages of a release. */
function packageFolders() {
  const others = (manifestOf('.').workspaces ?? []).flatMap((pattern) =>
    pattern.endsWith('/*')
      ? readdirSync(join(root, pattern.slice(0, -2))).map((name) => `${pattern.slice(0, -1)}${name}`)
      : [pattern],
  );
  return ['.', ...others.filter((folder) => existsSync(join(root, folder, 'package.json')))].filter(
    (folder) => !manifestOf(folder).private,
  );
}

/** Options of npm for one package and no other. */
const only = (folder) => (folder === '.' ? ['--workspaces=false'] : ['--workspace', folder]);

/** Packs a package of a checkout that is built. @returns the path of the tarball. */
function pack(checkout, folder, destination) {
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', destination];
  const [{ filename }] = JSON.parse(run('npm', [...args, ...only(folder)], checkout));
  return join(destination, filename.replace(/^@/, '').replace('/', '-'));
}

/** The bill of materials: what npm installs with a package, what is bundled in it, and the voices. */
function billOfMaterials(folder, tarball) {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', ...only(folder)];
  const bom = JSON.parse(run('npm', args, root));
  const { name, version } = manifestOf(folder);
  keepReachable(bom, `${name}@${version}`);
  const bytes = readFileSync(tarball);
  // Neither a time nor a random number: equal packages have equal bills.
  const id = digest(bytes);
  bom.serialNumber = `urn:uuid:${id.slice(0, 8)}-${id.slice(8, 12)}-8${id.slice(13, 16)}-a${id.slice(17, 20)}-${id.slice(20, 32)}`;
  delete bom.metadata.timestamp;
  Object.assign(bom.metadata.component, {
    name, // npm gives the name of the folder
    'bom-ref': `${name}@${version}`,
    version,
    purl: `pkg:npm/${name}@${version}`,
    hashes: [{ alg: 'SHA-512', content: digest(bytes, 'sha512') }],
  });
  if (folder === '.')
    bom.components.push(...bundledParts(root).map(bundledComponent), ...voices().map(voiceComponent));
  return bom;
}

/** npm lists all that lies in node_modules; a user gets what the package leads to, and no other workspace. */
function keepReachable(bom, own) {
  const others = packageFolders().map((folder) => `${manifestOf(folder).name}@${manifestOf(folder).version}`);
  const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn ?? []]));
  const reached = new Set([own]);
  for (const ref of reached) {
    for (const next of edges.get(ref) ?? []) if (!others.includes(next)) reached.add(next);
  }
  bom.components = bom.components.filter(
    (component) => component['bom-ref'] !== own && reached.has(component['bom-ref']),
  );
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => reached.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: (dependsOn ?? []).filter((one) => reached.has(one)) }));
}

const licenses = (id) => [{ license: { id } }];

function bundledComponent({ name, version, license, within }) {
  const where = within === undefined ? 'vendor, dist/browser, dist/studio' : `compiled into ${within}`;
  return {
    'bom-ref': `bundled:${name}`,
    type: 'library',
    name,
    ...(version === undefined ? {} : { version }),
    scope: 'required',
    purl: version === undefined ? `pkg:generic/${name}` : `pkg:npm/${name.replace(/^@/, '%40')}@${version}`,
    licenses: licenses(license),
    properties: [{ name: 'voirs:bundled', value: where }],
  };
}

/** The voice sets that are shipped. */
function voices() {
  return readdirSync(join(root, 'weights'), { recursive: true })
    .filter((path) => /(^|[\\/])model\.json$/.test(path))
    .sort()
    .map((path) => JSON.parse(readFileSync(join(root, 'weights', path), 'utf8')));
}

function voiceComponent({ name, version, description, speakers, acoustic, vocoders }) {
  const files = [acoustic, ...Object.values(vocoders)];
  return {
    'bom-ref': `voice:${name}@${version}`,
    type: 'machine-learning-model',
    name,
    version,
    ...(description === undefined ? {} : { description }),
    scope: 'required',
    // Free text in a manifest: "CC0-1.0 (recordings)".
    licenses: [...new Set(speakers.map(({ license }) => license))].map((one) => ({ license: { name: one } })),
    properties: files.map(({ file, sha256 }) => ({ name: `voirs:sha256:${file}`, value: sha256 })),
  };
}

/** A copy of all that git does not ignore, built from nothing in another folder. @returns the digests of its packages. */
function packagesOfCopy() {
  const folder = mkdtempSync(join(tmpdir(), 'voirs-release-'));
  try {
    const copy = join(folder, 'another', 'place');
    for (const path of run('git', ['ls-files', '-co', '--exclude-standard', '-z'], root)
      .split('\0')
      .filter(Boolean))
      cpSync(join(root, path), join(copy, path));
    cpSync(join(root, 'node_modules'), join(copy, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    run(process.execPath, [join('scripts', 'build.mjs')], copy);
    return packageFolders().map((one) => digest(readFileSync(pack(copy, one, folder))));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const { values } = parseArgs({
  options: { out: { type: 'string' }, twice: { type: 'boolean' } },
});
prepare();
const out = resolve(values.out ?? join(root, 'out', 'release'));
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const tarballs = packageFolders().map((folder) => pack(root, folder, out));
for (const [n, folder] of packageFolders().entries()) {
  const bom = `${JSON.stringify(billOfMaterials(folder, tarballs[n]), null, 2)}\n`;
  writeFileSync(tarballs[n].replace(/\.tgz$/, '.cdx.json'), bom);
}
const sums = readdirSync(out)
  .sort()
  .map((name) => `${digest(readFileSync(join(out, name)))}  ${name}\n`)
  .join('');
writeFileSync(join(out, 'SHA256SUMS'), sums);
process.stdout.write(sums);
if (values.twice) {
  const [own, other] = [tarballs.map((path) => digest(readFileSync(path))).join(), packagesOfCopy().join()];
  if (own !== other) {
    console.error(`the packages are not reproducible: ${own} here, ${other} built elsewhere`);
    process.exitCode = 1;
  } else console.log('built elsewhere, the packages are the same');
}
