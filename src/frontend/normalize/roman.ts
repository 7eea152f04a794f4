// Roman numerals where they are numerals: "Henry VIII" is henry the eighth, "Chapter IV" chapter four.
import context from '../data/context-words.json' with { type: 'json' };
import regnal from '../data/regnal.json' with { type: 'json' };
import { cardinalWords, ordinalWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordBefore } from './reader.js';

const RULERS = new Set<string>(regnal.names);
const NUMBERED = new Set<string>(regnal.cardinal);
const NUMERAL = sticky(
  "(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?:(th|st|nd|rd)|('s|'))?(?![A-Za-z0-9])",
);
const VALUES = new Map(Object.entries({ I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 }));
/** Numerals that stand for themselves after any name; "IV", "XL", "MD", "CD" and the like need a cue. */
const UNMISTAKABLE =
  /^(?:II|III|VI|VII|VIII|IX|XI|XII|XIII|XIV|XV|XVI|XVII|XVIII|XIX|XX|XXI+|XXI?V|XXX?[IVX]*)$/;
const NOT_AFTER = new Set<string>(context.roman.notAfter);
/** Words whose numeral may be one letter, and those whose one letter is a mark. */
const LONE = new Set<string>(context.roman.loneNumerals);
const LETTERED = new Set<string>(context.roman.letters);
const VERB_AFTER_I = new RegExp(`^ (?:${alternatives(context.roman.verbsAfterI)}|')\\b`);

/** The value of a well-formed numeral: "XIV" -> 14. */
function romanValue(numeral: string): number {
  let total = 0;
  for (let i = 0; i < numeral.length; i += 1) {
    const value = VALUES.get(numeral[i]!)!;
    total += value < (VALUES.get(numeral[i + 1] ?? '') ?? 0) ? -value : value;
  }
  return total;
}

const BRACKETED = /(i{1,3}|iv|vi{1,3}|ix)(?=\))/y;

/** "(ii)" in a list. */
function readBracketed(site: Site): Reading | null {
  const match = site.text[site.at - 1] === '(' ? matchAt(BRACKETED, site) : null;
  return (
    match && {
      end: site.at + match[0].length,
      say: cardinalWords(String(romanValue(match[1]!.toUpperCase()))),
    }
  );
}

export function readRoman(site: Site): Reading | null {
  const bracketed = readBracketed(site);
  if (bracketed) return bracketed;
  const match = matchAt(NUMERAL, site);
  if (!match || match[1] === '') return null;
  const [all, numeral, ordinalEnding, possessive] = match;
  const end = site.at + all.length;
  const value = String(romanValue(numeral!));
  if (ordinalEnding !== undefined) return numeral!.length > 1 ? { end, say: ordinalWords(value) } : null;
  const after = site.text.slice(end, end + 12);
  if (/^ [Cc]entur/.test(after)) return { end, say: ordinalWords(value) };
  const words = reading(numeral!, value, site, after);
  if (words === null) return null;
  const say =
    possessive === undefined
      ? words
      : `${words}${possessive === "'" && !words.endsWith('s') ? '' : possessive}`;
  return { end, say };
}

function reading(numeral: string, value: string, site: Site, after: string): string | null {
  const before = wordBefore(site).replace(/[.']$/, '');
  const lower = before.toLowerCase();
  const capital = /^[A-Z]/.test(before);
  if (/^[-–]/.test(site.text[site.at - 1] ?? '') && numeral.length === 1) return null;
  if (lower === 'the' && RULERS.has(wordBefore(site, 1).toLowerCase()) && numeral.length > 1)
    return ordinalWords(value);
  if (lower === 'the' && UNMISTAKABLE.test(numeral) && /^ [A-Z][a-z]/.test(after)) return ordinalWords(value);
  if (capital && RULERS.has(lower)) return rulerWords(numeral, value, site, after);
  if (NUMBERED.has(lower) && (capital || numeral.length > 1 || LONE.has(lower))) {
    return isPronoun(numeral, after, lower) || (LETTERED.has(before) && numeral.length === 1)
      ? null
      : cardinalWords(value);
  }
  if (capital && numeral.length > 1 && UNMISTAKABLE.test(numeral) && !NOT_AFTER.has(before))
    return cardinalWords(value);
  return numeral === 'II' || numeral === 'III' ? cardinalWords(value) : null;
}

/** "Henry VIII", "John Paul II"; a lone "I" after a name is a numeral only where no verb follows it. */
function rulerWords(numeral: string, value: string, site: Site, after: string): string | null {
  if (/^[VXLCDM]$/.test(numeral) && /^ ?\.? ?[A-Z]/.test(after)) return null;
  if (/^[DLCM]$/.test(numeral)) return null;
  if (isPronoun(numeral, after, '')) return null;
  if (numeral === 'X' && wordBefore(site) === 'Malcolm') return null;
  return `the ${ordinalWords(value)}`;
}

/**
 * "As King George I was ready" against "George I of Greece": I before a verb in the first person is the
 * pronoun.
 */
function isPronoun(numeral: string, after: string, before: string): boolean {
  if (numeral !== 'I') return false;
  if (/^(?:war|chapter|act|phase)$/.test(before)) return false;
  return VERB_AFTER_I.test(after) || /^'/.test(after);
}
