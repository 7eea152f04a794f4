// If this fails, what the guide of the server shows does not run as it stands, in curl, JavaScript or Python.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SpeechServer } from 'voirs-server';
import { installed, root, run as runIn } from './python.js';
import { start } from './start.js';

const test = suite('server: guide');
const guide = readFileSync(join(root, 'docs', 'server.md'), 'utf8');
/** Version of the Python package: the last that the endpoints were tried with. */
const OPENAI = 'openai==1.109.1';

let server: SpeechServer;
let folder: string;
test.before(async () => {
  server = await start();
  mkdirSync(join(root, '.cache'), { recursive: true });
  folder = mkdtempSync(join(root, '.cache', 'server-guide-'));
});
test.after(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** The blocks of a language, at the address of this test's server. */
function blocks(language: string): string[] {
  const found = [...guide.matchAll(new RegExp(`^\`\`\`${language}(?: \\S+)?\\n(.*?)^\`\`\`$`, 'gms'))];
  return found.map(([, code]) => code!.replaceAll('127.0.0.1:8880', `127.0.0.1:${server.port}`));
}

const run = (command: string, args: string[]) => runIn(command, args, folder);

const spoken = (): boolean => {
  const file = join(folder, 'hello.mp3');
  const isThere = existsSync(file) && statSync(file).size > 4000;
  rmSync(file, { force: true });
  return isThere;
};

test('runs its curl blocks', async () => {
  const found = blocks('sh');
  assert.is(found.length, 3); // the last needs a queue: jobs.test.ts asks for what it asks
  if ((await run('curl', ['--version'])).code !== 0) return console.log('SKIP curl blocks: no curl here');
  const first = await run('sh', ['-e', '-c', found[0]!]);
  assert.is(first.code, 0, first.stderr);
  assert.ok(spoken());
  const times = await run('sh', ['-e', '-c', found[1]!]);
  assert.is(times.code, 0, times.stderr);
  assert.match(times.stdout, /"word":"1999".*"captions":"1\\n00:00:00,/);
  assert.match(times.stdout, /WEBVTT\n\n.*\nIn 1999 it rained\./);
});

test('runs its programs of JavaScript', async () => {
  const [client, socket, library, ...rest] = blocks('js');
  assert.is(rest.length, 0);
  const runs = [client, socket, library].map(async (code, n) => {
    const file = join(folder, `block-${n}.mjs`);
    writeFileSync(file, code!);
    const { code: status, stdout, stderr } = await run(process.execPath, [file]);
    assert.is(status, 0, stderr);
    return stdout;
  });
  const [, pieces, voices] = await Promise.all(runs);
  assert.ok(spoken());
  assert.match(pieces!, /^started.*words It.*done/s);
  assert.match(voices!, /^hazel miles/);
});

test('runs its program of Python with the official package', async () => {
  const python = await installed('server-openai', OPENAI);
  if (!python) return;
  const [code, ...rest] = blocks('python');
  assert.is(rest.length, 0);
  const { code: status, stderr } = await run(python, ['-c', code!]);
  assert.is(status, 0, stderr);
  assert.ok(spoken());
});

test.run();
