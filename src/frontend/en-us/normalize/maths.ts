// Signs of arithmetic where they stand between operands: "2 + 2 = 4", "x²", "5 × 3", "10^6", and "C++" with
// its pluses.
import abbreviations from '../data/abbreviations.json' with { type: 'json' };
import calendar from '../data/calendar.json' with { type: 'json' };
import context from '../data/context-words.json' with { type: 'json' };
import elements from '../data/elements.json' with { type: 'json' };
import pairs from '../data/pairs.json' with { type: 'json' };
import signs from '../data/signs.json' with { type: 'json' };
import { perUnitWords } from './amounts.js';
import { unitAt } from './measures.js';
import { cardinalWords, ordinalWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky } from './reader.js';

const ALWAYS = new Map(Object.entries(signs.always));
const BETWEEN = new Map(Object.entries(signs.between));
const OPERATOR = sticky('[!=]==|[<>!=]=|[-+*/]=(?!=)|(?<= )[|][|](?= )|[-=]>|[=+<>×*→]');
const DEGREES = /° ?([CF])(?![A-Za-z])/y;
/** A bound with nothing before it: "time: < 5 s". */
const PREFIXES = new Map(Object.entries(signs.bound));
const POWER = sticky(
  '\\^(?:[{(]?([-+]?)(\\d{1,6})(?!\\d)(?:(?<=[{(][-+]?\\d{1,6})[})])?|([A-Za-z])(?![A-Za-z]))',
);
const NOT = /!(?=[a-z]\w{0,30}(?:$|[\s;,)&|(.[]))/y;
const DECREMENT = /--(?=$|[\s;,)])/y;
const MINUS = /[-–](?= ?[\dA-Za-z(.])/y;
const BY = /(?:[x×*] ?|(?<= )X )(?=\d)/y;

/** What an operator may stand after and before: the end of a number, a variable, a closed bracket. */
const OPERAND_BEFORE = /(?:[\p{L}\d)\]%°²³π]["']?|[\da-zN)]!|[a-z\d]\|) ?$/u;
const OPERAND_AFTER = /^ ?["']?(?:[\p{L}\d([.$£€¥₹√π±∫∑∂+-]|\|[a-z\d-])/u;

export function readOperator(site: Site): Reading | null {
  const { text, at } = site;
  const before = text.slice(Math.max(0, at - 12), at);
  const after = text.slice(at + 1, at + 24);
  if (/^\+\/[-–]/.test(text.slice(at, at + 3))) return { end: at + 3, say: 'plus or minus' };
  if (text[at] === '|' && ABSOLUTE.test(text.slice(at, at + 16)) && !/[A-Za-z0-9)]$/.test(before))
    return { end: at + 1, say: 'the absolute value of' };
  if (text[at] === '-' && /(?:[=<>≤≥±(]|,) ?$/.test(before) && /^[a-z](?![A-Za-z-])/.test(after))
    return { end: at + 1, say: 'minus' };
  const power = readPower(site, before);
  if (power) return power;
  if (text[at] === '×' && /[A-Za-z)] ?$/.test(before) && LASTING.test(after))
    return { end: at + 1, say: 'for' };
  const by = matchAt(BY, site);
  if (by && /(?:\d["']?|\d ?[a-zA-Z]{1,2}) ?$/.test(before))
    return { end: at + 1, say: isProduct(site) ? 'times' : 'by' };
  // 32" waist x 30" inseam, 24"W x 18"D
  if (text[at] === 'x' && / $/.test(before) && /^ \d{1,4}(?:\.\d{1,2})?["']/.test(after))
    return { end: at + 1, say: 'by' };
  const count = readCount(site);
  if (count) return count;
  if (text[at] === 'x' && /[a-z.)] $/.test(before) && /^ \d/.test(after))
    return { end: at + 1, say: 'times' };
  if (/(?:^|[\s(&|=])$/.test(before) && matchAt(NOT, site)) return { end: at + 1, say: 'not' };
  if (
    /(?:^|[\s(;])[a-z]\w{0,12}$/.test(before) &&
    /(?:^|[\s(;])(?:[a-z]|\w*_\w*|count|index|size)$/.test(before) &&
    matchAt(DECREMENT, site)
  )
    return { end: at + 2, say: 'minus minus' };
  const minus = matchAt(MINUS, site);
  if (minus && /[\dA-Za-z)] $/.test(before) && text[at + 1] === ' ' && inEquation(site))
    return { end: at + 1, say: 'minus' };
  if (minus && /\d$/.test(before) && /^\d[\d.]* ?=/.test(after)) return { end: at + 1, say: 'minus' };
  // A school mark: "an A- in math".
  if (text[at] === '-' && /(?:^|[\s("])[A-DF]$/.test(before) && /^(?:$|[\s.,;:)"!?])/.test(after))
    return { end: at + 1, say: 'minus' };
  const operator = matchAt(OPERATOR, site);
  if (operator) return readInfix(site, operator[0], before);
  return readSlash(site, before, after);
}

function readInfix(site: Site, operator: string, before: string): Reading | null {
  const end = site.at + operator.length;
  const rest = site.text.slice(end, end + 12);
  if (operator === '+') return readPlus(site, before, rest);
  if (operator === '*') return readStar(site, before, rest);
  if (operator === '<' && !/^ ?[-\d.$£€]|^ ?[a-z]\b/.test(rest)) return null;
  if (
    operator === '>' &&
    ((!/[\d)a-z%] ?$/.test(before) && !(/[A-Z] ?$/.test(before) && /^ ?\d/.test(rest))) ||
      isMenuPath(before, rest))
  )
    return null;
  if (!OPERAND_AFTER.test(rest)) return null;
  if (!OPERAND_BEFORE.test(before))
    return PREFIXES.has(operator) ? { end, say: PREFIXES.get(operator)! } : null;
  if (
    PREFIXES.has(operator) &&
    /^[$£€]?\d/.test(rest) &&
    BOUND_BEFORE.test(site.text.slice(Math.max(0, site.at - 16), site.at))
  )
    return { end, say: PREFIXES.get(operator)! };
  if (/^(?:→|->)$/.test(operator) && isReaction(site, end)) return { end, say: 'yields' };
  return { end, say: related(before, BETWEEN.get(operator)!, site.text.slice(end, end + 28)) };
}

const SUBSTANCE = '\\d{0,2}(?:[A-Z][a-z]?\\d{0,2}|\\([A-Za-z0-9]{1,8}\\)\\d?){1,8}(?:\\([a-z]{1,2}\\))?';
const ELEMENTS = new Set<string>(elements.symbols);
const MADE_OF = new RegExp(`(?:^|[\\s+])${SUBSTANCE} ?$`);
const MADE = new RegExp(`^ ?${SUBSTANCE}(?![A-Za-z])`);

/** "2H2 + O2 → 2H2O" */
function isReaction({ text, at }: Site, end: number): boolean {
  const [before, after] = [text.slice(Math.max(0, at - 24), at), text.slice(end, end + 24)];
  const symbols =
    `${MADE_OF.exec(before)?.[0] ?? ''} ${MADE.exec(after)?.[0] ?? ''}`.match(/[A-Z][a-z]?/g) ?? [];
  if (!symbols.every((symbol) => ELEMENTS.has(symbol))) return false;
  return (
    MADE_OF.test(before) &&
    MADE.test(after) &&
    /\d/.test(before + after) &&
    /[A-Z][a-z]?\d|[A-Z][a-z]?[A-Z]/.test(after)
  );
}

/** "in <5 min", "took >2 h": after these the sign says a bound and no relation. */
const BOUND_BEFORE = new RegExp(`(?:^|[^A-Za-z])(?:${alternatives(signs.boundBefore.split(' '))}) ?$`, 'i');

/** "|x|", "|x - 2|": no space inside the bars. */
const ABSOLUTE = /^\|(?:[a-z]|[a-z\d](?: ?[-+*/] ?[a-z\d]{1,3}){1,2}|-\d{1,4})\|/;
const LASTING = /^ ?\d{1,3} ?(?:d|days?|wks?|weeks?|mos?|months?|h|hrs?|hours?|mins?)(?![A-Za-z])/;
const COUNT = sticky('x(\\d{1,2})(?![A-Za-z0-9]|[.,]\\d| ?[-+=*/^<>≤≥]|\\.?\\))');
const NOT_COUNTED = new Set<string>(context.amounts.notNouns);

/** "CABG x3", "eggs x12": so many times; "solve for x2" and "x1 and x2" are variables. */
function readCount(site: Site): Reading | null {
  const match = matchAt(COUNT, site);
  if (!match) return null;
  const { text, at } = site;
  const before = /([A-Za-z&']{2,24})\)? $/.exec(text.slice(Math.max(0, at - 28), at))?.[1];
  // "Linux x64": the width of a processor's words.
  if (/^(?:32|64|86)$/.test(match[1]!)) return null;
  if (before === undefined || NOT_COUNTED.has(before.toLowerCase())) return null;
  const end = at + match[0].length;
  const around = `${text.slice(Math.max(0, at - 16), at)}|${text.slice(end, end + 16)}`;
  if (/x_?\d{1,2}(?:,| and| or)? ?\||\|(?:,| and| or)? ?x_?\d|[=+^<>]/.test(around)) return null;
  return { end, say: `times ${cardinalWords(match[1]!)}` };
}

/** "Home > Shoes": words on both sides, the later with a capital. */
function isMenuPath(before: string, rest: string): boolean {
  return /(?:[A-Za-z]{2}|\b[A-Z]) $/.test(before) && /^ [A-Z][a-z]/.test(rest);
}

const BE_BEFORE = new RegExp(`(?:^|[^A-Za-z])(?:${alternatives(signs.be)}) ?$`, 'i');

/** "p was < 0.05": the verb stands there already. */
const VERB_AFTER =
  /^ ?[$£€]?-?[\d.,]+[%°]? (?:is|are|was|were|means|indicates|suggests|requires|should|will|has|have)\b/;

function related(before: string, say: string, after = ''): string {
  return say.startsWith('is ') && (BE_BEFORE.test(before) || VERB_AFTER.test(after)) ? say.slice(3) : say;
}

/**
 * A star multiplies numbers and variables and is said before a code to dial; elsewhere it only marks
 * emphasis.
 */
function readStar(site: Site, before: string, rest: string): Reading | null {
  const end = site.at + 1;
  if (/(?:[\d)]|(?:^|[\s(])[A-Za-z]) ?$/.test(before) && /^ ?(?:[\d(]|[A-Za-z](?![A-Za-z]))/.test(rest))
    return { end, say: 'times' };
  if (/\bat $/.test(before) && /^\d{1,2}(?![\d*])/.test(rest)) return { end, say: 'star' };
  return /^(?:|.*\s)$/.test(before) && /^\d{2,3}(?![\d*])/.test(rest) ? { end, say: 'star' } : null;
}

function readPlus(site: Site, before: string, rest: string): Reading | null {
  const end = site.at + 1;
  if (/[A-Za-z\d)%]$/.test(before) && (rest === '' || /^[\s,;:.?!)+"']/.test(rest)))
    return { end, say: 'plus' };
  if (/[A-Za-z]\+$/.test(before)) return { end, say: 'plus' };
  // "$900/mo. + util.", "no + cough": between two things, or before a finding.
  if (/\S $/.test(before) && /^ \S/.test(rest)) return { end, say: 'plus' };
  if (/(?:^|[\s(,;])$/.test(before) && /^[a-z]{3}/.test(rest)) return { end, say: 'plus' };
  return OPERAND_BEFORE.test(before) && OPERAND_AFTER.test(rest) ? { end, say: 'plus' } : null;
}

/** "5 - 3 = 2": within reach of an equals sign a spaced hyphen is a minus. */
function inEquation({ text, at }: Site): boolean {
  const after = /^[^,;:?!]{0,24}/.exec(text.slice(at + 1, at + 26))?.[0] ?? '';
  const before = /[^,;:?!]{0,24}$/.exec(text.slice(Math.max(0, at - 24), at))?.[0] ?? '';
  return (
    after.includes('=') ||
    before.includes('=') ||
    /[\^√²³∑]/.test(before) ||
    (/(?:^|[\s(])[a-z\d]+ $/.test(before) && /^ [a-z](?![A-Za-z])/.test(after) && !/ a$|^ [aI]/.test(after))
  );
}

function isProduct(site: Site): boolean {
  const { text, at } = site;
  if (text[at] === '*' || /^. ?10 ?\^/.test(text.slice(at, at + 6))) return true;
  const spaced =
    text[at - 1] === ' ' && text[at + 1] === ' ' && /\d $/.test(text.slice(Math.max(0, at - 2), at));
  return (
    text.slice(at, at + 24).includes('=') ||
    (text[at] === '×' && spaced) ||
    /= ?[\d ]{1,12}$/.test(text.slice(Math.max(0, at - 14), at))
  );
}

function readPower(site: Site, before: string): Reading | null {
  const power = matchAt(POWER, site);
  if (!power) return null;
  // "^1.2.0": any later version.
  if (/(?:^|[\s("'])$/.test(before) && /^\^\d{1,3}\.\d/.test(site.text.slice(site.at, site.at + 6)))
    return { end: site.at + 1, say: 'caret' };
  const [all, sign, digits, letter] = power;
  const end = site.at + all.length;
  if (letter !== undefined) return { end, say: `to the power of ${letter.toUpperCase()}` };
  if (sign === '-') return { end, say: `to the minus ${cardinalWords(digits!)}` };
  // A raised number after a word, or after a sentence's mark, is a footnote.
  if (/[A-Za-z]{3,}$|[,;:.?!"']$/.test(before)) return { end, say: '', warning: 'left out, a footnote mark' };
  const unit = /\d$/.test(before) ? unitAt(site.text, end) : null;
  if (unit) {
    const per = perUnitWords(site.text, unit.end);
    return {
      end: per?.end ?? unit.end,
      say: `${powerWords(digits!)} ${unit.many}${per ? ` ${per.say}` : ''}`,
    };
  }
  const per = /\d$/.test(before) ? perUnitWords(site.text, end) : null;
  const rate = per ? ` ${per.say}` : '';
  const isScale = /[x×*·] ?10$/.test(before);
  return {
    end: per?.end ?? end,
    say: `${isScale ? `to the ${ordinalWords(digits!)}` : powerWords(digits!)}${rate}`,
  };
}

function powerWords(digits: string): string {
  if (digits === '2') return 'squared';
  return digits === '3' ? 'cubed' : `to the ${ordinalWords(digits)}`;
}

/** "8 tabs/24 hrs": in so long a time. */
const PER_SPAN = /^\d{1,3} ?(?:h|hrs?|hours?|d|days?|wks?|weeks?|mins?|minutes?|months?|sec|s)(?![A-Za-z])/;
const RATE = new RegExp(`^(?:${alternatives(context.amounts.afterSlash)})(?![a-z])`);

const MONEY_BEFORE = /[$£€¥] ?\d[\d.,]*[KMBkmb]?(?:n)?$/;
const DAYS = alternatives([...calendar.weekdays, ...Object.keys(abbreviations.weekday)]);
const WEEKDAY_BEFORE = new RegExp(`(?:^|[^A-Za-z])(?:${DAYS})\\.?$`, 'i');
const WEEKDAY_AFTER = new RegExp(`^(?:${DAYS})(?![A-Za-z])`, 'i');
const WORD_PAIRS = new Map(Object.entries(pairs.wordPairs));
const WORD_PAIR = sticky(`(${alternatives(WORD_PAIRS.keys())})(?![A-Za-z0-9/])`, 'i');

/** "yes/no", "either/or": set pairs of words. */
export function readWordPair(site: Site): Reading | null {
  const match = matchAt(WORD_PAIR, site);
  return match && { end: site.at + match[0].length, say: WORD_PAIRS.get(match[1]!.toLowerCase())! };
}

/** "L4/5": two vertebrae. */
function isVertebra(before: string, after: string): boolean {
  return /(?:^|[^A-Za-z0-9])[CTLS]\d{1,2}$/.test(before) && /^\d{1,2}(?![\d.%])/.test(after);
}

/** "AC/DC", "client/server": a slash between words is said; "cases/day" is a rate. */
function readSlash(site: Site, before: string, after: string): Reading | null {
  if (site.text[site.at] !== '/' && site.text[site.at] !== '⁄') return null;
  const end = site.at + 1;
  if (
    /(?:(?:^|[\s(=])(?:[a-z]|\d{1,4})|[a-z\d)]!|\)) $/.test(before) &&
    /^ (?:[a-z](?![A-Za-z0-9.])|\d{1,4}(?![A-Za-z0-9.,])|\()/.test(after) &&
    // "26 / 163" in a table is no fraction: a letter or a bracket shows the formula.
    (/[a-z)!] $/.test(before) || /^ [a-z(]/.test(after)) &&
    !/(?:^|\s)[ai] $/.test(before.replace(/return a $/, 'b '))
  )
    return { end, say: 'over' };
  // "pH 7.31/pCO2 55": one value after another.
  if (/\d$/.test(before) && /^(?:p?[A-Z]{0,3}[A-Za-z]?O[23]|[A-Z]{2,4}) \d/.test(after))
    return { end, say: ',' };
  if (/[a-z]-$/.test(before) && /^[a-z]/.test(after)) return { end, say: '' }; // "pro-/anti-war"
  if (/(?:^|[\s(])[fF]$/.test(before) && /^\d{1,2}(?:\.\d)?(?![\d/])/.test(after)) return { end, say: '' }; // "f/1.8"
  if (/[A-Za-z)]$/.test(before) && PER_SPAN.test(after)) return { end, say: 'per' };
  if (MONEY_BEFORE.test(before)) return { end, say: /^\d/.test(after) ? 'per' : 'slash' };
  if (/\d!?$/.test(before) && /^\d/.test(after)) return { end, say: isVertebra(before, after) ? '' : 'over' };
  if (/\)$/.test(before) && /^(?:[a-z](?![A-Za-z])|\d)/.test(after)) return { end, say: 'over' };
  if (/[A-Za-z]\([^()]{1,9}\)$/.test(before) && /^(?:[A-Za-z]{1,3})?\(|^\d/.test(after))
    return { end, say: 'over' };
  // P/E, AC/DC, HIV/AIDS, L4/L5: between short codes the slash only joins.
  if (
    /(?:^|[^A-Za-z0-9])(?:[A-Z]{1,4}|[A-Z]{1,3}\d{1,3})$/.test(before) &&
    /^(?:[A-Z]{1,4}|[A-Z]{1,3}\d{1,3})(?![A-Za-z0-9])/.test(after)
  )
    return { end, say: '' };
  if (WEEKDAY_BEFORE.test(before) && WEEKDAY_AFTER.test(after)) return { end, say: '' };
  if (RATE.test(after) && /[a-z]s$|\d[xkKM]?$|\)$/.test(before)) return { end, say: 'per' };
  if (/\b(?:min|hr|s|sec|day|kg)$/.test(before) && /^1\.73 ?m/.test(after)) return { end, say: 'per' };
  return /[A-Za-z\d)] ?$/.test(before) && /^ ?[A-Za-z\d(]/.test(after) ? { end, say: 'slash' } : null;
}

/** "C#" and "F#" are sharp. */
export function readSharp(site: Site): Reading | null {
  const sharp =
    site.text[site.at] === '#' &&
    /(?:^|[^A-Za-z0-9])[A-G]$/.test(site.text.slice(Math.max(0, site.at - 2), site.at));
  return sharp ? { end: site.at + 1, say: 'sharp' } : null;
}

const BOUNDS = new Map([
  ['≤', PREFIXES.get('<=')!],
  ['≥', PREFIXES.get('>=')!],
]);

const BOUNDED = sticky('([∫∑])(?:_?(\\d{1,2}|[a-z]))?\\^(\\d{1,2}|[a-zn∞])(?![A-Za-z0-9])');
/** "∫₀¹": from where to where. */
function readBounded(site: Site): Reading | null {
  const match = matchAt(BOUNDED, site);
  if (!match) return null;
  const [all, sign, low, high] = match;
  const name = (one: string) =>
    /\d/.test(one) ? cardinalWords(one) : one === '∞' ? 'infinity' : one.toUpperCase();
  const from = low === undefined ? '' : ` from ${name(low)}`;
  return {
    end: site.at + all.length,
    say: `${ALWAYS.get(sign!)!.replace(/ of$/, '')}${from} to ${name(high!)} of`,
  };
}

/** Signs that are said wherever they stand. */
export function readSign(site: Site): Reading | null {
  const degrees = matchAt(DEGREES, site);
  if (degrees)
    return {
      end: site.at + degrees[0].length,
      say: `degrees ${degrees[1] === 'C' ? 'celsius' : 'fahrenheit'}`,
    };
  const bounded = readBounded(site);
  if (bounded) return bounded;
  const sign = site.text[site.at]!;
  const say = ALWAYS.get(sign);
  if (say === undefined) return null;
  const bound = BOUNDS.get(sign);
  if (
    bound !== undefined &&
    /^[$£€]?\d/.test(site.text.slice(site.at + 1, site.at + 3)) &&
    BOUND_BEFORE.test(site.text.slice(Math.max(0, site.at - 16), site.at))
  )
    return { end: site.at + 1, say: bound };
  const end = site.text[site.at + 1] === sign && sign === '&' ? site.at + 2 : site.at + 1;
  return { end, say: related(site.text.slice(Math.max(0, site.at - 12), site.at), say) };
}
