// Programs that only tests need, from Debian's packages.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const LIMIT_MS = 240_000;

/** Installs a package as root; says why where it fails. */
export function aptInstall(name) {
  const apt = ['-qq', '-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::Retries=1'];
  for (const command of [['update'], ['install', '-y', '--no-install-recommends', name]]) {
    const { status, stderr, error } = spawnSync('apt-get', [...apt, ...command], {
      encoding: 'utf8',
      timeout: LIMIT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (status === 0) continue;
    if (error?.code === 'ENOENT') return; // no apt-get here: the tests say what to do
    const reason = (error?.message ?? stderr ?? '').trim().split('\n').at(-1);
    console.error(`voirs: apt-get ${command[0]} failed: ${reason}`);
  }
}

/** The first of some programs that PATH has; undefined where it has none. */
export function findProgram(names) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {} // not there
    }
  }
  return undefined;
}
