// Writes the Huffman-coded bit streams that src/frontend/en-us/lexicon/compact-lexicon.ts reads; only the build
// needs it.
import { canonicalCodes, MAX_CODE_LENGTH } from '../../src/frontend/en-us/lexicon/compact-lexicon.js';

/** Collects bits, most significant first. */
export class BitWriter {
  private bytes = new Uint8Array(1 << 16);
  position = 0;

  write(value: number, length: number): void {
    for (let i = length - 1; i >= 0; i--) {
      if (this.position >> 3 === this.bytes.length) {
        const larger = new Uint8Array(this.bytes.length * 2);
        larger.set(this.bytes);
        this.bytes = larger;
      }
      if ((value >>> i) & 1) this.bytes[this.position >> 3]! |= 128 >> (this.position & 7);
      this.position += 1;
    }
  }

  finish(): Uint8Array {
    return this.bytes.slice(0, (this.position + 7) >> 3);
  }
}

/** A code built from symbol counts. */
export class HuffmanEncoder {
  readonly lengths: Uint8Array;
  private readonly codes: Uint32Array;

  constructor(counts: ArrayLike<number>) {
    this.lengths = codeLengths(counts);
    this.codes = canonicalCodes(this.lengths);
  }

  write(bits: BitWriter, symbol: number): void {
    const length = this.lengths[symbol] ?? 0;
    if (length === 0) throw new Error(`symbol ${symbol} has no code: its count is 0`);
    bits.write(this.codes[symbol]!, length);
  }
}

/** Huffman code lengths; symbols with count 0 get none. */
function codeLengths(counts: ArrayLike<number>): Uint8Array {
  type Node = { weight: number; symbols: number[] };
  const lengths = new Uint8Array(counts.length);
  let nodes: Node[] = [];
  for (let symbol = 0; symbol < counts.length; symbol++) {
    if (counts[symbol]! > 0) nodes.push({ weight: counts[symbol]!, symbols: [symbol] });
  }
  if (nodes.length === 1) lengths[nodes[0]!.symbols[0]!] = 1;
  while (nodes.length > 1) {
    nodes.sort((a, b) => b.weight - a.weight);
    const [right, left] = [nodes.pop()!, nodes.pop()!];
    const merged = { weight: left.weight + right.weight, symbols: [...left.symbols, ...right.symbols] };
    for (const symbol of merged.symbols) lengths[symbol]! += 1;
    nodes = [...nodes, merged];
  }
  if (lengths.some((length) => length > MAX_CODE_LENGTH))
    throw new Error(`a Huffman code is longer than ${MAX_CODE_LENGTH} bits, the reader's limit`);
  return lengths;
}
