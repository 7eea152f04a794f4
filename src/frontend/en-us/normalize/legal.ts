// Signs of the law: "§§ 2510-2522" are sections, "¶ 3" a paragraph, "172 n.4" a note, "© 2024" is copyright;
// numbers with brackets, "501(c)(3)".
import { pairWords } from './addresses.js';
import { cardinalWords } from './numbers.js';
import { matchAt, type Reading, type Site, sticky, wordBefore } from './reader.js';

const SECTION = sticky(
  '([§¶](?: ?[§¶])?) ?(\\d{1,5})([a-z](?![A-Za-z]))?(?:-\\d[a-z]?(?![A-Za-z0-9]))?(?: ?[-–] ?(\\d{1,5})(?![A-Za-z0-9]))?',
);
const SEVERAL = sticky('([§¶]) ?[§¶] ?(\\d{1,5})(?: ?[-–] ?(\\d{1,5}))?(?![A-Za-z0-9(]|[.-]\\d)');
const BRACKETED = sticky('(\\d{2,4})((?:\\([A-Za-z0-9]{1,3}\\)){1,5})(?![A-Za-z0-9(])');
const NAMES = new Map([
  ['§', 'section'],
  ['¶', 'paragraph'],
]);
const COPYRIGHT = /©(?= ?(?:\d{4}|[A-Z]))/y;

function sectionNumber(digits: string): string {
  return digits.length === 4 ? pairWords(digits) : cardinalWords(digits);
}

function bracketWords(brackets: string): string {
  return brackets
    .slice(1, -1)
    .split(')(')
    .map((part) => (/^\d/.test(part) ? cardinalWords(part) : [...part.toUpperCase()].join(' ')))
    .join(' ');
}

/** "§ 1983", "§§ 2510-2522", "© 2024". */
export function readLegalSign(site: Site): Reading | null {
  if (site.text[site.at] === '©') {
    const said = !matchAt(COPYRIGHT, site) || /^copyright$/i.test(wordBefore(site));
    return { end: site.at + 1, say: said ? '' : 'copyright' };
  }
  const several = matchAt(SEVERAL, site);
  if (several) {
    const [all, sign, first, last] = several;
    const range = last === undefined ? '' : ` to ${sectionNumber(last)}`;
    return { end: site.at + all.length, say: `${NAMES.get(sign!)}s ${sectionNumber(first!)}${range}` };
  }
  const match = matchAt(SECTION, site);
  if (!match) return null;
  const [all, signs, first, letter, last] = match;
  if (all.includes('-') && last === undefined) return null;
  // "§ 2-207": an article of the code and its section.
  if (last !== undefined && signs!.length === 1 && first!.length < 3 && last.length === 3)
    return { end: site.at + all.length, say: `section ${cardinalWords(first!)} ${pairWords(last)}` };
  const name = `${NAMES.get(signs![0]!)}${signs!.length > 1 || last !== undefined ? 's' : ''}`;
  const suffix = letter === undefined ? '' : ` ${letter.toUpperCase()}`;
  const range = last === undefined ? '' : ` to ${sectionNumber(last)}`;
  return { end: site.at + all.length, say: `${name} ${sectionNumber(first!)}${suffix}${range}` };
}

const NOTE = sticky('(n{1,2})\\. ?(\\d{1,3})(?: ?[-–] ?(\\d{1,3}))?(?![A-Za-z0-9]|[.,]\\d)');
const NOTE_BEFORE = /(?:\d,?|&|\b(?:and|supra|infra|id\.|ibid\.|at|see|cf\.|p\.|op\.),?) $/i;

/** "172 n.4", "supra nn.3-4": the notes of a page. */
export function readNote(site: Site): Reading | null {
  const match = matchAt(NOTE, site);
  if (!match || !NOTE_BEFORE.test(site.text.slice(Math.max(0, site.at - 8), site.at))) return null;
  const [all, letters, first, last] = match;
  const name = letters!.length > 1 || last !== undefined ? 'notes' : 'note';
  const range = last === undefined ? '' : ` to ${cardinalWords(last)}`;
  return { end: site.at + all.length, say: `${name} ${cardinalWords(first!)}${range}` };
}

/** "401(k)" is four oh one K, "501(c)(3)" five oh one C three, "Rule 12(b)(6)" twelve B six. */
export function readBracketedNumber(site: Site): Reading | null {
  const match = matchAt(BRACKETED, site);
  if (!match || !/^\([A-Za-z]{1,2}\)/.test(match[2]!)) return null;
  const number = match[1]!.length >= 3 ? pairWords(match[1]!) : cardinalWords(match[1]!);
  return { end: site.at + match[0].length, say: `${number} ${bracketWords(match[2]!)}` };
}
