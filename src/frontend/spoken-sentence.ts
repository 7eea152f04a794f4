// A sentence before pronunciation, as normalisation and SSML pass it to the rest of the frontend.
import type { BoundaryMark, Provenance, Span } from './utterance.js';

/** A word before it has phones. */
export interface SpokenWord {
  /** Lower case; letters, apostrophes only. A letter to be read by name carries `reading: 'letter'`. */
  text: string;
  /** The word in small letters with its accents, where it has any. */
  written?: string;
  span: Span;
  /** The mark that follows it. */
  boundary: BoundaryMark;
  /** How to pronounce it: as a word (default), or as the name of a letter. */
  reading: 'word' | 'letter';
  /** ARPAbet phones that the author gave it. */
  phones?: readonly string[];
  /** Where these phones come from; default: `user`. */
  provenance?: Provenance;
  /** The part of speech that the author's markup names: it decides between the readings of a homograph. */
  role?: Role;
  /** What the author's markup asks for at this word. */
  directions?: Directions;
}

/** A part of speech, or the other than the usual sense. */
export type Role = 'verb' | 'past' | 'noun' | 'adj' | 'other';

/** How a word is spoken, relative to the voice's usual way. */
export interface Delivery {
  /** Times as fast; 1 is usual. */
  rate: number;
  /** Semitones; 0 is usual. */
  pitchShift: number;
  /** dB; 0 is usual. */
  gain: number;
  /** Times the movement of pitch; default 1. */
  pitchRange?: number;
}

/** What markup asks for at one word. */
export interface Directions {
  delivery: Delivery;
  /** Id of the voice that speaks it. */
  voice?: string;
  /** Names of the marks before it. */
  marksBefore?: string[];
  /** Names of the marks after it, before the silence of `breakAfter` or the sentence's end. */
  marksAfter?: string[];
  /** Its share of the seconds that the words of an element together are to take. */
  length?: { element: number; seconds: number };
  /** Seconds of silence after it, above 0: what follows is another run of the model. */
  breakAfter?: number;
}

/** A sentence before pronunciation. */
export interface SpokenSentence {
  span: Span;
  words: SpokenWord[];
  /** What ends it; `clause`: the sentence goes on in the next one. */
  end: 'sentence' | 'paragraph' | 'clause';
  /** Seconds of silence after it, in place of what its end implies. */
  pauseAfter?: number;
  /** Seconds of silence before the first sentence. */
  pauseBefore?: number;
  /** Names of the marks before that silence. */
  marksBefore?: string[];
  /** Names of the marks after the silence of `pauseAfter`, of the last sentence. */
  marksAtEnd?: string[];
}
