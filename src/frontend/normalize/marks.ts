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
  // the dot of an abbreviation ("Jr.,"), a call's empty brackets, the bracket that opens a link's text
  [/\.(?=[,;:])|\(\)|\[(?=[^\]]{0,200}\]\()/y, '_'],
  [/\.(?: ?\.){1,200}/y, ','],
  [/[,;:.?!]/y, ','],
  [/-{2,200}|[–—]/y, ','],
  [/[()[\]{}|•→←]/y, ','],
];
const SPACED_HYPHEN = /-(?= )/y;

/** A mark; a bracket's comma is only implied, and gives way to the full stop at the end of a sentence. */
export interface Mark {
  end: number;
  mark: BoundaryMark;
  bracket: boolean;
}

/** The mark at the site and where it ends, or null: other signs are silent. */
export function readMark(site: Site): Mark | null {
  for (const [pattern, mark] of RUN) {
    const match = matchAt(pattern, site);
    if (!match) continue;
    const own = mark !== '_' && match[0].length === 1 && /[,;:.?!]/.test(match[0]);
    return {
      end: site.at + match[0].length,
      mark: own ? (match[0] as BoundaryMark) : mark,
      bracket: /[()[\]{}|•→←]/.test(match[0]),
    };
  }
  if (matchAt(SPACED_HYPHEN, site) && site.text[site.at - 1] === ' ')
    return { end: site.at + 1, mark: ',', bracket: false };
  return null;
}
