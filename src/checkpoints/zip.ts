// torch.save writes a zip without compression: its entries are lent as views, and a zip bomb ends at its
// declared size.
// Layout: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT sections 4.3 and 4.5.3 (zip64).
import { Inflate } from 'fflate';
import { VoirsError } from '../errors.js';
import { type Refusal, refusal } from './invalid.js';

const END_RECORD = 0x06054b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END_RECORD = 0x06064b50;
const CENTRAL_HEADER = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const LONGEST_COMMENT = 0xffff;
const ELSEWHERE = 0xffffffff; // the 32-bit field's value where zip64 keeps the true one

const MAX_ENTRIES = 100_000;
/** Weights hardly compress; entries that promise more than this many times the file are a bomb. */
const MAX_EXPANSION = 16;
const EXPANSION_ALLOWANCE = 2 ** 20;
/** Compressed bytes inflated between two checks of the size. */
const PIECE = 2 ** 14;

interface Entry {
  name: string;
  /** CRC-32 of the content. */
  checksum: number;
  method: number;
  packed: number;
  size: number;
  offset: number;
}

/**
 * The entries of a zip, stored ones as views into `bytes`.
 * @throws VoirsError INVALID_WEIGHTS for damage, encryption and bombs.
 */
export function readArchive(bytes: Uint8Array, source: string): Map<string, Uint8Array> {
  const reader = new ArchiveReader(bytes, source);
  const entries = reader.entries();
  const declared = entries.reduce((sum, { size }) => sum + size, 0);
  const allowed = bytes.length * MAX_EXPANSION + EXPANSION_ALLOWANCE;
  if (declared > allowed)
    throw reader.refuse('the archive expands too far', `${declared} bytes`, `${allowed}`);
  const contents = new Map<string, Uint8Array>();
  for (const entry of entries) {
    if (contents.has(entry.name))
      throw reader.refuse('the archive has an entry twice', entry.name, 'each once');
    contents.set(entry.name, reader.content(entry));
  }
  return contents;
}

/** Reads records at any position of the file; one beyond its end is INVALID_WEIGHTS. */
class ArchiveReader {
  readonly refuse: Refusal;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    source: string,
  ) {
    this.refuse = refusal(
      source,
      'The checkpoint is damaged or not from torch.save: fetch or save it again.',
    );
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  entries(): Entry[] {
    let { count, position } = this.directory();
    if (count > MAX_ENTRIES)
      throw this.refuse('the archive has too many entries', `${count}`, `${MAX_ENTRIES}`);
    const entries: Entry[] = [];
    for (; count > 0; count--) {
      this.expect(position, CENTRAL_HEADER, 46);
      const nameLength = this.view.getUint16(position + 28, true);
      const extraLength = this.view.getUint16(position + 30, true);
      const next = position + 46 + nameLength + extraLength + this.view.getUint16(position + 32, true);
      if (next > this.bytes.length) throw this.truncated();
      if ((this.view.getUint16(position + 8, true) & 1) !== 0) {
        throw this.refuse('the archive is encrypted', 'an encrypted entry', 'plain entries');
      }
      const name = new TextDecoder().decode(this.bytes.subarray(position + 46, position + 46 + nameLength));
      const extra = position + 46 + nameLength;
      entries.push({ name, ...this.extents(position, extra, extra + extraLength) });
      position = next;
    }
    return entries;
  }

  content(entry: Entry): Uint8Array {
    const data = this.unpacked(entry);
    const checksum = crc32(data);
    if (checksum !== entry.checksum) {
      const [got, wanted] = [checksum, entry.checksum].map((crc) => `CRC-32 ${crc.toString(16)}`);
      throw this.refuse(`entry ${entry.name} is damaged`, got!, wanted!);
    }
    return data;
  }

  private unpacked({ name, method, packed, size, offset }: Entry): Uint8Array {
    this.expect(offset, LOCAL_HEADER, 30);
    const start =
      offset + 30 + this.view.getUint16(offset + 26, true) + this.view.getUint16(offset + 28, true);
    if (start + packed > this.bytes.length) throw this.truncated();
    const data = this.bytes.subarray(start, start + packed);
    if (method === 0) {
      if (packed !== size) throw this.refuse(`entry ${name} has two sizes`, `${packed} and ${size}`, 'one');
      return data;
    }
    if (method !== 8)
      throw this.refuse(`entry ${name} is compressed in an unknown way`, `${method}`, 'stored or deflated');
    return this.inflate(name, data, size);
  }

  private inflate(name: string, data: Uint8Array, size: number): Uint8Array {
    const out = new Uint8Array(size);
    let written = 0;
    let isComplete = false;
    const inflate = new Inflate((chunk, final) => {
      if (written + chunk.length > size) {
        throw this.refuse(`entry ${name} is larger than it says`, `over ${size} bytes`, `${size}`);
      }
      out.set(chunk, written);
      written += chunk.length;
      isComplete = final;
    });
    try {
      for (let at = 0; at < data.length; at += PIECE) {
        inflate.push(data.subarray(at, at + PIECE), at + PIECE >= data.length);
      }
    } catch (cause) {
      if (cause instanceof VoirsError) throw cause;
      throw this.refuse(
        `entry ${name} does not decompress`,
        (cause as Error).message,
        'deflated data',
        cause,
      );
    }
    if (!isComplete || written !== size) {
      throw this.refuse(`entry ${name} is cut short`, `${written} bytes`, `${size}`);
    }
    return out;
  }

  /** Where the central directory starts and how many entries it has. */
  private directory(): { count: number; position: number } {
    const last = this.bytes.length - 22;
    for (let end = last; end >= 0 && end >= last - LONGEST_COMMENT; end--) {
      if (this.view.getUint32(end, true) !== END_RECORD) continue;
      if (end >= 20 && this.view.getUint32(end - 20, true) === ZIP64_LOCATOR) {
        const record = this.uint64(end - 12);
        this.expect(record, ZIP64_END_RECORD, 56);
        return { count: this.uint64(record + 32), position: this.uint64(record + 48) };
      }
      return { count: this.view.getUint16(end + 10, true), position: this.view.getUint32(end + 16, true) };
    }
    throw this.refuse('the archive has no directory', `${this.bytes.length} bytes`, 'a whole zip file');
  }

  /** The entry's numbers, from its zip64 field [from, to) where the header's own are too small. */
  private extents(header: number, from: number, to: number): Omit<Entry, 'name'> {
    const method = this.view.getUint16(header + 10, true);
    const checksum = this.view.getUint32(header + 16, true);
    const fields = [header + 24, header + 20, header + 42].map((at) => this.view.getUint32(at, true));
    if (fields.includes(ELSEWHERE)) {
      for (let at = from; at + 4 <= to; at += 4 + this.view.getUint16(at + 2, true)) {
        if (this.view.getUint16(at, true) !== 1) continue;
        let value = at + 4;
        for (let i = 0; i < fields.length; i++) {
          if (fields[i] !== ELSEWHERE) continue;
          if (value + 8 > to) throw this.truncated();
          fields[i] = this.uint64(value);
          value += 8;
        }
        break;
      }
    }
    const [size, packed, offset] = fields as [number, number, number];
    return { checksum, method, packed, size, offset };
  }

  private expect(position: number, signature: number, length: number): void {
    if (position + length > this.bytes.length || this.view.getUint32(position, true) !== signature) {
      throw this.refuse('the archive is damaged', `no record at ${position}`, `0x${signature.toString(16)}`);
    }
  }

  private uint64(position: number): number {
    return Number(this.view.getBigUint64(position, true)); // a rounded one lies far beyond the end
  }

  private truncated(): VoirsError {
    return this.refuse('the archive ends too early', `${this.bytes.length} bytes`, 'a whole zip file');
  }
}

/** What each byte adds to the CRC-32 of IEEE 802.3, whose reflected polynomial is 0xedb88320. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  return crc;
});

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ CRC_TABLE[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}
