// Punctuation as the voice knows it: six marks; dashes, ellipses and brackets are commas; quotes are silent.
import type { BoundaryMark } from '../utterance.js';
import { matchAt, type Site } from './site.js';

const RANK = new Map<BoundaryMark, number>([
  ['_', 0],
  [',', 1],
  [':', 2],
  [';', 3],
  ['.', 4],
  ['!', 5],
  ['?', 6],
]);

/** The mark that stands when several meet: the stronger. */
export function strongerMark(a: BoundaryMark, b: BoundaryMark): BoundaryMark {
  return RANK.get(b)! > RANK.get(a)! ? b : a;
}

const RUN: readonly [RegExp, BoundaryMark][] = [
  [/\.(?: ?\.){1,200}/y, ','],
  [/[,;:.?!]/y, ','],
  [/-{2,200}|[–—]/y, ','],
  [/[()[\]{}|•→←]/y, ','],
];
const SPACED_HYPHEN = /-(?= )/y;

/** The mark at the site and where it ends, or null: other signs are silent. */
export function readMark(site: Site): { end: number; mark: BoundaryMark } | null {
  for (const [pattern, mark] of RUN) {
    const match = matchAt(pattern, site);
    if (!match) continue;
    const own = match[0].length === 1 && /[,;:.?!]/.test(match[0]);
    return { end: site.at + match[0].length, mark: own ? (match[0] as BoundaryMark) : mark };
  }
  if (matchAt(SPACED_HYPHEN, site) && site.text[site.at - 1] === ' ') return { end: site.at + 1, mark: ',' };
  return null;
}
