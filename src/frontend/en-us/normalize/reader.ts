// What every reader of normalisation shares: where it stands in a sentence, how it looks around (a bounded
// stretch on either side), and the notation in which it gives its words.
import type { SpokenWord } from '../../spoken-sentence.js';
import type { BoundaryMark } from '../../utterance.js';

/** A place in a folded sentence where something begins. */
export interface Site {
  readonly text: string;
  readonly at: number;
  /** The sentence is written in capitals throughout, so that capitals mean nothing. */
  readonly capitals: boolean;
}

/** What a reader makes of the text from `site.at` to `end`. */
export interface Reading {
  end: number;
  /** The words, in the notation that `parseNotation` reads. */
  say: string;
  /** What the caller should know, such as a part that was left out. */
  warning?: string;
}

/** Reads one class of text where it begins, or declines. It looks at a bounded stretch only. */
export type Reader = (site: Site) => Reading | null;

const REACH = 40;

/** Runs a sticky pattern at the site. Patterns bound every repetition, so that no text makes them slow. */
export function matchAt(pattern: RegExp, site: Pick<Site, 'text' | 'at'>): RegExpExecArray | null {
  pattern.lastIndex = site.at;
  return pattern.exec(site.text);
}

/** Compiles a bounded pattern for `matchAt`. */
export function sticky(source: string, flags = ''): RegExp {
  return new RegExp(source, `${flags}y`);
}

/** The names as alternatives of a pattern: the longest first, their signs escaped. */
export function alternatives(names: Iterable<string>): string {
  return [...names]
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replace(/[.*+?^$(){}|[\]\\]/g, '\\$&'))
    .join('|');
}

/** The word before the site (as written, with its inner dots), or '' when a mark or nothing stands there. */
export function wordBefore(site: Pick<Site, 'text' | 'at'>, skip = 0): string {
  const context = site.text.slice(Math.max(0, site.at - REACH), site.at);
  const words =
    /(?:^|[\s("'[-])([A-Za-z0-9][A-Za-z0-9.']*)(?:\s+([A-Za-z0-9][A-Za-z0-9.']*))?[ ("']{1,3}$/.exec(context);
  if (!words) return '';
  const [, first, second] = words;
  return skip === 0 ? (second ?? first ?? '') : second === undefined ? '' : (first ?? '');
}

/** The word that begins at `at` after at most one space, or ''. */
export function wordAfter(text: string, at: number): string {
  return /^ ?([A-Za-z][A-Za-z']*)/.exec(text.slice(at, at + REACH))?.[1] ?? '';
}

/** Where an abbreviation's reading ends: before its last dot where that ends the sentence too. */
export function beforeFullStop(text: string, end: number): number {
  return end === text.length && text[end - 1] === '.' ? end - 1 : end;
}

/** Whether the character at `at` continues a word or a number, so that a reading may not stop before it. */
export function insideWord(text: string, at: number): boolean {
  return /[A-Za-z0-9]/.test(text[at] ?? '');
}

/**
 * Parses the readers' notation of speech ("five dollars, F B I's"): words separated by spaces; a mark after a
 * word is its boundary; a single capital is a letter read by name, a capital with `'s` its plural or
 * possessive. Other capitals become small letters.
 */
export function parseNotation(say: string): Omit<SpokenWord, 'span'>[] {
  const words: Omit<SpokenWord, 'span'>[] = [];
  for (const token of say.split(' ')) {
    const parts = /^([A-Za-z']*)([,;:.?!]?)$/.exec(token);
    if (!parts) throw new RangeError(`a reader said ${JSON.stringify(say)}`);
    const [, word = '', mark] = parts;
    const boundary = (mark || '_') as BoundaryMark;
    if (/[A-Za-z]/.test(word)) {
      const letter = /^[A-Z]$/.test(word);
      words.push({ text: word.toLowerCase(), boundary, reading: letter ? 'letter' : 'word' });
    } else if (mark && words.length > 0) {
      words[words.length - 1]!.boundary = boundary;
    }
  }
  return words;
}
