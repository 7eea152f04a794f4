// If this fails, saving over a recording can lose the old one, leave half a file, or expose a private file.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { PAGE, smallDisk } from '../../bench/lib/kills/small-disk.js';
import { FileFailure } from '../../src/host/contract.js';
import { createFile, createScratchFile } from '../../src/host/file-writer.js';
import { host } from '../../src/host/host.js';
import { processMark } from '../../src/host/process-mark.js';
import { Arena } from '../../src/memory/arena.js';
import { bufferOf, tone } from '../audio/made.js';
import { voirsError } from '../expect.js';
import { scratch } from '../scratch.js';

const test = suite('whole files');
const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value);
const isRoot = process.getuid?.() === 0;

/** What all open files share, for faults that no disk here has. */
async function handlePrototype(): Promise<Pick<FileHandle, 'sync' | 'write' | 'read' | 'chown'>> {
  const probe = await open('/dev/null');
  await probe.close();
  return Object.getPrototypeOf(probe);
}

async function failed(work: Promise<unknown>, got: RegExp): Promise<void> {
  try {
    await work;
  } catch (error) {
    assert.instance(error, FileFailure, `not a FileFailure: ${error}`);
    assert.match((error as FileFailure).got, got);
    return;
  }
  assert.unreachable('it did not fail');
}

test('writes every byte, some of them out of order', async () => {
  using folder = scratch();
  const draft = await createFile(folder.path('a'));
  assert.equal(readdirSync(folder.path()).length, 1);
  for (let n = 0; n < 3; n++) await draft.write(bytes(100_000, n));
  await draft.write(bytes(2, 9), 0);
  assert.is(draft.bytes, 300_000);
  const pieces: Buffer[] = [];
  for await (const piece of draft.read()) pieces.push(Buffer.from(piece));
  await draft.commit();
  await draft.discard();
  const file = readFileSync(folder.path('a'));
  assert.ok(file.equals(Buffer.concat(pieces)));
  assert.equal([file.length, file[0], file[1], file[2], file[299_999]], [300_000, 9, 9, 0, 2]);
  assert.equal(readdirSync(folder.path()), ['a']);
});

test('fails when the disk takes only a part of the last write', async () => {
  using disk = smallDisk(16);
  if (!disk) return;
  const draft = await createFile(disk.path('a'));
  await draft.write(bytes(15 * PAGE));
  await failed(draft.write(bytes(PAGE + 1)), /ENOSPC/);
  assert.is(draft.bytes, 15 * PAGE);
  await draft.discard();
  assert.equal(readdirSync(disk.path()), []);
});

test('keeps the old file when the disk gets full', async () => {
  using disk = smallDisk(32);
  if (!disk) return;
  const old = bytes(20 * PAGE, 1);
  writeFileSync(disk.path('a'), old);
  await failed(host.files.write(disk.path('a'), bytes(20 * PAGE, 2)), /ENOSPC/);
  assert.ok(readFileSync(disk.path('a')).equals(Buffer.from(old)));
  assert.equal(readdirSync(disk.path()), ['a']);
});

test('keeps the old recording when AudioBuffer.save fails', async () => {
  using disk = smallDisk(32);
  if (!disk) return;
  const arena = new Arena();
  using short = bufferOf(arena, tone(440, 4));
  using long = bufferOf(arena, tone(440, 8));
  await short.save(disk.path('x.wav'));
  const old = readFileSync(disk.path('x.wav'));
  const { message } = await voirsError(() => long.save(disk.path('x.wav')), 'IO_ERROR');
  assert.match(message, /x\.wav.*ENOSPC.*disk space/);
  assert.ok(readFileSync(disk.path('x.wav')).equals(old));
  assert.equal(readdirSync(disk.path()), ['x.wav']);
});

test('keeps the permission bits of a file that it replaces', async () => {
  using folder = scratch();
  writeFileSync(folder.path('a'), 'old');
  for (const mode of [0o600, 0o640, 0o755, 0o666]) {
    chmodSync(folder.path('a'), mode);
    const draft = await createFile(folder.path('a'));
    const partial = readdirSync(folder.path()).find((name) => name.endsWith('.partial'))!;
    assert.is(statSync(folder.path(partial)).mode & 0o777 & ~mode, 0, 'the partial file lets in more');
    await draft.write(bytes(3));
    await draft.commit();
    assert.is(statSync(folder.path('a')).mode & 0o7777, mode);
  }
  await host.files.write(folder.path('new'), bytes(3));
  assert.is(statSync(folder.path('new')).mode & 0o777, 0o666 & ~process.umask());
});

test('keeps owner and group where it may set them', async () => {
  if (!isRoot) return console.log('SKIP owners: only root may change them');
  using folder = scratch();
  writeFileSync(folder.path('a'), 'old');
  chownSync(folder.path('a'), 1234, 5678);
  chmodSync(folder.path('a'), 0o640);
  await host.files.write(folder.path('a'), bytes(3));
  const { uid, gid, mode } = statSync(folder.path('a'));
  assert.equal([uid, gid, mode & 0o7777], [1234, 5678, 0o640]);
});

for (const [what, wanted] of [
  ['owner', [1234, 0]],
  ['group', [0, 5678]],
] as const) {
  test(`keeps the ${what} where only that is another`, async () => {
    if (!isRoot) return console.log('SKIP owners: only root may change them');
    using folder = scratch();
    writeFileSync(folder.path('a'), 'old');
    chownSync(folder.path('a'), wanted[0], wanted[1]);
    await host.files.write(folder.path('a'), bytes(3));
    const { uid, gid } = statSync(folder.path('a'));
    assert.equal([uid, gid], wanted);
  });
}

test('fails when the disk cannot be synced, but not where that does not exist', async () => {
  using folder = scratch();
  writeFileSync(folder.path('a'), 'old');
  const handles = await handlePrototype();
  const { sync } = handles;
  const failing = (code: string) => async () => {
    throw Object.assign(new Error(`${code}: no sync, fsync`), { code });
  };
  try {
    handles.sync = failing('EIO');
    await failed(host.files.write(folder.path('a'), bytes(3)), /EIO/);
    assert.is(readFileSync(folder.path('a'), 'utf8'), 'old');
    assert.equal(readdirSync(folder.path()), ['a']);
    for (const code of ['EINVAL', 'ENOSYS', 'ENOTSUP']) {
      handles.sync = failing(code);
      await host.files.write(folder.path(code), bytes(3));
      assert.is(statSync(folder.path(code)).size, 3);
    }
  } finally {
    handles.sync = sync;
  }
});

test('fails when the disk takes nothing, or gives back less than it took', async () => {
  using folder = scratch();
  const handles = await handlePrototype();
  const { read, write } = handles;
  const draft = await createFile(folder.path('a'));
  await draft.write(bytes(1));
  const next = () => draft.read().next();
  assert.is((await next()).value!.length, 1);
  try {
    handles.write = (async () => ({ bytesWritten: 0, buffer: bytes(0) })) as never;
    await failed(draft.write(bytes(1)), /takes no more bytes/);
    handles.read = () => Promise.reject(new Error('EIO: bad block, read'));
    await failed(next(), /EIO: bad block$/);
  } finally {
    Object.assign(handles, { read, write });
  }
  truncateSync(folder.path(readdirSync(folder.path())[0]!), 0);
  await failed(next(), /cut off/);
  await draft.discard();
});

test('gives a stranger no more bits where owner and group cannot be kept', async () => {
  if (!isRoot) return console.log('SKIP owners: only root may change them');
  using folder = scratch();
  const handles = await handlePrototype();
  const { chown } = handles;
  try {
    for (const [gid, mayChangeGroup, bits] of [
      [5678, false, 0o711],
      [5678, true, 0o751],
      [0, false, 0o751], // our own group already
    ] as const) {
      writeFileSync(folder.path('a'), 'old');
      chownSync(folder.path('a'), 1234, gid);
      chmodSync(folder.path('a'), 0o4751);
      handles.chown = async (uid) => {
        if (uid !== -1 || !mayChangeGroup) throw new Error('EPERM: not permitted, fchown');
      };
      await host.files.write(folder.path('a'), bytes(3));
      assert.is(statSync(folder.path('a')).mode & 0o7777, bits, `${gid} ${mayChangeGroup}`);
    }
  } finally {
    handles.chown = chown;
  }
});

test('removes what it has begun when the process ends', () => {
  using folder = scratch();
  const module = new URL('../../src/host/file-writer.ts', import.meta.url).href;
  const code = `import { createFile } from ${JSON.stringify(module)};
    for (const name of ['a', 'b']) await createFile(${JSON.stringify(folder.path())} + '/' + name);
    process.exit(3);`;
  const child = spawnSync(process.execPath, [...process.execArgv, '--input-type=module', '-e', code]);
  assert.is(child.status, 3, `${child.stderr}`);
  assert.equal(readdirSync(folder.path()), []);
});

test('leaves the old content under another hard link', async () => {
  using folder = scratch();
  writeFileSync(folder.path('a'), 'old');
  linkSync(folder.path('a'), folder.path('b'));
  await host.files.write(folder.path('a'), Buffer.from('new'));
  assert.equal(
    [readFileSync(folder.path('a'), 'utf8'), readFileSync(folder.path('b'), 'utf8')],
    ['new', 'old'],
  );
});

test('writes through a symbolic link, also where its target is missing', async () => {
  using folder = scratch();
  mkdirSync(folder.path('deep', 'er'), { recursive: true });
  symlinkSync(folder.path('deep', 'er'), folder.path('short'));
  symlinkSync('../there', folder.path('deep', 'er', 'second')); // from the real folder: deep/there
  symlinkSync('short/second', folder.path('first'));
  for (const content of ['one', 'two']) {
    await host.files.write(folder.path('first'), Buffer.from(content));
    assert.is(readFileSync(folder.path('deep', 'there'), 'utf8'), content);
  }
  assert.is(readlinkSync(folder.path('first')), 'short/second');
  assert.equal(readdirSync(folder.path()).sort(), ['deep', 'first', 'short']);
  symlinkSync('b', folder.path('a'));
  symlinkSync('a', folder.path('b'));
  await failed(host.files.write(folder.path('a'), bytes(1)), /ELOOP/);
});

test('refuses a folder and a place in no folder', async () => {
  using folder = scratch();
  await failed(createFile(folder.path()), /a folder/);
  await failed(createFile(folder.path('missing', 'a')), /ENOENT/);
  assert.is(await createFile(folder.path('missing', 'a')).catch(({ suggestion }) => suggestion), undefined);
  const kindOf = (path: string): Promise<string> =>
    createFile(path).then(
      () => 'none',
      ({ kind }: FileFailure) => kind,
    );
  assert.is(await kindOf(folder.path()), 'not-a-file');
  assert.is(await kindOf(folder.path('missing', 'a')), 'missing');
  assert.is(await kindOf(folder.path('x'.repeat(300))), 'failed');
  assert.equal(readdirSync(folder.path()), []);
});

test('opens files, and says why another thing is none', async () => {
  using folder = scratch();
  writeFileSync(folder.path('a'), bytes(5, 3));
  const file = await host.files.open(folder.path('a'));
  assert.equal([file.bytes, [...(await file.read())]], [5, [3, 3, 3, 3, 3]]);
  const part = new Uint8Array(2);
  file.readPart!(3, part);
  assert.equal([...part], [3, 3]);
  assert.throws(
    () => file.readPart!(4, part),
    (error: FileFailure) => error.got === 'a file that ends early',
  );
  for (const [path, kind, got] of [
    [folder.path(), 'not-a-file', 'a folder'],
    ['/dev/null', 'not-a-file', 'a device'],
    [folder.path('none'), 'missing', 'no such file'],
    [folder.path('a', 'b'), 'missing', 'no such file'],
    [folder.path('x'.repeat(300)), 'failed', 'ENAMETOOLONG'],
  ] as const) {
    const failure: FileFailure = await host.files.open(path).catch((error) => error);
    assert.equal([failure.kind, failure.got], [kind, got]);
  }
  utimesSync(folder.path('a'), 1, 1);
  assert.throws(
    () => file.readPart!(0, part),
    (error: FileFailure) => error.kind === 'replaced',
  );
  rmSync(folder.path('a'));
  await failed(file.read(), /no such file/);
  assert.throws(
    () => file.readPart!(0, part),
    (error: FileFailure) => error.kind === 'missing',
  );
  if (process.platform === 'linux') await failed(host.files.write('/dev/full', bytes(3)), /ENOSPC/);
});

test('writes to a device as it is', async () => {
  await host.files.write('/dev/null', bytes(3));
  assert.ok(statSync('/dev/null').isCharacterDevice());
});

test('removes partial files of dead processes and no others', async () => {
  if (process.platform !== 'linux') return console.log('SKIP partial files: there is no /proc');
  using folder = scratch();
  const [view, pid, start, random] = processMark().split('-');
  const name = (...mark: unknown[]): string => `.voirs-${mark.join('-')}.partial`;
  const dead = name(view, pid, Number(start) - 1, random);
  const alive = name(view, pid, start, random);
  const foreign = name('00000000', pid, start, random);
  const oldForeign = name('00000001', pid, start, random);
  for (const one of ['first', dead, alive, foreign, oldForeign, '.voirs-notes.partial']) {
    writeFileSync(folder.path(one), 'x');
  }
  const aDayAgo = Date.now() / 1000 - 24 * 3600;
  for (const one of [oldForeign, '.voirs-notes.partial']) utimesSync(folder.path(one), aDayAgo, aDayAgo - 5);
  utimesSync(folder.path(foreign), aDayAgo, aDayAgo + 600);
  await host.files.write(folder.path('a'), bytes(3));
  assert.equal(
    readdirSync(folder.path()).sort(),
    [alive, foreign, '.voirs-notes.partial', 'a', 'first'].sort(),
  );
});

test('keeps a file without a name out of the folder', async () => {
  using folder = scratch();
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder.path();
  try {
    const draft = await createScratchFile();
    await draft.write(bytes(5));
    if (process.platform !== 'win32') assert.equal(readdirSync(folder.path()), []);
    const pieces: number[] = [];
    for await (const piece of draft.read()) pieces.push(piece.length);
    assert.equal(pieces, [5]);
    await draft.commit().then(
      () => assert.unreachable('it has no place'),
      (error) => assert.instance(error, TypeError),
    );
    await draft.discard();
    process.env.TMPDIR = folder.path('missing');
    await failed(createScratchFile(), /ENOENT/);
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});

test.run();
