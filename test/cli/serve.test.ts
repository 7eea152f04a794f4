// If this fails, `voirs serve` does not start, serves strangers, loses what it has accepted when it is stopped,
// or does not say which package it needs.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { finish, runCli, startCli } from './run-cli.js';

const test = suite('voirs serve');
const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'voirs-serve-'));
test.after(() => rmSync(folder, { recursive: true }));

test('makes a key, asks for it, and finishes what it accepted on SIGTERM', async () => {
  const made = JSON.parse((await runCli(['serve', '--new-key', 'laptop', '--json'])).stdout.toString());
  const keys = join(folder, 'keys.txt');
  writeFileSync(keys, `# who may speak\n${made.line} requests=100\n`);
  // An end that waited for idle connections would not come in the time that the runner of the tests has.
  const limit = ['--drain-timeout', '3600'];
  const child = startCli([
    'serve',
    '--port',
    '0',
    '--workers',
    '1',
    '--keys',
    keys,
    '--host',
    '0.0.0.0',
    ...limit,
  ]);
  const ended = finish(child);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (data) => {
      const found = /Listening on (\S+)/.exec(String(data));
      if (found) resolve(found[1]!.replace('0.0.0.0', '127.0.0.1'));
    });
    ended.then(({ stderr }) => reject(new Error(stderr)));
  });
  const speak = (headers: Record<string, string>) =>
    fetch(`${url}/v1/audio/speech`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ input: 'The server goes when this has been said. '.repeat(12) }),
    });
  assert.is((await speak({})).status, 401);
  const answer = await speak({ authorization: `Bearer ${made.key}` });
  assert.is(answer.status, 200);
  child.kill('SIGTERM');
  const bytes = (await answer.arrayBuffer()).byteLength;
  assert.ok(bytes > 12 * 8000, `${bytes} bytes`);
  const { code, stderr } = await ended;
  assert.is(code, 0, stderr);
  assert.not.ok(stderr.includes('has been said'), 'the log holds the text');
  assert.not.ok(stderr.includes(made.key), 'the log holds the key');
});

test('refuses to serve a network without a key', async () => {
  const { code, stderr } = await runCli(['serve', '--host', '0.0.0.0', '--port', '0']);
  assert.is(code, 2);
  assert.match(stderr, /INVALID_OPTIONS: .*got host 0\.0\.0\.0 without a key.*--no-auth/);
});

test('refuses a file of keys with the line, without showing a key', async () => {
  const keys = join(folder, 'wrong.txt');
  writeFileSync(keys, 'laptop voirs-secret\n');
  const { code, stderr } = await runCli(['serve', '--keys', keys, '--port', '0']);
  assert.is(code, 2);
  assert.match(stderr, /Line 1 of the file of keys is wrong/);
  assert.not.ok(stderr.includes('secret'));
});

test('says which package it needs where that is missing', async () => {
  const copy = join(folder, 'voirs');
  cpSync(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(root, 'vendor'), join(copy, 'vendor'), 'dir');
  mkdirSync(join(copy, 'node_modules'));
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { dependencies: object };
  for (const name of Object.keys(manifest.dependencies).filter((one) => !one.startsWith('@')))
    symlinkSync(join(root, 'node_modules', name), join(copy, 'node_modules', name), 'dir');
  const program = join(copy, 'dist', 'cli', 'main.js');
  const { status, stderr } = spawnSync(process.execPath, [program, 'serve'], { cwd: copy, encoding: 'utf8' });
  assert.is(status, 1);
  assert.match(stderr, /PACKAGE_NOT_FOUND: .*wanted the package voirs-server\. Run npm install voirs-server/);
});

test.run();
