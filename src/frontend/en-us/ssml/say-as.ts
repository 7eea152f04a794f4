// <say-as>: the reading that the author of a text asks for, where the frontend would have to guess.
import { VoirsError } from '../../../errors.js';
import { excerpt } from '../../ssml/ssml-error.js';
import characters from '../data/ssml-characters.json' with { type: 'json' };
import { dateWords, fullYear, readDate, yearWords } from '../normalize/dates.js';
import { fractionWords, mixedWords } from '../normalize/fractions.js';
import { readMeasure } from '../normalize/measures.js';
import { readMoney } from '../normalize/money.js';
import { digitWords, numberWords, ordinalWords } from '../normalize/numbers.js';
import { groupWords, readPhone } from '../normalize/phone.js';
import type { Reader } from '../normalize/reader.js';
import { readTime, timeWords } from '../normalize/times.js';
import { fold } from '../unicode.js';

/** Longest content, in characters: it bounds the work of one reading. */
const LONGEST = 400;

const SIGNS = new Map(Object.entries(characters));

/**
 * A reading: text and format -> the readers' notation, or undefined where the text is nothing of that kind.
 */
type Interpretation = (text: string, format: string | undefined) => string | undefined;

const INTERPRETATIONS: Readonly<Record<string, { read: Interpretation; wanted: string }>> = {
  cardinal: { read: cardinal, wanted: 'a number such as 1,204 or -3.5' },
  number: { read: number, wanted: 'a number such as 1,204; format cardinal, ordinal, digits or telephone' },
  ordinal: { read: ordinal, wanted: 'a whole number such as 21 or 21st' },
  digits: { read: digits, wanted: 'digits, in groups parted by spaces or hyphens' },
  characters: { read: spell, wanted: 'letters, digits and signs' },
  'spell-out': { read: spell, wanted: 'letters, digits and signs' },
  verbatim: { read: spell, wanted: 'letters, digits and signs' },
  date: { read: date, wanted: 'a date; format mdy, dmy, ymd, md, dm, ym, my, d, m or y' },
  time: { read: time, wanted: 'a time such as 3:05pm or 17:30; format hms12 or hms24' },
  telephone: { read: telephone, wanted: 'a telephone number such as +1 (212) 555-0187 ext. 4' },
  currency: { read: wholly(readMoney), wanted: 'a sum with its currency, such as $5.20 or 5.20 EUR' },
  fraction: { read: fraction, wanted: 'a fraction such as 2/3 or 1 1/2' },
  unit: { read: wholly(readMeasure), wanted: 'an amount with its unit, such as 10 km' },
  expletive: { read: () => 'bleep', wanted: 'any text; the word "bleep" is said in its place' },
};

/** The names of all interpretations. */
const INTERPRET_AS: readonly string[] = Object.keys(INTERPRETATIONS);

/**
 * How a content is said, in the notation of the readers (normalize/reader.ts).
 * @throws VoirsError INVALID_SSML without a place.
 */
export function sayAs(content: string, interpretAs: string, format: string | undefined): string {
  if (!Object.hasOwn(INTERPRETATIONS, interpretAs)) {
    throw new VoirsError('INVALID_SSML', 'interpret-as is unknown', {
      got: JSON.stringify(excerpt(interpretAs)),
      wanted: INTERPRET_AS.join(', '),
    });
  }
  const { read, wanted } = INTERPRETATIONS[interpretAs]!;
  const text = content.length > LONGEST ? undefined : fold(content, { emoji: 'skip' }).text;
  const say = text === undefined || text === '' ? undefined : read(text, format?.trim().toLowerCase());
  if (say !== undefined && say !== '') return say;
  throw new VoirsError('INVALID_SSML', `the content is no ${interpretAs}`, {
    got: `${JSON.stringify(excerpt(content))}${format === undefined ? '' : ` with format ${JSON.stringify(excerpt(format))}`}`,
    wanted,
  });
}

/** Takes a reader that reads the whole text, but for the last dot of an abbreviation. */
function wholly(reader: Reader): Interpretation {
  return (text) => {
    const reading = reader({ text, at: 0, capitals: false });
    return reading && /^\.?$/.test(text.slice(reading.end)) ? reading.say : undefined;
  };
}

function cardinal(text: string): string | undefined {
  const match = /^([+-]?) ?((?:\d{1,3}(?:[,\u00a0 ]\d{3})+|\d+)(?:\.\d+)?|\.\d+)$/.exec(text);
  if (!match) return undefined;
  const sign = match[1] === '-' ? 'minus ' : match[1] === '+' ? 'plus ' : '';
  return sign + numberWords(match[2]!);
}

function number(text: string, format = 'cardinal'): string | undefined {
  if (!['cardinal', 'ordinal', 'digits', 'telephone'].includes(format)) return undefined;
  return INTERPRETATIONS[format]!.read(text, undefined);
}

function ordinal(text: string): string | undefined {
  const match = /^(\d+|\d{1,3}(?:,\d{3})+)(?:st|nd|rd|th)?$/i.exec(text);
  return match && match[1]!.length <= 20 ? ordinalWords(match[1]!) : undefined;
}

function digits(text: string): string | undefined {
  if (!/^\d[\d .,-]*$/.test(text)) return undefined;
  return text
    .split(/\D+/)
    .filter((group) => group !== '')
    .map(digitWords)
    .join(', ');
}

/** Letters by name, digits, and signs by theirs; a space is a short pause. */
function spell(text: string): string | undefined {
  const words = [...text].map((character) => {
    if (/[A-Za-z]/.test(character)) return character.toUpperCase();
    if (/\d/.test(character)) return digitWords(character);
    return character === ' ' ? ',' : SIGNS.get(character);
  });
  return words.includes(undefined) ? undefined : words.join(' ').replace(/ ,/g, ',');
}

const MONTH_FORM = /^(?:[dmy]|md|dm|ym|my|mdy|dmy|ymd|ydm)$/;

function date(text: string, format: string | undefined): string | undefined {
  if (format === undefined) return wholly(readDate)(text, undefined);
  if (!MONTH_FORM.test(format)) return undefined;
  const parts = text.split(/ ?[-/. ] ?/);
  if (parts.length !== format.length || parts.some((part) => !/^\d{1,4}$/.test(part))) {
    return wholly(readDate)(text, undefined); // "May 5th, 2024" says its order itself
  }
  const part = (letter: string) => (format.includes(letter) ? parts[format.indexOf(letter)]! : undefined);
  const [day, month, year] = [part('d'), part('m'), part('y')];
  if (month !== undefined && !(Number(month) >= 1 && Number(month) <= 12)) return undefined;
  const longest = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][Number(month ?? 1) - 1]!;
  if (day !== undefined && !(Number(day) >= 1 && Number(day) <= longest)) return undefined;
  const yearly = year === undefined ? '' : yearWords(fullYear(year));
  if (month === undefined) return day === undefined ? yearly : ordinalWords(day);
  if (day !== undefined) return dateWords(Number(month), Number(day)) + (yearly && `, ${yearly}`);
  const [name] = dateWords(Number(month), 1).split(' ');
  return yearly ? `${name} ${yearly}` : name;
}

function time(text: string, format: string | undefined): string | undefined {
  if (format !== undefined && !/^h(?:ms?)?(?:12|24)?$/.test(format)) return undefined;
  const match = /^(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))? ?(?:([ap])\.?m\.?)?$/i.exec(text);
  if (!match) return wholly(readTime)(text, undefined);
  const [hour, minute, second] = [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
  if (hour > 24 || minute > 59 || second > 59) return undefined;
  if ((match[4] !== undefined || format?.endsWith('12')) && (hour < 1 || hour > 12)) return undefined;
  return timeWords(hour, minute, match[3] === undefined ? undefined : second, match[4]);
}

function telephone(text: string): string | undefined {
  const [all, main, extension] =
    /^([+()\d][-+().\d ]*?)(?:[, ]*(?:x|ext\.?|extension) ?(\d{1,8}))?$/i.exec(text) ?? [];
  if (all === undefined) return undefined;
  const known = wholly(readPhone)(main!, undefined);
  const groups = main!.split(/\D+/).filter((group) => group !== '');
  if (groups.length === 0) return undefined;
  const said = known ?? (main!.startsWith('+') ? 'plus ' : '') + groupWords(groups);
  return extension === undefined ? said : `${said}, extension ${digitWords(extension)}`;
}

function fraction(text: string): string | undefined {
  const match = /^(?:(\d{1,9})[ +-])?(\d{1,9}) ?[/⁄] ?(\d{1,9})$/.exec(text);
  if (!match || Number(match[3]) === 0) return undefined;
  return match[1] === undefined
    ? fractionWords(match[2]!, match[3]!)
    : mixedWords(match[1], match[2]!, match[3]!);
}
