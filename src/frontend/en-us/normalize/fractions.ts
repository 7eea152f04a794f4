// Fractions: "1/2" is one half, "2 3/4" two and three quarters, "9/11" nine eleven, "120/80" one twenty over
// eighty.
import numbers from '../data/numbers.json' with { type: 'json' };
import { openQuote, unitAt } from './measures.js';
import { cardinalWords, isOne, numberWords, ordinalWords } from './numbers.js';
import { matchAt, type Reading, type Site, sticky } from './reader.js';

const FRACTION = sticky(
  '(?:(\\d{1,6})[ -])?(\\d{1,6})[/⁄](\\d{1,6})(?![/⁄.:-]?\\d)(th|ths|rd|rds|nd|nds)?(?![A-Za-z0-9])',
);
/** Pairs that are names rather than fractions. */
const SET_PAIRS = new Map(Object.entries(numbers.pairs));

/** A fraction in words; a denominator without a short name is "over". */
export function fractionWords(numerator: string, denominator: string): string {
  const top = cardinalWords(numerator);
  const below = Number(denominator);
  const one = Number(numerator) === 1;
  if (below === 2) return `${top} ${one ? 'half' : 'halves'}`;
  if (below === 4) return `${top} ${one ? 'quarter' : 'quarters'}`;
  const round = below <= 20 || [25, 30, 32, 40, 50, 60, 64, 100, 128, 1000, 1000000].includes(below);
  if (below < 2 || !round || Number(numerator) >= 10 * below)
    return `${top} over ${cardinalWords(denominator)}`;
  const part =
    below === 100
      ? 'hundredth'
      : below === 1000
        ? 'thousandth'
        : below === 1000000
          ? 'millionth'
          : ordinalWords(denominator);
  return `${top} ${part}${one ? '' : 's'}`;
}

/** A whole number and a fraction: "one and a half". */
export function mixedWords(whole: string, numerator: string, denominator: string): string {
  const part = fractionWords(numerator, denominator);
  return `${cardinalWords(whole)} and ${part.replace(/^one (?=half|quarter)/, 'a ')}`;
}

/** "1/2 lb" is half a pound, "3/4 in." three quarters of an inch. */
function ofUnitWords(fraction: string, unit: string): string {
  const article = /^(?:hour|[aeio])/.test(unit) ? 'an' : 'a';
  return fraction === 'one half' ? `half ${article} ${unit}` : `${fraction} of ${article} ${unit}`;
}

export function readFraction(site: Site): Reading | null {
  const match = matchAt(FRACTION, site);
  if (!match) return null;
  const [all, whole, numerator, denominator] = match;
  const end = site.at + all.length;
  const pair = SET_PAIRS.get(`${numerator}/${denominator}`);
  if (pair !== undefined && whole === undefined) return { end, say: pair };
  if (whole === undefined) {
    if (
      site.text[end] === '"' &&
      Number(numerator) < Number(denominator) &&
      !openQuote(site.text, site.at, '"')
    ) {
      const words = fractionWords(numerator!, denominator!);
      const describes = /^ [a-z]{3,}/.test(site.text.slice(end + 1, end + 5));
      return {
        end: end + 1,
        say: describes ? `${words.replace(/s$/, '')} inch` : ofUnitWords(words, 'inch'),
      };
    }
    const unit = Number(numerator) < Number(denominator) ? unitAt(site.text, end) : null;
    if (unit) return { end: unit.end, say: ofUnitWords(fractionWords(numerator!, denominator!), unit.one) };
    const pressure = /^ ?mmHg(?![A-Za-z])/.exec(site.text.slice(end, end + 7));
    const say = fractionWords(numerator!, denominator!);
    return pressure ? { end: end + pressure[0].length, say: `${say} millimeters of mercury` } : { end, say };
  }
  const proper = Number(numerator) < Number(denominator);
  if (!proper) return { end: site.at + whole.length, say: cardinalWords(whole) };
  const mixed = mixedWords(whole, numerator!, denominator!);
  const unit = unitAt(site.text, end);
  return unit ? { end: unit.end, say: `${mixed} ${unit.many}` } : { end, say: mixed };
}

/** The same without its dot: only among other words of a kitchen. */
const PLAIN_CUPS = sticky('(\\d{1,2})(?:(?: (\\d))?[/⁄](\\d))? ([cT])(?= [a-z]{3,})');
const KITCHEN = new RegExp(`(?:^|[^A-Za-z])(?:${numbers.kitchen.split(' ').join('|')})(?![a-z])`, 'i');

function isKitchen({ text, at }: Site): boolean {
  return KITCHEN.test(text.slice(Math.max(0, at - 60), at + 60));
}

const CUPS = sticky(
  '(\\d{1,2})(?:(?: (\\d))?[/⁄](\\d))? ([cTt])\\.(?= (?:[a-z(]|[A-Z]{2} [a-z]|[A-Z]{3,5}(?:[;,.]|$)|H2O))',
);
const SPOONS = new Map(Object.entries(numbers.spoons));

/** "2 c. flour", "1/2 c. butter" */
export function readCups(site: Site): Reading | null {
  const match = matchAt(CUPS, site) ?? (isKitchen(site) ? matchAt(PLAIN_CUPS, site) : null);
  if (!match) return null;
  const [all, whole, top, bottom, letter] = match;
  const unit = SPOONS.get(letter!)!;
  const end = site.at + all.length;
  if (bottom === undefined) return { end, say: `${numberWords(whole!)} ${unit}${isOne(whole!) ? '' : 's'}` };
  if (top === undefined) return { end, say: `${fractionWords(whole!, bottom)} ${unit}` };
  return { end, say: `${mixedWords(whole!, top, bottom)} ${unit}s` };
}
