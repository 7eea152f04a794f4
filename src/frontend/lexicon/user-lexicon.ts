// Pronunciations that the user supplies, read from JSON, from the W3C's PLS, or from a list of words and
// phones.
import { shown, VoirsError } from '../../errors.js';
import { isPhone } from '../phonemes.js';
import { PHONETIC_ALPHABETS, parsePhones } from '../phonetic-alphabets.js';
import {
  composed,
  type EntrySpeech,
  foldedSpelling,
  type UserEntry,
  UserLexicon,
  type UserPattern,
} from './entry-index.js';
import { type LexiconEntry, lexiconError } from './lexicon-entry.js';
import { parsePls } from './pls.js';

/** How a lexicon is written. */
export type UserLexiconFormat = 'json' | 'pls' | 'text';

/** Larger files are refused: 8 MiB is some 300,000 words. */
const LARGEST = 8 * 1024 * 1024;

/** Longest line of a list, in characters. */
const LONGEST_LINE = 1000;

/** Most regular expressions in a lexicon, and the longest entry: each expression is tried on each sentence. */
const LIMITS = { patterns: 200, characters: 200 } as const;

/**
 * Reads a user lexicon. Unless given, the format follows from the first character (`{` JSON, `<` PLS, else a
 * list).
 *
 * - JSON: `{ "voirs": "V W AA1 R Z", "gif": { "ipa": "dʒɪf" }, "SQL": "sequel", "data": ["D EY1 T AH0", "/ˈdætə/"] }`
 * - PLS: lexeme, grapheme, phoneme or alias; alphabet ipa, x-sampa or x-arpabet
 * - text: a word and its phones a line, `#` comments: `voirs V W AA1 R Z`, `gif /dʒɪf/` or `SQL sequel`; a
 *   phrase is parted from what it sounds like by two spaces, a tab or `=`
 *
 * The usual form of each word comes first. A word `/.../` is a regular expression.
 * @throws VoirsError INVALID_OPTIONS that names the line.
 */
export function parseUserLexicon(text: string, format: UserLexiconFormat = detect(text)): UserLexicon {
  if (text.length > LARGEST) {
    throw new VoirsError('INVALID_OPTIONS', 'The user lexicon is too large', {
      got: `${text.length} characters`,
      wanted: `at most ${LARGEST}`,
    });
  }
  const entries = format === 'json' ? fromJson(text) : format === 'pls' ? parsePls(text) : fromText(text);
  const words = new Map<string, { entry: UserEntry; forms?: string[][] }>();
  const patterns: UserPattern[] = [];
  for (const entry of entries) {
    const speech = speechOf(entry);
    const pattern = patternOf(entry);
    if (pattern) {
      patterns.push({ pattern, speech });
      if (patterns.length <= LIMITS.patterns) continue;
      throw lexiconError(entry.line, 'there are too many regular expressions', {
        wanted: `at most ${LIMITS.patterns}`,
      });
    }
    const written = spelling(entry);
    const known = words.get(written);
    if (known === undefined) {
      const forms = 'forms' in speech ? speech.forms.map((form) => [...form]) : undefined;
      const own: UserEntry = {
        written,
        folded: foldedSpelling(written),
        isCased: entry.isCased === true,
        speech: forms ? { forms } : speech,
      };
      words.set(written, { entry: own, ...(forms ? { forms } : {}) });
    } else if ('forms' in speech) known.forms?.push(...speech.forms.map((form) => [...form]));
  }
  return new UserLexicon(
    [...words.values()].map(({ entry }) => entry),
    patterns,
  );
}

function detect(text: string): UserLexiconFormat {
  const first = /\S/.exec(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text)?.[0];
  if (first === '{' || first === '[') return 'json';
  return first === '<' ? 'pls' : 'text';
}

/** The word or phrase, in Unicode's composed form. */
function spelling({ word, line }: LexiconEntry): string {
  const written = composed(word).trim();
  if (foldedSpelling(written).trim() !== '' && written.length <= LIMITS.characters) return written;
  throw lexiconError(line, 'an entry is no word or phrase', {
    got: shown(word),
    wanted: `letters, digits or signs, at most ${LIMITS.characters}`,
  });
}

const PATTERN = /^\/(.+)\/([a-z]*)$/su;

/** The regular expression of an entry that is one. */
function patternOf({ word, line }: LexiconEntry): RegExp | undefined {
  const [, source, flags = ''] = PATTERN.exec(word.trim()) ?? [];
  if (source === undefined) return undefined;
  const wanted = `a regular expression such as /v(\\d+)/ or /v(\\d+)/i, at most ${LIMITS.characters} characters`;
  if (!/^i?u?$/.test(flags) || source.length > LIMITS.characters) {
    throw lexiconError(line, 'the regular expression cannot be read', { got: shown(word), wanted });
  }
  const isAnyCase = flags.includes('i') ? 'i' : '';
  for (const mode of ['gu', 'g']) {
    try {
      return new RegExp(source, mode + isAnyCase);
    } catch {
      // Without the flag u, more escapes are accepted.
    }
  }
  throw lexiconError(line, 'the regular expression cannot be read', { got: shown(word), wanted });
}

function speechOf({ word, value, alphabet, line }: LexiconEntry): EntrySpeech {
  if (alphabet === 'respell' || (alphabet === undefined && isRespelling(value))) {
    const respelling = value.trim();
    if (respelling !== '' && respelling.length <= LIMITS.characters) return { respelling };
    throw lexiconError(line, `the respelling of ${shown(word)} is empty or too long`, {
      got: shown(value),
      wanted: `1 to ${LIMITS.characters} characters`,
    });
  }
  const bracketed = /^\s*[/[](.*)[/\]]\s*$/su.exec(value);
  try {
    if (alphabet !== undefined) return { forms: [parsePhones(value, alphabet)] };
    return { forms: [bracketed ? parsePhones(bracketed[1]!, 'ipa') : parsePhones(value, 'x-arpabet')] };
  } catch (error) {
    if (!(error instanceof VoirsError)) throw error;
    throw lexiconError(line, `the phones of ${JSON.stringify(word.slice(0, 40))} cannot be read`, {
      got: error.got ?? JSON.stringify(value.slice(0, 40)),
      wanted:
        alphabet === undefined
          ? 'ARPAbet phones (HH AH0 L OW1), IPA between slashes (/həˈloʊ/) or a respelling in small letters'
          : error.wanted!,
    });
  }
}

/** "sequel" and "see plus plus" are words to read; "V W AA1", "k ae1 t" and "/dʒɪf/" are phones. */
function isRespelling(value: string): boolean {
  if (/^\s*[/[].*[/\]]\s*$/su.test(value)) return false;
  const symbols = value.trim().split(/[\s.-]+/);
  if (symbols.some((symbol) => /^[A-Za-z]{2}[012]$/.test(symbol))) return false;
  if (symbols.every((symbol) => symbol.length === 1)) return !isPhones(value); // "S Q L"
  return /\p{Ll}/u.test(value) || !/[A-Z]/.test(value);
}

function isPhones(value: string): boolean {
  if (/^[/[].*[/\]]$/su.test(value)) return true;
  return value
    .toUpperCase()
    .split(/[\s.-]+/)
    .every((symbol) => isPhone(symbol) || isPhone(`${symbol}0`));
}

function fromText(text: string): LexiconEntry[] {
  const entries: LexiconEntry[] = [];
  text.split(/\r\n|\r|\n/).forEach((raw, index) => {
    const content = raw
      .replace(/^\ufeff/, '')
      .replace(/(?:^|\s)(?:#|;;;).*$/, '')
      .trim();
    if (content === '') return;
    if (content.length > LONGEST_LINE) {
      throw lexiconError(index + 1, 'the line is too long', { wanted: `at most ${LONGEST_LINE} characters` });
    }
    const [word, value] = partsOfLine(content);
    if (word === undefined || value === undefined) {
      throw lexiconError(index + 1, 'a word has no phones', {
        got: JSON.stringify(content.slice(0, 40)),
        wanted: 'a word, a space, its phones or a respelling',
      });
    }
    entries.push({ word: word.replace(/\(\d+\)$/, ''), value, alphabet: undefined, line: index + 1 });
  });
  return entries;
}

/** A word and what it sounds like, parted by a space; a phrase by `=`, a tab or two spaces. */
function partsOfLine(content: string): [word?: string, value?: string] {
  const pattern = /^(\/(?:[^\\/]|\\.){1,400}\/[a-z]*)\s+(?:=\s+)?(\S.*)$/su.exec(content);
  if (pattern) return [pattern[1], pattern[2]];
  const equated = /^(\S(?:.*\S)?)\s+=\s+(\S.*)$/su.exec(content);
  if (equated) return [equated[1], equated[2]];
  const [, word, value] = /^(\S+)\s+(\S.*)$/su.exec(content) ?? [];
  if (value === undefined || isPhones(value)) return [word, value];
  const parted = /^(\S(?:.*?\S)?)(?:\t\s*|\s{2,})(\S.*)$/su.exec(content);
  return parted ? [parted[1], parted[2]] : [word, value];
}

function fromJson(text: string): LexiconEntry[] {
  let value: unknown;
  try {
    value = JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    const position = Number(/position (\d+)/.exec(String(cause))?.[1] ?? text.length);
    throw lexiconError(new LineCounter(text).at(position), 'the JSON is malformed', {
      wanted: 'an object of words',
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw lexiconError(1, 'the JSON is no object', { wanted: '{ "word": "PHONES", ... }' });
  }
  let from = 0;
  const lines = new LineCounter(text);
  return Object.entries(value).flatMap(([word, forms]) => {
    // Object.entries gives keys that look like integers first: then the search starts again.
    const key = JSON.stringify(word);
    const found = text.indexOf(key, from);
    const at = found >= 0 ? found : Math.max(0, text.indexOf(key));
    if (found >= 0) from = found + key.length;
    const line = lines.at(at);
    return (Array.isArray(forms) ? forms : [forms]).map((form) => jsonEntry(word, form, line));
  });
}

/** Names of an entry's one speech in JSON. */
const SPEECHES = [...PHONETIC_ALPHABETS, 'respell'] as const;

function jsonEntry(word: string, form: unknown, line: number): LexiconEntry {
  if (typeof form === 'string') return { word, value: form, alphabet: undefined, line };
  if (typeof form === 'object' && form !== null) {
    const { case: isCased = false, ...rest } = form as { case?: unknown };
    const [only, ...more] = Object.entries(rest);
    const alphabet = SPEECHES.find((name) => name === only?.[0]);
    const value = only?.[1] as unknown;
    if (alphabet && typeof value === 'string' && more.length === 0 && typeof isCased === 'boolean') {
      return { word, value, alphabet, isCased, line };
    }
  }
  throw lexiconError(line, `the entry ${JSON.stringify(word.slice(0, 40))} is malformed`, {
    got: shown(form),
    wanted: `phones or a respelling as a string, or one of { ${SPEECHES.map((name) => `"${name}": "..."`).join(' }, { ')} }, with "case": true to match its case only`,
  });
}

/** Line numbers of positions; those that rise cost one walk over the text together. */
class LineCounter {
  private line = 1;
  private position = 0;

  constructor(private readonly text: string) {}

  at(position: number): number {
    if (position < this.position) [this.line, this.position] = [1, 0];
    for (; this.position < position; this.position += 1) {
      if (this.text.charCodeAt(this.position) === 10) this.line += 1;
    }
    return this.line;
  }
}
