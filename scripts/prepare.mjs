// Prepares a fresh clone: checks Node, installs packages, builds.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** JSON import attributes came with 20.10. */
const OLDEST_NODE = [20, 10];

/**
 * Checks Node, installs packages where they are missing or out of date, builds what has changed. Prints
 * nothing when all is in place; ends the process on a failure.
 *
 * @param build `'missing'` builds only where there is no build at all: a linter also runs on code that does not compile.
 */
export function prepare({ build: when = 'changed' } = {}) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor)) {
    fail(
      `voirs needs Node ${OLDEST_NODE.join('.')} or newer; this is ${process.version}. See https://nodejs.org`,
    );
  }
  if (packagesAreStale()) install();
  const isBuilt = [
    'vendor/tf.d.ts',
    'dist/index.js',
    'packages/server/dist/index.js',
    'packages/queue/dist/index.js',
  ].every((path) => existsSync(join(root, path)));
  if (when === 'changed' || !isBuilt) build();
}

/**
 * Compares what is installed with the lock file. npm writes its own copy last, so an install that was cut off
 * counts as none. A checkout makes the lock file newer without a change: then the versions decide.
 */
function packagesAreStale() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return true;
  const lock = join(root, 'package-lock.json');
  if (statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return false;
  const [found, wanted] = [installed, lock].map((path) => JSON.parse(readFileSync(path, 'utf8')).packages);
  return Object.entries(wanted).some(([path, { version, optional, peer }]) => {
    if (path === '' || ((optional || peer) && !found[path])) return false; // the root, or of another platform
    return found[path]?.version !== version;
  });
}

function install() {
  console.error('voirs: installing packages (once) ...');
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  // Under npm, the same npm. Otherwise npm is a script, which Windows starts through its shell only.
  const npm = process.env.npm_execpath;
  const { status, stdout, stderr, error } = npm?.endsWith('.js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, encoding: 'utf8' })
    : spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  if (status !== 0) fail(`npm ci failed${error ? `: ${error.message}` : `\n${stdout}${stderr}`}`);
}

function build() {
  // The compiler's messages go to stderr: stdout may carry audio.
  const script = join(root, 'scripts', 'build.mjs');
  const { status } = spawnSync(process.execPath, [script], { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail('the build failed');
}

function fail(message) {
  console.error(`voirs: ${message}`);
  process.exit(1);
}
