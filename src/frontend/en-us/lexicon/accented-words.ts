// How a word with accents is spoken where its letters without them would be another word, or would mislead.

import { stressOf } from '../../phonemes.js';
import accented from '../data/accented.json' with { type: 'json' };
import { splitApostrophe } from './derive.js';

const LISTED = new Map<string, string>(Object.entries(accented));

/** Letters whose sound the bare letter does not suggest, as an English reader would spell it. */
const RESPELLED = new Map(
  Object.entries({
    ...{
      ñ: 'ny',
      ä: 'e',
      ö: 'o',
      ø: 'o',
      å: 'o',
      ç: 's',
      č: 'ch',
      ć: 'ch',
      š: 'sh',
      ś: 'sh',
      ş: 'sh',
      ž: 'zh',
    },
    ...{
      ź: 'zh',
      ż: 'zh',
      ğ: '',
      ł: 'w',
      ř: 'rzh',
      ń: 'ny',
      ň: 'ny',
      đ: 'j',
      ő: 'o',
      ű: 'u',
      ț: 'ts',
      ș: 'sh',
    },
  }),
);

/** The listed phones of a word with its accents, its plural or its possessive. */
export function accentedPhones(written: string): string[] | undefined {
  const own = LISTED.get(written);
  if (own !== undefined) return own.split(' ');
  const split = splitApostrophe(written);
  const base = split && LISTED.get(split.base);
  if (split && base !== undefined) return split.build(base.split(' '));
  const plural = written.endsWith('s') ? splitApostrophe(`${written.slice(0, -1)}'s`) : undefined;
  const single = plural && LISTED.get(plural.base);
  return plural && single !== undefined ? plural.build(single.split(' ')) : undefined;
}

/**
 * What the accents change in the phones of the word without them: a last "é" is spoken, "ñ" has a Y.
 * @param bare the phones that the lexicon lists for the word without accents.
 * @returns undefined where they change nothing.
 */
export function withAccents(written: string, bare: readonly string[]): string[] | undefined {
  const last = bare[bare.length - 1]!;
  if (/(?:é|ée)$/.test(written) && stressOf(last) === undefined) {
    return [...bare.map((phone) => phone.replace('1', '2')), 'EY1'];
  }
  if (!written.includes('ñ')) return undefined;
  const letters = [...written].filter((letter) => /[nñ]/.test(letter));
  const places = bare.flatMap((phone, i) => (phone === 'N' ? [i] : []));
  if (letters.length !== places.length) return undefined;
  const softened = new Set(places.filter((at, i) => letters[i] === 'ñ' && bare[at + 1] !== 'Y'));
  return bare.flatMap((phone, i) => (softened.has(i) ? [phone, 'Y'] : [phone]));
}

/** A spelling without accents that suggests the sounds, for a word that no lexicon lists. */
export function respelled(written: string): string {
  const spelled = [...written.replace(/ée?(?=s?$|'s$)/, 'ay')].map(
    (letter) => RESPELLED.get(letter) ?? letter,
  );
  return spelled
    .join('')
    .normalize('NFKD')
    .replace(/[^a-z']/g, '');
}
