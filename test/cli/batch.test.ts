// If this fails, a batch loses texts, mixes them up, speaks finished ones again, or stops at one bad row.
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readWav, runCli, scratch } from './run-cli.js';

const test = suite('voirs batch');
const ONE_THREAD = ['--threads', '1'];

test('speaks every good row, and on --resume only missing and changed ones', async () => {
  using folder = scratch();
  const file = folder.path('in.jsonl');
  const row = (id: string, text: string, more = {}): string => JSON.stringify({ id, text, ...more });
  writeFileSync(
    file,
    [row('a', 'One.'), row('b', '🎉'), row('c', 'Three.', { rate: 2, voice: 'miles' })].join('\n'),
  );
  const out = folder.path('out');
  const command = ['batch', file, '--out-dir', out, '--json', ...ONE_THREAD];
  const log = (): { id: string; status: string; duration?: number }[] =>
    readFileSync(`${out}/batch.jsonl`, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  const first = await runCli(command);
  assert.is(first.code, 1);
  assert.match(first.stderr, /^voirs: line 2: INVALID_TEXT: [^\n]*\n$/);
  const { total, done, failed, skipped, failures } = JSON.parse(first.stdout.toString());
  assert.equal([total, done, failed, skipped, failures[0].id], [3, 2, 1, 0, 'b']);
  assert.equal(readdirSync(out).sort(), ['a.wav', 'batch.jsonl', 'c.wav']);
  assert.equal(
    log().map(({ id, status }) => [id, status]),
    [
      ['a', 'done'],
      ['b', 'failed'],
      ['c', 'done'],
    ],
  );
  assert.is(readWav(readFileSync(`${out}/c.wav`)).samples.length, Math.round(log()[2]!.duration! * 22050));

  // The texts of b and c have changed, a is as it was.
  const { mtimeMs } = statSync(`${out}/a.wav`);
  const before = readFileSync(`${out}/c.wav`);
  writeFileSync(
    file,
    [row('a', 'One.'), row('b', 'Two.'), row('c', 'Four.', { rate: 2, voice: 'miles' })].join('\n'),
  );
  const second = await runCli([...command, '--resume']);
  assert.is(second.code, 0, second.stderr);
  const summary = JSON.parse(second.stdout.toString());
  assert.equal([summary.done, summary.skipped, summary.failed], [2, 1, 0]);
  assert.is(statSync(`${out}/a.wav`).mtimeMs, mtimeMs);
  assert.not(readFileSync(`${out}/c.wav`).equals(before));

  rmSync(`${out}/b.wav`);
  const third = await runCli([...command, '--resume']);
  assert.equal(JSON.parse(third.stdout.toString()).done, 1);
  assert.ok(existsSync(`${out}/b.wav`));
});

test('reports a folder that cannot be made', async () => {
  using folder = scratch();
  writeFileSync(folder.path('file'), 'x');
  writeFileSync(folder.path('in.txt'), 'One.');
  const run = await runCli(['batch', folder.path('in.txt'), '--out-dir', folder.path('file', 'out')]);
  assert.is(run.code, 1);
  assert.match(run.stderr, /^voirs: IO_ERROR: [^\n]*cannot be written[^\n]*\n$/);
});

test.run();
