// Ranges and scores: the dash in "10-20", "9am–5pm" or a 3-2 win is "to"; in "747-400" and "1-2-3" it is silent.
import { bareNumberWords } from './cardinals.js';
import { matchAt, type Reading, type Site, sticky, wordBefore } from './site.js';

const CALENDAR =
  '(?:Mon|Tues?|Wed|Thu(?:rs?)?|Fri|Sat|Sun|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec|January|February|March|April|August|September|October|November|December)';
const CALENDAR_BEFORE = new RegExp(`(?:\\b${CALENDAR}\\.?|\\d) ?$`);
const CALENDAR_AFTER = new RegExp(`^ ?${CALENDAR}(?![A-Za-z])`);
const DASH = sticky('[-–](?=[$£€¥]?\\.?\\d|[$£€¥]\\d)');
const SPACED = sticky('[–-] ?(?=[$£€¥]?\\d)');

/** The word for a dash between two amounts. */
export function readRangeDash(site: Site): Reading | null {
  const { text, at } = site;
  const before = text.slice(Math.max(0, at - 12), at);
  const after = text.slice(at + 1, at + 14);
  if (/^[\d.]+ ?=/.test(after)) return null; // "3-2=1": maths.ts
  if (
    matchAt(DASH, site) &&
    /(?:\d|\d ?[apAP]\.?[mM]\.?|\d[%°]|\d ?(?:[kcm]m|kg|lbs?|ft|[KMB]|bn|s|h|st|nd|rd|th))$/.test(before)
  ) {
    return { end: at + 1, say: isSilent(before, after) ? '' : 'to' };
  }
  if (/^[-–]$/.test(text[at]!) && CALENDAR_BEFORE.test(before) && CALENDAR_AFTER.test(after))
    return { end: at + 1, say: 'to' };
  // " – " between two numbers: a range when nothing else parts them
  if (text[at] === '–' && matchAt(SPACED, site) && /[\d%] $/.test(before)) return { end: at + 1, say: 'to' };
  return null;
}

function isSilent(before: string, after: string): boolean {
  if (/(?:eing|bus|MD|DC) \d{3}$|\bNo\. \d+$/.test(before)) return true;
  if (/[A-Z]\d{3}$/.test(before)) return true;
  if (/(?:^|\D)50$/.test(before) && /^50(?!\d)/.test(after)) return true;
  const left = /(\d+)$/.exec(before)?.[1];
  const right = /^(\d+)/.exec(after)?.[1];
  if (left === undefined || right === undefined) return false;
  const several = /\d-\d+$/.test(before) || /^\d+-\d/.test(after);
  const model = left.length === 3 && /00$/.test(right) && Number(right) < Number(left);
  return several || model || (right.length > 1 && right.startsWith('0') && !left.startsWith('0'));
}

const RATIO = sticky('(\\d{1,6}):(\\d{1,6})(?::(\\d{1,6}))?(?![\\d:])');
const SCRIPTURE =
  /^(?:Genesis|Exodus|Leviticus|Numbers|Deuteronomy|Joshua|Judges|Ruth|Samuel|Kings|Chronicles|Ezra|Nehemiah|Esther|Job|Psalms?|Proverbs|Ecclesiastes|Isaiah|Jeremiah|Lamentations|Ezekiel|Daniel|Hosea|Joel|Amos|Obadiah|Jonah|Micah|Matthew|Mark|Luke|John|Acts|Romans|Corinthians|Galatians|Ephesians|Philippians|Colossians|Thessalonians|Timothy|Titus|Philemon|Hebrews|James|Peter|Jude|Revelation|Quran|Surah)$/;

/** "a ratio of 3:1", "16:9", and "Genesis 1:1", which has no "to". Times have been tried before. */
export function readRatio(site: Site): Reading | null {
  const match = matchAt(RATIO, site);
  if (!match) return null;
  if (/^(?:19|20)\d\d$/.test(match[2]!) && /^[A-Z]{2,}$/.test(wordBefore(site))) return null; // "ISO 9001:2015"
  // "52:30" is minutes and seconds, as no clock shows it
  const elapsed = match[3] === undefined && Number(match[1]) > 24 && /^[0-5]\d$/.test(match[2]!);
  const joint = elapsed || SCRIPTURE.test(wordBefore(site)) ? ' ' : ' to ';
  const say = match
    .slice(1)
    .filter((part) => part !== undefined)
    .map(bareNumberWords)
    .join(joint);
  return { end: site.at + match[0].length, say };
}
