// The Utterance: what the frontend makes of a text. Plain JSON, so that it can be read, edited, stored and
// rendered.

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

/** One spoken word: what normalisation and pronunciation make of a piece of the text. */
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
  /** z-scores that the pitch rises by from the token's start to its end, -20 to 20; default 0. */
  glide?: number;
  /** z-score of log energy under the speaker's statistics. */
  energy?: number;
  /** Times as fast, 0.1 to 10: divides the duration, predicted or given. */
  rate?: number;
  /** Semitones, -48 to 48, over the pitch, predicted or given. */
  pitchShift?: number;
  /** Times the predicted pitch's distance from the speaker's mean, 0 to 3. */
  pitchRange?: number;
  /** dB on the samples of the token's frames, -100 (silent) to 40. */
  gain?: number;
}

/** A named place in the audio: before the word of that index, or at an end of the sentence. */
export interface Mark {
  name: string;
  /**
   * -1: before the silence that precedes the sentence; `words.length`: where its last frame ends; one more:
   * after the silence that follows it.
   */
  word: number;
}

/** Tokens [from, to) that together are to take a time; `prepare` puts it into their durations. */
export interface TokenLength {
  from: number;
  to: number;
  seconds: number;
}

/**
 * One run of the acoustic model: a sentence, or a clause of one too long for what the model was trained on.
 */
export interface Sentence {
  span: Span;
  words: Word[];
  tokens: Token[];
  /** Silence between this sentence and the next, in seconds, 0 to 60 (what the boundary implies). */
  pauseAfter: number;
  /** Silence before it, in seconds, 0 to 60; default 0. */
  pauseBefore?: number;
  /** Id of the voice that speaks it; default: the utterance's. */
  voice?: string;
  /** In order of their words. */
  marks?: Mark[];
  /** In order; none overlap. */
  lengths?: TokenLength[];
}

/** A text ready to be spoken. `JSON.parse(JSON.stringify(utterance))` is the same utterance. */
export interface Utterance {
  format: 'voirs-utterance/1';
  text: string;
  /** The voice that the numbers in its tokens belong to; absent until `prepare` has predicted them. */
  voice?: string;
  sentences: Sentence[];
  /** What the frontend left out or read with doubt. */
  warnings: string[];
}

/** A token with the numbers that `prepare` has predicted. */
export interface PreparedToken extends Token {
  duration: number;
  pitch: number;
  energy: number;
}

/** A sentence of a prepared utterance. */
export interface PreparedSentence extends Sentence {
  tokens: PreparedToken[];
}

/** What `prepare` gives: every token has its numbers. */
export interface PreparedUtterance extends Utterance {
  voice: string;
  sentences: PreparedSentence[];
}
