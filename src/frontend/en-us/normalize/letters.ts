// Letters said by name: initialisms (FBI, against NASA, a word, and STOP, a word that is shouted), letters
// with dots (U.S.), words without vowels, and chemical formulas.
import chat from '../data/chat.json' with { type: 'json' };
import elements from '../data/elements.json' with { type: 'json' };
import lists from '../data/initialisms.json' with { type: 'json' };
import labels from '../data/labels.json' with { type: 'json' };
import regnal from '../data/regnal.json' with { type: 'json' };
import { isSuppliedName } from '../lexicon/supplement.js';
import { cardinalWords } from './numbers.js';
import { beforeFullStop, matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';

/** The words of a line. */
const words = (line: string): string[] => line.split(' ');

const WORDS = new Set(lists.words.flatMap(words));
const LETTERS = new Set(lists.letters.flatMap(words));
const LOWER = new Set(lists.lower.flatMap(words));
const COMMON = new Set(lists.common.flatMap(words));
const SHOUTED = new Set(lists.shoutedInHeadings.flatMap(words));

/** Letters by name: "FBI" -> "F B I"; a plural or possessive goes to the last: "CEOs" -> "C E O's". */
export function letterWords(letters: string, ending = ''): string {
  const names = [...letters.toUpperCase()].join(' ');
  if (ending === "'d" || ending === "'ed") return `${names}'d`;
  if (ending === "'ing") return `${names} ing`;
  return ending === '' ? names : `${names}'s`;
}

interface Cues {
  before: string[];
  after: string[];
  /** Words after it in any case, and their possessives. */
  followers?: string[];
  /** Whether followers count in capitals too: "THE US ARMY", but not "DO IT GUYS". */
  shouted?: boolean;
}
const CUES = new Map(Object.entries(chat.capitals as Record<string, Cues>));
/** Words that follow a noun, as against one that the capitals would describe: "the OR gate". */
const GOES_ON = new Set<string>(chat.operating);
const CAPITALS = /([A-Z]{2,12})('?s|'d|'ed|'ing)?(?![A-Za-z0-9])/y;
const DOTTED = /((?:[A-Za-z]\.){2,8}[A-Z]?)('?s)?(?![A-Za-z])/y;
const INITIAL = /([A-Z])\.(?= ?[A-Z]| [a-z0-9])/y;
const LOWER_CASE = /([a-z]{2,5})('?s)?(?![A-Za-z0-9'])/y;
const CONSONANTS = /([b-df-hj-np-tv-xz]{2,8})(?![A-Za-z0-9'])/y;
/** Sounds and endings without vowels. */
const UNSPELLED = new Set(lists.sounds.flatMap(words));

/** "U.S.", "J. R. R. Tolkien", "a.m.": letters with dots. */
export function readDottedLetters(site: Site): Reading | null {
  const match = matchAt(DOTTED, site);
  if (match) {
    const letters = match[1]!.replace(/\./g, '');
    const end = site.at + match[0].length;
    return { end: beforeFullStop(site.text, end), say: letterWords(letters, match[2]) };
  }
  const initial = matchAt(INITIAL, site);
  // "Book V. Canto XII": the numeral of a part, and the end of its sentence.
  if (initial && /[IVX]/.test(initial[1]!) && PARTS.has(wordBefore(site).toLowerCase())) return null;
  return initial && { end: site.at + 2, say: initial[1]! };
}

const NAMES = new Set(
  regnal.firstNames
    .toUpperCase()
    .split(' ')
    .filter((name) => name.length > 3),
);
const PARTS = new Set(labels.beforeFullStop.split(' '));

export function readCapitals(site: Site): Reading | null {
  const match = matchAt(CAPITALS, site);
  if (!match) return null;
  const [all, letters, ending] = match;
  const end = site.at + all.length;
  if (!isSpelled(letters!, site, end))
    return ending === 's' && !site.capitals ? { end, say: `${letters!.toLowerCase()}s` } : null;
  return { end: site.at + all.length, say: letterWords(letters!, ending) };
}

/** Whether a word in small letters is spelled: "tv", "dvds". */
export function isLowerInitialism(word: string): boolean {
  return LOWER.has(word) || (word.endsWith('s') && LOWER.has(word.slice(0, -1)));
}

/** Lower-case initialisms ("tv") and runs of consonants that cannot be said as a word. */
export function readLowerLetters(site: Site): Reading | null {
  const word = matchAt(LOWER_CASE, site);
  if (word && (LOWER.has(word[1]!) || (word[2] === undefined && LOWER.has(word[0])))) {
    return { end: site.at + word[0].length, say: letterWords(word[1]!, word[2]) };
  }
  const consonants = matchAt(CONSONANTS, site);
  if (!consonants || UNSPELLED.has(consonants[1]!) || /^(?:m+|h+m+|s+h+|z+|b+r+|g+r+)$/.test(consonants[1]!))
    return null;
  return { end: site.at + consonants[0].length, say: letterWords(consonants[1]!) };
}

/** Whether capitals are a listed initialism. */
export function isInitialism(letters: string): boolean {
  return LETTERS.has(letters);
}

/** Whether capitals are said as a word. */
export function isShoutedWord(letters: string): boolean {
  return WORDS.has(letters) || (COMMON.has(letters.toLowerCase()) && !LETTERS.has(letters));
}

function isSpelled(letters: string, site: Site, end: number): boolean {
  if (WORDS.has(letters) || (letters.length > 3 && isSuppliedName(letters.toLowerCase()))) return false;
  if (letters === 'AM' && besideI(site, end)) return false;
  const cued = inContext(letters, site, end);
  if (cued !== null) return cued;
  if (letters === 'IT') return false;
  if (site.capitals)
    return (
      isListed(letters) ||
      (!/[AEIOU]/.test(letters) && letters.length <= 4 && !COMMON.has(letters.toLowerCase())) ||
      !hasVowel(letters)
    );
  // "By JANE DOE": a family's name in capitals after a first name in capitals.
  if (letters.length > 2 && NAMES.has(wordBefore(site)) && isPronounceable(letters)) return false;
  if (LETTERS.has(letters)) return true;
  if (COMMON.has(letters.toLowerCase())) return false;
  if (letters.length <= 3) return true;
  if (letters.length > 5) return !hasVowel(letters);
  return !isPronounceable(letters);
}

/** In a heading in capitals only what cannot be a word is spelled: "WHO" and "US" are then words. */
function isListed(letters: string): boolean {
  return LETTERS.has(letters) && !COMMON.has(letters.toLowerCase()) && !SHOUTED.has(letters);
}

function hasVowel(letters: string): boolean {
  return /[AEIOUY]/.test(letters);
}

/** "I AM here", "AM I?" */
function besideI(site: Site, end: number): boolean {
  return wordBefore(site) === 'I' || /^ I(?![A-Za-z.])/.test(site.text.slice(end, end + 3));
}

/** Capitals that are a word or an initialism by their neighbours: "the OR nurse" against "this OR that". */
function inContext(letters: string, site: Site, end: number): boolean | null {
  const cues = CUES.get(letters);
  if (cues === undefined) return null;
  const [before, after] = [wordBefore(site), wordAfter(site.text, end)];
  if (cues.after.includes(after)) return true;
  const follower = after.toLowerCase().replace(/'s?$/, '');
  const isShouted = after === after.toUpperCase();
  if (cues.followers?.includes(follower) && (cues.shouted !== false || !isShouted)) return true;
  const ends = /^(?:$|[,;:.?!)])/.test(site.text.slice(end, end + 1)) || GOES_ON.has(after);
  return cues.before.includes(before) && (ends || site.capitals) ? true : null;
}

/** Whether the clusters at the start, at the end and within are those of English words. */
function isPronounceable(letters: string): boolean {
  const word = letters.toLowerCase();
  if (!/[aeiou]/.test(word)) return false;
  const onset = /^[^aeiouy]*/.exec(word)![0];
  const coda = /[^aeiouy]*$/.exec(word)![0];
  const goodOnset =
    /^(?:[b-df-hj-np-tv-z]?|[bcdfgkpt]r|[bcfgkps]l|s[ckmnptw]|s[ckpt]r|spl|[st]h|ch|sh|th|wh|ph|qu|tw|dw|kn|wr|thr|shr)$/.test(
      onset,
    );
  const goodCoda =
    /^(?:[b-df-gj-np-tv-xz]?|[bdgkmnprt]s|ck|ct|ft|ld|lf|lk|ll|lm|lp|lt|mp|nd|ng|nk|nt|pt|rb|rd|rf|rk|rl|rm|rn|rp|rt|sh|sk|sp|ss|st|th|ch|xt|lls|nds|nts|rds|rks|sts|cks|ngs|tz|ff|zz|ph)$/.test(
      coda,
    );
  return goodOnset && goodCoda && !/[^aeiouy]{4}/.test(word) && !/[aeiou]{3}/.test(word);
}

const SYMBOLS = new Set<string>(elements.symbols);
const KNOWN = new Set<string>(elements.known);
const FORMULA = sticky(
  '((?:[A-Z][a-z]?\\d{0,2}(?!\\d)|\\((?:[A-Z][a-z]?\\d{0,3}){1,8}\\)\\d{0,3}){1,20})(\\^?\\d?\\^?[+-](?![A-Za-z0-9]))?(?![A-Za-z0-9])',
);

/** "2NaOH": two, and the formula. */
export function readCoefficient(site: Site): Reading | null {
  const count = matchAt(COEFFICIENT, site)?.[0];
  const formula = count && readFormula({ ...site, at: site.at + count.length });
  return formula ? { end: formula.end, say: `${cardinalWords(count)} ${formula.say}` } : null;
}
const COEFFICIENT = /\d{1,2}(?=[A-Z(])/y;

const ION = sticky(
  '((?:[A-Z][a-z]?\\d{0,2}){1,8})(?:\\^(\\d?)\\^?([+-])|(\\d?)([+-])(?=[\\s,;.:)/]|$))(?![A-Za-z0-9])',
);
const IONS = new Set<string>(elements.ions.split(' '));

/** "Na⁺", "SO₄²⁻", "Ca2+": an ion, its charge after it. */
function readIon(site: Site): Reading | null {
  const match = matchAt(ION, site);
  if (!match || site.capitals) return null;
  const [all, written, count, sign, plainCount, plainSign] = match;
  // "Fe3+": the number is the charge of one atom.
  const single = sign === undefined ? /^([A-Z][a-z]?)(\d)$/.exec(written!) : null;
  const formula = single?.[1] ?? written;
  const symbols = formula!.match(/[A-Z][a-z]?/g)!;
  if (!symbols.every((symbol) => SYMBOLS.has(symbol))) return null;
  if (sign === undefined && !IONS.has(formula!)) return null;
  const charge = single?.[2] ?? ((count ?? '') || (plainCount ?? ''));
  const parts = formula!.match(/[A-Z][a-z]?|\d+/g)!;
  const say = parts.map((part) => (/\d/.test(part) ? cardinalWords(part) : letterWords(part))).join(' ');
  const size = charge === '' ? '' : ` ${cardinalWords(charge)}`;
  return {
    end: site.at + all.length,
    say: `${say}${size} ${(sign ?? plainSign) === '+' ? 'plus' : 'minus'}`,
  };
}

/** Chemical formulas, letter by letter: "H2O" is H two O, "NaCl" N A C L, "Ca(OH)2" C A O H two. */
export function readFormula(site: Site): Reading | null {
  const ion = readIon(site);
  if (ion) return ion;
  const match = matchAt(FORMULA, site);
  if (!match || site.capitals) return null;
  const formula = match[1]!;
  const symbols = formula.match(/[A-Z][a-z]?/g)!;
  if (!symbols.every((symbol) => SYMBOLS.has(symbol))) return null;
  const counted =
    /\d/.test(formula) &&
    /[A-Z][a-z]?\d{0,3}\)?\d{0,3}[A-Z(]|^(?:H|O|N|Cl|F|Br|I)2$|^O3$|^P4$|^S8$/.test(formula) &&
    !/^[A-Z]\d+$/.test(formula.replace(/^(?:H|O|N|F|I)2$|^O3$|^P4$|^S8$/, ''));
  const mixedCase = /[a-z]/.test(formula) || /\d/.test(formula);
  if (!KNOWN.has(formula) && !(counted && mixedCase)) return null;
  const parts = formula.match(/[A-Z][a-z]?|\d+/g)!;
  const say = parts.map((part) => (/\d/.test(part) ? cardinalWords(part) : letterWords(part))).join(' ');
  return { end: site.at + formula.length, say };
}
