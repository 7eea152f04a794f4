// The endings of English whose sound depends on the sound before them: plurals, possessives, past tenses, contractions.
import { isSibilant, isVoiceless, isVowel } from '../phonemes.js';

/** The phones of a word with its plural or possessive `s`: cats S, dogs Z, horses AH0 Z. */
export function withS(phones: readonly string[]): string[] {
  const last = phones.at(-1) ?? '';
  if (isSibilant(last)) return [...phones, 'AH0', 'Z'];
  return [...phones, isVoiceless(last) ? 'S' : 'Z'];
}

/** The phones of a regular past tense: walked T, begged D, wanted AH0 D. */
export function withEd(phones: readonly string[]): string[] {
  const last = phones.at(-1) ?? '';
  if (last === 'T' || last === 'D') return [...phones, 'AH0', 'D'];
  return [...phones, isVoiceless(last) ? 'T' : 'D'];
}

/** Joins an ending that has one form after a vowel and another after a consonant: he'll L, it'll AH0 L. */
export function withContraction(
  phones: readonly string[],
  ending: { afterVowel: string; afterConsonant: string },
): string[] {
  const form = isVowel(phones.at(-1) ?? '') ? ending.afterVowel : ending.afterConsonant;
  return [...phones, ...form.split(' ')];
}

/** Primary stress becomes secondary: what a compound does to its second part, a prefix to nothing. */
export function demoted(phones: readonly string[]): string[] {
  return phones.map((phone) => (phone.endsWith('1') ? `${phone.slice(0, -1)}2` : phone));
}

/** Spellings a stem may have had before an ending that begins with a vowel: hop(p), mak(e), carr(y -> i). */
export function stemsBefore(stem: string, ending: string): string[] {
  const stems = [stem];
  if (/([bcdfgklmnprstvz])\1$/.test(stem)) stems.push(stem.slice(0, -1));
  if (/[^aeo]i$/.test(stem) && !ending.startsWith('i')) stems.unshift(`${stem.slice(0, -1)}y`);
  if (/[^aeiou'][^aeiouwxy']$|[aeiou][^aeiouwxy']$|[cgsvzu]$/.test(stem)) {
    // "hoping" is hope before it is hop; "planting" is plant before it is plante.
    if (/[^aeiou][aeiou][^aeiouwxy']$|[cgvzu]$|[bcdfgkptz]l$/.test(stem)) stems.unshift(`${stem}e`);
    else stems.push(`${stem}e`);
  }
  return stems;
}
