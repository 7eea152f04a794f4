// What a language supplies: all in the reading of a text that depends on it. English stands in en-us/; another
// language is a folder beside it and a row of languages.ts.
import type { EntryMatch, UserLexicon } from './lexicon/entry-index.js';
import type { MarkupWords } from './markup-site.js';
import type { ReadingOptions } from './reading-options.js';
import type { BoundaryAt, SentenceSlice } from './sentences.js';
import type { SpokenWord } from './spoken-sentence.js';
import type { SsmlWords } from './ssml/ssml-document.js';
import type { Provenance } from './utterance.js';
import type { WarningList } from './warning-list.js';

/** A language that text can be read in. */
export interface Language {
  /** BCP 47. */
  readonly tag: string;
  /** Where a sentence ends. */
  readonly boundaryAt: BoundaryAt;
  /**
   * The spoken words of one sentence: numbers, dates, abbreviations, signs and symbols in words.
   * @throws VoirsError UNSUPPORTED_TEXT at the first span of a script that the voice cannot read, where that is
   * an error.
   */
  readonly speakSentence: (
    slice: SentenceSlice,
    context: ReadingContext,
    warnings: WarningList,
  ) => SpokenWord[];
  readonly markup: MarkupWords;
  readonly ssml: SsmlWords;
  /** Words that open a question whose pitch falls at its end. */
  readonly questionWords: ReadonlySet<string>;
  /** The files of weights/lexicon, and what makes a pronouncer of their bytes, in this order. */
  readonly lexicon: {
    readonly files: readonly string[];
    /** @throws VoirsError INVALID_WEIGHTS where they are damaged. */
    readonly open: (bytes: readonly Uint8Array[]) => Pronouncer;
  };
}

/** A word's phones (ARPAbet, stress digits on vowels) and where they came from. */
export interface Pronunciation {
  phones: string[];
  provenance: Provenance;
}

/** Gives words their phones. Immutable: the `with` methods return new ones over the same data. */
export interface Pronouncer {
  readonly language: Language;
  /** Prefers a voice's forms: the text of its pronunciations.tsv and lexicon_extra.txt. */
  withVoice(pronunciations: string, extra: string): Pronouncer;
  /** Prefers a user's forms to all others, those that it has already included. */
  withUserLexicon(user: UserLexicon): Pronouncer;
  /** What finds the user's entries in a source; nothing where there are none. */
  readonly entries: { entriesIn?: (source: string) => EntryMatch[] };
  /** Whether the user's, the voice's or the general lexicon lists a word, or an ending of one it lists. */
  has(word: string): boolean;
  /**
   * One pronunciation per word, in order.
   * @param source the text that the words' spans point into.
   */
  pronounceSentence(words: readonly SpokenWord[], source?: string): Pronunciation[];
}

/** What the frontend adds to a caller's options: the language, and words that no reader may spell or expand. */
export interface ReadingContext extends ReadingOptions {
  readonly language: Language;
  /** The user's entries in a source, from left to right. */
  entriesIn?: (source: string) => EntryMatch[];
  /** Whether markup gives the words at this offset of the text. */
  isGiven?: (offset: number) => boolean;
}
