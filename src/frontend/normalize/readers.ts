// The order in which classes of text are tried where an expression begins: the most particular first.
import { readAbbreviation, readDirection, readPhrase } from './abbreviations.js';
import { readDesignation, readHouseNumber, readState } from './addresses.js';
import { readMixed, readTimesFactor } from './alphanumerics.js';
import { readCardinal } from './cardinals.js';
import { readFormula } from './chemistry.js';
import { readDate } from './dates.js';
import { readDecimal, readNumberSign, readScientific } from './decimals.js';
import { readFraction } from './fractions.js';
import { readCapitals, readDottedLetters, readLowerLetters } from './initialisms.js';
import { readFace, readLinkTarget, readListMarker } from './lists.js';
import { readOperator, readSharp, readSign } from './maths.js';
import { readMeasure } from './measures.js';
import { readMoney } from './money.js';
import { readOrdinal } from './ordinals.js';
import { readPhone } from './phone.js';
import { readRangeDash, readRatio } from './ranges.js';
import { readRoman } from './roman.js';
import type { Reader } from './site.js';
import { readSocial } from './social.js';
import { readTime } from './times.js';
import { readDottedWords, readFile, readLeadingDot, readPath, readUrl } from './urls.js';
import { readVersion } from './versions.js';
import { readCommonWord, readWord } from './words.js';
import { readBareYear, readMarkedYear } from './years.js';

const AT_LETTER: readonly Reader[] = [
  readCommonWord,
  readListMarker,
  readPhrase,
  readUrl,
  readFile,
  readMarkedYear,
  readMoney,
  readDate,
  readVersion,
  readOperator,
  readDirection,
  readState,
  readDottedLetters,
  readAbbreviation,
  readRoman,
  readFormula,
  readFace,
  readDottedWords,
  readMixed,
  readCapitals,
  readLowerLetters,
  readWord,
];

const AT_DIGIT: readonly Reader[] = [
  readListMarker,
  readUrl,
  readFile,
  readMarkedYear,
  readDate,
  readPhone,
  readFraction,
  readTime,
  readRatio,
  readVersion,
  readMoney,
  readHouseNumber,
  readMeasure,
  readTimesFactor,
  readScientific,
  readOrdinal,
  readDesignation,
  readMixed,
  readDecimal,
  readBareYear,
  readCardinal,
];

const AT_SIGN: readonly Reader[] = [
  readPhone,
  readListMarker,
  readLinkTarget,
  readFace,
  readRangeDash,
  readMarkedYear,
  readMoney,
  readMeasure,
  readPath,
  readSharp,
  readSocial,
  readOperator,
  readDecimal,
  readNumberSign,
  readFormula,
  readLeadingDot,
  readSign,
  readWord,
];

/** The readers for an expression that begins with this character. */
export function readersFor(character: string): readonly Reader[] {
  if (/[A-Za-z]/.test(character)) return AT_LETTER;
  return /\d/.test(character) ? AT_DIGIT : AT_SIGN;
}
