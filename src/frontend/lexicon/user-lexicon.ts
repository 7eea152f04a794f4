// Pronunciations that the user supplies, read from JSON, from the W3C's PLS, or from a list of words and
// phones.
import { VoirsError } from '../../errors.js';
import { PHONETIC_ALPHABETS, parsePhones } from '../phonetic-alphabets.js';
import { type LexiconEntry, lexiconError } from './lexicon-entry.js';
import { parsePls } from './pls.js';
import type { PronunciationTable } from './voice-lexicon.js';

/** How a lexicon is written. */
export type UserLexiconFormat = 'json' | 'pls' | 'text';

/** Larger files are refused: 8 MiB is some 300,000 words. */
const LARGEST = 8 * 1024 * 1024;

/**
 * Reads a user lexicon. Unless given, the format follows from the first character (`{` JSON, `<` PLS, else a
 * list).
 *
 * - JSON: `{ "voirs": "V W AA1 R Z", "gif": { "ipa": "dʒɪf" }, "data": ["D EY1 T AH0", "/ˈdætə/"] }`
 * - PLS: lexeme, grapheme, phoneme; alphabet ipa, x-sampa or x-arpabet
 * - text: a word and its phones a line, `#` comments: `voirs V W AA1 R Z` or `gif /dʒɪf/`
 *
 * The usual form of each word comes first.
 * @throws VoirsError INVALID_OPTIONS that names the line.
 */
export function parseUserLexicon(text: string, format: UserLexiconFormat = detect(text)): PronunciationTable {
  if (text.length > LARGEST) {
    throw new VoirsError('INVALID_OPTIONS', 'The user lexicon is too large', {
      got: `${text.length} characters`,
      wanted: `at most ${LARGEST}`,
    });
  }
  const entries = format === 'json' ? fromJson(text) : format === 'pls' ? parsePls(text) : fromText(text);
  const lexicon = new Map<string, string[][]>();
  for (const entry of entries) {
    const word = spelling(entry);
    const phones = phonesOf(entry);
    const forms = lexicon.get(word);
    if (forms === undefined) lexicon.set(word, [phones]);
    else forms.push(phones);
  }
  return lexicon;
}

function detect(text: string): UserLexiconFormat {
  const first = /\S/.exec(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)?.[0];
  if (first === '{' || first === '[') return 'json';
  return first === '<' ? 'pls' : 'text';
}

/** The word as the frontend looks it up: lower case, accents folded. */
function spelling({ word, line }: LexiconEntry): string {
  const folded = word
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .toLowerCase();
  if (!/^[a-z']*[a-z][a-z']*$/.test(folded)) {
    throw lexiconError(line, 'an entry is not one word', {
      got: JSON.stringify(word.slice(0, 40)),
      wanted: 'Latin letters and apostrophes, without spaces, digits or hyphens',
    });
  }
  return folded;
}

function phonesOf({ word, phones, alphabet, line }: LexiconEntry): string[] {
  const bracketed = /^\s*[/[](.*)[/\]]\s*$/su.exec(phones);
  try {
    if (alphabet !== undefined) return parsePhones(phones, alphabet);
    return bracketed ? parsePhones(bracketed[1]!, 'ipa') : parsePhones(phones, 'x-arpabet');
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    throw lexiconError(line, `the phones of ${JSON.stringify(word.slice(0, 40))} cannot be read`, {
      got: error.got ?? JSON.stringify(phones.slice(0, 40)),
      wanted:
        alphabet === undefined
          ? 'ARPAbet phones (HH AH0 L OW1) or IPA between slashes (/həˈloʊ/)'
          : error.wanted!,
    });
  }
}

function fromText(text: string): LexiconEntry[] {
  const entries: LexiconEntry[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const content = raw
      .replace(/^\ufeff/, '')
      .replace(/(?:^|\s)(?:#|;;;).*$/, '')
      .trim();
    if (content === '') return;
    const [, word, phones] = /^(\S+?)(?:\(\d+\))?\s+(\S.*)$/su.exec(content) ?? [];
    if (word === undefined || phones === undefined) {
      throw lexiconError(index + 1, 'a word has no phones', {
        got: JSON.stringify(content.slice(0, 40)),
        wanted: 'a word, a space, its phones',
      });
    }
    entries.push({ word, phones, alphabet: undefined, line: index + 1 });
  });
  return entries;
}

function fromJson(text: string): LexiconEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    const position = Number(/position (\d+)/.exec(String(cause))?.[1] ?? text.length);
    throw lexiconError(lineAt(text, position), 'the JSON is malformed', { wanted: 'an object of words' });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw lexiconError(1, 'the JSON is no object', { wanted: '{ "word": "PHONES", ... }' });
  }
  let from = 0;
  return Object.entries(value).flatMap(([word, forms]) => {
    // Object.entries gives keys that look like integers first: then the search starts again.
    const key = JSON.stringify(word);
    const found = text.indexOf(key, from);
    const at = found >= 0 ? found : Math.max(0, text.indexOf(key));
    if (found >= 0) from = found + key.length;
    const line = lineAt(text, at);
    return (Array.isArray(forms) ? forms : [forms]).map((form) => jsonEntry(word, form, line));
  });
}

function jsonEntry(word: string, form: unknown, line: number): LexiconEntry {
  if (typeof form === 'string') return { word, phones: form, alphabet: undefined, line };
  if (typeof form === 'object' && form !== null) {
    const [only, ...more] = Object.entries(form);
    const alphabet = PHONETIC_ALPHABETS.find((name) => name === only?.[0]);
    if (alphabet !== undefined && typeof only?.[1] === 'string' && more.length === 0) {
      return { word, phones: only[1], alphabet, line };
    }
  }
  throw lexiconError(line, `the entry ${JSON.stringify(word.slice(0, 40))} is malformed`, {
    got: JSON.stringify(form)?.slice(0, 40) ?? 'nothing',
    wanted: `a string of phones, or one of { ${PHONETIC_ALPHABETS.map((name) => `"${name}": "..."`).join(' }, { ')} }`,
  });
}

function lineAt(text: string, position: number): number {
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < position; i = text.indexOf('\n', i + 1)) line += 1;
  return line;
}
