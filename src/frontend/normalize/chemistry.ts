// Chemical formulas, letter by letter: "H2O" is H two O, "NaCl" N A C L, "Ca(OH)2" C A O H two.
import { cardinalWords } from './cardinals.js';
import elements from './data/elements.json' with { type: 'json' };
import { letterWords } from './initialisms.js';
import { matchAt, type Reading, type Site, sticky } from './site.js';

const SYMBOLS = new Set<string>(elements.symbols);
const KNOWN = new Set<string>(elements.known);
const FORMULA = sticky(
  '((?:[A-Z][a-z]?\\d{0,2}(?!\\d)|\\((?:[A-Z][a-z]?\\d{0,3}){1,8}\\)\\d{0,3}){1,20})(\\^?\\d?\\^?[+-](?![A-Za-z0-9]))?(?![A-Za-z0-9])',
);

export function readFormula(site: Site): Reading | null {
  const match = matchAt(FORMULA, site);
  if (!match || site.capitals) return null;
  const formula = match[1]!;
  const symbols = formula.match(/[A-Z][a-z]?/g)!;
  if (!symbols.every((symbol) => SYMBOLS.has(symbol))) return null;
  const counted =
    /\d/.test(formula) &&
    /[A-Z][a-z]?\d{0,3}\)?\d{0,3}[A-Z(]|^(?:H|O|N|Cl|F|Br|I)2$|^O3$|^P4$|^S8$/.test(formula) &&
    !/^[A-Z]\d+$/.test(formula.replace(/^(?:H|O|N|F|I)2$|^O3$|^P4$|^S8$/, ''));
  const mixedCase = /[a-z]/.test(formula) || /\d/.test(formula);
  if (!KNOWN.has(formula) && !(counted && mixedCase)) return null;
  const parts = formula.match(/[A-Z][a-z]?|\d+/g)!;
  const say = parts.map((part) => (/\d/.test(part) ? cardinalWords(part) : letterWords(part))).join(' ');
  return { end: site.at + formula.length, say };
}
