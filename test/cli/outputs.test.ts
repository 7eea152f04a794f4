// If this fails, a full disk, a signal or a strange path gives a cut recording, a stack trace or stray files.
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PAGE, smallDisk } from '../../bench/lib/kills/small-disk.js';
import { tinyVoice } from '../tiny-voice.js';
import { finish, program, readWav, runCli, scratch, startCli } from './run-cli.js';

const test = suite('outputs of the program');
// Files, pipes and disks are the same with a voice of a few kilobytes.
const voice = tinyVoice();
const ONE_THREAD = ['--threads', '1', '--weights', voice.folder];
test.after(() => voice.remove());
const FULL = /^voirs: IO_ERROR: [^\n]*ENOSPC[^\n]*\n$/;

/** Runs the program with stdout redirected to a file or a device. */
async function redirected(args: string[], path: string): Promise<{ code: number | null; stderr: string }> {
  const target = openSync(path, 'w');
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', target, 'pipe'] });
  closeSync(target);
  let stderr = '';
  child.stderr!.on('data', (piece: Buffer) => {
    stderr += piece.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stderr };
}

test('fails when the disk takes only a part of the last write', async () => {
  using folder = scratch();
  const command = ['say', 'Hello there.', '--rate', '1.02', ...ONE_THREAD];
  assert.is((await runCli([...command, '-o', folder.path('x.wav')])).code, 0);
  const { length } = readFileSync(folder.path('x.wav'));
  const pages = Math.ceil(length / PAGE) - 1;
  using disk = smallDisk(pages);
  if (!disk) return;
  const run = await runCli([...command, '-o', disk.path('x.wav')]);
  assert.is(run.code, 1);
  assert.match(run.stderr, FULL);
  assert.equal(readdirSync(disk.path()), []);

  const piped = await redirected([...command, '-o', '-'], disk.path('x.wav'));
  assert.is(piped.code, 1);
  assert.match(piped.stderr, FULL);
});

for (const [what, args] of [
  ['a WAV', ['-o', '-']],
  ['a live WAV', ['-o', '-', '--live']],
  ['the report', ['-o', 'FILE']],
  ['the report as JSON', ['-o', 'FILE', '--json']],
] as const) {
  test(`reports that stdout cannot take ${what}`, async () => {
    if (!existsSync('/dev/full')) return console.log('SKIP a full stdout: there is no /dev/full');
    using folder = scratch();
    const options = args.map((arg) => (arg === 'FILE' ? folder.path('x.wav') : arg));
    const { code, stderr } = await redirected(['say', 'Hi.', ...options, ...ONE_THREAD], '/dev/full');
    assert.is(code, 1);
    assert.match(stderr, FULL);
    assert.not.match(stderr, /at .*\.js:/);
  });
}

for (const [name, exitCode] of [
  ['SIGHUP', 129],
  ['SIGTERM', 143],
] as const) {
  test(`removes the partial file on ${name}`, async () => {
    using folder = scratch();
    const text = 'Every machine in the workshop was older than the people who knew it. '.repeat(200);
    const child = startCli(['say', text, '-o', folder.path('long.wav')]);
    const ended = finish(child);
    for (let i = 0; i < 500 && readdirSync(folder.path()).length < 1; i++) await sleep(20);
    assert.equal(readdirSync(folder.path()).length, 1);
    child.kill(name);
    const { code, stderr } = await ended;
    assert.is(code, exitCode);
    assert.match(stderr, /^voirs: ABORTED: [^\n]*\n$/);
    assert.equal(readdirSync(folder.path()), []);
  });
}

test('removes what a killed run left when it writes again', async () => {
  if (process.platform !== 'linux') return console.log('SKIP a killed run: there is no /proc');
  using folder = scratch();
  const text = 'Every machine in the workshop was older than the people who knew it. '.repeat(200);
  const child = startCli(['say', text, '-o', folder.path('x.wav')]);
  const ended = finish(child);
  for (let i = 0; i < 500 && readdirSync(folder.path()).length < 1; i++) await sleep(20);
  child.kill('SIGKILL');
  await ended;
  assert.match(readdirSync(folder.path())[0]!, /\.partial$/);
  assert.is((await runCli(['say', 'Hi.', '-o', folder.path('x.wav'), ...ONE_THREAD])).code, 0);
  assert.equal(readdirSync(folder.path()), ['x.wav']);
});

test('makes the missing target of a symbolic link', async () => {
  using folder = scratch();
  symlinkSync('target.wav', folder.path('link.wav'));
  const run = await runCli(['say', 'Hi.', '-o', folder.path('link.wav'), ...ONE_THREAD]);
  assert.is(run.code, 0, run.stderr);
  assert.is(readWav(readFileSync(folder.path('target.wav'))).sampleRate, 22050);
  assert.equal(readdirSync(folder.path()).sort(), ['link.wav', 'target.wav']);
});

test('escapes control characters of values and bounds their length', async () => {
  using folder = scratch();
  const steering = '\u001b]0;title\u0007\u009b31m';
  writeFileSync(folder.path('in.csv'), `text,voice\nHi.,"${steering}"\nHo.,${'x'.repeat(100_000)}\n`);
  const batch = await runCli(['batch', folder.path('in.csv'), '-d', folder.path('out'), ...ONE_THREAD]);
  const say = await runCli(['say', 'Hi.', '--voice', steering, '-o', folder.path('x.wav')]);
  const config = await runCli(['say', 'Hi.', '--rate', steering]);
  for (const { code, stderr } of [batch, say, config]) {
    assert.ok(code === 1 || code === 2, `${code}`);
    assert.match(stderr, /\\u001b\]0;title\\u0007/);
    assert.not.match(stderr, /[\0-\x09\x0b-\x1f\x7f-\x9f]/);
    assert.ok(stderr.length < 6000, `${stderr.length} characters`);
  }
  assert.not.match(batch.stdout.toString(), /[\0-\x09\x0b-\x1f\x7f-\x9f]/);
});

test('refuses numbers that are not plain decimals', async () => {
  for (const value of [' 0x10 ', '0x10', '', ' 2', '2 ', 'Infinity', '1_0']) {
    const run = await runCli(['say', 'Hi.', '--threads', value]);
    assert.is(run.code, 2, value);
    assert.match(run.stderr, /is not a number/);
  }
});

test.run();
