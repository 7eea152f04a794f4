// Names made of letters, digits and signs, said part by part: addresses and paths ("john_doe" is john
// underscore doe), codes ("MP3"), versions ("v2.0.1"), hashtags and mentions.
import codes from '../data/codes.json' with { type: 'json' };
import labels from '../data/labels.json' with { type: 'json' };
import signs from '../data/signs.json' with { type: 'json' };
import urls from '../data/urls.json' with { type: 'json' };
import { pairWords } from './addresses.js';
import { yearWords } from './dates.js';
import { namedNumberBefore } from './directions.js';
import { characterWords, isHash } from './hexadecimal.js';
import { isInitialism, isShoutedWord, letterWords } from './letters.js';
import { bareNumberWords, cardinalWords, digitWords, pluralWords } from './numbers.js';
import { matchAt, type Reading, type Site, sticky, wordBefore } from './reader.js';
import { splitCase } from './words.js';

const UNDERSCORE = new Set(['_']);
const SAYS = new Map(Object.entries(urls.says));
const SIGNS = new Map(Object.entries(signs.identifier));
/** Words of three letters in the names of programs: MAX_RETRIES, DEV_MODE. */
const SHORT_WORDS = new Set(urls.shortWords.split(' '));

/** Every part said, signs by name unless `silent` holds them: "john_doe" -> "john underscore doe". */
export function identifierWords(text: string, silent: ReadonlySet<string> = new Set()): string {
  const whole = SAYS.get(text.toLowerCase());
  if (whole !== undefined) return whole;
  const runs = text.match(/(?<![A-Za-z0-9])[0-9a-f]{7,64}(?![A-Za-z0-9])|[A-Za-z]+|\d+|[^A-Za-z0-9]/g) ?? [];
  // "a000000" is no hash: its letters and digits are parted as others are.
  const parts = runs.flatMap((run) =>
    isHash(run) ? [run] : (run.match(/[A-Za-z]+|\d+|[^A-Za-z0-9]/g) ?? []),
  );
  return parts
    .map((part, i) => {
      if (isHash(part)) return characterWords(part);
      if (/^\d{4,5}$/.test(part) && parts[i - 1] === ':') return portWords(part);
      if (/^\d/.test(part)) return addressDigits(part);
      if (/^[A-Za-z]/.test(part)) return addressLetters(part);
      return silent.has(part) ? '' : (SIGNS.get(part) ?? '');
    })
    .filter((say) => say !== '')
    .join(' ');
}

function addressDigits(digits: string): string {
  if (/^(?:19|20)\d\d$/.test(digits)) return yearWords(Number(digits));
  if (/^[1-9]00$/.test(digits)) return cardinalWords(digits);
  return digits.length <= 2 && !digits.startsWith('0') ? cardinalWords(digits) : digitWords(digits);
}

function addressLetters(letters: string): string {
  const known = SAYS.get(letters.toLowerCase());
  if (known !== undefined) return known;
  if (letters.length === 1 || isInitialism(letters)) return letterWords(letters);
  if (letters.length <= 5 && !/[aeiouy]/i.test(letters)) return letterWords(letters);
  if (letters === letters.toUpperCase() && letters.length <= 3 && !SHORT_WORDS.has(letters.toLowerCase()))
    return letterWords(letters);
  return letters === letters.toUpperCase() ? letters.toLowerCase() : splitCase(letters);
}

/**
 * Letters and digits in one word: "MP3" is M P three, "A380" A three eighty, "4K" four K, "1080p" ten eighty
 * P.
 */
const MIXED = sticky('(?=\\d{0,10}[A-Za-z]|[A-Za-z]{1,20}\\d)[A-Za-z0-9]{2,24}(?![A-Za-z0-9])');
const TIMES = sticky('(\\d{1,4}(?:\\.\\d{1,3})?)x(?![A-Za-z0-9])', 'i');

export function readMixed(site: Site): Reading | null {
  const match = matchAt(MIXED, site);
  if (!match || !/\d/.test(match[0]) || !/[A-Za-z]/.test(match[0])) return null;
  if (/^\d+x\d/i.test(match[0])) return null; // "5x3": maths.ts
  const yearly = /^([FACS]Y)((?:19|20)\d\d)$/.exec(match[0]);
  if (yearly)
    return {
      end: site.at + match[0].length,
      say: `${letterWords(yearly[1]!)} ${yearWords(Number(yearly[2]))}`,
    };
  // A parcel's or a part's number: "1Z999AA10123456784".
  if (
    /^[A-Z0-9]{8,}$/.test(match[0]) &&
    (match[0].match(/[A-Z]+|\d+/g)?.length ?? 0) >= 3 &&
    match[0].replace(/\D/g, '').length * 2 >= match[0].length
  )
    return { end: site.at + match[0].length, say: characterWords(match[0]) };
  const parts = match[0].match(/[A-Za-z]+|\d+/g)!;
  if (
    parts.length === 2 &&
    /^\d/.test(parts[0]!) &&
    /^[a-z]{2}$/.test(parts[1]!) &&
    /(?:[=+-] ?)$/.test(site.text.slice(Math.max(0, site.at - 3), site.at)) &&
    site.text.slice(Math.max(0, site.at - 24), site.at).includes('=')
  )
    return { end: site.at + match[0].length, say: `${cardinalWords(parts[0]!)} ${letterWords(parts[1]!)}` };
  const times = /^([A-Z]{2,5})x(\d{1,2})$/.exec(match[0]); // AAOx3
  if (times)
    return {
      end: site.at + match[0].length,
      say: `${letterWords(times[1]!)} times ${cardinalWords(times[2]!)}`,
    };
  const plural = parts.length > 1 && parts.at(-1) === 's';
  if (plural) parts.pop();
  const counted = /^\d+[kK]$/.test(match[0]);
  const words = parts
    .map((part) => (!/\d/.test(part) ? codeLetters(part) : counted ? cardinalWords(part) : codeDigits(part)))
    .join(' ');
  const say = plural ? pluralWords(words) : words;
  return { end: site.at + match[0].length, say };
}

function codeDigits(digits: string): string {
  return digits.length <= 2 && !/^0/.test(digits) ? cardinalWords(digits) : pairWords(digits);
}

function codeLetters(letters: string): string {
  if (letters.length === 1) return letters.toUpperCase();
  if (letters === letters.toUpperCase() && letters.length <= 4)
    return isShoutedWord(letters) ? letters.toLowerCase() : letterWords(letters);
  if (letters.length <= 3 && !/[aeiou]/i.test(letters)) return letterWords(letters);
  return splitCase(letters);
}

const SNAKE = sticky('[A-Za-z][A-Za-z0-9]{0,30}(?:_{1,2}[A-Za-z0-9]{1,30}){1,8}(?![A-Za-z0-9_])');

/** "MAX_RETRIES", "user_id": the words of a name in a program. */
export function readSnakeCase(site: Site): Reading | null {
  const match = matchAt(SNAKE, site);
  return match && { end: site.at + match[0].length, say: identifierWords(match[0], UNDERSCORE) };
}

/** "10x faster": ten times. */
export function readTimesFactor(site: Site): Reading | null {
  const match = matchAt(TIMES, site);
  const isTerm =
    match?.[0].endsWith('x') && /[=+*/^(<>-] ?$/.test(site.text.slice(Math.max(0, site.at - 2), site.at));
  // "2x + 1" is a term, not a factor.
  if (
    !match ||
    /^ ?[-+=<>*^)]/.test(site.text.slice(site.at + match[0].length, site.at + match[0].length + 2))
  )
    return null;
  if (isTerm || namedNumberBefore(site.text, site.at + match[1]!.length))
    return { end: site.at + match[0].length, say: `${cardinalWords(match[1]!)} X` };
  const [whole, fraction] = match[1]!.split('.');
  const head = cardinalWords(whole!);
  const tail =
    fraction === undefined ? '' : ` point ${[...fraction].map((digit) => cardinalWords(digit)).join(' ')}`;
  return { end: site.at + match[0].length, say: `${head}${tail} times` };
}

const SUFFIX = '(?:-(alpha|beta|rc|dev|pre|preview|snapshot|next|canary|nightly)\\.?(\\d{1,4})?)?';
/** "v2.0.1" is version two point zero point one. */
const VERSION = sticky(
  `[vV]\\.?(\\d{1,6}(?:\\.\\d{1,6}){0,5})(?:${SUFFIX}|(?<=\\.\\d{1,6})([a-z]))(?![A-Za-z0-9]|\\.\\d)`,
);
/** "192.168.0.1" is said by digits and dots. */
const DOTTED = sticky(`(\\d{1,6}(?:\\.\\d{1,6}){2,6})${SUFFIX}(?![A-Za-z0-9]|\\.\\d)`);

/** "3.14.0rc1", "3.13b2": a version whose stage is written without a hyphen. */
const STAGED = sticky(
  '(\\d{1,6}(?:\\.\\d{1,6}){1,5})(rc|alpha|beta|dev|post|a|b)\\.?(\\d{1,4})(?![A-Za-z0-9]|\\.\\d)',
);
/** "2.x": any version of a kind. */
const ANY_VERSION = sticky('v?(\\d{1,4}(?:\\.\\d{1,4}){0,3})\\.([xX])(?![A-Za-z0-9])');
const LETTERED = sticky('(\\d{1,3}(?:\\.\\d{1,3})?)\\.([A-Z])(?![A-Za-z0-9])');
const LABELS = new Set<string>([...labels.counted, ...labels.numeral]);
const STAGES = new Map(Object.entries(labels.stages));

/** Versions and numbered parts that a letter ends. */
function readLetteredVersion(site: Site): Reading | null {
  const staged = matchAt(STAGED, site);
  if (staged) {
    const [all, number, stage, count] = staged;
    return {
      end: site.at + all.length,
      say: `${pointWords(number!)} ${STAGES.get(stage!) ?? stage} ${bareNumberWords(count!)}`,
    };
  }
  const any = matchAt(ANY_VERSION, site);
  if (any)
    return {
      end: site.at + any[0].length,
      say: `${any[0].startsWith('v') ? 'version ' : ''}${pointWords(any[1]!)} point X`,
    };
  const lettered = matchAt(LETTERED, site);
  if (
    !lettered ||
    !LABELS.has(
      wordBefore(site)
        .toLowerCase()
        .replace(/s?\.?$/, ''),
    )
  )
    return null;
  return { end: site.at + lettered[0].length, say: `${pointWords(lettered[1]!)} point ${lettered[2]}` };
}

function pointWords(written: string): string {
  return written.split('.').map(bareNumberWords).join(' point ');
}

function suffixWords(kind: string | undefined, count: string | undefined): string {
  if (kind === undefined) return '';
  const name = kind === 'rc' ? 'release candidate' : kind;
  return ` ${name}${count === undefined ? '' : ` ${bareNumberWords(count)}`}`;
}

export function readVersion(site: Site): Reading | null {
  const lettered = readLetteredVersion(site);
  if (lettered) return lettered;
  const version = matchAt(VERSION, site);
  // "V8" is an engine, "v8" and "V8.1" are versions.
  if (version && (version[0].startsWith('v') || version[1]!.includes('.'))) {
    return {
      end: site.at + version[0].length,
      say: `version ${pointWords(version[1]!)}${suffixWords(version[2], version[3])}${version[4] === undefined ? '' : ` ${version[4].toUpperCase()}`}`,
    };
  }
  const dotted = matchAt(DOTTED, site);
  if (!dotted) return null;
  const parts = dotted[1]!.split('.');
  // 1.234.567 is a count, grouped as in much of Europe.
  if (/^\d{1,3}(?:\.\d{3}){2,}$/.test(dotted[1]!))
    return { end: site.at + dotted[0].length, say: cardinalWords(dotted[1]!) };
  const address = parts.length === 4 && parts.every((part) => Number(part) <= 255);
  const say = address ? parts.map(digitWords).join(' dot ') : pointWords(dotted[1]!);
  const end = site.at + dotted[0].length;
  const tail = address ? NETWORK_TAIL.exec(site.text.slice(end, end + 8)) : null;
  if (tail) {
    const [part, sign, digits] = tail;
    const joint = sign === ':' ? 'colon' : 'slash';
    return { end: end + part.length, say: `${say} ${joint} ${portWords(digits!)}` };
  }
  return { end, say: say + suffixWords(dotted[2], dotted[3]) };
}

/** "10.0.0.0/8", "192.168.1.1:8080" */
const NETWORK_TAIL = /^([:/])(\d{1,5})(?![\d.])/;

/** A port as programmers say it: 8080 eighty eighty, 3000 three thousand. */
export function portWords(digits: string): string {
  return digits.length === 5
    ? digitWords(digits)
    : digits.length < 3
      ? cardinalWords(digits)
      : pairWords(digits);
}

const HASHTAG = sticky('#((?=[0-9_]{0,20}[A-Za-z])[A-Za-z0-9_]{1,100})(?![A-Za-z0-9_])');
/** "order #A1234", "invoice #INV-2024": a number with letters, after what it numbers. */
const CODE_SIGN = /#(?=[A-Za-z]{0,5}-?\d)/y;
const NUMBERED_THING = new Set<string>([...codes.numbered, ...labels.counted, ...labels.numeral]);
const MENTION = sticky('@([A-Za-z0-9_][A-Za-z0-9_.-]{0,38}[A-Za-z0-9_]|[A-Za-z])(?![A-Za-z0-9_])');
const NUMBER_SIGN = sticky('# ?(?=\\d)|#(?= (?:is|was|of|for|below|above|and|or)(?![A-Za-z]))');
/** Variables of a shell that are words. */
const VARIABLES = new Set([
  'HOME',
  'PATH',
  'USER',
  'SHELL',
  'HOST',
  'LANG',
  'PORT',
  'DEBUG',
  'TOKEN',
  'EDITOR',
]);
const CASHTAG = sticky('\\$([A-Z]{1,5})(?![A-Za-z0-9])');

/** "#ThrowbackThursday" is hashtag throwback thursday, "@name" at name, "#1" number one, "$TSLA" T S L A. */
export function readSocial(site: Site): Reading | null {
  if (/[A-Za-z0-9]$/.test(site.text[site.at - 1] ?? '')) return null;
  const code = matchAt(CODE_SIGN, site);
  if (code && NUMBERED_THING.has(wordBefore(site).toLowerCase().replace('.', '')))
    return { end: site.at + 1, say: 'number' };
  const hashtag = matchAt(HASHTAG, site);
  if (hashtag)
    return { end: site.at + hashtag[0].length, say: `hashtag ${identifierWords(hashtag[1]!, UNDERSCORE)}` };
  const number = matchAt(NUMBER_SIGN, site);
  if (number) return { end: site.at + 1, say: 'number' };
  const mention = matchAt(MENTION, site);
  if (mention) return { end: site.at + mention[0].length, say: `at ${identifierWords(mention[1]!)}` };
  const cashtag = matchAt(CASHTAG, site);
  if (!cashtag) return null;
  const name = cashtag[1]!;
  return {
    end: site.at + cashtag[0].length,
    say: VARIABLES.has(name) ? name.toLowerCase() : letterWords(name),
  };
}
