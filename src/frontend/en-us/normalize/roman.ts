// Roman numerals where they are numerals: "Henry VIII" is henry the eighth, "Chapter IV" chapter four.
import context from '../data/context-words.json' with { type: 'json' };
import labels from '../data/labels.json' with { type: 'json' };
import regnal from '../data/regnal.json' with { type: 'json' };
import { yearWords } from './dates.js';
import { cardinalWords, ordinalWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordBefore } from './reader.js';

const RULERS = new Set<string>(regnal.names);
const NUMBERED = new Set<string>(regnal.cardinal);
const NUMERAL = sticky(
  "(M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?:(th|st|nd|rd)|('s|'))?(?![A-Za-z0-9]|-\\d)",
);
const VALUES = new Map(Object.entries({ I: 1, V: 5, X: 10, L: 50, C: 100, D: 500, M: 1000 }));
/** Numerals that stand for themselves after any name; "IV", "XL", "MD", "CD" and the like need a cue. */
const UNMISTAKABLE =
  /^(?:II|III|VI|VII|VIII|IX|XI|XII|XIII|XIV|XV|XVI|XVII|XVIII|XIX|XX|XXI+|XXI?V|XXX?[IVX]*)$/;
const NOT_AFTER = new Set<string>(context.roman.notAfter);
/** Labels after which a lone I, V or X is a numeral, and those after which it is a letter. */
const LONE = new Set<string>(labels.numeral);
const LETTERED = new Set<string>(labels.letter);
/** Labels that small numerals may follow: "scene ii", "pages iv-xii". */
const LOWER_LABELS = new Set<string>(labels.lowerNumeral);
/** The last word of what a numeral counts: "XVIII Airborne Corps" is the eighteenth. */
const ORDINAL_BEFORE = new Set<string>(labels.ordinalBefore);
/** Labels that also stand in small letters before a lone numeral: "type I diabetes". */
const SMALL_LABELS = new Set<string>(context.roman.loneNumerals);
/** Labels whose count has come to fifty: "Super Bowl L". */
const FIFTIES = new Set<string>(labels.fifties);
const STAGES = new Set<string>(labels.beforeNouns);
/** "I vs. II", "I and II", but "he and I, II" */
const COUNTS_ON = /^(?: ?[/&+] ?| (?:vs\.?|versus|and|or|to|through) )I{2,3}(?![A-Za-z0-9])/;
const VERB_AFTER_I = new RegExp(`^ (?:${alternatives(context.roman.verbsAfterI)}|')\\b`);

/** The value of a well-formed numeral: "XIV" -> 14. */
function romanValue(numeral: string): number {
  let total = 0;
  for (let i = 0; i < numeral.length; i += 1) {
    const value = VALUES.get(numeral[i]!)!;
    total += value < (VALUES.get(numeral[i + 1] ?? '') ?? 0) ? -value : value;
  }
  return total;
}

const BRACKETED = /(i{1,3}|iv|vi{1,3}|ix)(?=\))/y;

/** "(ii)" in a list. */
function readBracketed(site: Site): Reading | null {
  const match = site.text[site.at - 1] === '(' ? matchAt(BRACKETED, site) : null;
  return (
    match && {
      end: site.at + match[0].length,
      say: cardinalWords(String(romanValue(match[1]!.toUpperCase()))),
    }
  );
}

const JOINTS = '(?:, (?:and |or )?| (?:and|or|to|through|thru|&) |[-–])';
/** "World Wars I and II", "nerves III, IV and VI": the label stands before the first numeral of a list. */
const LISTED = new RegExp(`([A-Za-z]{2,20})\\.? (?:[IVXLC]{1,6}${JOINTS}){1,4}$`);
const LOWER_LISTED = new RegExp(`([A-Za-z]{1,20})\\.? (?:[ivxlc]{1,6}${JOINTS}){1,4}$`);
const RANGE_TAIL = /[-–]([IVX]{1,7}|[ivx]{1,7})(?![A-Za-z0-9])/y;
const WELL_FORMED = /^M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$/;
const LOWER = sticky("([ivxlc]{1,7})(?![A-Za-z0-9'])");
const LETTER_TAIL = sticky('([IVX]{1,5})([A-Da-d])(?![A-Za-z0-9])');
const DOTTED_TAIL = sticky('([IVX]{1,6})\\.([ivx]{1,5}|[a-hA-H]|\\d{1,3})(?:\\.(\\d{1,4}))?(?![A-Za-z0-9])');
const YEAR = sticky('(M{1,2}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3}))(?![A-Za-z0-9])');

function numeralWords(numeral: string): string {
  return cardinalWords(String(romanValue(numeral.toUpperCase())));
}

/** The value of the numeral of a list's item, or null where it is none. */
export function listNumeralValue(numeral: string): string | null {
  const capitals = numeral.toUpperCase();
  return WELL_FORMED.test(capitals) ? String(romanValue(capitals)) : null;
}

function singular(label: string): string {
  return label.length > 3 ? label.replace(/s$/, '') : label;
}

/** The label of the numeral at the site, small and singular, or '': directly before, or before its list. */
function labelBefore(site: Site, listed: RegExp): string {
  const direct = wordBefore(site).replace(/[.']$/, '').toLowerCase();
  const before = site.text.slice(Math.max(0, site.at - 60), site.at);
  const list = listed.exec(before)?.[1]?.toLowerCase();
  return singular(list ?? direct);
}

/** "to" and the second numeral of a range that goes on at `end` ("IV-VI"), or nothing. */
function rangeTail(site: Site, end: number): { end: number; say: string } {
  const match = matchAt(RANGE_TAIL, { text: site.text, at: end });
  if (!match || !WELL_FORMED.test(match[1]!.toUpperCase())) return { end, say: '' };
  return { end: end + match[0].length, say: ` to ${numeralWords(match[1]!)}` };
}

/** "scene ii", "pages iv-xii": small numerals, only after a label. */
function readLowerCase(site: Site): Reading | null {
  const match = matchAt(LOWER, site);
  if (!match || /^[lc]$/.test(match[1]!) || !WELL_FORMED.test(match[1]!.toUpperCase())) return null;
  const direct = wordBefore(site).replace(/\.$/, '').toLowerCase();
  if (!LOWER_LABELS.has(direct) && !LOWER_LABELS.has(labelBefore(site, LOWER_LISTED))) return null;
  const tail = rangeTail(site, site.at + match[0].length);
  return { end: tail.end, say: numeralWords(match[1]!) + tail.say };
}

/** "stage IIIB" is three B, "VII.b" seven point B, "Hamlet III.ii" act three, scene two. */
function readWithTail(site: Site): Reading | null {
  const label = labelBefore(site, LISTED);
  const labelled = LONE.has(label) || LETTERED.has(label);
  const lettered = matchAt(LETTER_TAIL, site);
  if (lettered && labelled && WELL_FORMED.test(lettered[1]!))
    return {
      end: site.at + lettered[0].length,
      say: `${numeralWords(lettered[1]!)} ${lettered[2]!.toUpperCase()}`,
    };
  const dotted = matchAt(DOTTED_TAIL, site);
  if (!dotted || !WELL_FORMED.test(dotted[1]!)) return null;
  const [all, first, second, line] = dotted;
  const end = site.at + all.length;
  const small = /^[ivx]+$/.test(second!);
  if (small && !labelled && /^[A-Z]/.test(wordBefore(site))) {
    const verse = line === undefined ? '' : `, line ${cardinalWords(line)}`;
    return { end, say: `act ${numeralWords(first!)}, scene ${numeralWords(second!)}${verse}` };
  }
  if (first!.length === 1 && !labelled) return null;
  const part = small
    ? numeralWords(second!)
    : /\d/.test(second!)
      ? cardinalWords(second!)
      : second!.toUpperCase();
  return {
    end,
    say: `${numeralWords(first!)} point ${part}${line === undefined ? '' : ` point ${cardinalWords(line)}`}`,
  };
}

const SLASHED = sticky('([IVX]{1,5})/([IVX]{1,5})(?![A-Za-z0-9/])');

/** "grade II/VI" is two out of six; "phase I/II" one two. */
function readSlashed(site: Site): Reading | null {
  const match = matchAt(SLASHED, site);
  if (!match || !WELL_FORMED.test(match[1]!) || !WELL_FORMED.test(match[2]!)) return null;
  const label = labelBefore(site, LISTED);
  const end = site.at + match[0].length;
  if (
    /^(?:grade|murmur|strength|reflexes)$/.test(label) ||
    /^ (?:murmur|systolic|diastolic|holosystolic)/.test(site.text.slice(end, end + 14))
  )
    return { end, say: `${numeralWords(match[1]!)} out of ${numeralWords(match[2]!)}` };
  if (!LONE.has(label) && !LETTERED.has(label)) return null;
  return { end, say: `${numeralWords(match[1]!)} ${numeralWords(match[2]!)}` };
}

/** "MCMXCIX": a year, by its length and size. */
function readYearNumeral(site: Site): Reading | null {
  const match = matchAt(YEAR, site);
  if (!match || match[1]!.length < 4) return null;
  return { end: site.at + match[0].length, say: yearWords(romanValue(match[1]!)) };
}

export function readRoman(site: Site): Reading | null {
  const bracketed = readBracketed(site);
  if (bracketed) return bracketed;
  if (/[ivxlc]/.test(site.text[site.at]!)) return readLowerCase(site);
  if (!/[IVXLCDM]/.test(site.text[site.at]!)) return null;
  const special = readSlashed(site) ?? readYearNumeral(site) ?? readWithTail(site);
  if (special) return special;
  const match = matchAt(NUMERAL, site);
  if (!match || match[1] === '') return null;
  const [all, numeral, ordinalEnding, possessive] = match;
  const end = site.at + all.length;
  const value = String(romanValue(numeral!));
  if (ordinalEnding !== undefined) return numeral!.length > 1 ? { end, say: ordinalWords(value) } : null;
  const after = site.text.slice(end, end + 40);
  if (/^ [Cc]entur/.test(after)) return { end, say: ordinalWords(value) };
  const words = reading(numeral!, value, site, after);
  if (words === null) return null;
  const tail = rangeTail(site, end);
  if (tail.say !== '') return { end: tail.end, say: words + tail.say };
  const say =
    possessive === undefined
      ? words
      : `${words}${possessive === "'" && !words.endsWith('s') ? '' : possessive}`;
  return { end, say };
}

function reading(numeral: string, value: string, site: Site, after: string): string | null {
  const before = wordBefore(site).replace(/[.']$/, '');
  const lower = before.toLowerCase();
  const capital = /^[A-Z]/.test(before);
  // "meiosis I vs. II": the second numeral shows what the first is.
  if (numeral === 'I' && COUNTS_ON.test(after)) return cardinalWords(value);
  // C, D, L and M alone are letters: few lists run so far.
  if (/^[CDLM]$/.test(numeral)) return FIFTIES.has(lower) ? cardinalWords(value) : null;
  if (/^[-–]/.test(site.text[site.at - 1] ?? '') && numeral.length === 1) return null;
  if (lower === 'the' && RULERS.has(wordBefore(site, 1).toLowerCase()) && numeral.length > 1)
    return ordinalWords(value);
  if (lower === 'the' && UNMISTAKABLE.test(numeral) && /^ [A-Z][a-z]/.test(after)) return ordinalWords(value);
  if (UNMISTAKABLE.test(numeral) && countsUnits(after)) return ordinalWords(value);
  if (capital && RULERS.has(lower)) return rulerWords(numeral, value, site, after);
  if (capital && numeral.length > 1 && isPerson(site, before)) return `the ${ordinalWords(value)}`;
  if (capital && /^[VX]$/.test(numeral) && SINGLE_WORKS.has(lower) && !/^ [A-Z]/.test(after))
    return cardinalWords(value);
  const label = labelBefore(site, LISTED);
  if (label !== lower && label !== singular(lower)) {
    return LONE.has(label) || (NUMBERED.has(label) && numeral.length > 1) ? cardinalWords(value) : null;
  }
  if (numeral.length === 1) {
    if (!LONE.has(label) || (LETTERED.has(label) && label !== 'appendix')) return null;
    if (!capital && (!SMALL_LABELS.has(label) || (numeral === 'I' && isClause(label, after)))) return null;
    return isPronoun(numeral, after, label) ? null : cardinalWords(value);
  }
  if (NUMBERED.has(label) || LONE.has(label)) return cardinalWords(value);
  if (capital && UNMISTAKABLE.test(numeral) && !NOT_AFTER.has(before)) return cardinalWords(value);
  if (numeral === 'II' || numeral === 'III') return cardinalWords(value);
  return numeral.length > 2 && numeral !== 'XXX' && UNMISTAKABLE.test(numeral) ? cardinalWords(value) : null;
}

const FIRST_NAMES = new Set(regnal.firstNames.split(' '));
const NOT_PEOPLE = new Set(regnal.notPeople);
const SINGLE_WORKS = new Set(regnal.singleWorks);
const TITLE =
  /^(?:Mr|Mrs|Dr|Rev|Sen|Gov|Rep|Prof|Capt|Col|Gen|Maj|Lt|Sgt|Judge|Justice|Senator|Governor|President)\.?$/;

/** "William H. Gates III", "Dr. Smith II": a first name, an initial or a title before the family's name. */
function isPerson(site: Site, family: string): boolean {
  if (!/^[A-Z][a-z]+$|^[MO]['c][A-Z]/.test(family) || NOT_PEOPLE.has(family.toLowerCase())) return false;
  if (NUMBERED.has(family.toLowerCase()) || LONE.has(family.toLowerCase())) return false;
  const first = wordBefore(site, 1);
  return /^[A-Z]\.?$/.test(first) || TITLE.test(first) || FIRST_NAMES.has(first.toLowerCase());
}

/** "the part I played" against "part I of the book" and "type I diabetes". */
function isClause(label: string, after: string): boolean {
  return /^ [a-z]/.test(after) && !/^ (?:of|and|or|to|through|is|was)\b/.test(after) && !STAGES.has(label);
}

/** Whether up to two capitalised words end in what is numbered by ordinals: " Airborne Corps". */
function countsUnits(after: string): boolean {
  const words = /^ ([A-Z][A-Za-z]{2,20})(?: ([A-Z][A-Za-z]{2,20}))?/.exec(after);
  return words?.slice(1).some((word) => ORDINAL_BEFORE.has((word ?? '').toLowerCase())) ?? false;
}

/** "Henry VIII", "John Paul II"; a lone "I" after a name is a numeral only where no verb follows it. */
function rulerWords(numeral: string, value: string, site: Site, after: string): string | null {
  if (/^[VXLCDM]$/.test(numeral) && /^ ?\.? ?[A-Z]/.test(after)) return null;
  if (/^[DLCM]$/.test(numeral)) return null;
  if (isPronoun(numeral, after, '')) return null;
  if (numeral === 'X' && wordBefore(site) === 'Malcolm') return null;
  return `the ${ordinalWords(value)}`;
}

/**
 * "As King George I was ready" against "George I of Greece": I before a verb in the first person is the
 * pronoun.
 */
function isPronoun(numeral: string, after: string, before: string): boolean {
  if (numeral !== 'I') return false;
  if (/^(?:war|chapter|act|phase)$/.test(before)) return false;
  return VERB_AFTER_I.test(after) || /^'/.test(after);
}
