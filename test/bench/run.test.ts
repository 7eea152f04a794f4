// If this fails, npm run bench does not list or explain its suites, or a mistyped name gives a stack or exit
// code 0.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

const test = suite('bench dispatcher');
const root = fileURLToPath(new URL('../..', import.meta.url));

function bench(...args: string[]) {
  const command = [...process.execArgv, join(root, 'bench', 'run.ts'), ...args];
  return spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
}

test('lists the suites, and no helper, without a name', () => {
  const { status, stdout } = bench();
  assert.is(status, 0);
  assert.match(stdout, /^ {2}rivals +onnxruntime-web and onnxruntime-node/m);
  assert.match(stdout, /^ {2}quality /m);
  assert.not.match(stdout, /^ {2}(statistics|report|run) |does not load/m);
});

test('refuses an unknown name in one line', () => {
  for (const name of ['no-such-suite', 'statistics', '../src/index', 'run']) {
    const { status, stderr } = bench(name);
    assert.is(status, 1, name);
    assert.match(stderr, new RegExp(`no bench suite named ${name.replaceAll('.', '\\.')};`));
    assert.not.match(stderr, /^\s+at /m);
  }
});

test("prints a suite's description and options for --help", () => {
  const { status, stdout } = bench('parity', '--help');
  assert.is(status, 0);
  assert.match(stdout, /every backend against every golden/);
  assert.match(stdout, /^ {2}--backends NAME,NAME,\.\.\. +only these: wasm, cpu, webgpu, tensorflow/m);
});

test('refuses an unknown value and names it', () => {
  for (const args of [
    ['parity', '--backends', 'wasm,foo'],
    ['backends', '--engines', 'foo'],
  ]) {
    const { status, stderr } = bench(...args);
    assert.is(status, 1);
    assert.match(stderr, /no foo; there are wasm, cpu, webgpu, tensorflow/);
  }
});

test.run();
