// If this fails, a batch believes a damaged file, or two runs in one folder spoil each other's record.
import { copyFileSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tinyVoice } from '../tiny-voice.js';
import { finish, runCli, scratch, startCli } from './run-cli.js';

const test = suite('resumed batches');
const OPTIONS = ['--json', '--threads', '1'];
const lines = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('speaks files again that are not those of the journal', async () => {
  using folder = scratch();
  const voice = tinyVoice();
  writeFileSync(folder.path('in.txt'), 'One.\nTwo.\nThree.\nFour.');
  const out = folder.path('out');
  const command = ['batch', folder.path('in.txt'), '-d', out, '--weights', voice.folder, ...OPTIONS];
  assert.is((await runCli(command)).code, 0);
  const whole = ['0001', '0002', '0003', '0004'].map((id) => readFileSync(`${out}/${id}.wav`));
  const [first] = lines(`${out}/batch.jsonl`);
  assert.is(first!.bytes, whole[0]!.length);
  assert.match(first!.sha256 as string, /^[0-9a-f]{64}$/);

  const clean = await runCli([...command, '--verify']);
  assert.is(clean.code, 0, clean.stderr);
  assert.equal(JSON.parse(clean.stdout.toString()), { folder: out, total: 4, verified: 4, problems: [] });

  truncateSync(`${out}/0002.wav`, 1000);
  const flipped = Buffer.from(whole[2]!);
  flipped[100]! ^= 1;
  writeFileSync(`${out}/0003.wav`, flipped);
  writeFileSync(folder.path('in.txt'), 'One.\nTwo.\nThree.\nFour.\nFive.');
  const checked = await runCli([...command, '--verify']);
  assert.is(checked.code, 1);
  const { verified, problems } = JSON.parse(checked.stdout.toString());
  assert.is(verified, 2);
  assert.equal(
    problems.map(({ id, problem }: { id: string; problem: string }) => [id, problem]),
    [
      ['0002', 'changed'],
      ['0003', 'changed'],
      ['0005', 'unspoken'],
    ],
  );
  assert.is(readFileSync(`${out}/0002.wav`).length, 1000, '--verify changes nothing');

  const again = await runCli([...command, '--resume']);
  assert.is(again.code, 0, again.stderr);
  assert.match(again.stderr, /0002\.wav[^\n]*\n[^\n]*0003\.wav/);
  const { done, skipped } = JSON.parse(again.stdout.toString());
  assert.equal([done, skipped], [3, 2]);
  for (const [n, file] of whole.entries())
    assert.ok(readFileSync(`${out}/000${n + 1}.wav`).equals(file), `${n + 1}`);
  // A second resume believes the entries of the first, also those of skipped rows.
  assert.is(JSON.parse((await runCli([...command, '--resume'])).stdout.toString()).skipped, 5);
  voice.remove();
});

test('refuses a folder that another run has, and says which', async () => {
  using folder = scratch();
  writeFileSync(folder.path('in.txt'), Array.from({ length: 200 }, (_, n) => `Row ${n}.`).join('\n'));
  writeFileSync(folder.path('other.txt'), 'Other.');
  const out = folder.path('out');
  const first = startCli(['batch', folder.path('in.txt'), '-d', out, ...OPTIONS]);
  const ended = finish(first);
  const isClaimed = (): boolean => {
    try {
      return readdirSync(out).some((name) => name.endsWith('.wav'));
    } catch {
      return false;
    }
  };
  for (let i = 0; i < 1000 && !isClaimed(); i++) await sleep(20);
  copyFileSync(`${out}/batch.jsonl`, folder.path('before.jsonl'));
  const second = await runCli(['batch', folder.path('other.txt'), '-d', out, ...OPTIONS]);
  assert.is(second.code, 1);
  assert.match(
    second.stderr,
    new RegExp(`^voirs: IO_ERROR: [^\\n]*in use[^\\n]*process ${first.pid} [^\\n]*\\n$`),
  );
  assert.match(second.stderr, /Wait until it ends, or choose another folder/);
  first.kill('SIGINT');
  assert.is((await ended).code, 130);
  const before = readFileSync(folder.path('before.jsonl'), 'utf8');
  assert.ok(readFileSync(`${out}/batch.jsonl`, 'utf8').startsWith(before), 'the first record is not whole');
  assert.equal(
    readdirSync(out).filter((name) => name.startsWith('.')),
    [],
  );
});

test('stops a run whose claim another one removed', async () => {
  using folder = scratch();
  writeFileSync(folder.path('in.txt'), Array.from({ length: 200 }, (_, n) => `Row ${n}.`).join('\n'));
  const out = folder.path('out');
  const child = startCli(['batch', folder.path('in.txt'), '-d', out, ...OPTIONS]);
  const ended = finish(child);
  const claim = (): string | undefined => {
    try {
      return readdirSync(out).find((name) => name.endsWith('.lock'));
    } catch {
      return undefined;
    }
  };
  for (let i = 0; i < 1000 && claim() === undefined; i++) await sleep(20);
  rmSync(`${out}/${claim()}`);
  const { code, stderr } = await ended;
  assert.is(code, 1);
  assert.match(stderr, /IO_ERROR: [^\n]*no longer claimed/);
});

test.run();
