// Turns n-gram counts into a smoothed, pruned back-off model: modified Kneser-Ney (Chen & Goodman 1998).
import type { NgramTrie } from './ngram-trie.js';

/** Unit numbers of a word's beginning and end. */
export const START = 0;
export const END = 1;

/** A back-off model over the trie's nodes. */
export interface BackoffModel {
  trie: NgramTrie;
  /** ln p(symbol | parent) of each node. */
  logProb: Float64Array;
  /** ln of the weight given to the shorter context when a node lacks a child. */
  logBackoff: Float64Array;
  /** 1 for the nodes that pruning left. */
  kept: Uint8Array;
}

/**
 * Estimates and prunes. A leaf n-gram goes when leaving its prediction to the shorter context costs less than
 * `threshold` nats over the training data (Seymore & Rosenfeld 1996).
 */
export function estimate(
  trie: NgramTrie,
  order: number,
  vocabulary: number,
  threshold: number,
): BackoffModel {
  const suffix = trie.suffixes();
  const counts = kneserNeyCounts(trie, suffix, order);
  const discounts = discountsByOrder(trie, counts, order);
  const total = new Float64Array(trie.size);
  const freed = new Float64Array(trie.size);
  for (let node = 1; node < trie.size; node++) {
    if (counts[node] === 0) continue;
    const parent = trie.parent[node]!;
    total[parent]! += counts[node]!;
    freed[parent]! += discounts[trie.depth[node]!]![Math.min(3, counts[node]!)]!;
  }
  const prob = new Float64Array(trie.size);
  const ordered = byDepth(trie);
  for (const node of ordered) {
    const parent = trie.parent[node]!;
    if (total[parent] === 0 || (parent === 0 && trie.symbol[node] === START)) continue;
    const count = counts[node]!;
    const kept = Math.max(0, count - discounts[trie.depth[node]!]![Math.min(3, count)]!);
    const lower = parent === 0 ? 1 / (vocabulary - 1) : prob[suffix[node]!]!;
    prob[node] = (kept + freed[parent]! * lower) / total[parent]!;
  }
  const kept = prune(trie, suffix, prob, freed, total, ordered, threshold);
  return normalise(trie, suffix, prob, kept, ordered);
}

/** Raw counts for the longest n-grams and for those that begin a word, continuation counts for the rest. */
function kneserNeyCounts(trie: NgramTrie, suffix: Int32Array, order: number): Uint32Array {
  const counts = new Uint32Array(trie.size);
  const first = new Uint16Array(trie.size);
  for (let node = 1; node < trie.size; node++) {
    const parent = trie.parent[node]!;
    first[node] = parent === 0 ? trie.symbol[node]! : first[parent]!;
    if (trie.depth[node] === order || first[node] === START) counts[node] = trie.count[node]!;
    if (trie.depth[node]! > 1) counts[suffix[node]!]! += first[suffix[node]!] === START ? 0 : 1;
  }
  counts[trie.child(0, START)] = 0;
  return counts;
}

function discountsByOrder(trie: NgramTrie, counts: Uint32Array, order: number): number[][] {
  return Array.from({ length: order + 1 }, (_, depth) => {
    const n = [0, 0, 0, 0, 0];
    for (let node = 1; node < trie.size; node++) {
      if (trie.depth[node] === depth && counts[node]! > 0 && counts[node]! <= 4) n[counts[node]!]! += 1;
    }
    const [, n1, n2, n3, n4] = n as [number, number, number, number, number];
    const y = n1 / Math.max(1, n1 + 2 * n2);
    const discount = (count: number, here: number, next: number): number =>
      here > 0
        ? Math.min(count * 0.95, Math.max(0.05, count - ((count + 1) * y * next) / here))
        : count * 0.5;
    return [0, discount(1, n1, n2), discount(2, n2, n3), discount(3, n3, n4)];
  });
}

/** Every node but the root, shorter n-grams first. */
function byDepth(trie: NgramTrie): Int32Array {
  const starts = new Int32Array(258);
  for (let node = 1; node < trie.size; node++) starts[trie.depth[node]! + 1]! += 1;
  for (let depth = 1; depth < starts.length; depth++) starts[depth]! += starts[depth - 1]!;
  const nodes = new Int32Array(trie.size - 1);
  for (let node = 1; node < trie.size; node++) nodes[starts[trie.depth[node]!]!++] = node;
  return nodes;
}

function prune(
  trie: NgramTrie,
  suffix: Int32Array,
  prob: Float64Array,
  freed: Float64Array,
  total: Float64Array,
  order: Int32Array,
  threshold: number,
): Uint8Array {
  const kept = new Uint8Array(trie.size).fill(1);
  const needed = new Uint8Array(trie.size);
  for (let at = order.length - 1; at >= 0; at--) {
    const node = order[at]!;
    const parent = trie.parent[node]!;
    if (prob[node] === 0 && parent !== 0) kept[node] = 0;
    if (trie.depth[node]! > 1 && needed[node] === 0 && kept[node] === 1) {
      const backedOff = (freed[parent]! / total[parent]!) * prob[suffix[node]!]!;
      const loss = trie.count[node]! * Math.log(prob[node]! / backedOff);
      if (loss < threshold) kept[node] = 0;
    }
    if (kept[node] === 1) needed[parent] = 1;
  }
  return kept;
}

/** Back-off weights that make every context's probabilities sum to one after pruning. */
function normalise(
  trie: NgramTrie,
  suffix: Int32Array,
  prob: Float64Array,
  kept: Uint8Array,
  order: Int32Array,
): BackoffModel {
  const logProb = prob.map((p) => Math.log(p));
  const logBackoff = new Float64Array(trie.size);
  const backoffProb = (context: number, symbol: number): number => {
    let weight = 0;
    for (let at = context; ; at = suffix[at]!) {
      const node = trie.child(at, symbol);
      if (node !== 0 && kept[node] === 1) return Math.exp(weight + logProb[node]!);
      if (at === 0) return 0;
      weight += logBackoff[at]!;
    }
  };
  const explicit = new Float64Array(trie.size);
  const implied = new Float64Array(trie.size);
  let finished = 0;
  const finish = (depth: number): void => {
    for (; finished < order.length && trie.depth[order[finished]!]! < depth; finished++) {
      const context = order[finished]!;
      if (explicit[context]! > 0) {
        logBackoff[context] = Math.log(
          Math.max(1e-6, 1 - explicit[context]!) / Math.max(1e-6, 1 - implied[context]!),
        );
      }
    }
  };
  let depth = 1;
  for (const node of order) {
    if (trie.depth[node]! > depth) {
      // Children at this depth have contexts one shorter, whose own back-offs must be final first.
      depth = trie.depth[node]!;
      finish(depth - 1);
    }
    const parent = trie.parent[node]!;
    if (kept[node] === 0 || parent === 0) continue;
    explicit[parent]! += prob[node]!;
    implied[parent]! += backoffProb(suffix[parent]!, trie.symbol[node]!);
  }
  finish(Number.POSITIVE_INFINITY);
  return { trie, logProb, logBackoff, kept };
}
