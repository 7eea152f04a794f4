// What the rules of markup share: where one stands in the text, and what it decides there.
import type { LeaveOut } from './reading-options.js';
import type { Span } from './utterance.js';

/** What a language says of words that stand beside markup, and how it reads what only markup writes. */
export interface MarkupWords {
  /** Whether a command of LaTeX is mathematics. */
  isFormulaCommand(name: string): boolean;
  /** The words of [from, to), a whole formula of LaTeX. */
  readFormula(text: string, from: number, to: number): Part[];
  /** A command of mathematics outside a formula, or a raised or lowered group. */
  readBareFormula(text: string, from: number, ended: boolean): { end: number; parts: Part[] } | 'wait' | null;
  /** Whether a number after this word and a full stop belongs to it: "fig.12". */
  takesNumber(word: string): boolean;
  /** Whether a number in square brackets after these words is text: "the interval [0, 1]". */
  takesList(before: string): boolean;
  /** Whether square brackets hold an editor's remark: "[citation needed]". */
  isRemark(content: string): boolean;
  /** First parts of words that keep their hyphen at a line's end, where no lexicon decides. */
  readonly compounding: ReadonlySet<string>;
  /** The name of "*" in a query, and what "**" stands for. */
  readonly star: string;
  readonly power: string;
}

/** A place in the text where markup may begin. */
export interface MarkupSite {
  /** A stretch of the text; offsets are into it. */
  readonly text: string;
  readonly at: number;
  /** Whether the text is complete: nothing follows its last character. */
  readonly ended: boolean;
  readonly lineStart: boolean;
  /** Whether this is the first character of the whole text. */
  readonly textStart: boolean;
  /** Whether the text declares itself to be XML. */
  readonly isXml: boolean;
  readonly leaveOut: ReadonlySet<LeaveOut>;
  readonly words: MarkupWords;
  /** Where `needle` next stands from `from` on in the stretch, or -1. Searches that go on are not repeated. */
  readonly find: (needle: string, from: number) => number;
  /** Whether the lexicon has a word in small letters, where there is a lexicon. */
  readonly isWord: ((word: string) => boolean) | undefined;
}

/** Text to be read in place of [from, to) of the source. */
export interface Part {
  text: string;
  from: number;
  to: number;
}

/** [from, to) of the text, and what is read in its place: nothing, where it has no text. */
export type Skip = readonly [from: number, to: number, text?: string];

/** What stands in place of the text from the site to `end`; nothing, where there are no parts. */
export interface Replacement {
  end: number;
  parts?: readonly Part[];
  /** Up to here the text after `end` is copied as it is, without a look for markup. */
  verbatim?: number;
  /** Parts after `end` that are dropped when they are reached, for the text given. */
  skips?: readonly Skip[];
  /** What the caller should know of the part left out, and that part. */
  warning?: { kind: string; span: Span };
  /** Opens a block of code that such a line closes. */
  fence?: { sign: string; length: number };
  isXml?: true;
}

/** `wait`: more text is needed. null: this is no markup. */
export type MarkupDecision = Replacement | 'wait' | null;

/** Decides from a bounded stretch before and after the site. */
export type MarkupRule = (site: MarkupSite) => MarkupDecision;

/** Characters before a site that rules may look at. */
export const BEHIND = 80;

/** Ends a paragraph in the text that is read. */
export const PARAGRAPH = '\u2029';

/** Stands before a letter that is read by its name, as in mathematics. Not a character of any text. */
export const LETTER_NAME = '\uFDD0';

/** At most `count` characters before the site, of the same text. */
export function textBefore({ text, at }: MarkupSite, count: number = BEHIND): string {
  return text.slice(Math.max(0, at - Math.min(count, BEHIND)), at);
}

/**
 * Where `closer` stands from `from` on, within `reach` characters and (unless `acrossParagraphs`) before an
 * empty line.
 * @returns -1 where it does not, `wait` where the text ends too early to tell.
 */
export function findCloser(
  { text, ended, find }: MarkupSite,
  closer: string,
  from: number,
  reach: number,
  acrossParagraphs = false,
): number | 'wait' {
  const limit = from + reach;
  const found = find(closer, from);
  const empty = acrossParagraphs ? -1 : find('\n\n', from);
  if (empty >= 0 && empty < limit && (found < 0 || empty < found)) return -1;
  if (found >= 0 && found + closer.length <= limit) return found;
  return text.length < limit && !ended ? 'wait' : -1;
}

/** The line from the site on without its end, or `wait` where it is not complete; null: longer than `reach`. */
export function restOfLine({ text, at, ended, find }: MarkupSite, reach: number): string | 'wait' | null {
  const newline = find('\n', at);
  if (newline >= 0) return newline < at + reach ? text.slice(at, newline) : null;
  if (text.length >= at + reach) return null;
  return ended ? text.slice(at) : 'wait';
}
