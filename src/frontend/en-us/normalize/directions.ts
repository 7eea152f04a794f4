// Compass letters where they are directions: beside a street ("N Main St"), a road's number ("I-95 S"), a
// degree ("40.7° N"), a distance ("5 mi N of town") or a wind ("winds NW"); elsewhere they are letters.
import roads from '../data/roads.json' with { type: 'json' };
import { cardinalWords, numberWords } from './numbers.js';
import {
  alternatives,
  beforeFullStop,
  matchAt,
  type Reading,
  type Site,
  sticky,
  wordBefore,
} from './reader.js';

const COMPASS = new Map(Object.entries(roads.compass));
const BOUND = new Map(Object.entries(roads.bound));
const POINT = /([NS](?:\.?[EW]|N[EW]|S[EW])?|[EW](?:N[EW]|S[EW])?)(\.?)(?![A-Za-z0-9]|\.[A-Za-z0-9])/y;
const HEADED = sticky(`(${alternatives(BOUND.keys())})(?![A-Za-z0-9])`);

const ROAD = alternatives(roads.numbered);
const KIND = alternatives(roads.kinds);
const ROAD_BEFORE = new RegExp(`(?:^|[\\s("])(?:${ROAD})[ -]?\\d{1,4}[A-Z]?,? $`);
const STREET_BEFORE = new RegExp(`(?:[A-Z][a-z']*|\\d(?:st|nd|rd|th)) (?:${KIND})\\.?,? $`);
const STREET_AFTER = new RegExp(
  `^ (?:(?:[A-Z][a-z']{1,20}|[A-Z]{2}|\\d{1,3}(?:st|nd|rd|th)|[A-Z]|of|the)\\.? ){1,4}(?:${KIND})(?![A-Za-z])`,
);
const DISTANCE_BEFORE = new RegExp(`\\d ?(?:${alternatives(roads.distances)}) $`);
const WIND_BEFORE = new Set<string>(roads.windBefore);
const WIND_AFTER = new RegExp(`^ (?:${alternatives(roads.windAfter)})(?![A-Za-z])`);
/** Capitalised words before a street that are no first name: "Take N Main St". */
const ORDINARY = new Set<string>(roads.ordinary);
/** A letter after these is part of a name: "Apt 4 S". */
const PLACE_BEFORE = new RegExp(`(?:^|[\\s("])(?:${alternatives(roads.places)}) #?\\d{1,4}[A-Z]? ?-?$`);

/** A compass letter or point as a direction, or null where nothing around it says so. */
export function readDirection(site: Site): Reading | null {
  const headed = matchAt(HEADED, site);
  if (headed && besideRoad(site, site.at + 2)) return { end: site.at + 2, say: BOUND.get(headed[1]!)! };
  const match = matchAt(POINT, site);
  if (!match || /[A-Za-z0-9&/'-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const say = COMPASS.get(match[1]!.replace('.', ''));
  if (say === undefined) return null;
  let end = site.at + match[0].length;
  const before = site.text.slice(Math.max(0, site.at - 40), site.at);
  const after = site.text.slice(end, end + 48);
  if (!isDirection(site, match[1]!, before, after) && !isQuarter(match[1]!, before, after)) return null;
  // The full stop of a sentence is not the letter's dot.
  if (match[2] === '.' && !/^ [A-Z0-9]/.test(after)) end -= 1;
  return { end: beforeFullStop(site.text, end), say };
}

function isDirection(site: Site, point: string, before: string, after: string): boolean {
  if (ROAD_BEFORE.test(before) || STREET_BEFORE.test(before)) return true;
  if (/°[^A-Za-z]{0,12}$/.test(before) && /[\d°'"] ?$/.test(before)) return true;
  if (/^ \d{1,3}(?:\.\d{1,6})?°/.test(after)) return true;
  if (STREET_AFTER.test(after)) return !isInitial(site, point);
  if (/\d $/.test(before) && /^ (?:[A-Z]|\d{1,3}(?:st|nd|rd|th))/.test(after))
    return /^\d/.test(wordBefore(site)) && STREET_AFTER.test(after);
  if (DISTANCE_BEFORE.test(before)) return /^(?:$|[,;:.?!)]| [a-z])/.test(after);
  const previous = wordBefore(site).toLowerCase();
  if (point.length > 1 && WIND_AFTER.test(after)) return true;
  if (WIND_BEFORE.has(previous)) {
    if (/^wind|^gust|^breeze|^swell/.test(previous)) return true;
    return previous !== 'from' && previous !== 'toward'
      ? /^(?:$|[,;:.?!)]| (?:on|to|toward|for|along|at|past|until|onto|through|of|from)\b)/.test(after)
      : point.length > 1 && /^(?:$|[,;:.?!)]| (?:at|to|of)\b)/.test(after);
  }
  return /^ (?:winds?|gusts|breeze|swells?)\b/.test(after);
}

/** "from the SE", "Broadway & W 34th": a quarter with its article, and a numbered street without its kind. */
function isQuarter(point: string, before: string, after: string): boolean {
  if (point.length > 1 && QUARTER_BEFORE.test(before)) return QUARTER_AFTER.test(after);
  return NUMBERED_STREET.test(after) && CORNER_BEFORE.test(before);
}
const QUARTER_BEFORE = /\b(?:from|to|toward|towards|across|over|in|into|of|out of) the $/;
const QUARTER_AFTER =
  /^(?:$|[,;:.?!)]| (?:of|at|and|with|on|by|this|today|tonight|tomorrow|during|overnight)\b)/;
const NUMBERED_STREET =
  /^ \d{1,3}(?:st|nd|rd|th)(?=$|[,;:.?!)]| (?:&|and|between|near|at|in|by|to|on)(?![A-Za-z]))/;
const CORNER_BEFORE =
  /(?:^|[,;:(] ?|&|\b(?:[Aa]nd|[Aa]t|[Oo]n|[Oo]f|to|from|onto|near|between|[Tt]ake)) $|^$/;

const TURN = /([LR])(?![A-Za-z0-9/&'-])/y;
const TURN_BEFORE =
  /\b(?:[Tt]urn|[Bb]ear|[Kk]eep|[Vv]eer|[Ss]light|[Ss]harp|[Mm]erge|[Hh]ang a|[Tt]ake a|[Ss]tay|[Tt]urns?|[Oo]n (?:the|your|my)) $/;
const THEN_BEFORE = /\b[Tt]urn\b[^.;]{0,40}, ?(?:then )?$/;
const TURN_AFTER = /^(?:$|[,;:.?!)]| (?:at|on|onto|to|in|into|for|then|after|and|past|before|toward)\b)/;
const TURNS = new Map([
  ['L', 'left'],
  ['R', 'right'],
]);

/** "Turn L at the light, then R": the two sides of a route. */
export function readTurn(site: Site): Reading | null {
  const match = matchAt(TURN, site);
  if (!match) return null;
  const before = site.text.slice(Math.max(0, site.at - 48), site.at);
  if (!TURN_BEFORE.test(before) && !THEN_BEFORE.test(before)) return null;
  return TURN_AFTER.test(site.text.slice(site.at + 1, site.at + 12))
    ? { end: site.at + 1, say: TURNS.get(match[1]!)! }
    : null;
}

/** "George W Bush Ave": a lone letter after a first name is an initial. */
function isInitial(site: Site, point: string): boolean {
  const previous = wordBefore(site);
  return point.length === 1 && /^[A-Z][a-z]+$/.test(previous) && !ORDINARY.has(previous);
}

/** "I-95 NB", "NB I-95". */
function besideRoad(site: Site, end: number): boolean {
  return (
    ROAD_BEFORE.test(site.text.slice(Math.max(0, site.at - 40), site.at)) ||
    AFTER_BOUND.test(site.text.slice(end, end + 16))
  );
}
const AFTER_BOUND = new RegExp(`^ (?:(?:${ROAD})[ -]\\d|(?:${alternatives(roads.boundAfter)})(?![A-Za-z]))`);

/** Whether the number that ends at `at` is a road's, a seat's or a form's, so that no unit follows it. */
export function namedNumberBefore(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 40), at);
  return NUMBERED_ROAD.test(before) || PLACE_BEFORE.test(before);
}
/** "A" and "M" name a road only where no space parts them from the number: "a 60-W bulb". */
const NUMBERED_ROAD = new RegExp(`(?:^|[\\s("])(?:(?!A |M )(?:${ROAD}))[ -]?\\d{1,4}[ -]?$`);

const DEGREES = sticky(
  "(-?\\d{1,3}(?:\\.\\d{1,8})?)° ?(?:(\\d{1,2}(?:\\.\\d{1,6})?)' ?)?(?:(\\d{1,2}(?:\\.\\d{1,6})?)(?:\"|'') ?)?([NSEW])?(?![A-Za-z0-9])",
);

const PLAIN_DEGREES = sticky(
  '(\\d{1,2}(?:\\.\\d{1,8})?) ?([NS])(?:,? (?:(?:long|lon|lng)\\.? )?(\\d{1,3}(?:\\.\\d{1,8})?) ?([EW]))?(?![A-Za-z0-9])',
);

/** "34.05 N, 118.24 W": a place by its latitude and longitude, without the sign of degrees. */
function readPlainCoordinate(site: Site): Reading | null {
  const match = matchAt(PLAIN_DEGREES, site);
  if (!match) return null;
  const [all, latitude, north, longitude, east] = match;
  const labelled = /^lat/i.test(wordBefore(site));
  if (longitude === undefined && !labelled) return null;
  if (!labelled && !(latitude!.includes('.') && longitude!.includes('.'))) return null;
  const second =
    longitude === undefined
      ? ''
      : `, ${/lon|lng/.test(all) ? 'longitude ' : ''}${numberWords(longitude)} ${COMPASS.get(east!)!}`;
  return { end: site.at + all.length, say: `${numberWords(latitude!)} ${COMPASS.get(north!)!}${second}` };
}

/** "40°42'46\"N": degrees, minutes, seconds and a direction. */
export function readCoordinate(site: Site): Reading | null {
  const match = matchAt(DEGREES, site);
  if (!match) return readPlainCoordinate(site);
  const [all, degrees, minutes, seconds, point] = match;
  if (minutes === undefined && point === undefined) return null;
  const parts = [counted(degrees!, 'degree')];
  if (minutes !== undefined) parts.push(counted(minutes, 'minute'));
  if (seconds !== undefined) parts.push(counted(seconds, 'second'));
  const say = parts.join(', ') + (point === undefined ? '' : ` ${COMPASS.get(point)!}`);
  return { end: site.at + all.trimEnd().length, say };
}

function counted(amount: string, unit: string): string {
  const sign = amount.startsWith('-') ? 'minus ' : '';
  const bare = amount.replace('-', '');
  return `${sign}${numberWords(bare)} ${unit}${bare === '1' ? '' : 's'}`;
}

const EXIT = sticky('(\\d{1,4}) ?([A-Z])[-–/]([A-Z])(?![A-Za-z0-9])');

/** "Exit 12A-B": the letters of a numbered place. */
export function readLetteredNumber(site: Site): Reading | null {
  const match = matchAt(EXIT, site);
  if (!match || !namedNumberBefore(site.text, site.at + match[1]!.length)) return null;
  return { end: site.at + match[0].length, say: `${cardinalWords(match[1]!)} ${match[2]} ${match[3]}` };
}
