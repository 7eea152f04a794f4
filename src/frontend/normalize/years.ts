// Numbers as years: "1905" is nineteen oh five, "the '90s" the nineties; a count of things stays a count.
import { belowHundred, cardinalWords, ONES } from './cardinals.js';
import { pluralWords } from './plurals.js';
import { matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './site.js';

/** A year from 1 to 9999 as it is said: 1905 nineteen oh five, 2000 two thousand, 2024 twenty twenty four. */
export function yearWords(year: number): string {
  const century = Math.floor(year / 100);
  const rest = year % 100;
  if (year < 100 || year > 9999) return cardinalWords(String(year));
  if (century % 10 === 0 && rest < 10) return cardinalWords(String(year));
  if (rest === 0) return `${belowHundred(century)} hundred`;
  return `${belowHundred(century)} ${rest < 10 ? `oh ${ONES[rest]}` : belowHundred(rest)}`;
}

/** "nineties", "twenties", "nineteen hundreds": the last word of a year made plural. */
export function decadeWords(year: number): string {
  if (year < 100) return pluralWords(year === 0 ? 'two thousand' : belowHundred(year));
  return pluralWords(yearWords(year));
}

const ERA = new Map(Object.entries({ ad: 'A D', bc: 'B C', bce: 'B C E', ce: 'C E' }));
const BEFORE_YEAR =
  /^(?:in|since|by|until|till|before|after|from|to|of|during|circa|year|years|early|late|mid|around|about|summer|winter|spring|autumn|fall|class|the|january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|born|died|established|between|and|through|fiscal|back|copyright|model|season|[A-Z].*'s|its|his|her|their|our|my|this|that|ca\.?|c\.?|est\.?)$/i;
/** A plural noun, or a noun that has no plural form, makes the number a count. */
const COUNTED =
  /^(?:[a-z]{2,}[^sui\W]s|people|men|women|children|police|troops|sheep|fish|percent|million|billion|thousand|hundred|points?|feet|miles?|more|other|new|different|square|cubic|calories|degrees)$/;
const NOT_PLURAL =
  /^(?:was|is|has|its|as|this|us|thus|does|always|perhaps|sees|marks|brings|saw|sets|sits|goes|remains|looks|seems|comes|begins|ends|starts|news|series|less|unless|across|towards|afterwards|besides|yes|plus|versus|minus|yields|shows|ranks|makes|takes|gives|means)$/;

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
      say: `${yearWords(Number(first))} to ${second!.startsWith('0') ? `oh ${ONES[Number(second)]}` : belowHundred(Number(second))}`,
    };
  }
  const clipped = matchAt(CLIPPED, site);
  if (clipped && !/[A-Za-z0-9]/.test(site.text[site.at - 1] ?? '') && site.text[site.at + 3] !== "'") {
    const year = Number(clipped[1]);
    return { end: site.at + clipped[0].length, say: year < 10 ? `oh ${ONES[year]}` : belowHundred(year) };
  }
  const after = matchAt(ERA_AFTER, site);
  if (after) {
    const era = after[2] ?? `${after[3]}${after[4]}${after[5] ? 'E' : ''}`;
    const say = `${wholeYear(after[1]!)} ${ERA.get(era.toLowerCase())}`;
    // the era's own last dot stays for the sentence when nothing follows it
    const end = site.at + after[0].length;
    return { end: site.text[end - 1] === '.' && end === site.text.length ? end - 1 : end, say };
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
export function isYear(year: number, site: Site, end: number): boolean {
  if (year < 1000 || (year > 2099 && !/^years?$/i.test(wordBefore(site)))) return false;
  const cued = BEFORE_YEAR.test(wordBefore(site));
  const next = wordAfter(site.text, end);
  const counted = site.text[end] === ' ' && COUNTED.test(next) && !NOT_PLURAL.test(next);
  if (
    counted &&
    !/^(?:the|since|year|class|circa|[A-Z].*'s|january|february|march|april|june|july|august|september|october|november|december)$/i.test(
      wordBefore(site),
    ) &&
    !inAndPlural(site)
  )
    return false;
  return year >= 1100 || cued;
}

/** "In 1984 farmers protested": a preposition that opens the clause dates what follows. */
function inAndPlural(site: Site): boolean {
  return /^In$/.test(wordBefore(site));
}
