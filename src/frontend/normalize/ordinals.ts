// Numbers as places: "21st" is twenty first.
import { cardinalWords } from './cardinals.js';
import { matchAt, type Reading, type Site, sticky } from './site.js';

const IRREGULAR = new Map(
  Object.entries({
    one: 'first',
    two: 'second',
    three: 'third',
    five: 'fifth',
    eight: 'eighth',
    nine: 'ninth',
    twelve: 'twelfth',
  }),
);

/** "21" -> "twenty first". */
export function ordinalWords(written: string): string {
  const words = cardinalWords(written).split(' ');
  const last = words.pop()!;
  const ordinal = IRREGULAR.get(last) ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return [...words, ordinal].join(' ');
}

const ORDINAL = sticky(`(\\d{1,3}(?:,\\d{3}){0,5}|\\d{1,15})(?:st|nd|rd|th)(s?)(?![A-Za-z0-9])`, 'i');

export function readOrdinal(site: Site): Reading | null {
  const match = matchAt(ORDINAL, site);
  if (!match) return null;
  return { end: site.at + match[0].length, say: ordinalWords(match[1]!) + match[2]!.toLowerCase() };
}
