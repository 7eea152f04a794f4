// Counts n-grams of joint units in a trie of typed arrays, which hold millions of nodes without an object
// each.

/** A trie over unit numbers; node 0 is the root, parents have smaller numbers than their children. */
export class NgramTrie {
  readonly parent: Int32Array;
  readonly symbol: Uint16Array;
  readonly depth: Uint8Array;
  /** How often the n-gram occurs. */
  readonly count: Uint32Array;
  size = 1;
  private readonly table: Int32Array;
  private readonly mask: number;

  constructor(capacity: number) {
    this.parent = new Int32Array(capacity);
    this.symbol = new Uint16Array(capacity);
    this.depth = new Uint8Array(capacity);
    this.count = new Uint32Array(capacity);
    this.table = new Int32Array(1 << Math.ceil(Math.log2(capacity * 1.5)));
    this.mask = this.table.length - 1;
  }

  /** Adds every n-gram up to `order` of a sequence. */
  add(sequence: readonly number[], order: number): void {
    for (let start = 0; start < sequence.length; start++) {
      let node = 0;
      const end = Math.min(sequence.length, start + order);
      for (let i = start; i < end; i++) {
        node = this.child(node, sequence[i]!, true);
        this.count[node]! += 1;
      }
    }
  }

  /** The node of (parent, symbol); 0 where there is none and `create` is false. */
  child(parent: number, symbol: number, create = false): number {
    let slot = (Math.imul(parent, 0x9e3779b1) ^ Math.imul(symbol + 1, 0x85ebca6b)) >>> 0;
    slot = (slot ^ (slot >>> 15)) & this.mask;
    for (;;) {
      const node = this.table[slot]!;
      if (node === 0) break;
      if (this.parent[node] === parent && this.symbol[node] === symbol) return node;
      slot = (slot + 1) & this.mask;
    }
    if (!create) return 0;
    if (this.size === this.parent.length) throw new Error('the n-gram trie is full');
    const node = this.size++;
    this.table[slot] = node;
    this.parent[node] = parent;
    this.symbol[node] = symbol;
    this.depth[node] = this.depth[parent]! + 1;
    return node;
  }

  /** For each node the node of the same n-gram without its first unit. */
  suffixes(): Int32Array {
    const suffix = new Int32Array(this.size);
    for (let node = 1; node < this.size; node++) {
      const parent = this.parent[node]!;
      suffix[node] = parent === 0 ? 0 : this.child(suffix[parent]!, this.symbol[node]!);
    }
    return suffix;
  }
}
