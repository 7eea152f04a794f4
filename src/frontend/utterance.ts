// The Utterance: what the frontend hands on. Plain JSON, so that it can be read, edited, stored and rendered again.

/** A boundary as the voice knows it: a punctuation mark it was trained on, or `_` between two words. */
export type BoundaryMark = '_' | ',' | ';' | ':' | '.' | '?' | '!';

/** Where a word's phones came from. */
export type Provenance =
  | 'user'
  | 'voice'
  | 'lexicon'
  | 'derived'
  | 'homograph'
  | 'spelled'
  | 'letter-to-sound';

/** Half-open [start, end) in UTF-16 code units of the caller's original string. */
export type Span = [start: number, end: number];

/** One spoken word: what normalisation and pronunciation made of a piece of the text. */
export interface Word {
  /** Spoken form, lower case, one entry per spoken word ("$5" gives "five", "dollars"). */
  text: string;
  /** The source it was read from; the words of one expression ("1999") share a span. */
  span: Span;
  /** ARPAbet phones with stress digits on vowels. */
  phones: string[];
  provenance: Provenance;
}

/** One input position of the acoustic model; absent numbers are predicted by the model. */
export interface Token {
  /** Symbol in the voice's vocabulary: `^`, `$`, a phone or a boundary mark. */
  symbol: string;
  /** Index into the sentence's words, or null for boundaries. */
  word: number | null;
  /** Length in mel frames (integer >= 0). */
  duration?: number;
  /** z-score of log F0 under the speaker's statistics. */
  pitch?: number;
  /** z-score of log energy under the speaker's statistics. */
  energy?: number;
}

/** One run of the acoustic model: a sentence, or a clause of one too long for what the model was trained on. */
export interface Sentence {
  span: Span;
  words: Word[];
  tokens: Token[];
  /** Silence between this sentence and the next, in seconds (what the boundary implies). */
  pauseAfter: number;
}

/** A text ready to be spoken. `JSON.parse(JSON.stringify(utterance))` is the same utterance. */
export interface Utterance {
  format: 'voirs-utterance/1';
  text: string;
  /** The voice that the numbers in its tokens belong to; absent until `prepare` has predicted them. */
  voice?: string;
  sentences: Sentence[];
  /** Things the frontend left out or could not be sure of, for the caller to see. */
  warnings: string[];
}

/** A word before it has phones: what src/frontend/normalize produces. */
export interface SpokenWord {
  /** Lower case; letters, apostrophes only. A letter to be read by name carries `reading: 'letter'`. */
  text: string;
  span: Span;
  /** The mark that follows it. */
  boundary: BoundaryMark;
  /** How to pronounce it: as a word (default), or as the name of a letter. */
  reading: 'word' | 'letter';
}

/** A sentence before pronunciation. */
export interface SpokenSentence {
  span: Span;
  words: SpokenWord[];
  /** What ends it: a sentence or a paragraph. */
  end: 'sentence' | 'paragraph';
}
