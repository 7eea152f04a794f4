// Dates and years: "12/31/1999" is december thirty first, nineteen ninety nine; "5 May" the fifth of may;
// "1905" nineteen oh five and "the '90s" the nineties, while a count of things stays a count.
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import calendar from '../data/calendar.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import { belowHundred, cardinalWords, ordinalWords, pluralWords, twoDigitWords } from './numbers.js';
import {
  alternatives,
  beforeFullStop,
  matchAt,
  type Reading,
  type Site,
  sticky,
  wordAfter,
  wordBefore,
} from './reader.js';
import { timeWords } from './times.js';

const MONTHS: readonly string[] = calendar.months;
const MONTH_OF = new Map<string, string>([
  ...Object.entries(abbreviations.month),
  ...MONTHS.map((month): [string, string] => [month, month]),
]);

/** A year from 1 to 9999 as it is said: 1905 nineteen oh five, 2000 two thousand, 2024 twenty twenty four. */
export function yearWords(year: number): string {
  const century = Math.floor(year / 100);
  const rest = year % 100;
  if (year < 100 || year > 9999) return cardinalWords(String(year));
  if (century % 10 === 0 && rest < 10) return cardinalWords(String(year));
  if (rest === 0) return `${belowHundred(century)} hundred`;
  return `${belowHundred(century)} ${twoDigitWords(rest)}`;
}

/** "nineties", "twenties", "nineteen hundreds": the last word of a year made plural. */
function decadeWords(year: number): string {
  if (year < 100) return pluralWords(year === 0 ? 'two thousand' : belowHundred(year));
  return pluralWords(yearWords(year));
}

const ERA = new Map(Object.entries(calendar.eras));
const BEFORE_YEAR = new Set<string>([...context.years.before, ...MONTH_OF.keys()]);
const BEFORE_COUNT = new Set<string>(context.years.beforeCounts);
const OWNER = /^[a-z].*'s$/;
/** A plural noun, or a noun that has no plural form, makes the number a count. */
const PLURAL = /^[a-z]{2,}[^sui\W]s$/;
const COUNTED = new Set<string>(context.years.counted);
const NOT_PLURAL = new Set<string>(context.years.notPlurals);

const DECADE = sticky("'?(\\d{2}|\\d{4})(?:'s|s)(?![A-Za-z0-9])");
const CLIPPED = sticky("'(\\d{2})(?![0-9A-Za-z:.,]\\d|\\d|'\\d)");
const ERA_AFTER = sticky(
  '(\\d{1,5}|\\d{1,2},\\d{3}) ?(?:(AD|BCE|BC|CE)(?![A-Za-z])|([AB])\\.([DC])\\.(E\\.)?)',
);
const ERA_BEFORE = sticky('(?:AD|A\\.D\\.) ?(\\d{1,4})(?!\\d)');
/** 1997/98 */
const SEASON = sticky('((?:1[5-9]|20)\\d{2})/(\\d{2})(?![\\d/])');
const FOUR = /(\d{4})(?![\d]|[.,]\d)/y;

function wholeYear(written: string): string {
  const year = Number(written.replace(',', ''));
  return year > 9999 ? cardinalWords(written) : yearWords(year);
}

/** Decades, clipped years and years with an era: unmistakable by their form. */
export function readMarkedYear(site: Site): Reading | null {
  const decade = matchAt(DECADE, site);
  if (decade) {
    const year = Number(decade[1]);
    const looksLikeDecade = year % 10 === 0 && (decade[1]!.length === 2 || (year >= 1000 && year < 3000));
    if (looksLikeDecade) return { end: site.at + decade[0].length, say: decadeWords(year) };
  }
  const season = matchAt(SEASON, site);
  if (season) {
    const [all, first, second] = season;
    return {
      end: site.at + all.length,
      say: `${yearWords(Number(first))} to ${twoDigitWords(Number(second))}`,
    };
  }
  const clipped = matchAt(CLIPPED, site);
  if (clipped && !/[A-Za-z0-9]/.test(site.text[site.at - 1] ?? '') && site.text[site.at + 3] !== "'") {
    return { end: site.at + clipped[0].length, say: twoDigitWords(Number(clipped[1])) };
  }
  const after = matchAt(ERA_AFTER, site);
  if (after) {
    const era = after[2] ?? `${after[3]}${after[4]}${after[5] ? 'E' : ''}`;
    const say = `${wholeYear(after[1]!)} ${ERA.get(era.toLowerCase())}`;
    return { end: beforeFullStop(site.text, site.at + after[0].length), say };
  }
  const before = matchAt(ERA_BEFORE, site);
  if (before) return { end: site.at + before[0].length, say: `A D ${wholeYear(before[1]!)}` };
  return null;
}

/** Four bare digits: a year unless what follows is counted. */
export function readBareYear(site: Site): Reading | null {
  const match = matchAt(FOUR, site);
  if (!match || !isYear(Number(match[1]), site, site.at + 4)) return null;
  return { end: site.at + 4, say: yearWords(Number(match[1])) };
}

/** Whether a bare number stands for a year, by its size and its neighbours. */
function isYear(year: number, site: Site, end: number): boolean {
  const written = wordBefore(site);
  const before = written.toLowerCase();
  if (year < 1000 || (year > 2099 && !/^years?$/.test(before))) return false;
  const owned = OWNER.test(before);
  const next = wordAfter(site.text, end);
  const counted = site.text[end] === ' ' && (PLURAL.test(next) || COUNTED.has(next)) && !NOT_PLURAL.has(next);
  // "In 1984 farmers protested": a preposition that opens the clause dates what follows.
  if (counted && !BEFORE_COUNT.has(before) && !owned && written !== 'In') return false;
  return year >= 1100 || BEFORE_YEAR.has(before) || owned;
}

const NAME = `(${alternatives(MONTH_OF.keys())})(?![A-Za-z])\\.?`;
const DAY = '(0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?(?![A-Za-z0-9]|[.:,]\\d)';
const YEAR = '(?:,? (?:of )?([12]\\d{3})(?![A-Za-z0-9]|[.,]\\d))';
const MORE_DAYS = '(?: ?(-|–|to|and|&) ?(0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?(?![A-Za-z0-9]|[.:]\\d))?';

/** December 30(th)(-31), 1999 */
const MONTH_DAY = sticky(`${NAME}(?: ?|-)${DAY}${MORE_DAYS}${YEAR}?`, 'i');
/** 30(th)(-31) (of) December(,) 1999 */
const DAY_MONTH = sticky(
  `${DAY}${MORE_DAYS}(?:-| of | )${NAME}(?:-|,? )?(?:([12]\\d{3}|(?<=-)\\d{2})(?![A-Za-z0-9]|[.,]\\d))?`,
  'i',
);
/** Dec 1999 */
const MONTH_YEAR = sticky(`${NAME}(?:,? |-)'?([12]\\d{3})(?![A-Za-z0-9]|[.,]\\d)`, 'i');
const ISO = sticky(
  '([12]\\d{3})([-/.])(0?[1-9]|1[0-2])\\2(0?[1-9]|[12]\\d|3[01])(?![\\d/-])(?:[T ](\\d{2}):(\\d{2})(?::(\\d{2})(?:\\.\\d{1,9})?)?(Z|[+-]\\d{2}:?\\d{2})?)?',
);
const SLASHED = sticky(
  '(0?[1-9]|[12]\\d|3[01])([/.-])(0?[1-9]|[12]\\d|3[01])\\2([12]\\d{3}|\\d{2})(?![\\d/-]|\\.\\d)',
);
const MONTH_SLASH_YEAR = sticky('(0?[1-9]|1[0-2])/((?:19|20)\\d{2})(?![\\d/-])');
const SHORT_SLASHED = sticky('(0?[1-9]|1[0-2])/(0?[1-9]|[12]\\d|3[01])(?![\\d/-]|\\.\\d)');

/** A month and a day, with or without a year: "december thirty first, nineteen ninety nine". */
export function dateWords(month: number, day: number, year?: number): string {
  const head = `${MONTHS[month - 1]} ${ordinalWords(String(day))}`;
  return year === undefined ? head : `${head}, ${yearWords(year)}`;
}

/**
 * The year that two digits mean, of the nearer century: 50 to 99 are 19xx, 00 to 49 20xx; more digits stand
 * as written.
 */
export function fullYear(written: string): number {
  const year = Number(written);
  return written.length > 2 ? year : year >= 50 ? 1900 + year : 2000 + year;
}

function rangeWords(joint: string | undefined, day: string | undefined): string {
  if (day === undefined) return '';
  return ` ${joint === 'and' || joint === '&' ? 'and' : 'to'} ${ordinalWords(day)}`;
}

export function readDate(site: Site): Reading | null {
  return /\d/.test(site.text[site.at]!) ? (readNumeric(site) ?? readDayMonth(site)) : readMonth(site);
}

function readMonth(site: Site): Reading | null {
  // In small letters "may" and "march" are as likely verbs.
  if (/^(?:ma[ry]|[a-z]{1,2}[^a-z])/.test(site.text.slice(site.at, site.at + 3))) return null;
  const yearly = matchAt(MONTH_YEAR, site);
  if (yearly) {
    return {
      end: site.at + yearly[0].length,
      say: `${MONTH_OF.get(yearly[1]!.toLowerCase())} ${yearWords(Number(yearly[2]))}`,
    };
  }
  const match = matchAt(MONTH_DAY, site);
  if (!match) return null;
  const [all, name, day, joint, lastDay, year] = match;
  const month = MONTH_OF.get(name!.toLowerCase())!;
  const head = `${month} ${ordinalWords(day!)}${rangeWords(joint, lastDay)}`;
  return {
    end: site.at + all.length,
    say: year === undefined ? head : `${head}, ${yearWords(Number(year))}`,
  };
}

function readDayMonth(site: Site): Reading | null {
  const match = matchAt(DAY_MONTH, site);
  if (!match) return null;
  const [all, day, joint, lastDay, name, year] = match;
  if (!/[A-Z]/.test(all.slice(all.toLowerCase().indexOf(name!.toLowerCase()))[0]!)) return null;
  // "the first 5 May be wrong" would be misread, but is not likely enough to matter.
  const article = /^the$/i.test(wordBefore(site)) ? '' : 'the ';
  const head = `${article}${ordinalWords(day!)}${rangeWords(joint, lastDay)} of ${MONTH_OF.get(name!.toLowerCase())}`;
  const end = site.at + all.trimEnd().replace(/[,-]$/, year === undefined ? '' : '$&').length;
  return { end, say: year === undefined ? head : `${head}, ${yearWords(fullYear(year))}` };
}

function readNumeric(site: Site): Reading | null {
  const iso = matchAt(ISO, site);
  if (iso) {
    const [all, year, , month, day, hour, minute, second, zone] = iso;
    const date = dateWords(Number(month), Number(day), Number(year));
    const time =
      hour === undefined
        ? ''
        : `, ${timeWords(Number(hour), Number(minute), second === undefined ? undefined : Number(second))}`;
    const zoned = zone === 'Z' ? ' U T C' : '';
    return { end: site.at + all.length, say: date + time + zoned };
  }
  const slashed = matchAt(SLASHED, site);
  if (slashed) {
    const [all, first, separator, second, year] = slashed;
    const dayFirst = Number(first) > 12 || (separator === '.' && Number(second) <= 12);
    const [month, day] = dayFirst ? [Number(second), Number(first)] : [Number(first), Number(second)];
    if (month <= 12 && (separator === '/' || year!.length === 4)) {
      return { end: site.at + all.length, say: dateWords(month, day, fullYear(year!)) };
    }
  }
  const monthly = matchAt(MONTH_SLASH_YEAR, site);
  if (monthly)
    return {
      end: site.at + monthly[0].length,
      say: `${MONTHS[Number(monthly[1]) - 1]} ${yearWords(Number(monthly[2]))}`,
    };
  const short = matchAt(SHORT_SLASHED, site);
  if (short?.[0] === '9/11') return null;
  if (short && isDated(site)) {
    return { end: site.at + short[0].length, say: dateWords(Number(short[1]), Number(short[2])) };
  }
  return null;
}

const DATING = new Set<string>([...context.dates.before, ...calendar.weekdays]);
const WEEKDAY_COMMA = /(?:day|Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.?,? $/;

/** Whether the words before make "5/12" the twelfth of May rather than five twelfths. */
function isDated(site: Site): boolean {
  return (
    DATING.has(wordBefore(site).toLowerCase()) ||
    WEEKDAY_COMMA.test(site.text.slice(Math.max(0, site.at - 8), site.at))
  );
}
