// Canonical Huffman codes: what keeps the dictionary small enough to ship and readable in place, without unpacking.

/** Longest code that the readers accept, in bits. */
export const MAX_CODE_LENGTH = 24;

/** Code words of a canonical Huffman code, by symbol: shorter first, then by symbol. Length 0 means unused. */
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
export class HuffmanDecoder {
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
export class BitReader {
  position = 0;

  constructor(private readonly bytes: Uint8Array) {}

  bit(): number {
    const byte = this.bytes[this.position >> 3] ?? 0;
    const bit = (byte >> (7 - (this.position & 7))) & 1;
    this.position += 1;
    return bit;
  }
}
