// An entry of a user lexicon before it is checked, the same for every format, and how its faults are
// reported.
import { VoirsError } from '../../errors.js';
import type { PhoneticAlphabet } from '../phonetic-alphabets.js';

/** One entry as a format gives it. */
export interface LexiconEntry {
  word: string;
  phones: string;
  /** Undefined: ARPAbet, or IPA between slashes or brackets. */
  alphabet: PhoneticAlphabet | undefined;
  /** 1-based. */
  line: number;
}

/** An INVALID_OPTIONS error of a user lexicon at a line. */
export function lexiconError(
  line: number,
  what: string,
  details: { got?: string; wanted?: string } = {},
): VoirsError {
  return new VoirsError('INVALID_OPTIONS', `User lexicon, line ${line}: ${what}`, details);
}
