// Aligns letters with phones by expectation maximisation, which turns a dictionary into sequences of joint
// units.
import { PHONES, phoneIndex } from '../../src/frontend/phonemes.js';
import type { DictionaryEntry } from './cmudict-source.js';

/*
 * Units as in Jiampojamarn et al., "Applying Many-to-Many Alignments and Hidden Markov Models to
 * Letter-to-Phoneme Conversion" (NAACL 2007): one letter to zero, one or two phones, or two letters to one
 * phone.
 */

/** Letters that the model reads; 0 stands for "no second letter". */
export const UNIT_LETTERS = "'abcdefghijklmnopqrstuvwxyz";
const L = UNIT_LETTERS.length + 1;
const P = PHONES.length + 1;

/** A joint unit as letter and phone codes, 1-based; 0 is absent. */
export interface Unit {
  letters: [first: number, second: number];
  phones: [first: number, second: number];
}

/** One aligned pronunciation: keys of units in order. */
export type Alignment = number[];

const key = (l1: number, l2: number, p1: number, p2: number): number => ((l1 * L + l2) * P + p1) * P + p2;

/** The unit of a key. */
export function unitOf(unitKey: number): Unit {
  const p2 = unitKey % P;
  const p1 = Math.floor(unitKey / P) % P;
  const letters = Math.floor(unitKey / (P * P));
  return { letters: [Math.floor(letters / L), letters % L], phones: [p1, p2] };
}

interface Pair {
  letters: Uint8Array;
  phones: Uint8Array;
}

/** Every pronunciation as codes; leaves out words with characters other than letters and apostrophes. */
export function pairsOf(entries: readonly DictionaryEntry[]): Pair[] {
  return entries
    .filter(({ word }) => [...word].every((letter) => UNIT_LETTERS.includes(letter)))
    .flatMap(({ word, pronunciations }) => {
      const letters = Uint8Array.from(word, (letter) => UNIT_LETTERS.indexOf(letter) + 1);
      return pronunciations.map((phones) => ({
        letters,
        phones: Uint8Array.from(phones, (phone) => phoneIndex(phone)! + 1),
      }));
    });
}

/** Calls `visit` for every unit that may start at (i, j): its key and how far it reaches. */
function eachUnit(
  pair: Pair,
  i: number,
  j: number,
  visit: (key: number, letters: number, phones: number) => void,
): void {
  const { letters, phones } = pair;
  const left = phones.length - j;
  visit(key(letters[i]!, 0, 0, 0), 1, 0);
  if (left >= 1) visit(key(letters[i]!, 0, phones[j]!, 0), 1, 1);
  if (left >= 2) visit(key(letters[i]!, 0, phones[j]!, phones[j + 1]!), 1, 2);
  if (left >= 1 && i + 1 < letters.length) visit(key(letters[i]!, letters[i + 1]!, phones[j]!, 0), 2, 1);
}

/** The most probable segmentation of each pair, null where it has none (more than two phones a letter). */
export function align(pairs: readonly Pair[], iterations = 6): (Alignment | null)[] {
  let weights = new Float64Array(L * L * P * P).fill(1e-3);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const counts = new Float64Array(weights.length);
    for (const pair of pairs) expect(pair, weights, counts);
    let total = 0;
    for (const count of counts) total += count;
    weights = counts.map((count) => count / total);
  }
  return pairs.map((pair) => viterbi(pair, weights));
}

const alpha = new Float64Array(1 << 14);
const beta = new Float64Array(1 << 14);

/** Forward-backward over the lattice of one pair: adds each unit's posterior to the counts. */
function expect(pair: Pair, weights: Float64Array, counts: Float64Array): void {
  const [n, m] = [pair.letters.length, pair.phones.length];
  const row = m + 1;
  alpha.fill(0, 0, (n + 1) * row);
  beta.fill(0, 0, (n + 1) * row);
  alpha[0] = 1;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= m; j++) {
      const here = alpha[i * row + j]!;
      if (here > 0) eachUnit(pair, i, j, (k, a, b) => (alpha[(i + a) * row + j + b]! += here * weights[k]!));
    }
  }
  const total = alpha[n * row + m]!;
  if (!(total > 0)) return;
  beta[n * row + m] = 1;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m; j >= 0; j--) {
      const here = alpha[i * row + j]!;
      let sum = 0;
      eachUnit(pair, i, j, (k, a, b) => {
        const through = weights[k]! * beta[(i + a) * row + j + b]!;
        sum += through;
        if (here > 0 && through > 0) counts[k]! += (here * through) / total;
      });
      beta[i * row + j] = sum;
    }
  }
}

function viterbi(pair: Pair, weights: Float64Array): Alignment | null {
  const [n, m] = [pair.letters.length, pair.phones.length];
  const row = m + 1;
  const best = new Float64Array((n + 1) * row);
  const unit = new Int32Array((n + 1) * row);
  const from = new Int32Array((n + 1) * row);
  best[0] = 1;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= m; j++) {
      const here = best[i * row + j]!;
      if (here === 0) continue;
      eachUnit(pair, i, j, (k, a, b) => {
        const to = (i + a) * row + j + b;
        const score = here * weights[k]!;
        if (score <= best[to]!) return;
        best[to] = score;
        unit[to] = k;
        from[to] = i * row + j;
      });
    }
  }
  if (best[n * row + m] === 0) return null;
  const alignment: Alignment = [];
  for (let at = n * row + m; at > 0; at = from[at]!) alignment.push(unit[at]!);
  return alignment.reverse();
}
