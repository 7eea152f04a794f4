// Words that CMUdict lacks or has wrong, written by hand: measures and terms (supplement.json), names of
// people, places, brands and drugs (names.json), and CMUdict's own errors with the reason for each group
// (corrections.json). A plural or a possessive of any of them is spoken from the word's own phones.
import corrections from '../data/corrections.json' with { type: 'json' };
import names from '../data/names.json' with { type: 'json' };
import terms from '../data/supplement.json' with { type: 'json' };
import { withS } from './inflect.js';

const NAMES: ReadonlyMap<string, string> = new Map(
  [names, ...Object.values(corrections)].flatMap((group) => Object.entries(group)),
);
const TERMS: ReadonlyMap<string, string> = new Map(Object.entries(terms));

/** Whether a lower-case word is one of the names or corrected words, which are spoken whole: "TikTok". */
export function isSuppliedName(word: string): boolean {
  return NAMES.has(word);
}

/**
 * The phones of a supplied word, of its possessive, or of its plural in -s; undefined for any other word.
 * `listed` tells whether the dictionary has a word: a listed word in -s is no plural of a name ("ravels").
 */
export function suppliedForm(
  word: string,
  listed: (word: string) => boolean,
): { phones: string[]; derived: boolean } | undefined {
  const own = TERMS.get(word) ?? NAMES.get(word);
  if (own !== undefined) return { phones: own.split(' '), derived: false };
  const [base, ending] = splitInflection(word);
  const phones = NAMES.get(base)?.split(' ');
  if (phones === undefined || (ending === 's' && listed(word))) return undefined;
  return { phones: ending === "'" ? phones : withS(phones), derived: true };
}

function splitInflection(word: string): [base: string, ending: string] {
  if (word.endsWith("'s")) return [word.slice(0, -2), "'s"];
  // James', Hermes'
  if (word.endsWith("s'") && NAMES.has(word.slice(0, -1))) return [word.slice(0, -1), "'"];
  if (word.endsWith("s'")) return [word.slice(0, -2), "s'"];
  return word.endsWith('s') ? [word.slice(0, -1), 's'] : [word, ''];
}
