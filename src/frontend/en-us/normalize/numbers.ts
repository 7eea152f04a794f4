// Numbers in words: counts ("1,204" is one thousand two hundred four, without "and", as the voice was
// trained), places ("21st"), decimals, signs before numbers ("-5") and plurals ("sixes").

import table from '../data/numbers.json' with { type: 'json' };
import signs from '../data/signs.json' with { type: 'json' };
import { matchAt, type Reading, type Site, sticky } from './reader.js';

const { ones: ONES, scales: SCALES } = table;
const TENS = ['', '', ...table.tens];
/** Longest number that has a name here; a longer one is read digit by digit. */
const MAX_DIGITS = (SCALES.length + 1) * 3;

/** An unsigned whole number as written, grouped or not; at most 40 digits are looked at. */
const WHOLE = '(?:\\d{1,3}(?:[,\\u00a0]\\d{3}){1,12}(?!\\d)|\\d{1,40}(?!\\d))';
/** A whole number or a decimal. */
export const NUMBER = `(?:${WHOLE}(?:\\.\\d{1,30}(?!\\d))?|\\.\\d{1,30}(?!\\d))`;

export function belowHundred(n: number): string {
  if (n < 20) return ONES[n]!;
  return n % 10 === 0 ? TENS[Math.floor(n / 10)]! : `${TENS[Math.floor(n / 10)]} ${ONES[n % 10]}`;
}

function belowThousand(n: number): string {
  if (n < 100) return belowHundred(n);
  const rest = n % 100;
  return `${ONES[Math.floor(n / 100)]} hundred${rest === 0 ? '' : ` ${belowHundred(rest)}`}`;
}

/** The last two digits of a number said in pairs: 5 "oh five", 45 "forty five". */
export function twoDigitWords(n: number): string {
  return n < 10 ? `oh ${ONES[n]}` : belowHundred(n);
}

/** "305" -> "three zero five". */
export function digitWords(digits: string): string {
  return [...digits].map((digit) => ONES[Number(digit)]).join(' ');
}

/** A whole number of any length, from its digits: "1204" -> "one thousand two hundred four". */
export function cardinalWords(written: string): string {
  const digits = written.replace(/[^0-9]/g, '').replace(/^0+(?=\d)/, '');
  if (digits.length > MAX_DIGITS) return digitWords(digits);
  if (/^0*$/.test(digits)) return 'zero';
  const groups: string[] = [];
  for (let end = digits.length, scale = 0; end > 0; end -= 3, scale += 1) {
    const group = Number(digits.slice(Math.max(0, end - 3), end));
    if (group > 0) groups.unshift(belowThousand(group) + (scale === 0 ? '' : ` ${SCALES[scale - 1]}`));
  }
  return groups.join(' ');
}

/** A whole number or a decimal as written: "1,234.50" -> "... point five zero". */
export function numberWords(written: string): string {
  const [whole = '', fraction] = written.split('.');
  const head = whole === '' ? '' : cardinalWords(whole);
  if (fraction === undefined || fraction === '') return head;
  return `${head} point ${digitWords(fraction)}`.trim();
}

/** Whether an amount takes the singular: exactly one, written without decimals. */
export function isOne(written: string): boolean {
  return /^0*1$/.test(written);
}

const IRREGULAR = new Map(Object.entries(table.ordinals));

/** "21" -> "twenty first". */
export function ordinalWords(written: string): string {
  const words = cardinalWords(written).split(' ');
  const last = words.pop()!;
  const ordinal = IRREGULAR.get(last) ?? (last.endsWith('y') ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return [...words, ordinal].join(' ');
}

/** The last word made plural: "nineteen ninety" -> "nineteen nineties". */
export function pluralWords(words: string): string {
  if (words.endsWith('y')) return `${words.slice(0, -1)}ies`;
  return /x$/.test(words) ? `${words}es` : `${words}s`;
}

/** "007" and long ungrouped codes are digits; the rest are counts. */
export function bareNumberWords(written: string): string {
  if (/^0\d/.test(written)) return digitWords(written.replace(/\D/g, ''));
  if (/^\d{10,}$/.test(written) && !/000$/.test(written)) return digitWords(written);
  return cardinalWords(written);
}

const PLAIN = sticky(`(${WHOLE})`);
/** 1 000 000 and 1'000'000, as much of the world groups them. */
const SPACED = sticky("(?:\\d{1,2}(?: \\d{3}){2,10}|\\d{1,3} 000|\\d{1,3}(?:'\\d{3}){1,10})(?![\\d]| \\d)");
const ANY_DIGITS = /\d+/y;

/** Any run of digits that no other reader claimed: never declines. */
export function readCardinal(site: Site): Reading | null {
  const spaced = matchAt(SPACED, site);
  if (spaced) return { end: site.at + spaced[0].length, say: cardinalWords(spaced[0]) };
  const match = matchAt(PLAIN, site) ?? matchAt(ANY_DIGITS, site);
  if (!match) return null;
  return { end: site.at + match[0].length, say: bareNumberWords(match[0]) };
}

const ORDINAL = sticky(`(\\d{1,3}(?:,\\d{3}){0,5}|\\d{1,15})(?:st|nd|rd|th)(s?)(?![A-Za-z0-9])`, 'i');

export function readOrdinal(site: Site): Reading | null {
  const match = matchAt(ORDINAL, site);
  if (!match) return null;
  return { end: site.at + match[0].length, say: ordinalWords(match[1]!) + match[2]!.toLowerCase() };
}

const DECIMAL = sticky(`${WHOLE}?\\.\\d{1,30}(?![\\d.]\\d|\\d)`);
const SIGNED = sticky(`(?:(-|\\+|±)|(~) ?[$£€¥]?|(≈)[$£€¥]?)(${NUMBER})`);
const SIGN = new Map(Object.entries(signs.number));

const SCIENTIFIC = sticky('(\\d{1,15}(?:\\.\\d{1,15})?)[eE]([+-]?)(\\d{1,3})(?![A-Za-z0-9]|\\.\\d)');

/** "6.02e23": six point zero two times ten to the twenty third. */
export function readScientific(site: Site): Reading | null {
  const match = matchAt(SCIENTIFIC, site);
  if (!match) return null;
  const [all, mantissa, sign, exponent] = match;
  const power = sign === '-' ? `minus ${cardinalWords(exponent!)}` : ordinalWords(exponent!);
  return { end: site.at + all.length, say: `${numberWords(mantissa!)} times ten to the ${power}` };
}

export function readDecimal(site: Site): Reading | null {
  const match = matchAt(DECIMAL, site);
  return match && { end: site.at + match[0].length, say: numberWords(match[0]) };
}

/** The word for the sign at the site, where a number follows and nothing to its left claims the sign. */
export function readNumberSign(site: Site): Reading | null {
  const match = matchAt(SIGNED, site);
  if (!match || /[A-Za-z0-9)\]]/.test(site.text[site.at - 1] ?? '')) return null;
  return { end: site.at + 1, say: SIGN.get(match[1] ?? match[2] ?? match[3]!)! };
}
