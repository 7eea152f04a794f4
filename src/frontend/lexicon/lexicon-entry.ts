// An entry of a user lexicon before it is checked, the same for every format, and how its faults are
// reported.
import { VoirsError } from '../../errors.js';
import type { PhoneticAlphabet } from '../phonetic-alphabets.js';

/** One entry as a format gives it. */
export interface LexiconEntry {
  /** A word, a phrase, or a regular expression between slashes. */
  word: string;
  /** Phones or, where `alphabet` allows it, a respelling. */
  value: string;
  /** Undefined: ARPAbet, IPA between slashes or brackets, or a respelling, as the value looks. */
  alphabet: PhoneticAlphabet | 'respell' | undefined;
  /** Matches only in the case in which it is written. */
  isCased?: boolean;
  /** 1-based. */
  line: number;
}

/** An INVALID_OPTIONS error of a user lexicon at a line. */
export function lexiconError(
  line: number,
  what: string,
  details: { got?: string; wanted?: string; suggestion?: string } = {},
): VoirsError {
  return new VoirsError('INVALID_OPTIONS', `User lexicon, line ${line}: ${what}`, details);
}
