// The letter-to-sound model's bytes as a searchable n-gram trie, opened in two passes over small arrays.
import { VoirsError } from '../../../errors.js';
import { PHONES } from '../../phonemes.js';

/*
 * Layout (little-endian): magic "VLS1", u8 order, u8 0, u16 units, u32 node count per depth (order of them),
 * then the units, four bytes each: two letter codes, two phone codes (1-based, 0 absent; units 0 and 1 are a
 * word's start and end). Then, with the nodes of each depth after those of the depth before and siblings by
 * unit: u16 unit of every node; u8 probability of every node; u8 back-off weight and child count (one byte,
 * or 255 and three) of every node above the last depth, the root first. Probabilities are -ln p / STEP,
 * weights ln w / STEP + WEIGHT_ZERO.
 */

export const MODEL_MAGIC = 0x31534c56;
/** Nats per step of the quantised logarithms. */
export const STEP = 0.06;
/** The byte that stands for a back-off weight of one. */
export const WEIGHT_ZERO = 192;
/** Letters a unit may have; code 0 is "none", so a letter's code is its index plus one. */
export const MODEL_LETTERS = "'abcdefghijklmnopqrstuvwxyz";

/** Unit numbers that are no letters. */
export const UNIT_START = 0;
export const UNIT_END = 1;

/** A joint unit: one or two letters with the phones (none, one or two) that they stand for. */
interface JointUnit {
  letters: number;
  phones: readonly string[];
}

/** An n-gram back-off model of joint units, read in place. */
export class LetterToSoundModel {
  readonly units: readonly JointUnit[];
  /** Units of one letter, by letter code. */
  readonly single: readonly (readonly number[])[];
  /** Units of two letters, by first code * 32 + second. */
  readonly double: ReadonlyMap<number, readonly number[]>;
  /** Unit of each node; the root has none. */
  private readonly symbols: Uint16Array;
  private readonly costs: Uint8Array;
  private readonly weights: Uint8Array;
  /** First child of each inner node; the next node's entry ends the list. */
  private readonly children: Uint32Array;
  /** Filled as nodes are reached, which keeps opening cheap: a node's parent, and its suffix plus one. */
  private readonly parents: Int32Array;
  private readonly suffixes: Int32Array;
  private readonly inner: number;

  private constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length < 8 || view.getUint32(0, true) !== MODEL_MAGIC) throw damaged('no model header');
    const order = bytes[4]!;
    const unitCount = view.getUint16(6, true);
    let at = 8 + order * 4 + unitCount * 4;
    if (order < 2 || unitCount < 3 || at > bytes.length) throw damaged('a header cut short');
    let nodes = 1;
    for (let depth = 0; depth < order; depth++) nodes += view.getUint32(8 + depth * 4, true);
    const lastDepth = view.getUint32(8 + (order - 1) * 4, true);
    this.inner = nodes - lastDepth;
    if (at + (nodes - 1) * 3 > bytes.length) throw damaged(`${bytes.length} bytes for ${nodes} nodes`);
    const units: JointUnit[] = [];
    const single: number[][] = Array.from({ length: 32 }, () => []);
    const double = new Map<number, number[]>();
    for (let unit = 0; unit < unitCount; unit++) {
      const [l1, l2, p1, p2] = bytes.subarray(8 + order * 4 + unit * 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      if (
        l1 > MODEL_LETTERS.length ||
        l2 > MODEL_LETTERS.length ||
        p1 > PHONES.length ||
        p2 > PHONES.length
      ) {
        throw damaged(`unit ${unit} outside the alphabets`);
      }
      units.push({
        letters: l2 === 0 ? 1 : 2,
        phones: [p1, p2].filter((p) => p > 0).map((p) => PHONES[p - 1]!),
      });
      if (unit <= UNIT_END) continue;
      if (l2 === 0) single[l1]!.push(unit);
      else double.set(l1 * 32 + l2, [...(double.get(l1 * 32 + l2) ?? []), unit]);
    }
    this.units = units;
    this.single = single;
    this.double = double;
    // The two bytes before the first unit stand in for the root's; the copy is aligned.
    this.symbols = littleEndian(bytes.subarray(at - 2, at - 2 + nodes * 2));
    at += (nodes - 1) * 2;
    this.costs = bytes.subarray(at - 1, at - 1 + nodes);
    at += nodes - 1;
    this.weights = bytes.subarray(at, at + this.inner);
    at += this.inner;
    this.children = new Uint32Array(this.inner + 1);
    this.parents = new Int32Array(nodes);
    let next = 1;
    for (let node = 0; node < this.inner; node++) {
      this.children[node] = next;
      let count = bytes[at++]!;
      if (count === 255) {
        count = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16);
        at += 3;
      }
      if (next + count > nodes) throw damaged('more children than nodes');
      next += count;
    }
    this.children[this.inner] = next;
    if (next !== nodes || at !== bytes.length) throw damaged('a trie that does not add up');
    this.suffixes = new Int32Array(nodes);
  }

  /** @throws VoirsError INVALID_WEIGHTS for another or a damaged format. */
  static open(bytes: Uint8Array): LetterToSoundModel {
    return new LetterToSoundModel(bytes);
  }

  /** Number of n-grams. */
  get size(): number {
    return this.symbols.length - 1;
  }

  /** The node of a context extended by a unit, or 0 where the model does not list it. */
  child(node: number, unit: number): number {
    if (node >= this.inner) return 0;
    let low = this.children[node]!;
    let high = this.children[node + 1]! - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const symbol = this.symbols[middle]!;
      if (symbol === unit) {
        this.parents[middle] = node;
        return middle;
      }
      if (symbol < unit) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }

  /** -ln p(last unit | context) of a listed n-gram, in nats. */
  cost(node: number): number {
    return this.costs[node]! * STEP;
  }

  /** The cost of leaving a context for its suffix, in nats (may be negative). */
  backoffCost(node: number): number {
    return node < this.inner ? (WEIGHT_ZERO - this.weights[node]!) * STEP : 0;
  }

  /** The longest listed proper suffix of the n-gram of a node that `child` returned. */
  suffix(node: number): number {
    const known = this.suffixes[node]!;
    if (known > 0) return known - 1;
    const parent = this.parents[node]!;
    let found = 0;
    if (parent > 0) {
      let at = parent;
      do {
        at = this.suffix(at);
        found = this.child(at, this.symbols[node]!);
      } while (found === 0 && at !== 0);
    }
    this.suffixes[node] = found + 1;
    return found;
  }
}

/** A copy of 16-bit numbers of a little-endian file, in this machine's byte order. */
function littleEndian(bytes: Uint8Array): Uint16Array {
  const numbers = new Uint16Array(bytes.length >> 1);
  new Uint8Array(numbers.buffer).set(bytes);
  if (new Uint8Array(new Uint16Array([1]).buffer)[0] === 1) return numbers;
  return numbers.map((number) => ((number & 255) << 8) | (number >> 8));
}

function damaged(got: string): VoirsError {
  return new VoirsError('INVALID_WEIGHTS', 'The letter-to-sound model cannot be read', {
    got,
    wanted: 'weights/lexicon/letter-to-sound.bin as tools/lexicon/train-lts.ts writes it',
  });
}
