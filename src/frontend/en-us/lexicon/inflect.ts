// How phones change with the form of a word: endings whose sound depends on the sound before them (plurals,
// possessives, past tenses, contractions, suffixes), the stress of compounds, and the names of letters.

import { isSibilant, isVoiceless, isVowel } from '../../phonemes.js';
import type { SpokenWord } from '../../spoken-sentence.js';
import table from '../data/letters.json' with { type: 'json' };

/*
 * The extra vowel of "horses" and "wanted" is IH0, as in most of CMUdict's first entries (732 of 1,077 words
 * in -ses, -ches and the like; 1,209 of 1,489 in -ted and -ded) and as in our voices' recordings.
 */

/** The phones of a word with its plural or possessive `s`: cats S, dogs Z, horses IH0 Z. */
export function withS(phones: readonly string[]): string[] {
  const last = phones.at(-1) ?? '';
  if (isSibilant(last)) return [...phones, 'IH0', 'Z'];
  return [...phones, isVoiceless(last) ? 'S' : 'Z'];
}

/**
 * A spoken word as the owner of what follows: "Apollo 11's", "<phoneme ...>gif</phoneme>'s".
 * @param end where the 's ends in the source.
 */
export function possessive(word: SpokenWord, end: number): SpokenWord {
  const owner: SpokenWord = { ...word, text: `${word.text}'s`, reading: 'word', span: [word.span[0], end] };
  return word.phones === undefined ? owner : { ...owner, phones: withS(word.phones) };
}

/** The phones of a regular past tense: walked T, begged D, wanted IH0 D. */
export function withEd(phones: readonly string[]): string[] {
  const last = phones.at(-1) ?? '';
  if (last === 'T' || last === 'D') return [...phones, 'IH0', 'D'];
  return [...phones, isVoiceless(last) ? 'T' : 'D'];
}

/** Joins an ending that has one form after a vowel and another after a consonant: she'll L, it'll AH0 L. */
export function withContraction(
  phones: readonly string[],
  ending: { afterVowel: string; afterConsonant: string },
): string[] {
  const form = isVowel(phones.at(-1) ?? '') ? ending.afterVowel : ending.afterConsonant;
  return [...phones, ...form.split(' ')];
}

/** Joins any other ending; two Ls that meet are spoken as one (full + ly), two Ns as two (openness). */
export function withSuffix(phones: readonly string[], suffix: readonly string[]): string[] {
  if (suffix[0] !== 'L' || phones.at(-1) !== 'L') return [...phones, ...suffix];
  // Simple + ly loses its syllable with the L: S IH1 M P L IY0; but usual + ly keeps it.
  const syllabic = phones.at(-2) === 'AH0' && !isVowel(phones.at(-3) ?? 'AH0') && suffix.length === 2;
  return [
    ...(syllabic && /^[BDFGKPTZ]$/.test(phones.at(-3)!) ? phones.slice(0, -2) : phones.slice(0, -1)),
    ...suffix,
  ];
}

/** Primary stress becomes secondary: what happens to the second part of a compound. */
export function demoted(phones: readonly string[]): string[] {
  return phones.map((phone) => (phone.endsWith('1') ? `${phone.slice(0, -1)}2` : phone));
}

/** True where a phone carries the word's main stress. */
export function isStressed(phones: readonly string[]): boolean {
  return phones.some((phone) => phone.endsWith('1'));
}

/**
 * Spellings that a stem may have had before an ending that begins with a vowel: plant, hop(p), mak(e),
 * carr(y).
 */
export function stemsBeforeVowel(stem: string): string[] {
  const stems = [stem, `${stem}e`];
  if (/([bcdfgklmnprstvz])\1$/.test(stem)) stems.push(stem.slice(0, -1));
  if (stem.endsWith('i')) stems.push(`${stem.slice(0, -1)}y`);
  return stems;
}

const NAMES: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(table).map(([letter, phones]) => [letter, phones.split(' ')]),
);

/** The phones of every letter's name, in order, as for initialisms; other characters are left out. */
export function letterNames(text: string): string[] {
  return [...text.toLowerCase()].flatMap((letter) => NAMES.get(letter) ?? []);
}
