// Addresses: house numbers in pairs ("1600 Pennsylvania Ave" is sixteen hundred), states by name, ZIP codes
// by digit.
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import states from '../data/states.json' with { type: 'json' };
import { belowHundred, cardinalWords, digitWords, twoDigitWords } from './numbers.js';
import {
  alternatives,
  beforeFullStop,
  matchAt,
  type Reading,
  type Site,
  sticky,
  wordBefore,
} from './reader.js';

const STATES = new Map(Object.entries(states));
/** "Well, OK then" names no place. */
const INTERJECTION = new RegExp(`^(?:${alternatives(context.places.interjections)}), $`);
const DOTTED_STATES = new Map(Object.entries(abbreviations.state));
const DOTTED_STATE = sticky(`(${alternatives(DOTTED_STATES.keys())})(?![A-Za-z0-9])`);
const STATE = sticky('([A-Z]{2})(?![A-Za-z0-9])(?=(?:,? (\\d{5})(?:-\\d{4})?(?!\\d))?)');
const KIND = alternatives(context.streets.kinds);
const HOUSE = sticky(
  `(\\d{1,5})([A-Z])?(?=,? (?:[NSEW]{1,2}\\.? |North |South |East |West )?(?:(?:[A-Z][A-Za-z'.]{0,20}|\\d{1,3}(?:st|nd|rd|th)) ){0,3}(?:${KIND})(?![A-Za-z]))`,
);
const DESIGNATION = sticky('(\\d{3,4})([A-Z])?(?![A-WYZa-wyz0-9]|[.,:]\\d|%)');
/** Words whose number is a name, said in pairs of digits: Flight 370, Room 101, Boeing 747. */
const DESIGNATED = new Set<string>(context.designations);

/**
 * Three or four digits as a name: 747 seven forty seven, 101 one oh one, 1549 fifteen forty nine, 300 three
 * hundred.
 */
export function pairWords(digits: string): string {
  if (/^0/.test(digits) || digits.length > 4) return digitWords(digits);
  if (digits.length < 3 || /^\d00$/.test(digits) || /^\d000$/.test(digits)) return cardinalWords(digits);
  const head = belowHundred(Number(digits.slice(0, -2)));
  const rest = Number(digits.slice(-2));
  if (rest === 0) return `${head} hundred`;
  return `${head} ${twoDigitWords(rest)}`;
}

/** A number said in pairs with the letter after it: 221B is two twenty one B. */
function readPairs(site: Site, [all, digits, letter]: RegExpExecArray): Reading {
  const suffix = letter === undefined ? '' : ` ${letter}`;
  return { end: site.at + all.length, say: `${pairWords(digits!)}${suffix}` };
}

export function readHouseNumber(site: Site): Reading | null {
  if (/[A-Za-z0-9.,-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const match = matchAt(HOUSE, site);
  return match && readPairs(site, match);
}

export function readDesignation(site: Site): Reading | null {
  const match = matchAt(DESIGNATION, site);
  if (!match) return null;
  const coded = /(?:^|[\s("])[A-Z]{1,4}-$/.test(site.text.slice(Math.max(0, site.at - 6), site.at));
  const before = site.text.slice(Math.max(0, site.at - 3), site.at);
  const dimension =
    /\d ?[x×] ?$/.test(before) ||
    /^ ?[x×] ?\d{3,4}(?!\d)/.test(site.text.slice(site.at + match[0].length, site.at + 12));
  const lettered =
    !site.capitals && /^(?:[A-Z]{2,4}|U\.S\.?)$/.test(wordBefore(site)) && match[1]!.length === 3;
  if (!coded && !dimension && !lettered && !DESIGNATED.has(wordBefore(site).toLowerCase())) return null;
  return readPairs(site, match);
}

/** "Boston, MA", "CA 90210": a state's code after a place or before a ZIP code. */
export function readState(site: Site): Reading | null {
  const dotted = readDottedState(site);
  if (dotted) return dotted;
  const match = matchAt(STATE, site);
  if (!match || site.capitals) return null;
  const state = STATES.get(match[1]!);
  if (state === undefined) return null;
  const before = site.text.slice(Math.max(0, site.at - 24), site.at);
  const afterPlace = /[A-Z][a-z]+\.?, $/.test(before) && !INTERJECTION.test(before);
  if (!afterPlace && (match[2] === undefined || !/^[A-Z]?[a-z]*$/.test(wordBefore(site)))) return null;
  return { end: site.at + 2, say: state };
}

/** States whose short forms nothing else is written like. */
const PLAIN_STATES = new Set(abbreviations.plainStates.split(' '));

/** "Burlington, Vt.", "(D-Calif.)": the older short forms, after a place or a party. */
function readDottedState(site: Site): Reading | null {
  const match = matchAt(DOTTED_STATE, site);
  if (!match) return null;
  const before = site.text.slice(Math.max(0, site.at - 24), site.at);
  const end = site.at + match[0].length;
  if (PLAIN_STATES.has(match[1]!) && !/[A-Za-z0-9&-]$/.test(before))
    return { end: beforeFullStop(site.text, end), say: DOTTED_STATES.get(match[1]!)! };
  if (!/(?:[A-Z][A-Za-z]+\.?, |[(,] ?[A-Z]-|(?:[NSEWCM]\.)?D\. )$/.test(before) || INTERJECTION.test(before))
    return null;
  return { end: beforeFullStop(site.text, end), say: DOTTED_STATES.get(match[1]!)! };
}
