// If this fails, a batch says something else than it did: skips a row that changed, calls a damaged file whole, or ends
// with the exit code of success. In one process with a voice of noise, which makes each case cheap.
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseCommandLine } from '../../src/cli/command.js';
import { batch } from '../../src/cli/commands/batch.js';
import { FolderLock } from '../../src/cli/folder-lock.js';
import type { Terminal } from '../../src/cli/terminal.js';
import { voirsError } from '../expect.js';
import { scratch } from '../scratch.js';
import { tinyVoice } from '../tiny-voice.js';

const test = suite('the command batch');
let voice: ReturnType<typeof tinyVoice>;
test.before(() => {
  voice = tinyVoice();
});
test.after(() => voice.remove());

interface Ran {
  /** What went to stdout. */
  out: string;
  notes: string[];
  exitCode: number;
}

async function run(...argv: string[]): Promise<Ran> {
  return runUntil(new AbortController().signal, argv);
}

async function runUntil(signal: AbortSignal, argv: string[]): Promise<Ran> {
  const printed: string[] = [];
  const ran: Ran = { out: '', notes: [], exitCode: 0 };
  const terminal = {
    signal,
    note: (text: string) => void ran.notes.push(text),
    print: async (text: string) => void printed.push(text),
    printJson: async (value: unknown) => void printed.push(JSON.stringify(value)),
  } as unknown as Terminal;
  const parsed = parseCommandLine('batch', batch, [...argv, '--weights', voice.folder, '--threads', '1']);
  if (parsed === 'help') throw new Error('help');
  try {
    await batch.run(parsed, terminal);
  } finally {
    ran.exitCode = Number(process.exitCode ?? 0);
    process.exitCode = 0;
  }
  ran.out = printed.join('\n');
  return ran;
}

/** Rows of three texts in a file, of which the second has no words, and a folder to speak them into. */
function three(folder: ReturnType<typeof scratch>): { file: string; out: string } {
  const file = folder.path('in.jsonl');
  const rows = [
    { id: 'a', text: 'One.' },
    { id: 'b', text: '🎉' },
    { text: '<b>Two</b>.', voice: 'miles' },
  ];
  writeFileSync(file, rows.map((row) => JSON.stringify(row)).join('\n'));
  return { file, out: folder.path('out') };
}

const journal = (out: string): Record<string, unknown>[] =>
  readFileSync(`${out}/batch.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

test('wants a folder, one of --resume and --verify, and a count of pipelines', async () => {
  using folder = scratch();
  const { file, out } = three(folder);
  assert.match(
    (await voirsError(() => run(file), 'INVALID_OPTIONS')).message,
    /no folder to write to; wanted --out-dir FOLDER\. See voirs batch --help/,
  );
  await voirsError(() => run(file, '-d', out, '--resume', '--verify'), 'INVALID_OPTIONS');
  for (const count of ['0', '17', '1.5'])
    await voirsError(() => run(file, '-d', out, '--parallel', count), 'INVALID_OPTIONS');
  assert.equal(readdirSync(folder.path()), ['in.jsonl']);
});

test('tells of each row, in words and as JSON', async () => {
  using folder = scratch();
  const { file, out } = three(folder);
  const words = await run(file, '-d', out);
  assert.is(words.exitCode, 1);
  assert.match(
    words.out,
    /out: 2 of 3 spoken, 0 skipped, 1 failed; \d+\.\d+ s of audio, real-time factor \d+\.\d{3}$/,
  );
  assert.match(words.notes.join('|'), /^line 2: INVALID_TEXT: [^|]*$/);
  const [a, b, two] = journal(out);
  assert.equal([a!.status, b!.status, two!.status, two!.id], ['done', 'failed', 'done', '0003']);
  assert.equal(Object.keys(b!), ['line', 'id', 'file', 'digest', 'status', 'error']);
  assert.match(`${a!.digest}`, /^[0-9a-f]{32}$/);

  const again = await run(file, '-d', out, '--resume', '--json');
  const { folder: _, failures, ...summary } = JSON.parse(again.out);
  assert.equal(summary, { total: 3, done: 0, failed: 1, skipped: 2, audioSeconds: 0, computeSeconds: 0 });
  assert.equal(
    failures.map(({ line, id }: { line: number; id: string }) => [line, id]),
    [[2, 'b']],
  );
  assert.is(journal(out).length, 6, 'a resumed run goes on with the journal');
  await run(file, '-d', out);
  assert.is(journal(out).length, 3, 'and another begins it anew');
  writeFileSync(folder.path('good.txt'), 'One.');
  const good = await run(folder.path('good.txt'), '-d', folder.path('good'));
  assert.equal([good.exitCode, good.notes], [0, []]);
  const skipped = await run(folder.path('good.txt'), '-d', folder.path('good'), '--resume');
  assert.match(skipped.out, /good: 0 of 1 spoken, 1 skipped, 0 failed; 0\.0+ s of audio$/);
});

test('speaks a row again for everything that changes its file, and for nothing else', async () => {
  using folder = scratch();
  const file = folder.path('in.txt');
  writeFileSync(file, 'One.');
  const out = folder.path('out');
  const resumed = async (...more: string[]): Promise<number> =>
    JSON.parse((await run(file, '-d', out, '--resume', '--json', ...more)).out).done;
  assert.is(await resumed(), 1);
  assert.is(await resumed(), 0);
  for (const change of [
    ['--rate', '1.1'],
    ['--voice', 'miles'],
    ['--captions', 'srt'],
    ['--captions', 'vtt'],
    ['--encoding', 'pcm24'],
    ['--sample-rate', '16000'],
  ]) {
    assert.is(await resumed(...change), 1, change.join(' '));
    assert.is(await resumed(...change), 0, change.join(' '));
  }
  assert.is(await resumed('--encoding', 'pcm16'), 1);
  assert.is(await resumed(), 0, 'pcm16 is what a WAV has');
  truncateSync(`${out}/0001.wav`, 100);
  const { notes } = await run(file, '-d', out, '--resume');
  assert.equal(notes, ['0001.wav is not the file of the journal: spoken again']);
});

test('compares files with the journal, and says in what they differ', async () => {
  using folder = scratch();
  const { file, out } = three(folder);
  await run(file, '-d', out);
  truncateSync(`${out}/a.wav`, 100);
  rmSync(`${out}/0003.wav`);
  writeFileSync(file, `${readFileSync(file, 'utf8')}\n{"text":"Three."}`);
  const words = await run(file, '-d', out, '--verify');
  assert.is(words.exitCode, 1);
  assert.equal(words.out.split('\n'), [
    'line 1, a.wav: changed',
    'line 2, b.wav: failed',
    'line 3, 0003.wav: missing',
    'line 4, 0004.wav: unspoken',
    `${out}: 0 of 4 files are as the journal has them`,
  ]);
  writeFileSync(folder.path('good.txt'), 'One.');
  await run(folder.path('good.txt'), '-d', folder.path('good'));
  const good = await run(folder.path('good.txt'), '-d', folder.path('good'), '--verify', '--json');
  assert.is(good.exitCode, 0);
  assert.equal(JSON.parse(good.out), { folder: folder.path('good'), total: 1, verified: 1, problems: [] });
  rmSync(folder.path('good', '0001.wav'));
  assert.is((await run(folder.path('good.txt'), '-d', folder.path('good'), '--verify')).exitCode, 1);
});

test('writes captions beside each file, and names files by the voice that speaks', async () => {
  using folder = scratch();
  const { file, out } = three(folder);
  await run(file, '-d', out, '--captions', 'textgrid', '--name', '{id}-{voice}.{ext}');
  assert.equal(readdirSync(out).sort(), [
    ...['0003-miles.textgrid', '0003-miles.wav', 'a-hazel.textgrid', 'a-hazel.wav', 'batch.jsonl'],
  ]);
  assert.match(readFileSync(`${out}/a-hazel.textgrid`, 'utf8'), /TextGrid[\s\S]*"One\.?"/);
  await run(file, '-d', out, '--captions', 'srt', '--name', '{id}-{voice}.{ext}', '--voice', 'miles');
  assert.match(readFileSync(`${out}/0003-miles.srt`, 'utf8'), /-->[^<]*Two\.\n/);
  assert.ok(readdirSync(out).includes('a-miles.wav'));
});

test('stops at a folder that cannot be written or is in use, and at a signal', async () => {
  using folder = scratch();
  const { file, out } = three(folder);
  const { message } = await voirsError(() => run(file, '-d', folder.path('in.jsonl', 'out')), 'IO_ERROR');
  assert.match(message, /out cannot be written; got ENOTDIR/);
  const abort = new AbortController();
  const aborted = runUntil(abort.signal, [file, '-d', out]);
  abort.abort();
  await voirsError(() => aborted, 'ABORTED');
  assert.equal(readdirSync(out), ['batch.jsonl']);
  await using _ = await FolderLock.acquire(out, { signal: new AbortController().signal, note: () => {} });
  const inUse = await voirsError(() => run(file, '-d', out), 'IO_ERROR');
  assert.match(inUse.message, /is in use by another run/);
});

test.run();
