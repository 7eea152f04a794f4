// Phones that an author writes inside a text: [word](/f oʊ n z/) and [[F OW1 N Z]].
import type { EntryMatch } from './lexicon/entry-index.js';
import { parsePhones } from './phonetic-alphabets.js';

/** A part of the source whose words are known. */
export interface Claim extends EntryMatch {
  /** The source, without the signs around it. */
  written: string;
}

/** [word](/f oʊ n z/) and [[HH AH0 L OW1]] */
const INLINE = /\[([^[\]\n]{1,100})\]\(\/([^()\n/]{1,200})\/\)|\[\[([^[\]\n]{1,200})\]\]/g;

/** Whether a text is phones in the notation of a link. */
export function isInlinePhones(text: string): boolean {
  const [claim] = inlineClaims(text);
  return claim?.start === 0 && claim.end === text.length;
}

/** The words that a source gives phones, from left to right. */
export function inlineClaims(source: string): Claim[] {
  return [...source.matchAll(INLINE)].flatMap((match): Claim[] => {
    const [all, word, phones, bare] = match;
    const start = match.index;
    const forms = bare === undefined ? inlinePhones(phones!) : arpabet(bare);
    if (!forms) return [];
    const written = word?.trim() || forms.join(' ').replace(/\d/g, '');
    return [{ start, end: start + all.length, suffix: '', speech: { forms: [forms] }, written }];
  });
}

/** Phones between slashes. "/docs/" is a link: phones have a space or a character beyond ASCII. */
function inlinePhones(phones: string): string[] | undefined {
  const known = arpabet(phones);
  if (known || !/[^!-~]/.test(phones.trim())) return known;
  try {
    return parsePhones(phones, 'ipa');
  } catch {
    return undefined;
  }
}

/** ARPAbet in capitals, with at least one vowel. */
function arpabet(phones: string): string[] | undefined {
  const symbols = phones.trim().split(/[\s.-]+/);
  if (!symbols.every((symbol) => /^[A-Z]{1,2}[012]?$/.test(symbol)) || !/[AEIOU]/.test(phones))
    return undefined;
  try {
    return parsePhones(phones, 'x-arpabet');
  } catch {
    return undefined;
  }
}
