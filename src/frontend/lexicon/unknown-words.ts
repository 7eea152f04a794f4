// Decides how a word is spoken that no list has: what the rules derive, held against what its letters suggest.
import { type Derivation, type DerivationRule, derivations, type Known, splitApostrophe } from './derive.js';
import { letterNames } from './inflect.js';
import type { LetterToSound } from './letter-to-sound.js';

/*
 * A rule alone is often wrong ("petition" is not pet + it + ion), the letters alone miss what the parts say for certain.
 * So each derived form is scored by the letter-to-sound model, as the probability that the letters sound so, and gains
 * a bonus for being made of known parts. The bonuses were tuned on a development split of CMUdict
 * (tools/lexicon/evaluate-lts.ts --tune), not on the split that is reported.
 */

/** Nats that a derived form gains over the free guess, by rule. */
export type RuleBonuses = Record<DerivationRule, number>;

/** The tuned bonuses. Apostrophe endings are split off first, so their own hardly matter. */
export const BONUSES: RuleBonuses = {
  possessive: 4,
  contraction: 4,
  plural: 6,
  past: 6,
  suffix: 2,
  prefix: 2,
  compound: 2,
};

/** How an unknown word is spoken, and what said so. */
export interface UnknownWord {
  phones: string[];
  provenance: 'derived' | 'spelled' | 'letter-to-sound';
}

/** Pronounces a lower-case word that `known` lacks. */
export function pronounceUnknown(
  word: string,
  known: Known,
  letterToSound: LetterToSound,
  bonuses: RuleBonuses = BONUSES,
): UnknownWord {
  const split = splitApostrophe(word);
  if (split !== undefined) {
    const listed = known(split.base);
    if (listed !== undefined) return { phones: split.build(listed), provenance: 'derived' };
    const base = pronounceUnknown(split.base, known, letterToSound, bonuses);
    if (base.phones.length > 0) return { ...base, phones: split.build(base.phones) };
  }
  // No vowel to speak it with: "html", "xkcd".
  if (/^[b-df-hj-np-tv-xz]{2,6}$/.test(word)) return { phones: letterNames(word), provenance: 'spelled' };
  const guess = letterToSound.guess(word);
  let best: { phones: string[]; cost: number; derivation?: Derivation } = guess;
  const seen = new Set<string>();
  for (const derivation of derivations(word, known)) {
    const key = derivation.phones.join(' ');
    if (seen.has(key)) continue;
    seen.add(key);
    const reading = letterToSound.explain(word, derivation.phones);
    if (reading === undefined) continue;
    const cost = reading.cost - bonuses[derivation.rule];
    if (cost < best.cost) best = { phones: derivation.phones, cost, derivation };
  }
  return { phones: best.phones, provenance: best.derivation ? 'derived' : 'letter-to-sound' };
}
