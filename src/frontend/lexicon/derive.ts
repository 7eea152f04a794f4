// Builds the pronunciation of a word that the dictionary lacks from words that it has: inflections, affixes, compounds.
import { isVowel } from '../phonemes.js';
import affixes from './affixes.json' with { type: 'json' };
import { demoted, stemsBefore, withContraction, withEd, withS } from './inflect.js';

/** Phones of a known word, or undefined. */
export type Known = (word: string) => readonly string[] | undefined;

/** Which rule made a pronunciation; named in reports. */
export type DerivationRule =
  | 'possessive'
  | 'contraction'
  | 'plural'
  | 'past'
  | 'suffix'
  | 'prefix'
  | 'compound';

/** A derived pronunciation. */
export interface Derivation {
  phones: string[];
  rule: DerivationRule;
}

/** Longer words are no compounds of English; this also bounds the work on hostile input. */
const LONGEST = 40;
/** An ending on an ending on an ending is as deep as English goes. */
const DEEPEST = 3;

const contractions = Object.entries(affixes.contractions);
const suffixes = longestFirst(affixes.suffixes);
const vowelSuffixes = longestFirst(affixes.vowelSuffixes);
const prefixes = longestFirst(affixes.prefixes);

/** The pronunciation of an unknown lower-case word by rule, or undefined where no rule reaches known words. */
export function derive(word: string, known: Known, depth = 0): Derivation | undefined {
  if (word.length < 3 || word.length > LONGEST || depth === DEEPEST) return undefined;
  const base: Known = (part) => known(part) ?? derive(part, known, depth + 1)?.phones;
  return (
    apostrophe(word, base) ??
    inflection(word, base) ??
    suffixed(word, base) ??
    prefixed(word, known) ??
    compound(word, known)
  );
}

function apostrophe(word: string, base: Known): Derivation | undefined {
  if (!word.includes("'")) return undefined;
  if (word.endsWith("'s")) return made('possessive', base(word.slice(0, -2)), withS);
  if (word.endsWith("s'")) {
    const plural = base(word.slice(0, -1));
    // James' is spoken James's; dogs' is dogs.
    return made('possessive', plural, (phones) => [...phones]);
  }
  for (const [ending, form] of contractions) {
    if (!word.endsWith(ending)) continue;
    const stem = base(word.slice(0, -ending.length));
    return made('contraction', stem, (phones) => withContraction(phones, form));
  }
  if (word.startsWith("'")) return made('contraction', base(word.slice(1)), (phones) => [...phones]);
  return undefined;
}

function inflection(word: string, base: Known): Derivation | undefined {
  if (word.endsWith('ies')) {
    const found = made('plural', base(`${word.slice(0, -3)}y`), withS);
    if (found) return found;
  }
  if (/(?:[sxz]|ch|sh|o)es$/.test(word)) {
    const found = made('plural', base(word.slice(0, -2)), withS);
    if (found) return found;
  }
  if (/[^s']s$/.test(word)) {
    const found = made('plural', base(word.slice(0, -1)), withS);
    if (found) return found;
  }
  if (word.endsWith('ed') && word.length > 4) {
    for (const stem of stemsBefore(word.slice(0, -2), 'ed')) {
      const found = made('past', base(stem), withEd);
      if (found) return found;
    }
  }
  return undefined;
}

function suffixed(word: string, base: Known): Derivation | undefined {
  if (word.endsWith('ically')) {
    const found = made('suffix', base(word.slice(0, -4)), (phones) => [...phones, 'L', 'IY0']);
    if (found) return found;
  }
  if (word.endsWith('ly') && word.length > 4) {
    const found = made('suffix', adverbStem(word, base), withLy);
    if (found) return found;
  }
  for (const [suffix, phones] of suffixes) {
    if (!word.endsWith(suffix) || word.length < suffix.length + 3) continue;
    const stem = word.slice(0, -suffix.length);
    const known = base(stem) ?? (stem.endsWith('i') ? base(`${stem.slice(0, -1)}y`) : undefined);
    const found = made('suffix', known, (before) => [...before, ...phones]);
    if (found) return found;
  }
  for (const [suffix, phones] of vowelSuffixes) {
    if (!word.endsWith(suffix) || word.length < suffix.length + 3) continue;
    for (const stem of stemsBefore(word.slice(0, -suffix.length), suffix)) {
      const found = made('suffix', base(stem), (before) => [...before, ...phones]);
      if (found) return found;
    }
  }
  return undefined;
}

/** happily < happy, simply < simple, fully < full. */
function adverbStem(word: string, base: Known): readonly string[] | undefined {
  const stem = word.slice(0, -2);
  if (stem.endsWith('i')) return base(`${stem.slice(0, -1)}y`);
  return (
    base(stem) ??
    (/[bdfgkpt]$/.test(stem) ? base(`${stem}le`) : undefined) ??
    (stem.endsWith('l') ? base(`${stem}l`) : undefined)
  );
}

function withLy(phones: readonly string[]): string[] {
  // Two Ls are spoken as one: full + ly, simple + ly.
  const syllabic = phones.at(-1) === 'L' && phones.at(-2) === 'AH0';
  return syllabic && !isVowel(phones.at(-3) ?? 'AH0')
    ? [...phones.slice(0, -1), 'L', 'IY0']
    : [...phones.slice(0, phones.at(-1) === 'L' ? -1 : undefined), 'L', 'IY0'];
}

function prefixed(word: string, known: Known): Derivation | undefined {
  for (const [prefix, phones] of prefixes) {
    if (!word.startsWith(prefix) || word.length < prefix.length + 4) continue;
    const found = made('prefix', known(word.slice(prefix.length)), (stem) => [...phones, ...stem]);
    if (found) return found;
  }
  return undefined;
}

/** Two known words written as one; the second loses its main stress. The most even split wins. */
function compound(word: string, known: Known): Derivation | undefined {
  if (!/^[a-z]{7,}$/.test(word)) return undefined;
  const cuts = Array.from({ length: word.length - 5 }, (_, i) => i + 3);
  cuts.sort((a, b) => Math.abs(a - word.length / 2) - Math.abs(b - word.length / 2));
  for (const cut of cuts) {
    const first = known(word.slice(0, cut));
    if (first === undefined) continue;
    const found = made('compound', known(word.slice(cut)), (second) => [...first, ...demoted(second)]);
    if (found) return found;
  }
  return undefined;
}

function made(
  rule: DerivationRule,
  stem: readonly string[] | undefined,
  build: (phones: readonly string[]) => string[],
): Derivation | undefined {
  return stem === undefined || stem.length === 0 ? undefined : { rule, phones: build(stem) };
}

function longestFirst(table: Record<string, string>): [affix: string, phones: string[]][] {
  return Object.entries(table)
    .map(([affix, phones]): [string, string[]] => [affix, phones.split(' ')])
    .sort(([a], [b]) => b.length - a.length);
}
