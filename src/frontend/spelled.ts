// Voices that read characters (MMS-TTS and its kin) need no pronunciation: a word is said as it is written. English words
// still come from the English reading of numbers, dates and signs; other languages are read as they stand.
import type { Language, Pronouncer, Pronunciation, ReadingContext } from './language.js';
import type { UserLexicon } from './lexicon/entry-index.js';
import type { SentenceSlice } from './sentences.js';
import type { SpokenWord } from './spoken-sentence.js';
import type { BoundaryMark } from './utterance.js';
import type { WarningList } from './warning-list.js';

/** Spells words with the characters that a voice has. */
export class Speller implements Pronouncer {
  /** A user's lexicon gives phones, of which such a voice has none. */
  readonly entries = {};

  constructor(
    readonly language: Language,
    private readonly alphabet: ReadonlySet<string>,
  ) {}

  withVoice(): Pronouncer {
    return this;
  }

  withUserLexicon(_: UserLexicon): Pronouncer {
    return this;
  }

  has(): boolean {
    return true;
  }

  pronounceSentence(words: readonly SpokenWord[]): Pronunciation[] {
    return words.map(({ text, written }) => ({
      phones: this.spelled(written ?? text),
      provenance: 'spelled',
    }));
  }

  /** In small letters where the voice has them; accents that it lacks are left off. */
  private spelled(word: string): string[] {
    return [...word.normalize('NFC')].flatMap((character) => {
      const [bare] = character.normalize('NFD');
      const forms = [character, character.toLowerCase(), bare!, bare!.toLowerCase()];
      return forms.find((form) => this.alphabet.has(form)) ?? [];
    });
  }
}

const MARK = /[.,;:?!…。、،؟।]/u;
const SAME: Readonly<Record<string, BoundaryMark>> = {
  '…': ',',
  '。': '.',
  '、': ',',
  '،': ',',
  '؟': '?',
  '।': '.',
};

/** The words of a sentence between its spaces, and the marks that follow them; digits and signs stay as they are. */
function wordsAsWritten({ source, span }: SentenceSlice, _: ReadingContext, __: WarningList): SpokenWord[] {
  const words: SpokenWord[] = [];
  for (const { 0: piece, index } of source.matchAll(
    /[\p{L}\p{M}\p{N}][\p{L}\p{M}\p{N}'’-]*|[^\s\p{L}\p{N}]/gu,
  )) {
    const last = words[words.length - 1];
    if (MARK.test(piece)) {
      if (last && last.boundary === '_') last.boundary = SAME[piece] ?? (piece as BoundaryMark);
      continue;
    }
    if (!/[\p{L}\p{N}]/u.test(piece)) continue;
    const at = span[0] + index;
    words.push({ text: piece, span: [at, at + piece.length], boundary: '_', reading: 'word' });
  }
  const last = words[words.length - 1];
  if (last && last.boundary === '_') last.boundary = '.';
  return words;
}

/** A language of which nothing is known but how it is written; sentences end, and markup is read, as in `base`. */
export function asWritten(base: Language, tag: string): Language {
  return { ...base, tag, speakSentence: wordsAsWritten };
}
