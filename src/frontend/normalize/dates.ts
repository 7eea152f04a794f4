// Dates: "12/31/1999" is december thirty first, nineteen ninety nine; "5 May" the fifth of may; "May 5th" may fifth.
import abbreviations from './data/abbreviations.json' with { type: 'json' };
import { ordinalWords } from './ordinals.js';
import { matchAt, type Reading, type Site, sticky, wordBefore } from './site.js';
import { timeWords } from './times.js';
import { yearWords } from './years.js';

const MONTHS = 'january february march april may june july august september october november december'.split(
  ' ',
);
const MONTH_OF = new Map<string, string>([
  ...Object.entries(abbreviations.month),
  ...MONTHS.map((month): [string, string] => [month, month]),
]);
const NAME = `(${[...MONTH_OF.keys()].sort((a, b) => b.length - a.length).join('|')})(?![A-Za-z])\\.?`;
const DAY = '(0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?(?![A-Za-z0-9]|[.:,]\\d)';
const YEAR = '(?:,? (?:of )?([12]\\d{3})(?![A-Za-z0-9]|[.,]\\d))';
const MORE_DAYS = '(?: ?(-|–|to|and|&) ?(0?[1-9]|[12]\\d|3[01])(?:st|nd|rd|th)?(?![A-Za-z0-9]|[.:]\\d))?';

/** December 31(st)(-32), 1999 */
const MONTH_DAY = sticky(`${NAME} ?${DAY}${MORE_DAYS}${YEAR}?`, 'i');
/** 31(st) (of) December(,) 1999 */
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

/** A two-digit year is of the century that makes it the nearer: 50 to 99 nineteen hundreds, 00 to 49 two thousands. */
function fullYear(written: string): number {
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
  // in small letters "may" and "march" are as likely verbs
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
  // "may" and "march" are verbs too: "the first 5 May be wrong" is not likely enough to matter
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

const DATING =
  /^(?:on|by|until|till|since|before|after|due|dated?|monday|tuesday|wednesday|thursday|friday|saturday|sunday)$/i;
const WEEKDAY_COMMA = /(?:day|Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun)\.?,? $/;

/** Whether the words before make "5/12" the twelfth of May rather than five twelfths. */
function isDated(site: Site): boolean {
  return (
    DATING.test(wordBefore(site)) || WEEKDAY_COMMA.test(site.text.slice(Math.max(0, site.at - 8), site.at))
  );
}
