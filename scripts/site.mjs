// npm run site, npm run site:dev: the documentation as a site (site/). Its tools are installed apart from the
// package's, on first use. The result lies in site/.vitepress/dist: static files for any server.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepare } from './prepare.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const site = join(root, 'site');

/** Ends this process where a step fails. */
function run(program, args, cwd = site) {
  const { status } = spawnSync(program, args, { cwd, stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) process.exit(status ?? 1);
}

const [, , command = 'build', ...rest] = process.argv;
prepare();
const installed = join(site, 'node_modules', '.package-lock.json');
const isStale =
  !existsSync(installed) || statSync(installed).mtimeMs < statSync(join(site, 'package-lock.json')).mtimeMs;
if (isStale) run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
const tool = (name, file) => join(site, 'node_modules', name, file);
run(process.execPath, [tool('typedoc', 'bin/typedoc')]);
run(process.execPath, [tool('vitepress', 'bin/vitepress.js'), command, ...rest]);
