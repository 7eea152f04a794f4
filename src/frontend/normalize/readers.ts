// The order in which classes of text are tried where an expression begins: the most particular first.
import { readAbbreviation, readDirection, readPhrase } from './abbreviations.js';
import { readCardinal } from './cardinals.js';
import { readDecimal, readSign } from './decimals.js';
import { readFraction } from './fractions.js';
import { readCapitals, readDottedLetters, readLowerLetters } from './initialisms.js';
import { readMeasure } from './measures.js';
import { readMoney } from './money.js';
import { readOrdinal } from './ordinals.js';
import { readRangeDash } from './ranges.js';
import type { Reader } from './site.js';
import { readTime } from './times.js';
import { readWord } from './words.js';
import { readBareYear, readMarkedYear } from './years.js';

const AT_LETTER: readonly Reader[] = [
  readMarkedYear,
  readMoney,
  readPhrase,
  readDottedLetters,
  readDirection,
  readAbbreviation,
  readCapitals,
  readLowerLetters,
  readWord,
];

const AT_DIGIT: readonly Reader[] = [
  readMarkedYear,
  readFraction,
  readTime,
  readMoney,
  readMeasure,
  readOrdinal,
  readDecimal,
  readBareYear,
  readCardinal,
];

const AT_SIGN: readonly Reader[] = [
  readRangeDash,
  readMarkedYear,
  readMoney,
  readMeasure,
  readDecimal,
  readSign,
  readWord,
];

/** The readers for an expression that begins with this character. */
export function readersFor(character: string): readonly Reader[] {
  if (/[A-Za-z]/.test(character)) return AT_LETTER;
  return /\d/.test(character) ? AT_DIGIT : AT_SIGN;
}
