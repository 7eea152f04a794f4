// Decimals and signed numbers: "3.14" is three point one four, "-5" minus five.
import { cardinalWords, NUMBER, numberWords, WHOLE } from './cardinals.js';
import { ordinalWords } from './ordinals.js';
import { matchAt, type Reading, type Site, sticky } from './site.js';

const DECIMAL = sticky(`${WHOLE}?\\.\\d{1,30}(?![\\d.]\\d|\\d)`);
const SIGNED = sticky(`(-|\\+|±|~|≈)(${NUMBER})`);
const SIGN = new Map(
  Object.entries({ '-': 'minus', '+': 'plus', '±': 'plus or minus', '~': 'about', '≈': 'about' }),
);

const SCIENTIFIC = sticky('(\\d{1,15}(?:\\.\\d{1,15})?)[eE]([+-]?)(\\d{1,3})(?![A-Za-z0-9]|\\.\\d)');

/** "6.02e23": six point zero two times ten to the twenty third. */
export function readScientific(site: Site): Reading | null {
  const match = matchAt(SCIENTIFIC, site);
  if (!match) return null;
  const [all, mantissa, sign, exponent] = match;
  const power = sign === '-' ? `minus ${cardinalWords(exponent!)}` : ordinalWords(exponent!);
  return { end: site.at + all.length, say: `${numberWords(mantissa!)} times ten to the ${power}` };
}

export function readDecimal(site: Site): Reading | null {
  const match = matchAt(DECIMAL, site);
  return match && { end: site.at + match[0].length, say: numberWords(match[0]) };
}

/** The word for the sign at the site, where a number follows and nothing to its left claims the sign. */
export function readNumberSign(site: Site): Reading | null {
  const match = matchAt(SIGNED, site);
  if (!match || /[A-Za-z0-9)\]]/.test(site.text[site.at - 1] ?? '')) return null;
  return { end: site.at + 1, say: SIGN.get(match[1]!)! };
}
