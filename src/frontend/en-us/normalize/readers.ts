// The order in which the readers are tried where an expression begins: the most specific first.
import { readAbbreviation, readPhrase } from './abbreviations.js';
import { readDesignation, readHouseNumber, readState } from './addresses.js';
import { readPerUnit, readRate } from './amounts.js';
import { readChat, readStretched, readStutter } from './chat.js';
import {
  readAverage,
  readCalibre,
  readCode,
  readCodeName,
  readCompany,
  readDialled,
  readFilledNumber,
  readFreeway,
  readStandard,
} from './codes.js';
import { readCompactDate } from './compact-dates.js';
import { readBareYear, readDate, readMarkedYear } from './dates.js';
import { readCoordinate, readDirection, readLetteredNumber, readTurn } from './directions.js';
import { readCalendarLetters, readDurationMark } from './durations.js';
import { readCups, readFraction } from './fractions.js';
import { readFactorial, readFunction } from './functions.js';
import { readHexadecimal } from './hexadecimal.js';
import { readMixed, readSnakeCase, readSocial, readTimesFactor, readVersion } from './identifiers.js';
import { readBracketedNumber, readLegalSign, readNote } from './legal.js';
import {
  readCapitals,
  readCoefficient,
  readDottedLetters,
  readFormula,
  readLowerLetters,
} from './letters.js';
import { readOperator, readSharp, readSign, readWordPair } from './maths.js';
import { readMeasure } from './measures.js';
import { readAgeAndSex, readMedical } from './medical.js';
import { readMoney } from './money.js';
import { readCardinal, readDecimal, readNumberSign, readOrdinal, readScientific } from './numbers.js';
import { readPair, readThree } from './pairs.js';
import { readPhone } from './phone.js';
import type { Reader } from './reader.js';
import { readRoman } from './roman.js';
import { readScripture } from './scripture.js';
import { readRangeDash, readRatio, readTime } from './times.js';
import { readDottedWords, readFile, readLeadingDot, readPath, readUrl } from './urls.js';
import {
  readCommonWord,
  readFace,
  readLinkTarget,
  readListMarker,
  readNamedLetter,
  readWord,
} from './words.js';

const AT_LETTER: readonly Reader[] = [
  readCommonWord,
  readListMarker,
  readStutter,
  readFace,
  readMedical,
  readPhrase,
  readScripture,
  readChat,
  readHexadecimal,
  readNote,
  readPerUnit,
  readCalendarLetters,
  readFunction,
  readFactorial,
  readRate,
  readWordPair,
  readUrl,
  readFile,
  readSnakeCase,
  readMarkedYear,
  readMoney,
  readDate,
  readVersion,
  readOperator,
  readDirection,
  readTurn,
  readState,
  readDottedLetters,
  readAbbreviation,
  readRoman,
  readCodeName,
  readFormula,
  readStretched,
  readDottedWords,
  readMixed,
  readCapitals,
  readLowerLetters,
  readWord,
];

const AT_DIGIT: readonly Reader[] = [
  readScripture,
  readListMarker,
  readUrl,
  readFile,
  readChat,
  readAgeAndSex,
  readHexadecimal,
  readCompactDate,
  readFactorial,
  readCode,
  readDialled,
  readDurationMark,
  readMarkedYear,
  readCups,
  readPair,
  readDate,
  readPhone,
  readLetteredNumber,
  readBracketedNumber,
  readCoordinate,
  readFraction,
  readTime,
  readRatio,
  readVersion,
  readMoney,
  readStandard,
  readCompany,
  readFreeway,
  readFilledNumber,
  readHouseNumber,
  readMeasure,
  readTimesFactor,
  readScientific,
  readOrdinal,
  readDesignation,
  readCoefficient,
  readMixed,
  readDecimal,
  readBareYear,
  readCardinal,
];

const AT_SIGN: readonly Reader[] = [
  readNamedLetter,
  readPhone,
  readListMarker,
  readLinkTarget,
  readFace,
  readRangeDash,
  readMarkedYear,
  readMoney,
  readMeasure,
  readLegalSign,
  readPath,
  readSharp,
  readFactorial,
  readSocial,
  readOperator,
  readThree,
  readAverage,
  readCalibre,
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
