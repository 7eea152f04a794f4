// Lengths of time as clocks, posts and timers write them: "5s" is five seconds, "3d ago" three days ago,
// "2:00:35" two hours thirty five seconds; and weekdays by their letters ("M-F", "MWF").
import durations from '../data/durations.json' with { type: 'json' };
import { isOne, numberWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';

const UNITS = new Map(Object.entries(durations.units));
const BEFORE = new Set<string>(durations.before);
const AFTER = new Set<string>(durations.after);
const COUNTED = new Set<string>(durations.counted);
const PLURAL_BEFORE = new Set<string>(durations.pluralBefore);
const DECADE_BEFORE = new Set<string>(durations.decadeBefore);
const ELAPSED_BEFORE = new Set<string>(durations.elapsedBefore);
const CLOCK_BEFORE = new Set<string>(durations.clockBefore);

/** Words after an amount that it does not qualify: "a 5m wait" against "5m ago". */
const TIME_AFTER = new Set<string>(durations.timeAfter);
const MINUTES_AFTER = new Set<string>(durations.minutesAfter);
/** From small to large. */
const SIZES: readonly string[] = durations.sizes;

/** Things whose models are numbers with an s: "iPhone 5s". */
const MODELS = new Set<string>(durations.models);
const SECONDS = sticky("(\\d{1,4}(?:\\.\\d{1,3})?)s(?![A-Za-z0-9'])");
const GLUED = sticky("(\\d{1,4})(mo|mos|[smhdwy])(?![A-Za-z0-9'/^]|-?[A-Z])");
const PART = '\\d{1,4} ?(?:mos?|wks?|yrs?|hrs?|mins?|secs?|[wdhmsy])';
const CHAIN = sticky(`${PART}(?:,? ?${PART}){1,4}(?![A-Za-z0-9])`);
const ELAPSED = sticky('(\\d{1,3}):([0-5]\\d):([0-5]\\d)(\\.\\d{1,6})?(?![\\d:A-Za-z]| ?[aApP]\\.?[mM])');

function lengthWords(amount: string, unit: string): string {
  return `${numberWords(amount)} ${unit}${isOne(amount) ? '' : 's'}`;
}

/** "Timeout: 30s": the label names what the amount is of. */
const LABEL = /([A-Za-z]{2,14})(?::| ?=) ?$/;

export function readDurationMark(site: Site): Reading | null {
  if (/[A-Za-z0-9.,:/$£€¥#-]$/.test(site.text[site.at - 1] ?? '')) return null;
  return readElapsed(site) ?? readChain(site) ?? readSeconds(site) ?? readGlued(site);
}

/** "1h 5m", "2d 3h", "3m20s": two or more lengths, the larger first. */
function readChain(site: Site): Reading | null {
  const match = matchAt(CHAIN, site);
  if (!match) return null;
  const parts = [...match[0].matchAll(/(\d{1,4}) ?([a-z]{1,4})/g)].map(([, amount, unit]) => ({
    amount: amount!,
    unit: UNITS.get(unit!)!,
  }));
  const order = parts.map(({ unit }) => SIZES.indexOf(unit));
  if (!order.every((size, i) => i === 0 || size < order[i - 1]!)) return null;
  return {
    end: site.at + match[0].length,
    say: parts.map(({ amount, unit }) => lengthWords(amount, unit)).join(' '),
  };
}

/** "rest 30s" is thirty seconds, "the 30s" a decade, "two 5s" a plural. */
function readSeconds(site: Site): Reading | null {
  const match = matchAt(SECONDS, site);
  if (!match) return null;
  const amount = match[1]!;
  const end = site.at + match[0].length;
  const label = LABEL.exec(site.text.slice(Math.max(0, site.at - 24), site.at))?.[1];
  const before = label ?? wordBefore(site);
  const lower = before.toLowerCase();
  if (MODELS.has(lower)) return { end, say: `${numberWords(amount)} S` };
  const after = wordAfter(site.text, end).toLowerCase();
  const decade = /^\d0$|^[12]\d\d0$|^00$/.test(amount);
  const article = /^(?:an?|another|per)$/.test(lower);
  const bound = /[<>≤≥~≈=] ?$/.test(site.text.slice(Math.max(0, site.at - 2), site.at));
  const cued = bound || AFTER.has(after) || (decade ? DECADE_BEFORE.has(lower) : BEFORE.has(lower));
  if (decade && !cued) return null;
  if (/^\d{3,}$/.test(amount) && !cued && !article) return null;
  if (!cued && !article && (PLURAL_BEFORE.has(lower) || /^[A-Z]/.test(before)) && !amount.includes('.'))
    return null;
  const single = article && /^[a-z]{2,}$/.test(after) && !TIME_AFTER.has(after);
  return { end, say: single ? `${numberWords(amount)} second` : lengthWords(amount, 'second') };
}

/** "3d ago", "18mo", "5m views": what follows decides what a glued letter means. */
function readGlued(site: Site): Reading | null {
  const match = matchAt(GLUED, site);
  if (!match) return null;
  const [all, amount, letter] = match;
  const end = site.at + all.length;
  const after = wordAfter(site.text, end).toLowerCase();
  if (letter === 'm' && COUNTED.has(after)) return { end, say: `${numberWords(amount!)} million` };
  // "(2d) of Torts", "2d Cir."
  if (
    letter === 'd' &&
    /^[23]$/.test(amount!) &&
    (/^\) (?:of|[A-Z§])/.test(site.text.slice(end, end + 4)) ||
      /^ (?:Cir|ed|Dist|Cong|Sess|Div|Lt|Regt)\b/.test(site.text.slice(end, end + 6)))
  )
    return { end, say: amount === '2' ? 'second' : 'third' };
  const unit = UNITS.get(letter!)!;
  const before = wordBefore(site).toLowerCase();
  const cued = AFTER.has(after) || BEFORE.has(before);
  const sure =
    letter === 'mo' || letter === 'mos' || letter === 'h' || (letter === 'd' && Number(amount) > 4);
  if (letter === 's') return null;
  // "a 5m drop", "within 5m": a lone m is a meter unless the word after is one of time.
  if (letter === 'm' ? !MINUTES_AFTER.has(after) : !cued && !sure) return null;
  const single =
    /^(?:an?|the|this|each|every|your|my|our)$/.test(before) &&
    /^[a-z]{3,}$/.test(after) &&
    !TIME_AFTER.has(after);
  return { end, say: single ? `${numberWords(amount!)} ${unit}` : lengthWords(amount!, unit) };
}

/** "2:00:35": hours, minutes and seconds that no clock shows, or that a word of length precedes. */
function readElapsed(site: Site): Reading | null {
  const match = matchAt(ELAPSED, site);
  if (!match) return null;
  const [all, hours, minutes, seconds, fraction] = match;
  const before = wordBefore(site).toLowerCase();
  const cued = ELAPSED_BEFORE.has(before);
  const elapsed =
    cued ||
    fraction !== undefined ||
    Number(hours) > 24 ||
    (/^(?:\d|00)$/.test(hours!) && !CLOCK_BEFORE.has(before));
  if (!elapsed || CLOCK_BEFORE.has(before) || DATED.test(site.text.slice(Math.max(0, site.at - 12), site.at)))
    return null;
  const parts: string[] = [];
  if (Number(hours) > 0) parts.push(lengthWords(String(Number(hours)), 'hour'));
  if (Number(minutes) > 0) parts.push(lengthWords(String(Number(minutes)), 'minute'));
  if (Number(seconds) > 0 || fraction !== undefined || parts.length === 0)
    parts.push(lengthWords(`${Number(seconds)}${fraction ?? ''}`, 'second'));
  return { end: site.at + all.length, say: parts.join(' ') };
}
/** A date before makes a time of day of what follows: "2024-01-05 07:12:01". */
const DATED = /\d[-/]\d{1,2}(?:[-/]\d{2,4})?,? $/;

const WEEKDAYS = new Map(Object.entries(durations.weekdays));
const WEEKDAY = sticky(`(${alternatives(WEEKDAYS.keys())})(?![A-Za-z0-9/-])`);
const PATTERN =
  /(?:[dD]{1,2}|[mM]{1,3}|[yY]{2,4}|[hH]{2})(?:[/.:-](?:[dD]{1,2}|[mM]{1,3}|[yY]{2,4}|[hH]{2}|[sS]{2})){1,3}(?![A-Za-z0-9])/y;
const PATTERNS = new Map(Object.entries(durations.patterns));

const DAY_NAMES = new Map(Object.entries(durations.dayLetters));
const DAY = `(${alternatives(DAY_NAMES.keys())})`;
const DAY_RANGE = sticky(`${DAY}\\.? ?([-–]|to|thru|through) ?${DAY}(?:\\.(?= ))?(?![A-Za-z0-9/-])`);
/** Hours after a day: " 9-5", ": 10am-2pm", " 9a-1p". */
const OPEN =
  /^:? \d{1,2}(?::\d\d)?(?: ?[ap]\.?m?\.?)? ?(?:[-–]|to) ?(?:\d{1,2}(?::\d\d)?|noon|midnight|close)(?![\d-])/;
const ONE_DAY = sticky(`${DAY}\\.?(?=:? \\d)`);
const HOURS_BEFORE = /(?:^|[,;|/(] ?|\d(?: ?[ap]\.?m?\.?)? )$/;

/** "Tu–Sat 9-5", "F 10-2": days by letters where opening hours stand beside them. */
function readOpeningDays(site: Site): Reading | null {
  const range = matchAt(DAY_RANGE, site);
  if (range) {
    const [all, first, , last] = range;
    const end = site.at + all.length;
    const isOpen =
      OPEN.test(site.text.slice(end, end + 30)) ||
      /\b(?:open|closed|hours|daily)\b[^.;]{0,30}$/i.test(
        site.text.slice(Math.max(0, site.at - 40), site.at),
      );
    const isAlone = site.text[site.at - 1] === '(' && site.text[end] === ')';
    const [short, long] = [first!.length, last!.length].sort((one, other) => one - other) as [number, number];
    if (isOpen || short > 1 || long > 2 || (isAlone && long > 1))
      return { end, say: `${DAY_NAMES.get(first!)!} to ${DAY_NAMES.get(last!)!}` };
  }
  const one = matchAt(ONE_DAY, site);
  if (!one) return null;
  const end = site.at + one[0].length;
  const opens =
    OPEN.test(site.text.slice(end, end + 30)) &&
    HOURS_BEFORE.test(site.text.slice(Math.max(0, site.at - 8), site.at)) &&
    (one[1]!.length > 1 || HOURS_NEAR.test(site.text.slice(Math.max(0, site.at - 60), site.at)));
  return opens ? { end, say: DAY_NAMES.get(one[1]!)! } : null;
}
/** A lone letter is a day only after other days or a word of opening. */
const HOURS_NEAR = new RegExp(
  `(?:^|[^A-Za-z])(?:hours|open|office|${alternatives([...DAY_NAMES.keys()].filter((day) => day.length > 1))}|M[-–]|[MTWF] \\d)`,
  'i',
);

const COUNTDOWN =
  /T[-–](?=\d{1,3}(?::\d\d)*(?:$|[,;.!?)]| ?(?:sec|min|hour|day|week|month|[smhd](?![A-Za-z]))| and counting))/y;

/** "M-F 9-5", "MWF", and patterns of dates: "dd/mm/yyyy". */
export function readCalendarLetters(site: Site): Reading | null {
  if (/[A-Za-z0-9/&-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const countdown = matchAt(COUNTDOWN, site);
  if (countdown) return { end: site.at + 2, say: 'T minus' };
  const days = readOpeningDays(site);
  if (days) return days;
  const weekday = matchAt(WEEKDAY, site);
  if (weekday) return { end: site.at + weekday[0].length, say: WEEKDAYS.get(weekday[1]!)! };
  const pattern = matchAt(PATTERN, site);
  if (!pattern || !/(?:[yY]{2}|[dD]{2}|[hH]{2})/.test(pattern[0])) return null;
  const parts = pattern[0].toLowerCase().split(/[/.:-]/);
  const says = parts.map((part, i) =>
    /^m/.test(part) && /^h/.test(parts[i - 1] ?? '') ? 'minute' : PATTERNS.get(part),
  );
  if (says.some((say) => say === undefined) || !/[dmyh]{2}/.test(parts[0]! + parts[1]!)) return null;
  return { end: site.at + pattern[0].length, say: says.join(' ') };
}
