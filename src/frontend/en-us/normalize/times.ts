// Times of day ("3:05 pm" is three oh five P M, "17:00" seventeen hundred), durations, and the ranges and
// ratios that are written like them ("9am–5pm", "10-20", "3:1").
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import calendar from '../data/calendar.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import { bareNumberWords, belowHundred, cardinalWords, twoDigitWords } from './numbers.js';
import {
  alternatives,
  beforeFullStop,
  matchAt,
  type Reading,
  type Site,
  sticky,
  wordBefore,
} from './reader.js';

const MERIDIEM = '(?: ?([aApP])(?:\\.[mM]\\.?|[mM])(?![A-Za-z0-9]))';
const CLOCK = sticky(
  `(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d{1,6})?)?(?![\\d:])(?:${MERIDIEM}|([ap])(?![A-Za-z0-9]))?`,
);
const DOTTED = sticky(`(\\d{1,2})\\.([0-5]\\d)(?!\\d)${MERIDIEM}`);
const HOUR = sticky(`(\\d{1,2})${MERIDIEM}`);
const MILITARY = sticky('([01]\\d|2[0-4])([0-5]\\d)(?: ?(hours|hrs)(?![A-Za-z])|h(?![A-Za-z0-9]))');
/** "at 0430", "0700-1500": four digits of a clock after words of time; the zero shows that they are no amount. */
const ZONED = sticky(
  '([01]\\d|2[0-3])([0-5]\\d)(?= (?:GMT|UTC|[ECMP][SD]?T|BST|CES?T|IST|JST|AE[SD]T|[Zz]ulu)(?![A-Za-z]))',
);
const BARE_MILITARY = sticky(
  '(0\\d|1\\d|2[0-3])([0-5]\\d)(?![A-Za-z0-9%/]|[.,:]\\d)(?= ?([-–]|to|until|till)? ?(\\d{4})?)',
);
const TIME_BEFORE = new RegExp(`(?:^|[^A-Za-z])(?:${context.amounts.timeBefore.join('|')}) $`, 'i');
const DURATION = sticky(
  '(\\d{1,3}) ?h(?:rs?)? ?(\\d{1,2}) ?m(?:in)?(?![A-Za-z0-9])(?: ?(\\d{1,2}) ?s(?:ec)?(?![A-Za-z0-9]))?',
);
/** "9a-1p", "at 9a": the half of the day by one letter. */
const SHORT_HOUR = sticky('(\\d{1,2})([ap])(?![A-Za-z0-9])');
const OCLOCK = sticky("(\\d{1,2}) ?o'clock(?![A-Za-z])", 'i');

/** A time in words; hours 0 to 24. */
export function timeWords(hour: number, minute: number, second?: number, meridiem?: string): string {
  const half = meridiem === undefined ? '' : ` ${meridiem.toUpperCase()} M`;
  const seconds = second === undefined || second === 0 ? '' : ` and ${plural(second, 'second')}`;
  if (minute === 0 && second === undefined) {
    if (meridiem !== undefined) return `${belowHundred(hour)}${half}`;
    if (hour === 0 || hour === 24) return 'midnight';
    return hour <= 12 ? `${belowHundred(hour)} o'clock` : `${belowHundred(hour)} hundred`;
  }
  if (hour === 0 && minute === 0 && second === 0) return 'midnight';
  const hourWords = hour === 0 ? 'zero' : belowHundred(hour);
  if (minute === 0) return `${hourWords} ${hour <= 12 ? "o'clock" : 'hundred'}${seconds}${half}`;
  return `${hourWords} ${twoDigitWords(minute)}${seconds}${half}`;
}

function plural(count: number, unit: string): string {
  return `${cardinalWords(String(count))} ${unit}${count === 1 ? '' : 's'}`;
}

export function readTime(site: Site): Reading | null {
  const clock = matchAt(CLOCK, site) ?? matchAt(DOTTED, site);
  if (clock) return readClock(site, clock);
  const oclock = matchAt(OCLOCK, site);
  if (oclock) return { end: site.at + oclock[0].length, say: `${cardinalWords(oclock[1]!)} o'clock` };
  const hour = matchAt(HOUR, site);
  if (hour && Number(hour[1]) <= 24)
    return {
      end: beforeFullStop(site.text, site.at + hour[0].length),
      say: timeWords(Number(hour[1]), 0, undefined, hour[2]),
    };
  return readShortHour(site) ?? readMilitary(site) ?? readDuration(site);
}

function readClock(site: Site, clock: RegExpExecArray): Reading | null {
  const [hour, minute] = [Number(clock[1]), Number(clock[2])];
  const fourth = clock[4] ?? clock[5] ?? (clock.length === 4 ? clock[3] : undefined);
  const meridiem = fourth !== undefined && /[ap]/i.test(fourth) ? fourth : undefined;
  const second = clock.length === 6 && clock[3] !== undefined ? Number(clock[3]) : undefined;
  if (minute > 59 || (second ?? 0) > 59 || hour > 24) return null;
  if (/^,\d{3}/.test(site.text.slice(site.at + clock[0].length, site.at + clock[0].length + 4))) return null; // 1:50,000
  // "a ratio of 1:10" is no time.
  if (/^(?:ratio|odds)$/i.test(wordBefore(site)) || /^(?:ratio|odds)$/i.test(wordBefore(site, 1)))
    return null;
  const named = /^ (?:noon|midnight)\b/.test(
    site.text.slice(site.at + clock[0].length, site.at + clock[0].length + 12),
  );
  // "10:00-11:30 a.m.": the half of the day is said once, at the end.
  const opensRange = /^ ?[-–] ?\d{1,2}(?::\d\d)? ?[ap]\.?m/i.test(
    site.text.slice(site.at + clock[0].length, site.at + clock[0].length + 12),
  );
  if ((named || opensRange) && minute === 0 && meridiem === undefined)
    return { end: site.at + clock[0].length, say: belowHundred(hour) };
  return {
    end: beforeFullStop(site.text, site.at + clock[0].length),
    say: timeWords(hour, minute, second, meridiem),
  };
}

function readShortHour(site: Site): Reading | null {
  const match = matchAt(SHORT_HOUR, site);
  if (!match || Number(match[1]) > 12 || match[1] === '0') return null;
  const { text, at } = site;
  const end = at + match[0].length;
  const opens = /^ ?[-–] ?\d{1,2}(?::\d\d)?[ap](?![A-Za-z0-9])/.test(text.slice(end, end + 10));
  const tail = text.slice(Math.max(0, at - 6), at);
  // "[0-9a-z]" is no range of hours.
  const closes = (match[2] === 'p' ? /\d[ap]? ?[-–] ?$/ : /\d[ap] ?[-–] ?$/).test(tail) && text[end] !== '-';
  const cued = /\b(?:at|by|until|till?|from|before|after|around) $/i.test(
    text.slice(Math.max(0, at - 8), at),
  );
  return opens || closes || cued ? { end, say: timeWords(Number(match[1]), 0, undefined, match[2]) } : null;
}

function readMilitary(site: Site): Reading | null {
  const match = matchAt(MILITARY, site) ?? matchAt(ZONED, site) ?? bareMilitary(site);
  if (!match) return null;
  const [hour, minute] = [Number(match[1]), Number(match[2])];
  const hours = match.length === 4 ? ' hours' : '';
  const minutes = minute === 0 ? 'hundred' : twoDigitWords(minute);
  return { end: site.at + match[0].length, say: `${twoDigitWords(hour)} ${minutes}${hours}` };
}

/** A clock's four digits without "hours": they begin with a zero, or end a range of such. */
function bareMilitary(site: Site): RegExpExecArray | null {
  const match = matchAt(BARE_MILITARY, site);
  if (!match) return null;
  const before = site.text.slice(Math.max(0, site.at - 16), site.at);
  const zero = match[1]!.startsWith('0');
  const opens = zero && match[4] !== undefined && /^(?:0\d|1\d|2[0-3])[0-5]\d$/.test(match[4]);
  const closes = /(?:^|\D)0\d[0-5]\d ?(?:[-–]|to|until|till) ?$/.test(before);
  return (zero && TIME_BEFORE.test(before)) || opens || closes ? match : null;
}

function readDuration(site: Site): Reading | null {
  const match = matchAt(DURATION, site);
  if (!match) return null;
  const [all, hours, minutes, seconds] = match;
  const parts = [plural(Number(hours), 'hour'), plural(Number(minutes), 'minute')];
  if (seconds !== undefined) parts.push(plural(Number(seconds), 'second'));
  return { end: site.at + all.length, say: parts.join(' ') };
}

const CALENDAR = `(?:${alternatives(
  [
    ...[...calendar.months, ...calendar.weekdays],
    ...[...Object.keys(abbreviations.month), ...Object.keys(abbreviations.weekday)],
  ].map((name) => name[0]!.toUpperCase() + name.slice(1)),
)})`;
const CALENDAR_BEFORE = new RegExp(`(?:\\b${CALENDAR}\\.?|\\d) ?$`);
const CALENDAR_AFTER = new RegExp(`^ ?${CALENDAR}(?![A-Za-z])`);
const DASH = sticky('[-–](?=[$£€¥]?\\.?\\d|[$£€¥]\\d)');
const SPACED = sticky('[–-] ?(?=[$£€¥]?\\d)');

/**
 * The dash of a range or a score is "to" ("10-20", "9am–5pm", a 3-2 win), that of a name silent ("747-400",
 * "1-2-3").
 */
export function readRangeDash(site: Site): Reading | null {
  const { text, at } = site;
  const before = text.slice(Math.max(0, at - 12), at);
  const after = text.slice(at + 1, at + 14);
  if (/^[-–]\d/.test(text.slice(at, at + 2)) && /(?:UTC|GMT)$/.test(before))
    return { end: at + 1, say: 'minus' };
  if (/[A-Z]\.$/.test(before) && /^\d{1,2}\)/.test(after)) return { end: at + 1, say: '' }; // (D-N.Y.-14)
  if (text[at] === '-' && /\^\d{1,3}$/.test(before) && /^\d/.test(after))
    return { end: at + 1, say: 'minus' }; // 2^31-1
  if (/^[\d.]+ ?=/.test(after)) return null; // "3-2=1": maths.ts
  if (/\b(?:at|pp?\.|pages) \d{2,4}$/.test(before) && /^0\d(?!\d)/.test(after))
    return { end: at + 1, say: 'to' };
  if (
    matchAt(DASH, site) &&
    /(?:\d|\d ?[apAP]\.?[mM]\.?|\d[ap]|\d[%°]|\d ?(?:[kcm]m|kg|lbs?|ft|[KMBkm]|bn|s|h|st|nd|rd|th))$/.test(
      before,
    )
  ) {
    return {
      end: at + 1,
      say: isSilent(before, after) ? '' : SHOT.test(after) ? 'for' : isRecord(site) ? 'and' : 'to',
    };
  }
  if (
    /^[-–] ?(?:noon|midnight|close|present|now|today)(?![A-Za-z])/.test(text.slice(at, at + 12)) &&
    /\d(?: ?[ap]\.?m\.?)? ?$/i.test(before)
  )
    return { end: at + 1, say: 'to' };
  if (/^[-–]$/.test(text[at]!) && CALENDAR_BEFORE.test(before) && CALENDAR_AFTER.test(after))
    return { end: at + 1, say: 'to' };
  // " – " between two numbers is a range where nothing else parts them.
  if (text[at] === '–' && matchAt(SPACED, site) && /[\d%] $/.test(before)) return { end: at + 1, say: 'to' };
  return null;
}

/** "10-18 FG": shots made of those taken. */
const SHOT = /^\d{1,3} (?:FGs?|FT|FTs|3PT|3P|3s|from (?:the (?:field|line)|three|deep|3))(?![A-Za-z0-9])/;
const RECORD_BEFORE = new RegExp(
  `(?:^|[^A-Za-z])(?:${context.records.before.join('|')}):? \\(?\\d{1,3}$`,
  'i',
);
const RECORD_AFTER = new RegExp(`^\\d{1,3}\\)? (?:${context.records.after.join('|')})(?![A-Za-z])`, 'i');
const STANDINGS = new RegExp(
  `(?:^|[^A-Za-z])(?:${context.records.standings.join('|')})[^.;!?]{0,60}[A-Z][A-Za-z]+,? \\(?\\d{1,3}$`,
);

/** "improved to 10-3", "NFC West: SF 10-3": games won and lost. */
function isRecord({ text, at }: Site): boolean {
  const before = text.slice(Math.max(0, at - 90), at);
  const after = text.slice(at + 1, at + 32);
  if (!/(?:^|[^\d.,$-])\d{1,3}$/.test(before) || !/^\d{1,3}(?![\d%]|[-.,:]\d)/.test(after)) return false;
  return RECORD_BEFORE.test(before) || RECORD_AFTER.test(after) || STANDINGS.test(before);
}

function isSilent(before: string, after: string): boolean {
  if (/(?:^|[^A-Za-z])[A-Z]{2,5}-(?:19|20)\d\d$/.test(before)) return true; // CVE-2024-3094
  if (/(?:^|[^A-Za-z])[FACS]Y ?(?:19|20)\d\d$/.test(before)) return false; // FY2022-23
  if (/[A-Z]-\d{3,5}$/.test(before) && /^\d{1,2}(?!\d)/.test(after)) return true; // ISO-8859-1
  if (/(?:eing|bus|MD|DC) \d{3}$|\bNo\. \d+$/.test(before)) return true;
  if (/[A-Z]\d{3}$|(?:^|[^A-Za-z])[a-z]\d{1,3}$/.test(before)) return true;
  if (/(?:^|\D)50$/.test(before) && /^50(?!\d)/.test(after)) return true;
  const left = /(\d+)$/.exec(before)?.[1];
  const right = /^(\d+)/.exec(after)?.[1];
  if (left === undefined || right === undefined) return false;
  const several = /\d-\d+$/.test(before) || /^\d+-\d/.test(after);
  const model = left.length === 3 && /00$/.test(right) && Number(right) < Number(left);
  if (left.length === 2 && right.length === 4 && !right.endsWith('00')) return true; // "Nos. 19-1257"
  return several || model || (right.length > 1 && right.startsWith('0') && !left.startsWith('0'));
}

const RATIO = sticky('(\\d{1,6}):(\\d{1,3}(?:,\\d{3}){1,3}|\\d{1,6})(?::(\\d{1,6}))?(?![\\d:])');
const SCRIPTURES = new Set<string>(context.scriptures);

/** "a ratio of 3:1", "16:9", and "Genesis 1:1", which has no "to". Times have been tried before. */
export function readRatio(site: Site): Reading | null {
  const match = matchAt(RATIO, site);
  if (!match) return null;
  if (/^(?:19|20)\d\d$/.test(match[2]!) && /^[A-Z]{2,}$/.test(wordBefore(site))) return null; // "ISO 9001:2015"
  // "52:30" is minutes and seconds: no clock shows it.
  const elapsed = match[3] === undefined && Number(match[1]) > 24 && /^[0-5]\d$/.test(match[2]!);
  const { text, at } = site;
  const end = at + match[0].length;
  // "Tr. 45:12–46:3", "at 12:3-15": a page and its lines; "App.jsx:17:5" a line and its column.
  const lined =
    match[3] === undefined &&
    (/^[-–]\d{1,3}(?:$|[^\d%])/.test(text.slice(end, end + 5)) ||
      /\d:\d{1,3}[-–]$/.test(text.slice(Math.max(0, at - 6), at)) ||
      /[A-Za-z]:$/.test(text.slice(Math.max(0, at - 2), at)));
  const joint = elapsed || lined || SCRIPTURES.has(wordBefore(site)) ? ' ' : ' to ';
  const say = match
    .slice(1)
    .filter((part) => part !== undefined)
    .map((part, i) =>
      elapsed && i > 0 && /^0\d$/.test(part) ? twoDigitWords(Number(part)) : bareNumberWords(part),
    )
    .join(joint);
  return { end: site.at + match[0].length, say };
}
