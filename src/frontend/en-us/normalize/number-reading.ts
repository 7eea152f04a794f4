// How the caller wants numbers read, in place of what the words around them suggest: by digits, in pairs, as
// years, with "oh" or "zero", and dates with the day first.

import type { NumberReading } from '../../reading-options.js';
import calendar from '../data/calendar.json' with { type: 'json' };
import { dateWords, fullYear, yearWords } from './dates.js';
import { belowHundred, cardinalWords, digitWords, twoDigitWords } from './numbers.js';
import { matchAt, type Reading, type Site, sticky, wordBefore } from './reader.js';

/** A whole number that no sign, letter, point or colon joins to anything else. */
const ALONE = sticky("(\\d{1,3}(?:,\\d{3}){1,12}|\\d{1,40})(?![\\dA-Za-z%°]|[.,:/-]\\d|')");
const FOUR = sticky('(1[1-9]\\d\\d|20\\d\\d)(?![\\dA-Za-z%°]|[.,:/-]\\d)');
const SLASHED = sticky(
  '(0?[1-9]|[12]\\d|3[01])([/.-])(0?[1-9]|1[0-2])\\2([12]\\d{3}|\\d{2})(?![\\d/-]|\\.\\d)',
);
const SHORT = sticky('(0?[1-9]|[12]\\d|3[01])/(0?[1-9]|1[0-2])(?![\\d/-]|\\.\\d)');
const MONTHS = new Set<string>(calendar.months.map((month) => month.toLowerCase()));
const DATED = /^(?:on|by|before|after|since|until|till|from|due|dated|date)$/i;

/** A number as the caller wants it, or null where that decides nothing. */
export function readChosenNumber(site: Site, numbers: NumberReading): Reading | null {
  const before = site.text[site.at - 1] ?? ' ';
  if (!/\d/.test(site.text[site.at]!) || /[A-Za-z0-9$£€¥.,:/#-]/.test(before)) return null;
  return (
    (numbers.dates === 'day-first' ? readDayFirst(site) : null) ??
    readYear(site, numbers) ??
    (numbers.digits === undefined ? null : readAlone(site, numbers.digits))
  );
}

function readDayFirst(site: Site): Reading | null {
  const full = matchAt(SLASHED, site);
  if (full && (full[2] === '/' || full[4]!.length === 4)) {
    const say = dateWords(Number(full[3]), Number(full[1]), fullYear(full[4]!));
    return { end: site.at + full[0].length, say };
  }
  const short = matchAt(SHORT, site);
  if (!short || !DATED.test(wordBefore(site))) return null;
  return { end: site.at + short[0].length, say: dateWords(Number(short[2]), Number(short[1])) };
}

function readYear(site: Site, { year, digits }: NumberReading): Reading | null {
  const match = year === undefined ? null : matchAt(FOUR, site);
  if (!match) return null;
  const end = site.at + 4;
  if (year) return { end, say: yearWords(Number(match[1])) };
  return digits === undefined ? { end, say: cardinalWords(match[1]!) } : null;
}

/** A number of one digit, and the day of a month, are read as ever. */
function readAlone(site: Site, digits: boolean | 'pairs'): Reading | null {
  const match = matchAt(ALONE, site);
  if (!match || match[1]!.length === 1 || MONTHS.has(wordBefore(site).toLowerCase())) return null;
  const written = match[1]!.replace(/,/g, '');
  const say = digits === 'pairs' ? pairWords(written) : digits ? digitWords(written) : cardinalWords(written);
  return { end: site.at + match[0].length, say };
}

/** "4210": forty two ten; "123": one twenty three; "2006": twenty oh six. */
function pairWords(digits: string): string {
  const odd = digits.length % 2;
  const pairs = digits.slice(odd).match(/../g) ?? [];
  const words = pairs.map((pair, i) => {
    const isFirst = i === 0 && odd === 0;
    return isFirst && pair[0] !== '0' ? belowHundred(Number(pair)) : pairWord(pair);
  });
  return [...(odd ? [digitWords(digits[0]!)] : []), ...words].join(' ');
}

function pairWord(pair: string): string {
  if (pair === '00') return 'zero zero';
  return twoDigitWords(Number(pair));
}

const DIGIT = '(?:oh|zero|one|two|three|four|five|six|seven|eight|nine|point)';
const TENS = '(?:ten|eleven|twelve|\\w+teen|\\w+ty)';
const AMONG_DIGITS = new RegExp(
  `(?<=^|[ ,])(?:oh|zero)(?= ${DIGIT}(?:[ ,]|$))|(?<=(?:^|[ ,])(?:${DIGIT}|${TENS}),? )(?:oh|zero)(?=[ ,]|$)`,
  'g',
);

/** A reading's notation with the caller's name of 0 among other digits; "zero" alone stays. */
export function withZero(say: string, zero: NumberReading['zero']): string {
  if (zero === undefined || !/\b(?:oh|zero)\b/.test(say)) return say;
  return say.replace(AMONG_DIGITS, (_, at: number) =>
    zero === 'oh' && say.startsWith(' point', at + 4) ? 'zero' : zero,
  );
}
