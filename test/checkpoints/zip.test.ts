// If this fails, a small file from the network fills the memory, or damaged weights are played.

import { deflateSync, zipSync } from 'fflate';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readArchive } from '../../src/checkpoints/zip.js';
import { throwsVoirs } from './expect-error.js';

const test = suite('zip');
const CENTRAL = 0x02014b50;

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

/** Changes fields of the first central directory record, given by their offset in it. */
function patched(zip: Uint8Array, fields: Record<number, number>): Uint8Array {
  const copy = zip.slice();
  const view = new DataView(copy.buffer);
  let record = 0;
  while (view.getUint32(record, true) !== CENTRAL) record++;
  for (const [offset, value] of Object.entries(fields)) view.setUint32(record + Number(offset), value, true);
  return copy;
}

test('gives stored entries as views, and inflates deflated ones', () => {
  const stored = zipSync({ 'a/b': bytes(1, 2, 3), c: bytes() }, { level: 0 });
  const contents = readArchive(stored, 'x');
  assert.equal([...contents.keys()], ['a/b', 'c']);
  assert.equal([...contents.get('a/b')!], [1, 2, 3]);
  assert.is(contents.get('a/b')!.buffer, stored.buffer);
  const long = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) % 251);
  assert.equal(readArchive(zipSync({ long }, { level: 6 }), 'x').get('long'), long);
});

/** A zip64 file of one stored entry, the bytes 9, 8, 7, 6, whose directory claims `count` entries. */
function zip64(count: bigint): Uint8Array {
  const name = new TextEncoder().encode('big');
  const local = new Uint8Array(30 + 3 + 4);
  new DataView(local.buffer).setUint32(0, 0x04034b50, true);
  new DataView(local.buffer).setUint16(26, 3, true);
  local.set(name, 30);
  local.set([9, 8, 7, 6], 33);
  const central = new Uint8Array(46 + 3 + 28);
  const c = new DataView(central.buffer);
  c.setUint32(0, CENTRAL, true);
  c.setUint32(16, 0xf47df2dc, true); // CRC-32 as Python's zlib computes it
  for (const at of [20, 24, 42]) c.setUint32(at, 0xffffffff, true);
  c.setUint16(28, 3, true);
  c.setUint16(30, 28, true);
  central.set(name, 46);
  c.setUint16(49, 1, true);
  c.setUint16(51, 24, true);
  c.setBigUint64(53, 4n, true);
  c.setBigUint64(61, 4n, true);
  c.setBigUint64(69, 0n, true);
  const end = new Uint8Array(56 + 20 + 22);
  const e = new DataView(end.buffer);
  e.setUint32(0, 0x06064b50, true);
  e.setBigUint64(32, count, true);
  e.setBigUint64(48, BigInt(local.length), true);
  e.setUint32(56, 0x07064b50, true);
  e.setBigUint64(64, BigInt(local.length + central.length), true);
  e.setUint32(76, 0x06054b50, true);
  e.setUint16(86, 0xffff, true);
  e.setUint32(92, 0xffffffff, true);
  return new Uint8Array(Buffer.concat([local, central, end]));
}

test('follows zip64 sizes and offsets', () => {
  assert.equal([...readArchive(zip64(1n), 'x').get('big')!], [9, 8, 7, 6]);
});

test('refuses more than 100,000 entries before it reads them', () => {
  throwsVoirs(() => readArchive(zip64(100_001n), 'x'), /too many entries; got 100001; wanted 100000/);
  throwsVoirs(() => readArchive(zip64(100_000n), 'x'), /is damaged; got no record/);
});

test('refuses any flipped bit of a stored entry', () => {
  const zip = zipSync({ w: bytes(1, 2, 3, 4) }, { level: 0 });
  const start = zip.indexOf(0x77) + 1; // behind the name in the local header
  for (let bit = 0; bit < 32; bit++) {
    const flipped = zip.slice();
    flipped[start + (bit >> 3)]! ^= 1 << (bit & 7);
    throwsVoirs(
      () => readArchive(flipped, 'x'),
      /entry w is damaged; got CRC-32 \w+; wanted CRC-32 b63cfbcd/,
    );
  }
});

test('refuses a deflated entry whose content has another CRC-32', () => {
  const zip = zipSync({ w: new Uint8Array(500) }, { level: 6 });
  throwsVoirs(() => readArchive(patched(zip, { 16: 7 }), 'x'), /entry w is damaged; .*wanted CRC-32 7/);
});

test('refuses entries that expand to more than 16 times the file and 1 MiB', () => {
  const zip = zipSync({ bomb: new Uint8Array(1000) }, { level: 6 });
  const allowed = zip.length * 16 + 2 ** 20;
  throwsVoirs(() => readArchive(patched(zip, { 24: allowed + 1 }), 'x'), /expands too far/);
  throwsVoirs(() => readArchive(patched(zip, { 24: allowed }), 'x'), /cut short; got 1000 bytes/);
});

test('refuses an entry that declares gigabytes before it inflates any', () => {
  const zip = zipSync({ bomb: new Uint8Array(1000) }, { level: 6 });
  throwsVoirs(
    () => readArchive(patched(zip, { 24: 4_000_000_000 }), 'x'),
    /expands too far; got 4000000000 bytes/,
  );
});

test('stops an entry at the size that it declares', () => {
  const packed = deflateSync(new Uint8Array(10_000_000), { level: 9 });
  const zip = zipSync({ bomb: packed }, { level: 0 }); // the deflated bytes, stored, relabelled below
  const lying = patched(zip, { 10: 8, 24: 1000 });
  throwsVoirs(() => readArchive(lying, 'x'), /^x: entry bomb is larger than it says; got over 1000 bytes/);
});

test('refuses deflated data that is short or damaged', () => {
  const zip = zipSync({ w: Uint8Array.from({ length: 500 }, (_, i) => i % 7) }, { level: 6 });
  throwsVoirs(() => readArchive(patched(zip, { 24: 501 }), 'x'), /cut short; got 500 bytes; wanted 501/);
  const damaged = zip.slice();
  damaged.fill(0xff, 31, 40);
  throwsVoirs(() => readArchive(damaged, 'x'), /entry w (does not decompress|is cut short|is larger)/);
});

test('refuses encrypted, unknown, doubled and displaced entries', () => {
  const zip = zipSync({ w: bytes(1, 2, 3, 4) }, { level: 0 });
  throwsVoirs(() => readArchive(patched(zip, { 8: 1 }), 'x'), /encrypted/);
  throwsVoirs(() => readArchive(patched(zip, { 10: 12 }), 'x'), /compressed in an unknown way; got 12/);
  throwsVoirs(
    () => readArchive(patched(zip, { 42: 5 }), 'x'),
    /damaged; got no record at 5; wanted 0x4034b50/,
  );
  throwsVoirs(() => readArchive(patched(zip, { 42: zip.length - 2 }), 'x'), /damaged; got no record/);
  throwsVoirs(() => readArchive(patched(zip, { 20: 3 }), 'x'), /two sizes; got 3 and 4/);
  throwsVoirs(() => readArchive(patched(zip, { 20: 4000, 24: 4000 }), 'x'), /ends too early/);
  const pair = zipSync({ a: bytes(1), b: bytes(2) }, { level: 0 });
  const twice = pair.slice();
  const last = twice.lastIndexOf(0x62); // the b of the central directory
  twice[last] = 0x61;
  throwsVoirs(() => readArchive(twice, 'x'), /an entry twice; got a/);
});

test('refuses files without a directory', () => {
  throwsVoirs(() => readArchive(new Uint8Array(0), 'x'), /no directory/);
  throwsVoirs(() => readArchive(new Uint8Array(100_000), 'x'), /no directory/);
  const zip = zipSync({ w: bytes(1) }, { level: 0 });
  throwsVoirs(() => readArchive(zip.subarray(0, zip.length - 1), 'x'), /no directory/);
});

test('reads an empty archive, and one with the longest comment', () => {
  const end = new Uint8Array(22);
  new DataView(end.buffer).setUint32(0, 0x06054b50, true);
  assert.is(readArchive(end, 'x').size, 0);
  const zip = zipSync({ a: bytes(1) }, { level: 0 });
  const commented = new Uint8Array(zip.length + 0xffff);
  commented.set(zip);
  assert.equal([...readArchive(commented, 'x').keys()], ['a']);
  throwsVoirs(
    () => readArchive(new Uint8Array(Buffer.concat([commented, bytes(0, 0)])), 'x'),
    /no directory/,
  );
});

test('finds the zip64 field behind others, and refuses one that is too short', () => {
  const zip = zip64(1n);
  const extra = 37 + 46 + 3;
  const other = bytes(0x77, 0x77, 2, 0, 1, 1);
  const longer = new Uint8Array(Buffer.concat([zip.subarray(0, extra), other, zip.subarray(extra)]));
  const view = new DataView(longer.buffer);
  view.setUint16(37 + 30, 34, true);
  view.setBigUint64(184, 120n, true); // where the zip64 end record is now
  assert.equal([...readArchive(longer, 'x').get('big')!], [9, 8, 7, 6]);
  const short = zip.slice();
  new DataView(short.buffer).setUint16(37 + 30, 20, true);
  throwsVoirs(() => readArchive(short, 'x'), /ends too early/);
});

test('says that deflated data does not decompress', () => {
  const zip = zipSync({ w: new Uint8Array(500) }, { level: 6 });
  const start = zip.indexOf(0x77) + 1;
  const broken = zip.slice();
  broken[start] = 0xff; // a block of a type that is none
  throwsVoirs(() => readArchive(broken, 'x'), /entry w does not decompress/);
});

test('skips the extra fields and comments of entries, up to the end of the file', () => {
  const zip = zipSync(
    { a: [bytes(1), { comment: 'c'.repeat(300), extra: { 30583: bytes(1, 2, 3) } }], b: bytes(2) },
    { level: 0 },
  );
  assert.equal(
    [...readArchive(zip, 'x').values()].map((content) => content[0]),
    [1, 2],
  );
  const one = zipSync({ a: bytes(1) }, { level: 0 });
  const rest = one.length - one.lastIndexOf(0x61) - 1; // behind the name in the directory
  assert.is(readArchive(patched(one, { 32: rest }), 'x').size, 1);
  throwsVoirs(() => readArchive(patched(one, { 32: rest + 1 }), 'x'), /ends too early/);
});

test('reads records in any order, and one that ends with the file', () => {
  const zip = zip64(1n);
  const [local, central, record] = [zip.subarray(0, 37), zip.subarray(37, 114), zip.subarray(114, 170)];
  const turned = new Uint8Array(Buffer.concat([zip.subarray(170), local, central, record]));
  const view = new DataView(turned.buffer);
  view.setBigUint64(8, 156n, true);
  view.setBigUint64(42 + 37 + 69, 42n, true);
  view.setBigUint64(156 + 48, 79n, true);
  assert.equal([...readArchive(turned, 'x').get('big')!], [9, 8, 7, 6]);
  // A local header without a name or content, in the comment of the archive.
  const empty = zipSync({ e: bytes() }, { level: 0 });
  const header = empty.slice(0, 30);
  header[26] = 0;
  const last = patched(new Uint8Array(Buffer.concat([empty, header])), { 42: empty.length });
  assert.is(readArchive(last, 'x').get('e')!.length, 0);
});

test('takes from the zip64 field only what the header leaves out', () => {
  const zip = zip64(1n);
  const given = patched(zip, { 20: 4, 42: 0 });
  new DataView(given.buffer).setUint16(37 + 30, 12, true);
  assert.equal([...readArchive(given, 'x').get('big')!], [9, 8, 7, 6]);
  const extraAndComment = (extra: number): Uint8Array => patched(zip, { 30: extra | ((28 - extra) << 16) });
  throwsVoirs(() => readArchive(extraAndComment(0), 'x'), /expands too far/); // a comment is no field
  throwsVoirs(() => readArchive(extraAndComment(4), 'x'), /ends too early/);
});

test('inflates an entry that ends with a piece of the reader', () => {
  const content = Uint8Array.from({ length: 2 ** 14 - 5 }, (_, i) => i % 253);
  const packed = deflateSync(content, { level: 0 });
  assert.is(packed.length, 2 ** 14);
  const plain = zipSync({ w: content }, { level: 0 });
  const checksum = new DataView(plain.buffer).getUint32(14, true);
  const zip = patched(zipSync({ w: packed }, { level: 0 }), { 10: 8, 16: checksum, 24: content.length });
  assert.equal(readArchive(zip, 'x').get('w'), content);
});

test.run();
