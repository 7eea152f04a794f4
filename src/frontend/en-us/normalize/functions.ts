// Functions as mathematics writes them: "f(x)" is F of X, "P(A|B)" P of A given B, "sin(2x)" sine of two X; and
// "5!" is five factorial where it stands in an equation.
import functions from '../data/functions.json' with { type: 'json' };
import signs from '../data/signs.json' with { type: 'json' };
import { cardinalWords, numberWords } from './numbers.js';
import { alternatives, matchAt, type Reading, type Site, sticky } from './reader.js';

const NAMES = new Map(Object.entries(functions.names));
const WORDS = new Map(Object.entries(functions.words));
const SIGNS = new Map(Object.entries(functions.signs));
const LETTERS = new Map(Object.entries(signs.always));
const NOT_FUNCTIONS = new Set(functions.notFunctions.split(' '));

const APPLIED = sticky(`(${alternatives(NAMES.keys())}|[A-Za-z])('{0,2})\\(([^()]{1,40})\\)`);
/** "sin x", "log 30°": a function before a lone letter, a Greek one or an angle. */
const BARE = sticky(`(${alternatives(WORDS.keys())}) (?=[a-zα-ωΔ](?![A-Za-z'])|\\d{1,3} ?°)`);
/** "sin²θ", "cos^-1 x": a power before the argument. */
const RAISED = sticky(
  `(${alternatives([...WORDS.keys()].filter((word) => word !== 'if'))})\\^(-1|\\d)(?= ?[(a-zα-ωθ\\d])`,
);
/** "log₂8", "log_b(x)" */
const LOGARITHM = sticky('log_(\\d{1,3}|[a-z])(?=[ (]) ?');
/** "lim x→0" */
const LIMIT = sticky('lim(?:_?[{(]?| )([a-z]) ?(?:→|->) ?(-?(?:∞|\\d{1,4}|[a-z]))(?![A-Za-z0-9])[)}]?');
const PART = /\d+(?:\.\d+)?|[A-Za-z]+|\^\{?(-?\d{1,3}|[a-z])\}?|[^\sA-Za-z\d]/g;
/** What only an equation has after it: a number in brackets is then an argument, "t(48) = 2.31". */
const RELATED = /^ ?(?:[=<>≤≥≈≠]|:=)/;
const NUMERIC = /^[\d.,; ]+$/;
/** "A(1)", "B(ii)" are parts of a law or of a list. */
const ITEM = /^(?:\d{1,2}|[ivx]{1,4}|[a-z])$/;

/** A function with its arguments in brackets. */
export function readFunction(site: Site): Reading | null {
  if (/[A-Za-z0-9_.'’-]$/.test(site.text[site.at - 1] ?? '')) return null;
  const raised = matchAt(RAISED, site);
  if (raised) {
    const [all, name, power] = raised;
    const said =
      power === '-1' ? `inverse ${WORDS.get(name!)!}` : `${WORDS.get(name!)!} ${powerWords(power!)}`;
    return { end: site.at + all.length, say: said };
  }
  const limit = matchAt(LIMIT, site);
  if (limit) {
    const [all, name, target] = limit;
    const sign = target!.startsWith('-') ? 'minus ' : '';
    const bare = target!.replace(/^-/, '');
    const said = bare === '∞' ? 'infinity' : /\d/.test(bare) ? cardinalWords(bare) : bare.toUpperCase();
    return {
      end: site.at + all.length,
      say: `the limit as ${name!.toUpperCase()} approaches ${sign}${said} of`,
    };
  }
  const based = matchAt(LOGARITHM, site);
  if (based)
    return {
      end: site.at + based[0].length,
      say: `log base ${/\d/.test(based[1]!) ? cardinalWords(based[1]!) : based[1]!.toUpperCase()} of`,
    };
  const bare = matchAt(BARE, site);
  if (bare)
    return inEquation(site, bare[0]) ? { end: site.at + bare[0].length, say: WORDS.get(bare[1]!)! } : null;
  const match = matchAt(APPLIED, site);
  if (!match) return null;
  const [all, name, primes, inside] = match;
  const end = site.at + all.length;
  if (/^[A-Za-z0-9(]/.test(site.text[end] ?? '')) return null;
  const isNamed = NAMES.has(name!);
  if (!isNamed && NOT_FUNCTIONS.has(name!)) return null;
  const isRelated = RELATED.test(site.text.slice(end, end + 4));
  if (NUMERIC.test(inside!) && !isRelated && !isNamed && name !== 'O') return null;
  if (/[A-Z]/.test(name!) && ITEM.test(inside!) && !isRelated && !/[fghEPO]/.test(name!)) return null;
  const said = argumentWords(inside!);
  if (said === null) return null;
  const prime = ' prime'.repeat(primes!.length);
  return { end, say: `${NAMES.get(name!) ?? `${name!.toUpperCase()}${prime} of`} ${said}` };
}

/** "the tan log x" is no function: a relation or another operator stands in reach, or nothing but the formula. */
function inEquation({ text, at }: Site, name: string): boolean {
  const after = text.slice(at + name.length, at + name.length + 24);
  return /^[^\s,;]{1,4}(?:$|[),;.]| ?[-=+<>*/^×·≤≥])/.test(after) && !/^[a-z] [a-z]/.test(after);
}

/** The arguments in words; null where something in them is no mathematics. */
function argumentWords(inside: string): string | null {
  const says: string[] = [];
  for (const [part, power] of inside.matchAll(PART)) {
    if (part === '') continue;
    const say = power !== undefined ? powerWords(power) : partWords(part);
    if (say === null) return null;
    says.push(say);
  }
  return says.length === 0 ? null : says.join(' ').replace(/ ,/g, ',').replace(/,$/, '');
}

function partWords(part: string): string | null {
  if (/^\d/.test(part)) return numberWords(part);
  if (/^[A-Za-z]$/.test(part)) return part.toUpperCase();
  const word = WORDS.get(part) ?? SIGNS.get(part) ?? LETTERS.get(part);
  if (word !== undefined) return word;
  return /^[a-z]{2}$/.test(part) && !/^(?:or|to|in|an|of|is|on)$/.test(part)
    ? [...part.toUpperCase()].join(' ')
    : null;
}

function powerWords(power: string): string {
  if (power === '2') return 'squared';
  if (power === '3') return 'cubed';
  const minus = power.startsWith('-') ? 'minus ' : '';
  const bare = power.replace('-', '');
  return `to the power of ${minus}${/\d/.test(bare) ? cardinalWords(bare) : bare.toUpperCase()}`;
}

const FACTORIAL = /(\d{1,4}|[nkmrN])!(?![!?])/y;
const OPERATOR_BEFORE = /(?:[=+*/×÷·√(]|(?:^|\s)[-–]) ?$/;
const AFTER = new RegExp(`^(?: ?[=<>≤≥≈+*/×÷·^)–-]| (?:${alternatives(functions.after)}) \\d)`);
const BRACKETED = /\(([a-z]) ?([-+–]) ?([a-z]|\d{1,3})\)!(?![!?])/y;

/** "5! = 120", "n!": factorial; "I won 5!" is not. */
export function readFactorial(site: Site): Reading | null {
  const { text, at } = site;
  const bracketed = matchAt(BRACKETED, site);
  if (bracketed) {
    const [all, name, sign, last] = bracketed;
    const words = /\d/.test(last!) ? cardinalWords(last!) : last!.toUpperCase();
    return { end: at + all.length, say: `${name!.toUpperCase()} ${SIGNS.get(sign!)} ${words}, factorial` };
  }
  if (/[A-Za-z0-9.,$£€#'’-]$/.test(text[at - 1] ?? '')) return null;
  const match = matchAt(FACTORIAL, site);
  if (!match) return null;
  const end = at + match[0].length;
  const isLetter = /[a-zN]/.test(match[1]!);
  const isTerm =
    isLetter ||
    AFTER.test(text.slice(end, end + 16)) ||
    OPERATOR_BEFORE.test(text.slice(Math.max(0, at - 3), at));
  if (!isTerm) return null;
  const name = isLetter ? match[1]!.toUpperCase() : cardinalWords(match[1]!);
  return { end, say: `${name} factorial` };
}
