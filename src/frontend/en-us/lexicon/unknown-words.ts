// Decides how a word that no list has is spoken: compares what the rules derive with what its letters
// suggest.
import { type Derivation, type DerivationRule, derivations, type Known, splitApostrophe } from './derive.js';
import { letterNames } from './inflect.js';
import type { LetterToSound } from './letter-to-sound.js';

/*
 * A rule alone is often wrong ("petition" is not pet + it + ion); the letters alone miss what is certain of
 * the parts. So the letter-to-sound model scores each derived form, as the probability that the letters sound
 * so, and the form gains a bonus for being made of known parts. The bonuses were tuned on a development split
 * of CMUdict (tools/lexicon/evaluate-lts.ts --tune), not on the split that is reported.
 */

/** Nats that a derived form gains over the free guess, by rule. */
export type RuleBonuses = Record<DerivationRule, number>;

/** The tuned bonuses. Apostrophe endings are split off first, so that theirs have little effect. */
export const BONUSES: RuleBonuses = {
  possessive: 4,
  contraction: 4,
  plural: 6,
  past: 6,
  suffix: 2,
  prefix: 2,
  compound: 2,
};

/** How an unknown word is spoken, and by which means. */
interface UnknownWord {
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
  // Without a vowel a word is spelled: "html", "xkcd".
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
