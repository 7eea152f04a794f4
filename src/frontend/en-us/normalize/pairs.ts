// Two numbers with a slash: a date ("It ships 3/14"), a rating ("5/5 stars"), a place in a count ("page 3/10"),
// a metre ("6/8 time"), a name ("7/11") or, where nothing says so, a fraction. The head word decides.
import numbers from '../data/numbers.json' with { type: 'json' };
import pairs from '../data/pairs.json' with { type: 'json' };
import { pairWords } from './addresses.js';
import { UNITS } from './amounts.js';
import { dateWords } from './dates.js';
import { cardinalWords, digitWords, numberWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';

const NAMES = new Map(Object.entries(pairs.names));
const METRES = new Set<string>(pairs.metres);
const METRE_AFTER = new Set<string>(pairs.metreAfter);
const EVENT_AFTER = new Set<string>(pairs.eventAfter);
const COUNTERS = new Set<string>(pairs.counters);
const RATING_BEFORE = new Set<string>(pairs.ratingBefore);
const RATING_AFTER = new Set<string>(pairs.ratingAfter);
const FRACTION_AFTER = new Set<string>(pairs.fractionAfter);
const DATE_BEFORE = new Set<string>(pairs.dateBefore);
const STRONG_DATES = new Set<string>(pairs.strongDates);
const SCORE_BEFORE = new Set<string>(pairs.scoreBefore);

/** Pairs that are said as such: fractions.ts. */
const SET_PAIRS = new Set(Object.keys(numbers.pairs));
const RATIO_BEFORE = new Set<string>(pairs.ratioBefore);
const PRONOUNS = new Set<string>(pairs.pronouns);
const SCORED = new Set<string>(pairs.scored);

/** "rated the film 9/10" */
const RATED_NEAR = new RegExp(`\\b(?:${alternatives(pairs.scored)}) [A-Za-z' ]{1,28}$`);

/** Two scores one after the other: "Apgars 8/9". */
const SCORE_PAIR = new RegExp(`\\b(?:${pairs.scorePairs.join('|')})\\b[^.;!?]{0,24}$`, 'i');
/** "4.2/5", "3.5/4.0": a mark out of the best there is. */
const DECIMAL_MARK = sticky('(\\d{1,2}(?:\\.\\d{1,2})?) ?/ ?(\\d{1,3})(\\.0)?(?![A-Za-z0-9/⁄.]|,\\d)');
const BEST = new Set<string>(pairs.best);

const PAIR = sticky('(\\d{1,3})/(\\d{1,3})(?![A-Za-z0-9/⁄]|[.,:]\\d|-\\d)');
const DATE = '(0?[1-9]|1[0-2])/(0?[1-9]|[12]\\d|3[01])';
const DATE_RANGE = sticky(`${DATE} ?(-|–|to|through|thru|until) ?${DATE}(?![A-Za-z0-9/⁄-]|[.,:]\\d)`);
const ALWAYS_ON = sticky('24-7(?![A-Za-z0-9/-]|[.,:]\\d)');

/** Denominators that fractions have; another makes a pair that could be a date one. */
const PARTS = new Set([2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 32, 64, 100, 1000]);
/** What a rating is out of. */
const FULL_MARKS = new Set([5, 10, 20, 25, 30, 40, 50, 60, 80, 100]);

function hasCommonFactor(a: number, b: number): boolean {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return x > 1;
}

export function readPair(site: Site): Reading | null {
  if (/[A-Za-z0-9/.,$£€¥+=*^-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const always = matchAt(ALWAYS_ON, site);
  if (always && !SCORE_BEFORE.has(wordBefore(site).toLowerCase()) && !isScore(site, always[0]))
    return { end: site.at + always[0].length, say: NAMES.get('24-7')! };
  const dose = matchAt(DOSE_PAIR, site);
  if (dose)
    return {
      end: site.at + dose[0].length,
      say: `${numberWords(dose[1]!)}${dose[3] === 'mpg' ? '' : ' slash'} ${numberWords(dose[2]!)} ${UNITS.get(dose[3]!)![1]}`,
    };
  const three = readThree(site);
  if (three) return three;
  const range = matchAt(DATE_RANGE, site);
  if (range) return readDateRange(site, range);
  const mark = readDecimalMark(site);
  if (mark) return mark;
  const match = matchAt(PAIR, site);
  if (!match) return null;
  const [all, first, second] = match;
  const end = site.at + all.length;
  if (SCORE_PAIR.test(site.text.slice(Math.max(0, site.at - 40), site.at)))
    return { end, say: `${cardinalWords(first!)} and ${cardinalWords(second!)}` };
  const say = pairReading(site, end, all, first!, second!);
  return say === null ? null : { end, say };
}

/** A mark with a decimal, or out of one: the best of a scale stands after the slash. */
function readDecimalMark(site: Site): Reading | null {
  const match = matchAt(DECIMAL_MARK, site);
  if (!match) return null;
  const [all, given, best, zero] = match;
  const isDecimal = given!.includes('.') || zero !== undefined;
  if (!isDecimal || !BEST.has(best!) || Number(given) > Number(best)) return null;
  return {
    end: site.at + all.length,
    say: `${numberWords(given!)} out of ${numberWords(best! + (zero ?? ''))}`,
  };
}

/** "875/125 mg": the two parts of a drug. */
const DOSE_PAIR = sticky('(\\d{1,4}(?:\\.\\d)?)/(\\d{2,4}(?:\\.\\d)?) ?(mg|mcg|mpg)(?![A-Za-z0-9/])');
const THREE = sticky(
  '(\\d{1,3})/(\\d{1,3})/(\\d)(?![A-Za-z0-9/]|[.,]\\d)|(\\d?\\.\\d{3})/(\\d?\\.\\d{3})/(\\d?\\.\\d{3})(?![A-Za-z0-9/])',
);

/** "25/8/9": three counts of a player, no date; ".311/.425/.686" three averages. */
export function readThree(site: Site): Reading | null {
  const match = matchAt(THREE, site);
  if (!match) return null;
  const counts = match.slice(1).filter((part) => part !== undefined);
  const words = counts.map((part) => (part.startsWith('.') ? pairWords(part.slice(1)) : numberWords(part)));
  return { end: site.at + match[0].length, say: words.join(', ') };
}

/** "won 24-7", "a 24-7 win" */
function isScore(site: Site, all: string): boolean {
  return SCORE_BEFORE.has(wordAfter(site.text, site.at + all.length).toLowerCase());
}

function readDateRange(site: Site, range: RegExpExecArray): Reading | null {
  const [all, month, day, joint, lastMonth, lastDay] = range.map(String) as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const fraction = (n: string, d: string) => Number(n) < Number(d) && [2, 3, 4, 8, 16].includes(Number(d));
  const dated = STRONG_DATES.has(wordBefore(site).toLowerCase());
  if (!dated && fraction(month, day) && fraction(lastMonth, lastDay)) return null;
  const word = /[a-z]/.test(joint) ? joint.replace('thru', 'through') : 'to';
  const from = dateWords(Number(month), Number(day));
  return {
    end: site.at + all.length,
    say: `${from} ${word} ${dateWords(Number(lastMonth), Number(lastDay))}`,
  };
}

function pairReading(site: Site, end: number, all: string, first: string, second: string): string | null {
  const [n, m] = [Number(first), Number(second)];
  const before = headBefore(site).toLowerCase().replace(/[.:]$/, '');
  const after = wordAfter(site.text, end).toLowerCase();
  const plain = `${cardinalWords(first)} ${cardinalWords(second)}`;
  if (/^arms?$/.test(after)) return plain;
  if (/^(?:bps?|pressures?|b\/p|sbp)$/.test(before) && n > 40)
    return after === 'mmhg' ? null : `${cardinalWords(first)} over ${cardinalWords(second)}`;
  if (n === 20 && m >= 15 && m % 5 === 0 && m !== 20) return plain; // 20/40 vision
  if (NOTED.test(site.text.slice(Math.max(0, site.at - 24), site.at)) && isDay(n, m)) return dateWords(n, m);
  if (m === 10 && n <= 10 && OPINION.test(site.text.slice(end, end + 12))) return outOfWords(first, second);
  if (METRES.has(all) && METRE_AFTER.has(after)) return plain;
  if (EVENT_AFTER.has(after) && isDay(n, m)) return `${cardinalWords(first)} ${spokenDay(second)}`;
  if (COUNTERS.has(before) && n <= m) return `${cardinalWords(first)} of ${cardinalWords(second)}`;
  if (SET_PAIRS.has(all) && !(SCORED.has(before) || RATING_AFTER.has(after)))
    return STRONG_DATES.has(before) && all === '7/7' ? dateWords(n, m) : null;
  if (RATIO_BEFORE.has(before)) return `${cardinalWords(first)} to ${cardinalWords(second)}`;
  const outOf = `${cardinalWords(first)} out of ${cardinalWords(second)}`;
  if (/^(?:stars?|rating)$/.test(after) || (/^(?:murmurs?|strength)$/.test(after) && n <= m)) return outOf;
  if (FULL_MARKS.has(m) && n <= m && continuesRating(site, m)) return outOf;
  if (STRONG_DATES.has(before) && isDay(n, m) && !FRACTION_AFTER.has(after))
    return NAMES.has(all) && all === '9/11' ? NAMES.get(all)! : dateWords(n, m);
  if (isDay(n, m) && isTimed(site, end)) return dateWords(n, m);
  if (NAMES.has(all) && all !== '7/4') return NAMES.get(all)!;
  const rated =
    RATING_BEFORE.has(before) ||
    RATED_NEAR.test(site.text.slice(Math.max(0, site.at - 40), site.at)) ||
    (/^(?:an?|the)$/.test(before) && FULL_MARKS.has(m));
  if (isRating(n, m, rated, after)) return outOf;
  if (SHOOTING_AFTER.test(site.text.slice(end, end + 10)) && n <= m)
    return `${cardinalWords(first)} of ${cardinalWords(second)}`;
  if (FRACTION_AFTER.has(after)) return null;
  if (DATE_BEFORE.has(before) && isDay(n, m) && !PARTS.has(m)) return dateWords(n, m);
  if ((chainsDates(site) || followsDate(site)) && isDay(n, m)) return dateWords(n, m);
  return isDay(n, m) && !PARTS.has(m) && (hasCommonFactor(n, m) || n > 1 || m > 20) && !/^[a-z]/.test(after)
    ? dateWords(n, m)
    : null;
}

const SHOOTING_AFTER = new RegExp(`^ (?:${alternatives(pairs.shooting)})(?![A-Za-z0-9])`);
const RATED_BEFORE = new RegExp(`\\b(?:${alternatives(pairs.ratedThings)})\\b`, 'i');

/** "your email of 3/4" */
const NOTED =
  /\b(?:e-?mail|letter|memo|note|message|call|invoice|meeting|minutes|notice|report|order|visit|week|wk\.?|wks?\.?) (?:of|from|dated) $/i;
/** "6/10 at best imo" */
const OPINION = /^(?:,? (?:at best|imo|imho|tbh|overall|easily|honestly|no notes|would|for me|at least)\b)/;

function outOfWords(first: string, second: string): string {
  return `${cardinalWords(first)} out of ${cardinalWords(second)}`;
}

/** "pain is 7/10, down from 9/10": a rating out of as many stands before. */
function continuesRating({ text, at }: Site, m: number): boolean {
  const before = text.slice(Math.max(0, at - 60), at);
  return new RegExp(`\\d/${m}(?!\\d)`).test(before) && RATED_BEFORE.test(before);
}

/** The word before, or the one before a pronoun: "rate it 8/10", "gave them 4/5". */
function headBefore(site: Site): string {
  const direct = wordBefore(site);
  return PRONOUNS.has(direct.toLowerCase()) ? wordBefore(site, 1) || direct : direct;
}

/** Equal marks, none, or marks out of ten with a word of rating on one side. */
function isRating(n: number, m: number, rated: boolean, after: string): boolean {
  if (n === m && (FULL_MARKS.has(m) || rated || RATING_AFTER.has(after))) return m !== 20 || rated;
  if (n === 0) return true;
  if (n > m) return false;
  if (RATING_AFTER.has(after) && (FULL_MARKS.has(m) || hasCommonFactor(n, m) || m > 10)) return true;
  if (rated && m === 15 && n > 12) return true;
  return rated && FULL_MARKS.has(m) && !FRACTION_AFTER.has(after);
}

function isDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

function spokenDay(day: string): string {
  return day.startsWith('0') ? digitWords(day) : cardinalWords(day);
}

/** "3/14 at 5 pm", "10/12 (Sat)": a time or a weekday follows. */
function isTimed(site: Site, end: number): boolean {
  return /^,? ?(?:at|@|\()? ?(?:\d{1,2}(?::\d\d| ?[ap]\.?m)|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun))/.test(
    site.text.slice(end, end + 20),
  );
}

/** "3/1, 3/8 and 3/15", "3/1 to 4/15": a date before makes a date of this. */
function chainsDates(site: Site): boolean {
  const before = site.text.slice(Math.max(0, site.at - 30), site.at);
  return DATED_BEFORE.test(before);
}
/** "ships 10/2 via UPS, back 10/5": a date stands earlier in the sentence. */
function followsDate({ text, at }: Site): boolean {
  return EARLIER_DATE.test(text.slice(Math.max(0, at - 64), at));
}
const EARLIER_DATE = new RegExp(
  `\\b(?:${alternatives(pairs.strongDates)}) ${DATE}(?![\\d/])[^.!?\\d]{1,40}$`,
  'i',
);
const DATED_BEFORE = new RegExp(
  `\\b(?:${alternatives(pairs.strongDates)}) ${DATE}(?: ?[-–] ?| (?:to|and|or|through|thru|until) |, (?:and |or )?)$`,
);
