// Ordinary words: case folded, apostrophes kept where they belong, compound spellings taken apart (YouTube,
// well-known); and what opens a line or stands for a face, and is not said.

import { LETTER_NAME } from '../../markup-site.js';
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import chat from '../data/chat.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import labels from '../data/labels.json' with { type: 'json' };
import medical from '../data/medical.json' with { type: 'json' };
import mixedCase from '../data/mixed-case.json' with { type: 'json' };
import { isSuppliedName } from '../lexicon/supplement.js';
import { isLowerInitialism, letterWords } from './letters.js';
import { cardinalWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky, wordAfter, wordBefore } from './reader.js';
import { listNumeralValue } from './roman.js';

const WORD = /[A-Za-z]+(?:'[A-Za-z]+)*'?/y;
/** Words that begin with an apostrophe. */
const CLIPPED = sticky(`'(?:${alternatives(context.words.clipped)})(?![A-Za-z])`, 'i');
const ONE_LETTER = /([A-Za-z])(?!'?[A-Za-z])/y;
const NAME_PREFIXES = new Set<string>(context.words.namePrefixes);
/** After these a lone "a" or "I" is a letter or a numeral, not the word. */
const LETTERED = new Set<string>(context.letters.before);

const MIXED_CASE = new Map(Object.entries(mixedCase));
/** First words of headings, before which "I." is a number and no initial. */
const HEADINGS = new Set<string>(labels.headings);
const COMMON = /[a-z]{2,40}(?=[,;:?!]?[")\]]?(?: |$))/y;
/** What may be a Roman numeral, and a stretched word ("sooo"). */
const NOT_PLAIN = /^[ivxlc]{1,7}$|([a-z])\1\1/;
const CLAIMED = new Set([
  'per',
  ...Object.keys(chat.words),
  ...chat.letters,
  ...Object.keys(medical.notes),
  ...Object.keys(medical.orders),
  ...abbreviations.undotted,
  ...Object.keys(abbreviations.contracted),
  ...['dep', 'arr', 'adm', 'lim'],
  ...Object.keys(abbreviations.latin).map((key) => key.split(' ')[0]!),
]);

/** A fast path for most of a text: a word in small letters that no other reader would claim. */
export function readCommonWord(site: Site): Reading | null {
  const match = matchAt(COMMON, site);
  if (!match) return null;
  const word = match[0];
  if (word.length < 4 && /= (?:[\da-z] ?[+-] ?)?$/.test(site.text.slice(Math.max(0, site.at - 8), site.at)))
    return null;
  if (CLAIMED.has(word) || NOT_PLAIN.test(word) || !/[aeiou]/.test(word) || isLowerInitialism(word))
    return null;
  return { end: site.at + word.length, say: word };
}

/** Letters with their inner apostrophes; the closing one is kept only where it marks a possessive. */
export function readWord(site: Site): Reading | null {
  const clipped = matchAt(CLIPPED, site);
  if (clipped && !/[A-Za-z0-9]/.test(site.text[site.at - 1] ?? '')) {
    const word = clipped[0].toLowerCase();
    return { end: site.at + clipped[0].length, say: word === "'n" ? 'and' : word };
  }
  const one = matchAt(ONE_LETTER, site);
  if (one) return { end: site.at + 1, say: oneLetterWords(one[1]!, site) };
  const product = matchAt(PRODUCT, site);
  if (product && isProduct(site, product[0]))
    return { end: site.at + product[0].length, say: letterWords(product[0]) };
  const match = matchAt(WORD, site);
  if (!match) return null;
  const word = dropClosingQuote(match[0], site);
  return { end: site.at + word.length, say: wordWords(word, site) };
}

const PRODUCT =
  /(?:[a-z]{2}|[b-df-hj-np-tv-xz]{3})(?![A-Za-z0-9'(_])|[A-Z][b-df-hj-np-tv-xz]{2}(?= ?[=≈] ?[\d-])/y;
const NOT_PRODUCTS = new Set(context.words.notProducts.split(' '));

/** "F = ma", "y = mx + b", "Ksp = 2": letters of an equation, none of them a word. */
function isProduct({ text, at }: Site, letters: string): boolean {
  if (/^[A-Z]/.test(letters)) return true;
  if (NOT_PRODUCTS.has(letters)) return false;
  const before = text.slice(Math.max(0, at - 10), at);
  const after = text.slice(at + letters.length, at + letters.length + 3);
  return (
    /(?:^|[\s(])[A-Za-z] = (?:[\da-z] ?[+-] ?)?$/.test(before) && /^(?:$|[,;.)]| [-+*/^=]|\^)/.test(after)
  );
}

function oneLetterWords(letter: string, site: Site): string {
  const joined = site.text[site.at + 1] === '-' && /[A-Za-z0-9]/.test(site.text[site.at + 2] ?? '');
  if (site.text[site.at - 1] === '(' && site.text[site.at + 1] === ')') return letter.toUpperCase();
  if (
    letter === 'a' &&
    /^ ?[=≠<>≤≥+*|×÷^]|^ - [b-z](?![A-Za-z])/.test(site.text.slice(site.at + 1, site.at + 5))
  )
    return 'A';
  if (letter === 'I' || letter === 'a') return joined && letter === 'I' ? 'I' : letter.toLowerCase();
  if (letter === 'i') return 'i';
  if (/[&/]/.test(site.text[site.at - 1] ?? '')) return letter.toUpperCase();
  if (letter !== 'A') return letter.toUpperCase();
  if (joined || LETTERED.has(wordBefore(site).toLowerCase())) return 'A';
  const next = wordAfter(site.text, site.at + 1);
  const spaced = site.text[site.at + 1] === ' ';
  return spaced && (next !== '' || /^ ["'(<[{\d$£€]/.test(site.text.slice(site.at + 1, site.at + 3)))
    ? 'a'
    : 'A';
}

/** "the boys' hats" keeps its apostrophe, "he said 'stop'" does not. */
function dropClosingQuote(word: string, site: Site): string {
  if (!word.endsWith("'")) return word;
  const bare = word.slice(0, -1);
  if (/in'$/i.test(word) && bare.length >= 4 && !opensQuote(site)) return word;
  if (!/s'$/i.test(word)) return bare;
  return opensQuote(site) ? bare : word;
}

function opensQuote(site: Site): boolean {
  return /(?:^|[\s("[-])'(?=\S)/.test(site.text.slice(Math.max(0, site.at - 200), site.at));
}

/** "the five Ws" */
const LETTER_PLURAL = /^[B-DF-HJ-NP-TV-Z]s$/;

/** One written word in spoken words: compounds in mixed case are split where the case rises. */
function wordWords(word: string, site: Site): string {
  if (LETTER_PLURAL.test(word)) return letterWords(word[0]!, 's');
  if (site.capitals || !/[a-z][A-Z]|^[a-z]+[A-Z]|[A-Z]{2}[a-z]/.test(word)) return plainWord(word);
  return splitCase(word);
}

function plainWord(word: string): string {
  const lower = word.toLowerCase();
  return lower === "rock'n'roll" ? 'rock and roll' : lower;
}

/**
 * "YouTube" -> "you tube", "iPhone" -> "I phone", "ChatGPT" -> "chat G P T"; names such as McDonald stay
 * whole.
 */
export function splitCase(word: string): string {
  const bare = word.replace(/'s?$/, '');
  const say = MIXED_CASE.get(bare) ?? suppliedName(bare) ?? partWords(bare);
  return word.endsWith("'s") ? `${say}'s` : say;
}

/** "TikTok", "TikToks": a name with phones of its own is not parted, unless letters end it ("OpenAI"). */
function suppliedName(word: string): string | undefined {
  if (/[a-z][A-Z]{2}/.test(word)) return undefined;
  const lower = word.toLowerCase();
  return isSuppliedName(lower) || isSuppliedName(lower.replace(/s$/, '')) ? lower : undefined;
}

function partWords(word: string): string {
  const parts = word.slice(0, 100).match(/[A-Z]+(?![a-z])|[A-Z]?[a-z']+|[A-Z]/g) ?? [];
  if (word.length > 100 || parts.join('') !== word) return word.toLowerCase();
  if (parts.length >= 2 && NAME_PREFIXES.has(parts[0]!)) return word.toLowerCase();
  // "HeLLo WoRLd", "hELLO": case that rises and falls without parts is play, or a locked key.
  const isCamel = /^[a-z]+(?:[A-Z][a-z]+){2,}$/.test(word);
  if ((parts.length >= 3 && !isCamel && word.length / parts.length < 2.5) || /^[a-z][A-Z]{4,}$/.test(word))
    return word.toLowerCase();
  return parts
    .map((part) => {
      if (/^[A-Z]$/.test(part) || /^[a-z]$/.test(part)) return part.toUpperCase();
      if (/^[A-Z]{2,}$/.test(part)) return part.length <= 4 ? letterWords(part) : part.toLowerCase();
      return part.toLowerCase();
    })
    .join(' ');
}

const BULLET = sticky('(?:[-+*•–—>|]|#{1,6})(?= )');
const NUMBERED = sticky('\\(?(\\d{1,3})(?:\\)|\\.(?= )|\\.\\)) ?');
const ROMAN_ITEM = sticky('\\(?([IVX]{1,6}|[ivx]{1,6})(?:\\)|\\.(?= )) ');
const LETTERED_ITEM = sticky('\\(?([A-Za-z])\\) ');
const CHECKBOX = sticky('\\[[ xX]?\\](?= )');

/** What opens a line: bullets and headings' signs are silent, an item's number or letter is said apart. */
export function readListMarker(site: Site): Reading | null {
  if (site.at !== 0) {
    const heading = site.at < 8 && /^(?:#{1,6}|[-*•>+]) $/.test(site.text.slice(0, site.at));
    const item = heading ? matchAt(NUMBERED, site) : null;
    if (item) return { end: site.at + item[0].trimEnd().length, say: `${cardinalWords(item[1]!)},` };
    const box = matchAt(CHECKBOX, site);
    return box && /^[-*+•] $/.test(site.text.slice(0, site.at))
      ? { end: site.at + box[0].length, say: '' }
      : null;
  }
  const bullet = matchAt(BULLET, site);
  if (bullet) return { end: bullet[0].length, say: '' };
  const numbered = matchAt(NUMBERED, site);
  if (numbered && numbered[0].length < site.text.length)
    return { end: numbered[0].trimEnd().length, say: `${cardinalWords(numbered[1]!)},` };
  const roman = matchAt(ROMAN_ITEM, site);
  const value = roman
    ? romanItemValue(roman[1]!, site.text.slice(roman[0].length, roman[0].length + 40))
    : null;
  if (roman && value !== null) return { end: roman[0].trimEnd().length, say: `${cardinalWords(value)},` };
  const lettered = matchAt(LETTERED_ITEM, site);
  return lettered && { end: lettered[0].trimEnd().length, say: `${lettered[1]!.toUpperCase()},` };
}

const NAMED_LETTER = sticky(`${LETTER_NAME}([A-Za-z])`);

/** A letter that markup marks as read by its name: a variable of mathematics. */
export function readNamedLetter(site: Site): Reading | null {
  const match = matchAt(NAMED_LETTER, site);
  return match && { end: site.at + 2, say: match[1]!.toUpperCase() };
}

/** The value of an item's numeral; a lone capital is a numeral before a heading, else an initial. */
function romanItemValue(numeral: string, after: string): string | null {
  const value = listNumeralValue(numeral);
  if (value === null || !/^[IVX]$/.test(numeral)) return value;
  const first = /^[A-Za-z]+/.exec(after)?.[0].toLowerCase() ?? '';
  return HEADINGS.has(first) ? value : null;
}

const LINK = sticky('\\]\\((https?://[^\\s()]{1,500})\\)');
const FACE = sticky("(?:[:;=]['o^-]?[)(\\]DPp/|*]|<3|\\^_\\^|:-[oO]|[xX]D|;_;|T_T)(?=$|[\\s.,!?])");

/** The target of a link written "[text](address)", of which only the text is read. */
export function readLinkTarget(site: Site): Reading | null {
  const match = matchAt(LINK, site);
  return match && { end: site.at + match[0].length, say: '', warning: 'left out, the address of a link' };
}

/** A face made of marks is silent. */
export function readFace(site: Site): Reading | null {
  if (!/^\s?$/.test(site.text[site.at - 1] ?? '')) return null;
  const match = matchAt(FACE, site);
  return match && { end: site.at + match[0].length, say: '', warning: 'left out, a face of marks' };
}
