// Letters and digits in one word: "MP3" is M P three, "A380" A three eighty, "4K" four K, "1080p" ten eighty P.
import { pairWords } from './addresses.js';
import { cardinalWords } from './cardinals.js';
import { isShoutedWord, letterWords } from './initialisms.js';
import { pluralWords } from './plurals.js';
import { matchAt, type Reading, type Site, sticky } from './site.js';
import { splitCase } from './words.js';

const MIXED = sticky('(?=\\d{0,10}[A-Za-z]|[A-Za-z]{1,20}\\d)[A-Za-z0-9]{2,24}(?![A-Za-z0-9])');
const TIMES = sticky('(\\d{1,4}(?:\\.\\d{1,3})?)x(?![A-Za-z0-9])', 'i');

export function readMixed(site: Site): Reading | null {
  const match = matchAt(MIXED, site);
  if (!match || !/\d/.test(match[0]) || !/[A-Za-z]/.test(match[0])) return null;
  if (/^\d+x\d/i.test(match[0])) return null; // "5x3": maths.ts
  const parts = match[0].match(/[A-Za-z]+|\d+/g)!;
  const plural = parts.length > 1 && parts.at(-1) === 's';
  if (plural) parts.pop();
  const counted = /^\d+[kK]$/.test(match[0]);
  const words = parts
    .map((part) =>
      !/\d/.test(part) ? lettersWords(part) : counted ? cardinalWords(part) : digitsWords(part),
    )
    .join(' ');
  const say = plural ? pluralWords(words) : words;
  return { end: site.at + match[0].length, say };
}

function digitsWords(digits: string): string {
  return digits.length <= 2 && !/^0/.test(digits) ? cardinalWords(digits) : pairWords(digits);
}

function lettersWords(letters: string): string {
  if (letters.length === 1) return letters.toUpperCase();
  if (letters === letters.toUpperCase() && letters.length <= 4)
    return isShoutedWord(letters) ? letters.toLowerCase() : letterWords(letters);
  if (letters.length <= 3 && !/[aeiou]/i.test(letters)) return letterWords(letters);
  return splitCase(letters);
}

/** "10x faster": ten times. */
export function readTimesFactor(site: Site): Reading | null {
  const match = matchAt(TIMES, site);
  // "2x + 1" is a term, not a factor
  if (
    !match ||
    /^ ?[-+=<>*^)]/.test(site.text.slice(site.at + match[0].length, site.at + match[0].length + 2))
  )
    return null;
  const [whole, fraction] = match[1]!.split('.');
  const head = cardinalWords(whole!);
  const tail =
    fraction === undefined ? '' : ` point ${[...fraction].map((digit) => cardinalWords(digit)).join(' ')}`;
  return { end: site.at + match[0].length, say: `${head}${tail} times` };
}
