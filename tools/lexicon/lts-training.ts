// Trains a letter-to-sound model from dictionary entries and packs it, for training and evaluation.
import {
  MODEL_MAGIC,
  STEP,
  UNIT_END,
  UNIT_START,
  WEIGHT_ZERO,
} from '../../src/frontend/en-us/lexicon/letter-to-sound-model.js';
import { align, pairsOf, unitOf } from './align.js';
import type { DictionaryEntry } from './cmudict-source.js';
import { type BackoffModel, estimate } from './kneser-ney.js';
import { NgramTrie } from './ngram-trie.js';

/** The parameters of training. */
export interface TrainingOptions {
  /** Longest n-gram, in units. */
  order: number;
  /** Pruning: nats of training data an n-gram must save. */
  threshold: number;
  /** Units seen fewer times are noise of the alignment; words that need them are left out. */
  minimumUnitCount: number;
  /** Rounds of expectation maximisation in the alignment. */
  iterations: number;
}

/** The configuration of the shipped model. */
export const SHIPPED: TrainingOptions = { order: 8, threshold: 1, minimumUnitCount: 3, iterations: 12 };

/** The model file's bytes. */
export function trainLetterToSound(
  entries: readonly DictionaryEntry[],
  options: TrainingOptions = SHIPPED,
): Uint8Array {
  const alignments = align(pairsOf(entries), options.iterations).filter((alignment) => alignment !== null);
  const counts = new Map<number, number>();
  for (const alignment of alignments)
    for (const key of alignment) counts.set(key, (counts.get(key) ?? 0) + 1);
  const keys = [...counts].filter(([, count]) => count >= options.minimumUnitCount).map(([key]) => key);
  const numbers = new Map(keys.sort((a, b) => a - b).map((key, index) => [key, index + 2]));
  const sequences = alignments
    .map((alignment) => [UNIT_START, ...alignment.map((key) => numbers.get(key) ?? -1), UNIT_END])
    .filter((sequence) => !sequence.includes(-1));
  const trie = new NgramTrie(
    Math.min(12_000_000, sequences.reduce((sum, s) => sum + s.length, 1) * options.order),
  );
  for (const sequence of sequences) trie.add(sequence, options.order);
  const model = estimate(trie, options.order, keys.length + 2, options.threshold);
  return pack(model, keys, options.order);
}

function pack(model: BackoffModel, keys: readonly number[], order: number): Uint8Array {
  const { trie, kept } = model;
  const children = new Map<number, number[]>();
  for (let node = 1; node < trie.size; node++) {
    if (kept[node] === 0) continue;
    const list = children.get(trie.parent[node]!);
    if (list === undefined) children.set(trie.parent[node]!, [node]);
    else list.push(node);
  }
  const levels: number[][] = [[0]];
  for (let depth = 1; depth <= order; depth++) {
    levels.push(
      levels[depth - 1]!.flatMap((node) =>
        (children.get(node) ?? []).sort((a, b) => trie.symbol[a]! - trie.symbol[b]!),
      ),
    );
  }
  const nodes = levels.slice(1).flat();
  const inner = levels.slice(0, -1).flat();
  const bytes: number[] = [];
  const u16 = (value: number): void => void bytes.push(value & 255, (value >> 8) & 255);
  const u32 = (value: number): void => {
    u16(value & 0xffff);
    u16(value >>> 16);
  };
  u32(MODEL_MAGIC);
  bytes.push(order, 0);
  u16(keys.length + 2);
  for (const level of levels.slice(1)) u32(level.length);
  bytes.push(0, 0, 0, 0, 0, 0, 0, 0);
  for (const { letters, phones } of keys.map(unitOf)) bytes.push(...letters, ...phones);
  for (const node of nodes) u16(trie.symbol[node]!);
  for (const node of nodes) bytes.push(quantise(-model.logProb[node]! / STEP));
  for (const node of inner) bytes.push(quantise(WEIGHT_ZERO + model.logBackoff[node]! / STEP));
  for (const node of inner) {
    const count = children.get(node)?.length ?? 0;
    if (count < 255) bytes.push(count);
    else bytes.push(255, count & 255, (count >> 8) & 255, count >> 16);
  }
  return Uint8Array.from(bytes);
}

function quantise(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}
