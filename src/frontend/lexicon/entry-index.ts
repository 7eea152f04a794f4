// The entries of a user lexicon, found at a place of the source: a word or a phrase as it is written there,
// then with case and accents folded, then without an ending of the language.

/** How an entry is spoken: by phones (the usual form first), or by reading other words in its place. */
export type EntrySpeech =
  | { readonly forms: readonly (readonly string[])[] }
  | { readonly respelling: string };

/** A word or a phrase of a user lexicon. */
export interface UserEntry {
  /** As written, in Unicode's composed form, with plain quotes and single spaces. */
  readonly written: string;
  /** The same in small letters without accents. */
  readonly folded: string;
  /** Matches only in the case in which it is written. */
  readonly isCased: boolean;
  readonly speech: EntrySpeech;
}

/** An entry that a regular expression describes. */
export interface UserPattern {
  /** With the flag g. */
  readonly pattern: RegExp;
  readonly speech: EntrySpeech;
}

/** A place of the source that an entry speaks for. */
export interface EntryMatch {
  start: number;
  end: number;
  speech: EntrySpeech;
  /** The ending of the language that the entry's own phones take; '' for none. */
  suffix: string;
}

/** What a language says of the forms of an entry. */
export interface EntryForms {
  /** Whether a word is so common that an initialism of its letters is another word ("US" and "us"). */
  isCommonWord(word: string): boolean;
  /** A run of letters, and the words that it may be an inflected form of; all folded. */
  stems(run: string): string[];
  /**
   * The ending that the entry takes where `rest` follows its spelling.
   * @param formOf the folded word with so many characters of `rest`.
   */
  ending(
    entry: string,
    rest: string,
    formOf: (length: number) => string,
  ): { length: number; suffix: string } | undefined;
}

/** Letters of scripts with capitals, digits and accents: a match may not begin or end inside a run of them. */
const IN_WORD = /[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{M}\p{N}]/u;
const RUN = /[\p{Lu}\p{Ll}\p{Lt}\p{Lm}\p{M}\p{N}]+/uy;

/** The parts of a token that is written without spaces: MySQL, iPhone, HP20. */
const PARTS = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|\p{N}+/gu;

/** As it is written, whatever its quotes, spaces and form of Unicode. */
export function composed(text: string): string {
  return text
    .normalize('NFC')
    .replace(/[\u2018\u2019\u02bc]/g, "'")
    .replace(/\s+/g, ' ');
}

/** In small letters without accents. */
export function foldedSpelling(text: string): string {
  return composed(text.normalize('NFKD').replace(/\p{M}/gu, '')).toLowerCase();
}

const foldedCharacters = new Map<string, string>();

function foldedCharacter(character: string): string {
  let folded = foldedCharacters.get(character);
  if (folded === undefined) {
    folded = foldedSpelling(character);
    if (foldedCharacters.size < 4096) foldedCharacters.set(character, folded);
  }
  return folded;
}

/** The words, phrases and patterns of a user; immutable. */
export class UserLexicon {
  /** By the first run of letters and digits, or the first character. */
  private readonly byFirst = new Map<string, UserEntry[]>();
  private readonly words = new Map<string, UserEntry>();

  /** @param base asked where this lexicon has nothing to say. */
  constructor(
    readonly entries: readonly UserEntry[] = [],
    readonly patterns: readonly UserPattern[] = [],
    private readonly base: UserLexicon | undefined = undefined,
  ) {
    for (const entry of entries) {
      const first = firstRun(entry.folded, 0);
      const known = this.byFirst.get(first);
      if (known) known.push(entry);
      else this.byFirst.set(first, [entry]);
      const { folded, written } = entry;
      const isBetter = !this.words.has(folded) || written === folded;
      if ('forms' in entry.speech && isBetter) this.words.set(folded, entry);
    }
    for (const list of this.byFirst.values()) list.sort((a, b) => b.folded.length - a.folded.length);
  }

  get isEmpty(): boolean {
    return this.entries.length === 0 && this.patterns.length === 0 && (this.base?.isEmpty ?? true);
  }

  /** These entries before those of `base`. */
  over(base: UserLexicon): UserLexicon {
    return base.isEmpty ? this : new UserLexicon(this.entries, this.patterns, base);
  }

  /** The usual phones of a word in small letters; entries that respell or that need their case have none. */
  phonesOf(word: string, forms: EntryForms): readonly string[] | undefined {
    const entry = this.words.get(word);
    if (entry && 'forms' in entry.speech && !missesCase(entry, word, forms)) return entry.speech.forms[0];
    return this.base?.phonesOf(word, forms);
  }

  /** The matches in a source, from left to right; none overlap. */
  matchesIn(source: string, forms: EntryForms): EntryMatch[] {
    if (this.isEmpty) return [];
    const matches: EntryMatch[] = [];
    const patterns = this.patternMatches(source);
    let at = 0;
    while (at < source.length) {
      const found = this.matchAt(source, at, forms) ?? patterns.get(at);
      if (found) {
        matches.push(found);
        at = found.end;
        continue;
      }
      const token = runAt(source, at);
      if (token !== '') matches.push(...this.partMatches(at, token, forms));
      at += token === '' ? characterAt(source, at).length : token.length;
    }
    return matches;
  }

  /** The longest entry that begins at `at`. */
  private matchAt(source: string, at: number, forms: EntryForms): EntryMatch | undefined {
    if (!mayBegin(source, at)) return undefined;
    const first = firstRun(source, at);
    let best: EntryMatch | undefined;
    let bestRank = -1;
    for (const name of forms.stems(first)) {
      for (const entry of this.byFirst.get(name) ?? []) {
        if (name !== first && entry.folded !== name) continue;
        const end = matchedEnd(source, at, entry.folded);
        if (end < 0) continue;
        const ending = endingAt(source, at, end, entry, forms);
        if (ending === undefined || (best && ending.end < best.end)) continue;
        const ownRank = rank(entry, source.slice(at, end), forms);
        if (ownRank < 0 || (best && ending.end === best.end && ownRank <= bestRank)) continue;
        best = { start: at, end: ending.end, suffix: ending.suffix, speech: entry.speech };
        bestRank = ownRank;
      }
    }
    return best ?? this.base?.matchAt(source, at, forms);
  }

  /** Parts of a compound such as MySQL: the entries' words of two letters or more. */
  private partMatches(at: number, token: string, forms: EntryForms): EntryMatch[] {
    const parts = [...token.matchAll(PARTS)];
    if (parts.length < 2 || parts.map(([part]) => part).join('') !== token) return [];
    return parts.flatMap((part): EntryMatch[] => {
      const start = at + part.index;
      const entry = part[0].length < 2 || /\p{N}/u.test(part[0]) ? undefined : this.wordEntry(part[0], forms);
      return entry ? [{ start, end: start + part[0].length, suffix: '', speech: entry.speech }] : [];
    });
  }

  private wordEntry(word: string, forms: EntryForms): UserEntry | undefined {
    const list = this.byFirst.get(foldedSpelling(word)) ?? [];
    const fitting = list.filter(
      (entry) => entry.folded === foldedSpelling(word) && rank(entry, word, forms) >= 0,
    );
    return fitting.find(({ written }) => written === word) ?? fitting[0] ?? this.base?.wordEntry(word, forms);
  }

  private patternMatches(source: string): Map<number, EntryMatch> {
    const found = this.base ? this.base.patternMatches(source) : new Map<number, EntryMatch>();
    for (const { pattern, speech } of [...this.patterns].reverse()) {
      for (const match of source.matchAll(pattern)) {
        const [start, end] = [match.index, match.index + match[0].length];
        if (match[0].trim() === '' || !isWhole(source, start, end)) continue;
        found.set(start, { start, end, suffix: '', speech: filledIn(speech, match) });
      }
    }
    return found;
  }
}

/** 2: as written; 1: in small letters; 0: folded; -1: not to be taken. */
function rank(entry: UserEntry, source: string, forms: EntryForms): number {
  const written = composed(source);
  if (written === entry.written) return 2;
  if (missesCase(entry, written, forms)) return -1;
  return entry.written === entry.written.toLowerCase() ? 1 : 0;
}

/** The entry US is not the word "us". */
function missesCase({ written, folded, isCased }: UserEntry, source: string, forms: EntryForms): boolean {
  if (isCased) return written !== source;
  const isInitialism = written === written.toUpperCase() && written !== written.toLowerCase();
  return isInitialism && source === source.toLowerCase() && forms.isCommonWord(folded);
}

/** $1 to $9 are the groups of the match, $& is all of it. */
function filledIn(speech: EntrySpeech, match: RegExpMatchArray): EntrySpeech {
  if ('forms' in speech) return speech;
  const respelling = speech.respelling.replace(/\$([1-9&])/g, (_, group: string) =>
    group === '&' ? match[0] : (match[Number(group)] ?? ''),
  );
  return { respelling };
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!);
}

function characterBefore(text: string, at: number): string {
  const low = text.charCodeAt(at - 1);
  return at > 1 && low >= 0xdc00 && low < 0xe000
    ? text.slice(at - 2, at)
    : text.slice(Math.max(0, at - 1), at);
}

function runAt(text: string, at: number): string {
  RUN.lastIndex = at;
  return RUN.exec(text)?.[0] ?? '';
}

/** The run of letters and digits at `at`, folded, or the one character there. */
function firstRun(text: string, at: number): string {
  return foldedSpelling(runAt(text, at).slice(0, 200) || characterAt(text, at));
}

/** A match does not begin inside a word or a number ("$404", "1.5"). */
function mayBegin(source: string, at: number): boolean {
  if (at === 0) return true;
  const before = characterBefore(source, at);
  if (IN_WORD.test(before) && IN_WORD.test(characterAt(source, at))) return false;
  return !(/\d/.test(source[at]!) && /[$£€¥.,:/-]/.test(before));
}

function isWhole(source: string, start: number, end: number): boolean {
  const isSplit =
    end < source.length &&
    IN_WORD.test(characterAt(source, end)) &&
    IN_WORD.test(characterBefore(source, end));
  return !isSplit && mayBegin(source, start);
}

/** Where the source from `at` has been read as the folded spelling, or -1. */
function matchedEnd(source: string, at: number, folded: string): number {
  let end = at;
  let read = 0;
  while (read < folded.length) {
    if (end >= source.length) return -1;
    const character = characterAt(source, end);
    const part = foldedCharacter(character);
    if (part !== '' && !folded.startsWith(part, read)) return -1;
    end += character.length;
    read += part.length;
    if (part === ' ') while (end < source.length && /\s/.test(source[end]!)) end += 1;
  }
  while (end < source.length && /\p{M}/u.test(characterAt(source, end)))
    end += characterAt(source, end).length;
  return end;
}

/** What may follow an entry's own spelling: nothing of the same word, or an ending of the language. */
function endingAt(
  source: string,
  at: number,
  end: number,
  entry: UserEntry,
  forms: EntryForms,
): Pick<EntryMatch, 'end' | 'suffix'> | undefined {
  const endsInWord = IN_WORD.test(characterBefore(source, end));
  if (!endsInWord) return { end, suffix: '' };
  const rest = source.slice(end, end + 4);
  const formOf = (length: number) => foldedSpelling(source.slice(at, end + length));
  const ending = forms.ending(entry.folded, rest, formOf);
  if (ending) return { end: end + ending.length, suffix: ending.suffix };
  if (/\d$/.test(source.slice(at, end)) && /^(?:[.,:/-]\d|%)/.test(rest)) return undefined;
  return rest === '' || !IN_WORD.test(characterAt(rest, 0)) ? { end, suffix: '' } : undefined;
}
