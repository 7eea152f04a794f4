// Derives pronunciations of a word that the dictionary lacks from words that it has: inflections, affixes,
// compounds.
import affixes from '../data/affixes.json' with { type: 'json' };
import {
  demoted,
  isStressed,
  stemsBeforeVowel,
  withContraction,
  withEd,
  withS,
  withSuffix,
} from './inflect.js';

/** Phones of a known word, or undefined. */
export type Known = (word: string) => readonly string[] | undefined;

/** Which rule made a pronunciation. */
export type DerivationRule =
  | 'possessive'
  | 'contraction'
  | 'plural'
  | 'past'
  | 'suffix'
  | 'prefix'
  | 'compound';

/** A proposed pronunciation. */
export interface Derivation {
  phones: string[];
  rule: DerivationRule;
}

/** No derived word of English is longer; this also bounds the work on hostile input. */
const LONGEST = 40;

const contractions = Object.entries(affixes.contractions);
const suffixes = parsed(affixes.suffixes);
const vowelSuffixes = parsed(affixes.vowelSuffixes);
const prefixes = parsed(affixes.prefixes);

/**
 * Splits off an apostrophe ending, whose sound follows from the base's: the base and a function from its
 * phones to the word's, or undefined. Works on any base, known or not.
 */
export function splitApostrophe(
  word: string,
): { base: string; rule: DerivationRule; build: (phones: readonly string[]) => string[] } | undefined {
  if (!word.includes("'") || word.length < 3 || word.length > LONGEST) return undefined;
  if (word.endsWith("'s")) return { base: word.slice(0, -2), rule: 'possessive', build: withS };
  // The apostrophe after a plural is silent: dogs', James'.
  if (word.endsWith("s'"))
    return { base: word.slice(0, -1), rule: 'possessive', build: (phones) => [...phones] };
  for (const [ending, form] of contractions) {
    if (!word.endsWith(ending)) continue;
    const build = (phones: readonly string[]): string[] => withContraction(phones, form);
    return { base: word.slice(0, -ending.length), rule: 'contraction', build };
  }
  if (word.startsWith("'"))
    return { base: word.slice(1), rule: 'contraction', build: (phones) => [...phones] };
  return undefined;
}

/** Every pronunciation that a rule derives from known words; the caller chooses (see `unknown-words.ts`). */
export function derivations(word: string, known: Known): Derivation[] {
  if (word.length < 4 || word.length > LONGEST) return [];
  const found: Derivation[] = [];
  const inflected = (stem: string): readonly string[] | undefined =>
    known(stem) ?? firstOf(affixed(stem, known));
  plurals(word, inflected, found);
  pasts(word, inflected, found);
  found.push(
    ...affixed(
      word,
      (stem) => known(stem) ?? firstOf(suffixed(stem, known)) ?? firstOf(prefixed(stem, known)),
    ),
  );
  compounds(word, known, found);
  return found;
}

function affixed(word: string, known: Known): Derivation[] {
  return [...suffixed(word, known), ...prefixed(word, known)];
}

function firstOf(found: readonly Derivation[]): readonly string[] | undefined {
  return found[0]?.phones;
}

function plurals(word: string, known: Known, found: Derivation[]): void {
  const stems: string[] = [];
  if (word.endsWith('ies')) stems.push(`${word.slice(0, -3)}y`);
  if (/(?:[sxz]|ch|sh|o)es$/.test(word)) stems.push(word.slice(0, -2));
  if (/[^s']s$/.test(word)) stems.push(word.slice(0, -1));
  for (const stem of stems) {
    const phones = stem.length > 1 ? known(stem) : undefined;
    if (phones) found.push({ rule: 'plural', phones: withS(phones) });
  }
}

function pasts(word: string, known: Known, found: Derivation[]): void {
  if (!word.endsWith('ed')) return;
  for (const stem of stemsBeforeVowel(word.slice(0, -2))) {
    const phones = stem.length > 1 ? known(stem) : undefined;
    if (phones) found.push({ rule: 'past', phones: withEd(phones) });
  }
}

function suffixed(word: string, known: Known): Derivation[] {
  const found: Derivation[] = [];
  const add = (stem: string, forms: readonly string[][]): void => {
    const phones = stem.length > 2 ? known(stem) : undefined;
    if (phones) for (const form of forms) found.push({ rule: 'suffix', phones: withSuffix(phones, form) });
  };
  for (const [suffix, forms] of suffixes) {
    if (!word.endsWith(suffix)) continue;
    const stem = word.slice(0, -suffix.length);
    add(stem, forms);
    if (stem.endsWith('i')) add(`${stem.slice(0, -1)}y`, forms);
    if (suffix === 'ly') add(`${stem}le`, forms);
    if (suffix === 'ly' && stem.endsWith('al')) add(stem.slice(0, -2), forms);
    if (suffix === 'ly' && stem.endsWith('l')) add(`${stem}l`, forms);
  }
  for (const [suffix, forms] of vowelSuffixes) {
    if (word.endsWith(suffix))
      for (const stem of stemsBeforeVowel(word.slice(0, -suffix.length))) add(stem, forms);
  }
  return found;
}

function prefixed(word: string, known: Known): Derivation[] {
  const found: Derivation[] = [];
  for (const [prefix, forms] of prefixes) {
    if (!word.startsWith(prefix) || word.length < prefix.length + 3) continue;
    const stem = known(word.slice(prefix.length));
    if (stem === undefined) continue;
    for (const form of forms) {
      found.push({ rule: 'prefix', phones: [...form, ...(isStressed(form) ? demoted(stem) : stem)] });
    }
  }
  return found;
}

/** Two known words written as one; usually the second loses its main stress, sometimes the first. */
function compounds(word: string, known: Known, found: Derivation[]): void {
  if (!/^[a-z]{6,}$/.test(word)) return;
  for (let cut = 3; cut <= word.length - 3; cut++) {
    const first = known(word.slice(0, cut));
    const second = first && known(word.slice(cut));
    if (!first || !second) continue;
    found.push({ rule: 'compound', phones: [...first, ...demoted(second)] });
    found.push({ rule: 'compound', phones: [...demoted(first), ...second] });
  }
}

function parsed(table: Record<string, string[]>): [affix: string, forms: string[][]][] {
  return Object.entries(table).map(([affix, forms]) => [affix, forms.map((form) => form.split(' '))]);
}
