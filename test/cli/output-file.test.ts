// If this fails, a command leaves half a file, or blames something else when a path cannot be written.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PAGE, smallDisk } from '../../bench/lib/kills/small-disk.js';
import { OutputFile } from '../../src/cli/output-file.js';
import { voirsError } from '../expect.js';
import { scratch } from '../scratch.js';

const test = suite('output files');
const bytes = (text: string): Uint8Array => Buffer.from(text);

test('appears whole when it is committed, and only then', async () => {
  using folder = scratch();
  writeFileSync(folder.path('x'), 'old');
  {
    await using file = await OutputFile.create(folder.path('x'));
    await file.write(bytes('new and'));
    await file.write(bytes(' longer'));
    await file.write(bytes('N'), 0);
    assert.is(file.size, 14);
    const pieces: string[] = [];
    for await (const piece of file.read()) pieces.push(Buffer.from(piece).toString());
    assert.is(pieces.join(''), 'New and longer');
    assert.is(readFileSync(folder.path('x'), 'utf8'), 'old');
    await file.commit();
    assert.is(readFileSync(folder.path('x'), 'utf8'), 'New and longer');
  }
  assert.equal(readdirSync(folder.path()), ['x']);
});

test('leaves no trace when it is disposed before', async () => {
  using folder = scratch();
  writeFileSync(folder.path('x'), 'old');
  {
    await using file = await OutputFile.create(folder.path('x'));
    await file.write(bytes('new'));
  }
  assert.is(readFileSync(folder.path('x'), 'utf8'), 'old');
  assert.equal(readdirSync(folder.path()), ['x']);
});

test('refuses a path that cannot be written, with the path as given', async () => {
  using folder = scratch();
  const path = folder.path('missing', 'x');
  const { message, suggestion } = await voirsError(() => OutputFile.create(path), 'IO_ERROR');
  assert.ok(message.includes(path));
  assert.match(suggestion!, /folder exists/);
});

test('says that the disk is full, and frees what it took', async () => {
  using disk = smallDisk(4);
  if (!disk) return;
  {
    await using file = await OutputFile.create(disk.path('x'));
    const { message, suggestion } = await voirsError(() => file.write(new Uint8Array(6 * PAGE)), 'IO_ERROR');
    assert.match(message, /ENOSPC/);
    assert.match(suggestion!, /disk space/);
    assert.not.match(message, /partial/);
  }
  assert.equal(readdirSync(disk.path()), []);
});

test('keeps a temporary file out of every folder', async () => {
  await using file = await OutputFile.temporary();
  await file.write(bytes('abc'));
  assert.is(file.size, 3);
  const pieces: string[] = [];
  for await (const piece of file.read()) pieces.push(Buffer.from(piece).toString());
  assert.equal(pieces, ['abc']);
});

test('hands errors of the program on as they are', async () => {
  await using file = await OutputFile.temporary();
  try {
    await file.commit();
    assert.unreachable('it has no place');
  } catch (error) {
    assert.instance(error, TypeError);
  }
});

test.run();
