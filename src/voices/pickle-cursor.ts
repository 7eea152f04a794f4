// A pickle's arguments lie between its opcodes as raw numbers and text; every one is checked against the end of the file.

import { VoirsError } from '../errors.js';
import type { PickleValue } from './pickle-values.js';

/** 10 bytes is what torch.save's magic number takes. */
const MAX_LONG_BYTES = 16;
const MAX_TEXT_BYTES = 2 ** 16;
const UTF8 = new TextDecoder();

/** Reads little-endian primitives forward; anything beyond the end is INVALID_WEIGHTS. */
export class PickleCursor {
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    public position: number,
    private readonly source: string,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The value of an opcode that pushes what follows it; undefined for every other opcode. */
  literal(opcode: number): PickleValue | undefined {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x88: // NEWTRUE
        return true;
      case 0x89: // NEWFALSE
        return false;
      case 0x4b: // BININT1
        return this.uint8();
      case 0x4d: // BININT2
        return this.view.getUint16(this.take(2), true);
      case 0x4a: // BININT
        return this.view.getInt32(this.take(4), true);
      case 0x8a: // LONG1
        return this.long(this.uint8());
      case 0x8b: // LONG4
        return this.long(this.uint32());
      case 0x47: // BINFLOAT
        return this.view.getFloat64(this.take(8), false);
      case 0x8c: // SHORT_BINUNICODE
        return this.utf8(this.uint8());
      case 0x58: // BINUNICODE
        return this.utf8(this.uint32());
      case 0x8d: // BINUNICODE8
        return this.utf8(this.uint64());
      case 0x55: // SHORT_BINSTRING, Python 2's str: torch.load takes it for UTF-8
        return this.utf8(this.uint8());
      case 0x54: // BINSTRING
        return this.utf8(this.uint32());
      case 0x43: // SHORT_BINBYTES
        return this.raw(this.uint8());
      case 0x42: // BINBYTES
        return this.raw(this.uint32());
      case 0x8e: // BINBYTES8
        return this.raw(this.uint64());
      default:
        return undefined;
    }
  }

  /** Claims `count` bytes and gives where they start. */
  private take(count: number): number {
    if (count > this.bytes.length - this.position) throw this.truncated();
    this.position += count;
    return this.position - count;
  }

  uint8(): number {
    return this.view.getUint8(this.take(1));
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  uint64(): number {
    return Number(this.view.getBigUint64(this.take(8), true)); // what rounds here is far beyond the end
  }

  private raw(count: number): Uint8Array {
    const start = this.take(count);
    return this.bytes.subarray(start, start + count);
  }

  private utf8(count: number): string {
    if (count > MAX_TEXT_BYTES) throw this.invalid('a text is far too long', `${count} bytes`);
    return UTF8.decode(this.raw(count));
  }

  /** Checks that so many bytes follow. */
  expectAhead(count: number): void {
    if (count > this.bytes.length - this.position) throw this.truncated();
  }

  /** Text up to the next newline. */
  line(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.truncated();
    const text = this.utf8(end - this.position);
    this.position++;
    return text;
  }

  private long(count: number): number | bigint {
    if (count > MAX_LONG_BYTES) throw this.invalid('an integer is far too long', `${count} bytes`);
    let value = 0n;
    for (const [i, byte] of this.raw(count).entries()) value |= BigInt(byte) << BigInt(8 * i);
    value = BigInt.asIntN(8 * count, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  private truncated(): VoirsError {
    return this.invalid('the pickle ends too early', `${this.bytes.length} bytes`);
  }

  invalid(what: string, got: string): VoirsError {
    return new VoirsError('INVALID_WEIGHTS', `${this.source}: ${what}`, {
      got,
      wanted: 'a checkpoint as torch.save writes it',
      suggestion: 'The file is damaged or no checkpoint: fetch or save it again.',
    });
  }
}
