// Measures letter-to-sound against the dictionary: phone error rate and word accuracy on a seeded held-out
// split.
import { withoutStress } from '../../src/frontend/phonemes.js';
import type { DictionaryEntry } from './cmudict-source.js';

/** Words for training and held-out words. */
export interface Split {
  train: DictionaryEntry[];
  heldOut: DictionaryEntry[];
}

/** Splits by word: a word and all its pronunciations are on one side. Same seed, same split. */
export function split(entries: readonly DictionaryEntry[], seed: number, share: number): Split {
  const eligible = entries.filter(({ word }) => /^[a-z']+$/.test(word));
  const order = eligible.map((_, index) => index);
  let state = seed >>> 0;
  const random = (): number => {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const held = new Set(order.slice(0, Math.round(eligible.length * share)));
  return {
    train: eligible.filter((_, index) => !held.has(index)),
    heldOut: eligible.filter((_, index) => held.has(index)),
  };
}

/** Figures over a set of words; rates are fractions. */
export interface Score {
  words: number;
  phoneErrorRate: number;
  phoneErrorRateWithStress: number;
  wordAccuracy: number;
  wordAccuracyWithStress: number;
}

/** Scores guesses; each is compared with the nearest listed pronunciation, whose length counts. */
export function score(entries: readonly DictionaryEntry[], pronounce: (word: string) => string[]): Score {
  const plain = { errors: 0, phones: 0, right: 0 };
  const stressed = { errors: 0, phones: 0, right: 0 };
  const tally = (sums: typeof plain, guess: string[], variants: string[][]): void => {
    const distances = variants.map((variant) => editDistance(guess, variant));
    const nearest = distances.indexOf(Math.min(...distances));
    sums.errors += distances[nearest]!;
    sums.phones += variants[nearest]!.length;
    sums.right += distances[nearest] === 0 ? 1 : 0;
  };
  for (const { word, pronunciations } of entries) {
    const guess = pronounce(word);
    tally(stressed, guess, pronunciations);
    tally(
      plain,
      guess.map(withoutStress),
      pronunciations.map((variant) => variant.map(withoutStress)),
    );
  }
  return {
    words: entries.length,
    phoneErrorRate: plain.errors / plain.phones,
    phoneErrorRateWithStress: stressed.errors / stressed.phones,
    wordAccuracy: plain.right / entries.length,
    wordAccuracyWithStress: stressed.right / entries.length,
  };
}

/** Levenshtein distance in phones. */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
