// If this fails, a resumed batch believes what its journal does not say, or speaks again what is there.
import { createHash } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PAGE, smallDisk } from '../../bench/lib/kills/small-disk.js';
import { JOURNAL, Journal, type JournalEntry, readJournal, stateOf } from '../../src/cli/batch-journal.js';
import { voirsError } from '../expect.js';
import { scratch } from '../scratch.js';

const test = suite('journal of a batch');
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function entry(n: number, more: Partial<JournalEntry> = {}): JournalEntry {
  const file = `${n}.wav`;
  return { line: n, id: `${n}`, file, status: 'done', digest: 'd', bytes: 3, sha256: sha256('abc'), ...more };
}

test('gives back the last entry of each file', async () => {
  using folder = scratch();
  assert.is((await readJournal(folder.path())).size, 0);
  {
    await using journal = await Journal.open(folder.path(), { continues: false });
    for (const one of [entry(1), entry(2), entry(1, { digest: 'e' })]) await journal.add(one);
  }
  const entries = await readJournal(folder.path());
  assert.equal([...entries.values()], [entry(1, { digest: 'e' }), entry(2)]);
});

test('goes on after a line that was cut off, or begins anew', async () => {
  using folder = scratch();
  {
    await using journal = await Journal.open(folder.path(), { continues: true });
    await journal.add(entry(1));
  }
  appendFileSync(folder.path(JOURNAL), '{"line":2,"id":"2","file":"2.wav"');
  {
    await using journal = await Journal.open(folder.path(), { continues: true });
    await journal.add(entry(3));
  }
  assert.equal([...(await readJournal(folder.path())).keys()], ['1.wav', '3.wav']);
  assert.is(readFileSync(folder.path(JOURNAL), 'utf8').split('\n').length, 4);
  {
    await using _ = await Journal.open(folder.path(), { continues: true });
  }
  assert.is(readFileSync(folder.path(JOURNAL), 'utf8').split('\n').length, 4, 'an empty line was added');
  writeFileSync(folder.path(JOURNAL), '{');
  {
    await using journal = await Journal.open(folder.path(), { continues: true });
    await journal.add(entry(1));
  }
  assert.is((await readJournal(folder.path())).size, 1, 'a line of one character is one');
  {
    await using _ = await Journal.open(folder.path(), { continues: false });
  }
  assert.is((await readJournal(folder.path())).size, 0);
});

test('believes only entries with size and digest, and failures', async () => {
  using folder = scratch();
  const { bytes: _, ...sizeless } = entry(1);
  const { sha256: __, ...undigested } = entry(2);
  const failed = { ...sizeless, sha256: undefined, file: '3.wav', status: 'failed' };
  const lines = [
    ...[sizeless, undigested, failed, { ...entry(4), file: 4 }, { ...entry(5), digest: undefined }],
    ...[{ ...entry(6), bytes: '3' }, entry(7, { status: 'skipped' }), null, [], 'x', 5],
  ];
  writeFileSync(folder.path(JOURNAL), lines.map((line) => JSON.stringify(line)).join('\n'));
  assert.equal([...(await readJournal(folder.path())).keys()], ['3.wav', '7.wav']);
});

test('reads any text without a failure', async () => {
  using folder = scratch();
  const line = fc.oneof(fc.string(), fc.json(), fc.constant(JSON.stringify(entry(1))));
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 5 }), async (lines) => {
      writeFileSync(folder.path(JOURNAL), lines.join('\n'));
      for (const [file, one] of await readJournal(folder.path())) assert.is(one.file, file);
    }),
    { numRuns: 200 },
  );
});

test('compares a file by size and digest', async () => {
  using folder = scratch();
  const state = () => stateOf(folder.path(), entry(1));
  assert.is(await state(), 'missing');
  for (const [content, wanted] of [
    ['abc', 'right'],
    ['abd', 'changed'],
    ['abcd', 'changed'],
    ['', 'changed'],
  ] as const) {
    writeFileSync(folder.path('1.wav'), content);
    assert.is(await state(), wanted, content);
  }
  writeFileSync(folder.path('1.wav'), 'abc');
  assert.is(await stateOf(folder.path(), entry(1, { bytes: 4 })), 'changed');
  assert.is(await stateOf(folder.path(), entry(1, { sha256: sha256('abd') })), 'changed');
  mkdirSync(folder.path('2.wav'));
  const { message } = await voirsError(() => stateOf(folder.path(), entry(2)), 'IO_ERROR');
  assert.match(message, /2\.wav cannot be read/);
});

test('says that a journal cannot be read or written', async () => {
  using folder = scratch();
  mkdirSync(folder.path(JOURNAL));
  const read = await voirsError(() => readJournal(folder.path()), 'IO_ERROR');
  assert.match(read.message, /cannot be read; got EISDIR: .*permissions/);
  const open = () => Journal.open(folder.path(), { continues: false });
  assert.match(
    (await voirsError(open, 'IO_ERROR')).message,
    /cannot be written; got EISDIR.*Choose a folder/,
  );
  const missing = () => Journal.open(folder.path('missing'), { continues: true });
  await voirsError(missing, 'IO_ERROR');
  if (process.getuid?.() === 0) return; // may read and write everything
  writeFileSync(folder.path('x'), '');
  chmodSync(folder.path('x'), 0);
  await voirsError(() => stateOf(folder.path(), entry(1, { file: 'x' })), 'IO_ERROR');
});

test('fails when the disk takes no whole line', async () => {
  using disk = smallDisk(2);
  if (!disk) return;
  await using journal = await Journal.open(disk.path(), { continues: false });
  await voirsError(() => journal.add(entry(1, { digest: 'x'.repeat(3 * PAGE) })), 'IO_ERROR');
});

test.run();
