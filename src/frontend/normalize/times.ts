// Times of day and durations: "3:05 pm" is three oh five P M, "17:00" seventeen hundred, "3:00" three o'clock.
import { belowHundred, cardinalWords, ONES } from './cardinals.js';
import { matchAt, type Reading, type Site, sticky, wordBefore } from './site.js';

const MERIDIEM = '(?: ?([aApP])(?:\\.[mM]\\.?|[mM])(?![A-Za-z0-9]))';
const CLOCK = sticky(`(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.\\d{1,6})?)?(?![\\d:])${MERIDIEM}?`);
const DOTTED = sticky(`(\\d{1,2})\\.([0-5]\\d)(?!\\d)${MERIDIEM}`);
const HOUR = sticky(`(\\d{1,2})${MERIDIEM}`);
const MILITARY = sticky('([01]\\d|2[0-4])([0-5]\\d)(?: ?(hours|hrs)(?![A-Za-z])|h(?![A-Za-z0-9]))');
const DURATION = sticky(
  '(\\d{1,3}) ?h(?:rs?)? ?(\\d{1,2}) ?m(?:in)?(?![A-Za-z0-9])(?: ?(\\d{1,2}) ?s(?:ec)?(?![A-Za-z0-9]))?',
);
const OCLOCK = sticky("(\\d{1,2}) ?o'clock(?![A-Za-z])", 'i');

function minuteWords(minute: number): string {
  return minute < 10 ? `oh ${ONES[minute]}` : belowHundred(minute);
}

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
  return `${hourWords} ${minuteWords(minute)}${seconds}${half}`;
}

function plural(count: number, unit: string): string {
  return `${cardinalWords(String(count))} ${unit}${count === 1 ? '' : 's'}`;
}

/** Leaves the last dot of "p.m." to the sentence when nothing follows it. */
function endOf(site: Site, match: RegExpExecArray): number {
  const end = site.at + match[0].length;
  return site.text[end - 1] === '.' && end === site.text.length ? end - 1 : end;
}

export function readTime(site: Site): Reading | null {
  const clock = matchAt(CLOCK, site) ?? matchAt(DOTTED, site);
  if (clock) return readClock(site, clock);
  const oclock = matchAt(OCLOCK, site);
  if (oclock) return { end: site.at + oclock[0].length, say: `${cardinalWords(oclock[1]!)} o'clock` };
  const hour = matchAt(HOUR, site);
  if (hour && Number(hour[1]) <= 24)
    return { end: endOf(site, hour), say: timeWords(Number(hour[1]), 0, undefined, hour[2]) };
  return readMilitary(site) ?? readDuration(site);
}

function readClock(site: Site, clock: RegExpExecArray): Reading | null {
  const [hour, minute] = [Number(clock[1]), Number(clock[2])];
  const fourth = clock[4] ?? (clock.length === 4 ? clock[3] : undefined);
  const meridiem = fourth !== undefined && /[ap]/i.test(fourth) ? fourth : undefined;
  const second = clock.length === 5 && clock[3] !== undefined ? Number(clock[3]) : undefined;
  if (minute > 59 || (second ?? 0) > 59 || hour > 24) return null;
  // "John 3:16", "a ratio of 1:10": chapter and verse, and ratios, are not times
  if (/^(?:ratio|odds)$/i.test(wordBefore(site)) || /^(?:ratio|odds)$/i.test(wordBefore(site, 1)))
    return null;
  const named = /^ (?:noon|midnight)\b/.test(
    site.text.slice(site.at + clock[0].length, site.at + clock[0].length + 12),
  );
  // "10:00-11:30 a.m.": the half of the day is said once, at the end
  const opensRange = /^ ?[-–] ?\d{1,2}(?::\d\d)? ?[ap]\.?m/i.test(
    site.text.slice(site.at + clock[0].length, site.at + clock[0].length + 12),
  );
  if ((named || opensRange) && minute === 0 && meridiem === undefined)
    return { end: site.at + clock[0].length, say: belowHundred(hour) };
  return { end: endOf(site, clock), say: timeWords(hour, minute, second, meridiem) };
}

function readMilitary(site: Site): Reading | null {
  const match = matchAt(MILITARY, site);
  if (!match) return null;
  const [hour, minute] = [Number(match[1]), Number(match[2])];
  const lead = hour < 10 ? `oh ${ONES[hour]}` : belowHundred(hour);
  return {
    end: site.at + match[0].length,
    say: `${lead} ${minute === 0 ? 'hundred' : minuteWords(minute)} hours`,
  };
}

function readDuration(site: Site): Reading | null {
  const match = matchAt(DURATION, site);
  if (!match) return null;
  const [all, hours, minutes, seconds] = match;
  const parts = [plural(Number(hours), 'hour'), plural(Number(minutes), 'minute')];
  if (seconds !== undefined) parts.push(plural(Number(seconds), 'second'));
  return { end: site.at + all.length, say: parts.join(' ') };
}
