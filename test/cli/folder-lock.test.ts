// If this fails, two runs write to one folder at once, or a dead run keeps a folder for ever.
import { readdirSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PAGE, smallDisk } from '../../bench/lib/kills/small-disk.js';
import { FolderLock } from '../../src/cli/folder-lock.js';
import { processMark } from '../../src/host/process-mark.js';
import { voirsError } from '../expect.js';
import { scratch } from '../scratch.js';

const test = suite('claims of folders');

/** Options of a lock that nothing interrupts. */
const quiet = (signal = new AbortController().signal) => ({ signal, note: () => {} });

test('claims a folder with a file that names the run, until it is disposed', async () => {
  using folder = scratch();
  {
    await using lock = await FolderLock.acquire(folder.path(), quiet());
    const [name] = readdirSync(folder.path());
    assert.match(name!, /^\.voirs-.*\.lock$/);
    const { pid, since } = JSON.parse(readFileSync(folder.path(name!), 'utf8'));
    assert.is(pid, process.pid);
    assert.ok(Math.abs(Date.now() - Date.parse(since)) < 60_000);
    await lock.check();
    const { message } = await voirsError(() => FolderLock.acquire(folder.path(), quiet()), 'IO_ERROR');
    assert.match(message, new RegExp(`process ${process.pid} on `));
    assert.equal(readdirSync(folder.path()), [name]);
  }
  assert.equal(readdirSync(folder.path()), []);
});

test('fails when its claim is gone', async () => {
  using folder = scratch();
  await using lock = await FolderLock.acquire(folder.path(), quiet());
  rmSync(folder.path(readdirSync(folder.path())[0]!));
  const { message } = await voirsError(() => lock.check(), 'IO_ERROR');
  assert.match(message, /no longer claimed/);
});

test('leaves other files and the claims of running processes alone', async () => {
  if (process.platform !== 'linux') return console.log('SKIP claims of others: there is no /proc');
  using folder = scratch();
  const names = ['notes.lock', '.voirs-notes.lock', '.voirs-x.partial', 'a.wav'];
  for (const name of names) writeFileSync(folder.path(name), 'x');
  const alive = `.voirs-${processMark()}.lock`;
  writeFileSync(folder.path(alive), '{');
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(folder.path(alive), hourAgo, hourAgo);
  const { message } = await voirsError(() => FolderLock.acquire(folder.path(), quiet()), 'IO_ERROR');
  assert.match(message, /a claim that cannot be read/);
  assert.equal(readdirSync(folder.path()).sort(), [...names, alive].sort());
  rmSync(folder.path(alive));
  await using _ = await FolderLock.acquire(folder.path(), quiet());
  assert.is(readdirSync(folder.path()).length, names.length + 1);
});

test('fails with the error of the system for a folder that is missing', async () => {
  using folder = scratch();
  try {
    await FolderLock.acquire(folder.path('missing'), quiet());
    assert.unreachable('it did not fail');
  } catch (error) {
    assert.is((error as NodeJS.ErrnoException).code, 'ENOENT');
  }
  assert.equal(readdirSync(folder.path()), []);
});

test('lets one of many runs that begin at once have the folder', async () => {
  using folder = scratch();
  const tries = Array.from({ length: 6 }, () => FolderLock.acquire(folder.path(), quiet()).catch((e) => e));
  const results = await Promise.all(tries);
  const locks = results.filter((one): one is FolderLock => one instanceof FolderLock);
  assert.ok(locks.length <= 1, `${locks.length} have it`);
  for (const one of results) if (!(one instanceof FolderLock)) assert.is(one.code, 'IO_ERROR', one);
  for (const lock of locks) await lock[Symbol.asyncDispose]();
  await using _ = await FolderLock.acquire(folder.path(), quiet());
  assert.equal(readdirSync(folder.path()).length, 1);
});

test('steps back for a run that began just now, and tries again', async () => {
  if (process.platform !== 'linux') return console.log('SKIP claims of others: there is no /proc');
  using folder = scratch();
  const rival = folder.path(`.voirs-${processMark()}.lock`);
  writeFileSync(rival, '{}');
  setTimeout(() => rmSync(rival), 20);
  await using _ = await FolderLock.acquire(folder.path(), quiet());
  assert.equal(readdirSync(folder.path()).length, 1);
});

test('passes over a claim that is gone by now, and fails for one that cannot be looked at', async () => {
  using folder = scratch();
  const claim = folder.path(`.voirs-${processMark()}.lock`);
  symlinkSync('nothing', claim);
  {
    await using _ = await FolderLock.acquire(folder.path(), quiet());
  }
  rmSync(claim);
  symlinkSync(claim, claim);
  const code = await FolderLock.acquire(folder.path(), quiet()).catch((error) => error.code);
  assert.is(code, 'ELOOP');
  assert.is(readdirSync(folder.path()).length, 1, 'a claim of its own is left');
});

test('fails on a full disk, and leaves no claim', async () => {
  using disk = smallDisk(1);
  if (!disk) return;
  writeFileSync(disk.path('all'), new Uint8Array(PAGE));
  const code = await FolderLock.acquire(disk.path(), quiet()).catch((error) => error.code);
  assert.is(code, 'ENOSPC');
  assert.equal(readdirSync(disk.path()), ['all']);
});

test('takes the folder when the claim that it watches goes away', async () => {
  using folder = scratch();
  const claim = folder.path('.voirs-00000000-1-123-0000000000000000.lock');
  writeFileSync(claim, '{}');
  setTimeout(() => rmSync(claim), 100);
  await using _ = await FolderLock.acquire(folder.path(), quiet());
  assert.is(readdirSync(folder.path()).length, 1);
});

test('takes over the claim of a dead run with its partial files', async () => {
  if (process.platform !== 'linux') return console.log('SKIP claims of dead runs: there is no /proc');
  using folder = scratch();
  const [view, pid, start, random] = processMark().split('-');
  const dead = [view, pid, Number(start) - 1].join('-');
  writeFileSync(folder.path(`.voirs-${dead}-${random}.lock`), '');
  writeFileSync(folder.path(`.voirs-${dead}-0000000000000000.partial`), '');
  await using lock = await FolderLock.acquire(folder.path(), quiet());
  await lock.check();
  assert.equal(readdirSync(folder.path()).length, 1);
});

test('takes over an old claim of a container that is gone', async () => {
  using folder = scratch();
  const claim = folder.path('.voirs-00000000-1-123-0000000000000000.lock');
  writeFileSync(claim, '');
  writeFileSync(folder.path('.voirs-00000000-1-123-0000000000000001.partial'), '');
  const hourAgo = Date.now() / 1000 - 3600;
  utimesSync(claim, hourAgo, hourAgo);
  const before = Date.now();
  await using _ = await FolderLock.acquire(folder.path(), quiet());
  assert.ok(Date.now() - before < 5000, 'it watched a claim that is an hour old');
  assert.equal(readdirSync(folder.path()).length, 1);
  assert.ok(statSync(folder.path(readdirSync(folder.path())[0]!)).size > 0);
});

test('respects the claim of another container while it is touched', async () => {
  using folder = scratch();
  const claim = folder.path('.voirs-00000000-1-123-0000000000000000.lock');
  writeFileSync(claim, '{"pid":1,"host":"other","since":"yesterday"}');
  const beat = setInterval(() => utimesSync(claim, new Date(), new Date()), 300);
  try {
    const acquire = () => FolderLock.acquire(folder.path(), quiet());
    const { message } = await voirsError(acquire, 'IO_ERROR');
    assert.match(message, /process 1 on other, since yesterday.*delete .*\.lock/);
  } finally {
    clearInterval(beat);
  }
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  await voirsError(() => FolderLock.acquire(folder.path(), quiet(controller.signal)), 'ABORTED');
  assert.equal(readdirSync(folder.path()).length, 1);
});

test.run();
