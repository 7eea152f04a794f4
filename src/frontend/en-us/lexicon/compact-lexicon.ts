// CMUdict as one small file that is searched in place: no table of 126,000 strings is built.
import { VoirsError } from '../../../errors.js';
import { PHONES } from '../../phonemes.js';

/*
 * Layout (little-endian): magic "VLX1", u32 words, u32 words per block, then for the three alphabets
 * (letters, shared prefix lengths, phones) u16 size and one code length per symbol, then u32 bit offset per
 * block, then the blocks. Words are sorted by character code. An entry is: length of the prefix shared with
 * the word before (0 at a block's start), the remaining letters, END; then each pronunciation's phones, with
 * NEXT between pronunciations and END last.
 */

/** First bytes of the file. */
export const LEXICON_MAGIC = 0x31584c56;
/** Characters a word may have; their order is their order in the alphabet, and END comes last. */
const LEXICON_LETTERS = "'-.abcdefghijklmnopqrstuvwxyz";
export const LETTER_END = LEXICON_LETTERS.length;
/** Phone symbols after the inventory: another pronunciation follows; the entry ends. */
export const PHONE_NEXT = PHONES.length;
export const PHONE_END = PHONES.length + 1;
/** Prefix lengths are below this; a longer shared prefix is stored as this less one. */
export const PREFIX_LIMIT = 32;

/** A read-only pronunciation dictionary over the bytes of a compact file. */
export class CompactLexicon {
  private readonly words: number;
  private readonly blockSize: number;
  private readonly offsets: Uint32Array;
  private readonly letters: HuffmanDecoder;
  private readonly prefixes: HuffmanDecoder;
  private readonly phones: HuffmanDecoder;
  private readonly bits: BitReader;
  /** The entry last read: letter codes and how many. */
  private readonly word = new Uint8Array(256);
  private length = 0;

  private constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 12 || view.getUint32(0, true) !== LEXICON_MAGIC) throw damaged('no lexicon header');
    this.words = view.getUint32(4, true);
    this.blockSize = view.getUint32(8, true);
    let at = 12;
    const alphabet = (wanted: number): HuffmanDecoder => {
      if (at + 2 > bytes.length) throw damaged('a header cut short');
      const size = view.getUint16(at, true);
      if (size !== wanted || at + 2 + size > bytes.length) throw damaged(`an alphabet of ${size} symbols`);
      at += 2 + size;
      return new HuffmanDecoder(bytes.subarray(at - size, at));
    };
    this.letters = alphabet(LETTER_END + 1);
    this.prefixes = alphabet(PREFIX_LIMIT);
    this.phones = alphabet(PHONE_END + 1);
    const blocks = this.blockSize > 0 ? Math.ceil(this.words / this.blockSize) : 0;
    if (blocks === 0 || at + blocks * 4 > bytes.length)
      throw damaged(`${this.words} words in ${blocks} blocks`);
    this.offsets = new Uint32Array(blocks);
    for (let block = 0; block < blocks; block++) this.offsets[block] = view.getUint32(at + block * 4, true);
    at += blocks * 4;
    if (this.offsets[blocks - 1]! >= (bytes.length - at) * 8)
      throw damaged('fewer blocks than the header says');
    this.bits = new BitReader(bytes.subarray(at));
  }

  /**
   * Opens a file's bytes, which are kept, not copied.
   * @throws VoirsError INVALID_WEIGHTS for another or a damaged format.
   */
  static open(bytes: Uint8Array): CompactLexicon {
    return new CompactLexicon(bytes);
  }

  /** Number of words. */
  get size(): number {
    return this.words;
  }

  /** Every pronunciation of a lower-case word, the usual first; empty where the dictionary lacks it. */
  lookup(word: string): string[][] {
    const target = encodeWord(word);
    if (target === undefined) return [];
    let low = 0;
    let high = this.offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      this.enter(middle);
      if (this.compare(target) <= 0) low = middle;
      else high = middle - 1;
    }
    this.enter(low);
    const count = Math.min(this.blockSize, this.words - low * this.blockSize);
    for (let entry = 0; entry < count; entry++) {
      if (entry > 0) this.readWord();
      const order = this.compare(target);
      if (order > 0) return [];
      const variants = this.readPhones(order === 0);
      if (order === 0) return variants;
    }
    return [];
  }

  /** True where the dictionary has the word. */
  has(word: string): boolean {
    return this.lookup(word).length > 0;
  }

  /** Every word with its pronunciations, in order; for tools and tests. */
  *entries(): Generator<[word: string, pronunciations: string[][]]> {
    for (let block = 0; block < this.offsets.length; block++) {
      const count = Math.min(this.blockSize, this.words - block * this.blockSize);
      let position = this.offsets[block]!;
      this.length = 0;
      for (let entry = 0; entry < count; entry++) {
        this.bits.position = position;
        this.readWord();
        let word = '';
        for (let i = 0; i < this.length; i++) word += LEXICON_LETTERS[this.word[i]!];
        const variants = this.readPhones(true);
        position = this.bits.position;
        const [letters, length] = [this.word.slice(0, this.length), this.length];
        yield [word, variants];
        this.word.set(letters);
        this.length = length;
      }
    }
  }

  private enter(block: number): void {
    this.bits.position = this.offsets[block]!;
    this.length = 0;
    this.readWord();
  }

  private readWord(): void {
    const prefix = this.prefixes.read(this.bits);
    if (prefix < 0 || prefix > this.length) throw damaged('a word without its prefix');
    this.length = prefix;
    for (;;) {
      const letter = this.letters.read(this.bits);
      if (letter === LETTER_END) return;
      if (letter < 0 || this.length === this.word.length) throw damaged('a word without its end');
      this.word[this.length++] = letter;
    }
  }

  private readPhones(keep: boolean): string[][] {
    const variants: string[][] = [];
    let variant: string[] = [];
    for (let read = 0; read < 4096; read++) {
      const phone = this.phones.read(this.bits);
      if (phone < 0) break;
      if (phone < PHONE_NEXT) {
        if (keep) variant.push(PHONES[phone]!);
        continue;
      }
      if (keep) variants.push(variant);
      if (phone === PHONE_END) return variants;
      variant = [];
    }
    throw damaged('a pronunciation without its end');
  }

  /** Order of the entry last read against the target: negative where it comes first. */
  private compare(target: Uint8Array): number {
    const shared = Math.min(this.length, target.length);
    for (let i = 0; i < shared; i++) {
      const difference = this.word[i]! - target[i]!;
      if (difference !== 0) return difference;
    }
    return this.length - target.length;
  }
}

/** Letter codes of a word, or undefined where it has a character that no entry has. */
export function encodeWord(word: string): Uint8Array | undefined {
  if (word.length === 0 || word.length > 64) return undefined;
  const codes = new Uint8Array(word.length);
  for (let i = 0; i < word.length; i++) {
    const code = LEXICON_LETTERS.indexOf(word[i]!);
    if (code < 0) return undefined;
    codes[i] = code;
  }
  return codes;
}

function damaged(got: string): VoirsError {
  return new VoirsError('INVALID_WEIGHTS', 'The pronunciation dictionary cannot be read', {
    got,
    wanted: 'weights/lexicon/cmudict.bin as tools/lexicon/build.ts writes it',
  });
}

// The codes of the file are canonical Huffman codes: they keep it small enough to ship, and it is read
// without unpacking.

/** Longest code that the readers accept, in bits. */
export const MAX_CODE_LENGTH = 24;

/**
 * Code words of a canonical Huffman code, by symbol: shorter first, then by symbol. Length 0 means unused.
 */
export function canonicalCodes(lengths: Uint8Array): Uint32Array {
  const codes = new Uint32Array(lengths.length);
  let code = 0;
  for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] === length) codes[symbol] = code++;
    }
    code <<= 1;
  }
  return codes;
}

/** Reads symbols of a canonical code; one per alphabet. */
class HuffmanDecoder {
  /** Number of codes of each length. */
  private readonly counts = new Uint16Array(MAX_CODE_LENGTH + 1);
  /** Symbols in code order. */
  private readonly symbols: Uint16Array;

  constructor(lengths: Uint8Array) {
    const ordered: number[] = [];
    for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
      for (let symbol = 0; symbol < lengths.length; symbol++) {
        if (lengths[symbol] !== length) continue;
        ordered.push(symbol);
        this.counts[length]! += 1;
      }
    }
    this.symbols = Uint16Array.from(ordered);
  }

  /** The next symbol, or -1 where the bits spell none (a damaged file). */
  read(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_CODE_LENGTH; length++) {
      code |= bits.bit();
      const count = this.counts[length]!;
      if (code - first < count) return this.symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    return -1;
  }
}

/** Reads bits, most significant first, from any bit position; past the end it reads zeros. */
class BitReader {
  position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  bit(): number {
    const byte = this.bytes[this.position >> 3] ?? 0;
    const bit = (byte >> (7 - (this.position & 7))) & 1;
    this.position += 1;
    return bit;
  }
}
