// If this fails, `npm run bench` does not list its suites or hides a mistyped name behind a stack or exit code 0.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('bench dispatcher');
const root = fileURLToPath(new URL('../..', import.meta.url));
const tsx = join(dirname(createRequire(import.meta.url).resolve('tsx/package.json')), 'dist', 'cli.mjs');

function bench(...args: string[]) {
  const command = [tsx, join(root, 'bench', 'run.ts'), ...args];
  return spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
}

test('without a name it lists the suites, and no helper', () => {
  const { status, stdout } = bench();
  assert.is(status, 0);
  assert.match(stdout, /^ {2}rivals +onnxruntime-web and onnxruntime-node/m);
  assert.match(stdout, /^ {2}quality /m);
  assert.not.match(stdout, /^ {2}(statistics|report|run) |does not load/m);
});

test('a name that is no suite fails in one line', () => {
  for (const name of ['no-such-suite', 'statistics', '../src/index', 'run']) {
    const { status, stderr } = bench(name);
    assert.is(status, 1, name);
    assert.match(stderr, new RegExp(`no bench suite named ${name.replaceAll('.', '\\.')};`));
    assert.not.match(stderr, /^\s+at /m);
  }
});

test.run();
