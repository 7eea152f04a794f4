// Phones written in other alphabets: IPA, X-SAMPA, spaced ARPAbet and Microsoft's two, read into our
// inventory; the first three are also written from it.
import { VoirsError } from '../errors.js';
import tables from './data/phonetic-alphabets.json' with { type: 'json' };
import { isPhone, isVowel, stressOf, withoutStress } from './phonemes.js';

/** Alphabets that are read and written; names as in SSML's `alphabet` attribute. */
export type WrittenAlphabet = 'ipa' | 'x-sampa' | 'x-arpabet';

/** Alphabets that are read. */
export type PhoneticAlphabet = WrittenAlphabet | 'sapi' | 'ups';

/** Every alphabet, for messages and validation. */
export const PHONETIC_ALPHABETS: readonly PhoneticAlphabet[] = ['ipa', 'x-sampa', 'x-arpabet', 'sapi', 'ups'];

const NAMES: ReadonlyMap<string, string> = new Map(Object.entries(tables.names));

/** The alphabet of a name as vendors write it, in any case: "IPA", "arpabet", "cmu-arpabet". */
export function alphabetNamed(name: string): PhoneticAlphabet | undefined {
  const known = NAMES.get(name.trim().toLowerCase().replaceAll('_', '-'));
  return PHONETIC_ALPHABETS.find((alphabet) => alphabet === known);
}

interface AlphabetTable {
  primary: string[];
  secondary: string[];
  ignored: string[];
  phones: Record<string, string>;
  aliases: Record<string, string>;
}

/** A symbol's meaning: phones without stress (or with a fixed 0), a stress mark, or nothing. */
type Meaning = { phones: string[] } | { stress: 1 | 2 } | 'ignored';

interface Alphabet {
  symbols: ReadonlyMap<string, Meaning>;
  longest: number;
  table: AlphabetTable;
}

const ALPHABETS: Record<'ipa' | 'x-sampa', Alphabet> = {
  ipa: alphabet(tables.ipa),
  'x-sampa': alphabet(tables['x-sampa']),
};

/** Longest text that is read as one word's phones, in characters. */
const LONGEST_TEXT = 1000;

/** Onsets of English syllables, as ARPAbet: a stress mark stands before the longest. */
const ONSETS: ReadonlySet<string> = new Set(tables.onsets);

/**
 * Reads one word's phones. In IPA and X-SAMPA a stress mark belongs to the next vowel; where a word has none,
 * its first full vowel is stressed. Sounds that English lacks become their nearest.
 * @throws VoirsError INVALID_TEXT with the position of what is no symbol, or where no phone is left.
 */
export function parsePhones(text: string, name: PhoneticAlphabet): string[] {
  if (text.length > LONGEST_TEXT) {
    throw invalid(`${text.length} characters`, `at most ${LONGEST_TEXT} characters for one word`);
  }
  const phones =
    name === 'ipa' || name === 'x-sampa'
      ? parseSymbols(text.normalize('NFD'), ALPHABETS[name], name)
      : name === 'x-arpabet'
        ? parseArpabet(text)
        : parseMicrosoft(text, name);
  if (phones.length === 0) throw invalid('no phone', `phones in ${name}`);
  return phones;
}

/**
 * Writes phones in an alphabet; `parsePhones` reads back the same where a vowel carries primary stress.
 * @throws VoirsError INVALID_TEXT for a symbol that is no phone.
 */
export function formatPhones(phones: readonly string[], name: WrittenAlphabet): string {
  const wrong = phones.find((phone) => !isPhone(phone));
  if (wrong !== undefined)
    throw invalid(JSON.stringify(wrong), 'ARPAbet phones with stress digits on vowels');
  if (name === 'x-arpabet') return phones.join(' ');
  const { symbols, table } = ALPHABETS[name];
  const marks = stressMarks(phones);
  let text = '';
  let before = '';
  phones.forEach((phone, i) => {
    const symbol = table.phones[phone] ?? table.phones[withoutStress(phone)]!;
    const mark = marks.get(i);
    if (mark !== undefined) text += (mark === 1 ? table.primary : table.secondary)[0]!;
    // A dot keeps apart what would read as one symbol: "drawing" is not "droing".
    else if (joins(symbols, before, symbol)) text += '.';
    text += symbol;
    before = symbol;
  });
  return text;
}

function parseArpabet(text: string): string[] {
  const symbols = text
    .trim()
    .toUpperCase()
    .split(/[\s.-]+/)
    .filter((symbol) => symbol !== '');
  const bare = !symbols.some((symbol) => stressOf(symbol) !== undefined);
  const phones = symbols.map((symbol) =>
    isVowel(symbol) && stressOf(symbol) === undefined ? `${symbol}0` : symbol,
  );
  const wrong = phones.findIndex((phone) => !isPhone(phone));
  if (wrong >= 0)
    throw invalid(JSON.stringify(symbols[wrong]!.slice(0, 20)), 'ARPAbet phones such as HH AH0 L OW1');
  return bare ? stressed(phones) : phones;
}

const MICROSOFT = {
  sapi: new Map<string, string>(Object.entries(tables.sapi)),
  ups: new Map<string, string>(Object.entries(tables.ups)),
} as const;

/**
 * SAPI marks stress by a 1 or 2 after the vowel ("h eh 1 l ow"), UPS by S1 or S2 before the syllable, and
 * joins symbols by "+". Both are ARPAbet otherwise.
 */
function parseMicrosoft(text: string, name: 'sapi' | 'ups'): string[] {
  const symbols = text
    .trim()
    .toUpperCase()
    .replace(/\s*\+\s*/g, '')
    .split(/\s+/);
  const phones: string[] = [];
  let stress = 0;
  for (const symbol of symbols) {
    if (/^(?:[-.!&,?_]|LNG|)$/.test(symbol)) continue;
    const mark = /^S?([12])$/.exec(symbol);
    if (mark && (symbol.length === 2) === (name === 'ups')) {
      if (name === 'ups') stress = Number(mark[1]);
      else markLastVowel(phones, mark[1]!);
      continue;
    }
    const phone = MICROSOFT[name].get(symbol) ?? symbol;
    if (isPhone(phone) && !isVowel(phone)) phones.push(phone);
    else if (isVowel(phone)) {
      phones.push(`${withoutStress(phone)}${stress}`);
      stress = 0;
    } else throw invalid(JSON.stringify(symbol.slice(0, 20)), `symbols of ${name}`);
  }
  return stressed(phones);
}

function markLastVowel(phones: string[], stress: string): void {
  const at = phones.map(isVowel).lastIndexOf(true);
  if (at >= 0) phones[at] = `${withoutStress(phones[at]!)}${stress}`;
}

function parseSymbols(text: string, { symbols, longest }: Alphabet, name: PhoneticAlphabet): string[] {
  const phones: string[] = [];
  let stress: 0 | 1 | 2 = 0;
  let marked = false;
  for (let at = 0; at < text.length; ) {
    let length = Math.min(longest, text.length - at);
    while (length > 0 && !symbols.has(text.slice(at, at + length))) length -= 1;
    if (length === 0) {
      const symbol = String.fromCodePoint(text.codePointAt(at)!);
      throw invalid(`${JSON.stringify(symbol)} at character ${at + 1}`, `symbols of ${name}`);
    }
    const meaning = symbols.get(text.slice(at, at + length))!;
    at += length;
    if (meaning === 'ignored') continue;
    if ('stress' in meaning) {
      stress = meaning.stress;
      marked ||= stress === 1;
      continue;
    }
    for (const phone of meaning.phones) {
      if (!isVowel(phone)) {
        phones.push(phone);
        continue;
      }
      phones.push(`${withoutStress(phone)}${stress}`);
      stress = 0;
    }
  }
  return marked ? phones : stressed(phones);
}

/** Gives primary stress to the first full vowel of a word that has none; schwa stays weak. */
function stressed(phones: string[]): string[] {
  if (phones.some((phone) => stressOf(phone) === 1)) return phones;
  const full = phones.findIndex(
    (phone) => stressOf(phone) !== undefined && phone !== 'AH0' && phone !== 'ER0',
  );
  return full < 0 ? phones : phones.map((phone, i) => (i === full ? `${withoutStress(phone)}1` : phone));
}

/** Where stress marks stand: index of the syllable's first phone -> stress. */
function stressMarks(phones: readonly string[]): Map<number, 1 | 2> {
  const marks = new Map<number, 1 | 2>();
  phones.forEach((phone, vowel) => {
    const stress = stressOf(phone);
    if (stress !== 1 && stress !== 2) return;
    let start = vowel;
    while (start > 0 && !isVowel(phones[start - 1]!) && isOnset(phones.slice(start - 1, vowel))) start -= 1;
    marks.set(start, stress);
  });
  return marks;
}

function isOnset(consonants: readonly string[]): boolean {
  if (consonants.length === 1) return consonants[0] !== 'NG';
  return ONSETS.has(consonants.join(' '));
}

/** True where some longer symbol begins with the first and runs into the second. */
function joins(symbols: ReadonlyMap<string, Meaning>, first: string, second: string): boolean {
  if (first === '') return false;
  const both = first + second;
  for (let length = first.length + 1; length <= both.length; length++) {
    if (symbols.has(both.slice(0, length))) return true;
  }
  return false;
}

function alphabet(table: AlphabetTable): Alphabet {
  const symbols = new Map<string, Meaning>();
  for (const symbol of table.ignored) symbols.set(symbol.normalize('NFD'), 'ignored');
  for (const symbol of table.primary) symbols.set(symbol, { stress: 1 });
  for (const symbol of table.secondary) symbols.set(symbol, { stress: 2 });
  for (const [symbol, phones] of Object.entries(table.aliases)) {
    symbols.set(symbol.normalize('NFD'), { phones: phones.split(' ') });
  }
  for (const [phone, symbol] of Object.entries(table.phones)) symbols.set(symbol, { phones: [phone] });
  return { symbols, table, longest: Math.max(...[...symbols.keys()].map((symbol) => symbol.length)) };
}

function invalid(got: string, wanted: string): VoirsError {
  return new VoirsError('INVALID_TEXT', 'The phones cannot be read', { got, wanted });
}
