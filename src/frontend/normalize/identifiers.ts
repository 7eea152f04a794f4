// Names that machines read (addresses, paths, handles) part by part: letters, digits and the signs between them.
import { cardinalWords, digitWords } from './cardinals.js';
import urls from './data/urls.json' with { type: 'json' };
import { letterWords } from './initialisms.js';
import { splitCase } from './words.js';
import { yearWords } from './years.js';

const SAYS = new Map(Object.entries(urls.says));
const SIGNS = new Map(
  Object.entries({
    '.': 'dot',
    '-': 'dash',
    _: 'underscore',
    '/': 'slash',
    '\\': 'backslash',
    '@': 'at',
    ':': 'colon',
    '?': 'question mark',
    '=': 'equals',
    '&': 'and',
    '#': 'hash',
    '%': 'percent',
    '+': 'plus',
    '~': 'tilde',
    ',': 'comma',
    ';': 'semicolon',
    '!': 'exclamation mark',
    $: 'dollar',
    '*': 'star',
    "'": 'apostrophe',
  }),
);

/** Every part said, signs by name unless `silent` holds them: "john_doe" -> "john underscore doe". */
export function identifierWords(text: string, silent: ReadonlySet<string> = new Set()): string {
  const whole = SAYS.get(text.toLowerCase());
  if (whole !== undefined) return whole;
  const parts = text.match(/[A-Za-z]+|\d+|[^A-Za-z0-9]/g) ?? [];
  return parts
    .map((part) => {
      if (/^\d/.test(part)) return digitsOf(part);
      if (/^[A-Za-z]/.test(part)) return lettersOf(part);
      return silent.has(part) ? '' : (SIGNS.get(part) ?? '');
    })
    .filter((say) => say !== '')
    .join(' ');
}

function digitsOf(digits: string): string {
  if (/^(?:19|20)\d\d$/.test(digits)) return yearWords(Number(digits));
  if (/^[1-9]00$/.test(digits)) return cardinalWords(digits);
  return digits.length <= 2 && !digits.startsWith('0') ? cardinalWords(digits) : digitWords(digits);
}

function lettersOf(letters: string): string {
  const known = SAYS.get(letters.toLowerCase());
  if (known !== undefined) return known;
  if (letters.length === 1) return letters.toUpperCase();
  if (letters.length <= 5 && !/[aeiouy]/i.test(letters)) return letterWords(letters);
  if (letters === letters.toUpperCase() && letters.length <= 3) return letterWords(letters);
  return letters === letters.toUpperCase() ? letters.toLowerCase() : splitCase(letters);
}
