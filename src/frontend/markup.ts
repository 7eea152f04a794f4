// Takes markup out of plain text before it is cut into sentences: what people paste from web pages, chats, papers
// and PDF files is read as a person would read it. Every character that is read keeps its place in the source.
import { readEntity, readTag } from './markup-html.js';
import { readLineHyphen, readLineStart } from './markup-lines.js';
import {
  readBracket,
  readCodeSpan,
  readFace,
  readHighlight,
  readImage,
  readParenthesis,
  readStar,
  readStopNumber,
} from './markup-markdown.js';
import { readBackslash, readDollar, readScript } from './markup-mathematics.js';
import {
  BEHIND,
  LETTER_NAME,
  type MarkupRule,
  type MarkupSite,
  type MarkupWords,
  PARAGRAPH,
  type Replacement,
  type Skip,
} from './markup-site.js';
import type { LeaveOut } from './reading-options.js';
import { SourceMap } from './source-map.js';
import type { Span } from './utterance.js';

const RULES: Readonly<Record<string, MarkupRule>> = {
  '<': readTag,
  '&': readEntity,
  '[': readBracket,
  '!': readImage,
  '(': readParenthesis,
  '`': readCodeSpan,
  '*': readStar,
  '=': readHighlight,
  '.': readStopNumber,
  $: readDollar,
  '\\': readBackslash,
  '^': readScript,
  _: readScript,
  '¯': readFace,
  '-': readLineHyphen,
  '\u2010': readLineHyphen,
  '\u00AD': readLineHyphen,
  '\uFFFE': readLineHyphen,
  [LETTER_NAME]: ({ at }) => ({ end: at + 1, parts: [{ text: '\uFFFD', from: at, to: at + 1 }] }),
};
const SPECIAL = /[<&[!(`*=.$\\^_¯\u2010\u00AD\uFFFE\uFDD0\n-]/g;

/** A wait below this length is tried again with every piece, a longer one when it has grown by an eighth. */
const EAGER_LENGTH = 64;

export interface MarkupOptions {
  leaveOut: readonly LeaveOut[];
  words: MarkupWords;
  /** Whether the lexicon has a word: decides whether a hyphen at a line's end belongs to it. */
  isWord?: ((word: string) => boolean) | undefined;
  /** Told of what is left out: its kind, the text, its place in the source. */
  note: (kind: string, excerpt: string, span: Span) => void;
}

/**
 * Takes markup out of text that comes in pieces. What it gives does not depend on where the text was cut. Work
 * is linear in the total length: each rule looks a bounded way around its place.
 */
export class MarkupStream {
  private readonly map = new SourceMap();
  private readonly leaveOut: ReadonlySet<LeaveOut>;
  private text = '';
  /** Offset of `text` in the source. */
  private base = 0;
  private at = 0;
  private arrived: string[] = [];
  private arrivedLength = 0;
  /** No rule can decide before `text` is so long. */
  private awaited = 0;
  private lineStart = true;
  private isXml = false;
  private fence: Replacement['fence'];
  /** Parts of the source still to be dropped, and how far it is copied as it is; offsets in the source. */
  private readonly skips: Skip[] = [];
  private verbatim = 0;
  private out: string[] = [];
  /** What was last searched for: [from, to) of the source, and where it was found first, or -1. */
  private readonly searches = new Map<string, { from: number; to: number; found: number }>();

  constructor(private readonly options: MarkupOptions) {
    this.leaveOut = new Set(options.leaveOut);
  }

  /** Takes the next piece; returns the text that is now certain. */
  push(piece: string): string {
    this.arrived.push(piece);
    this.arrivedLength += piece.length;
    return this.text.length + this.arrivedLength < this.awaited ? '' : this.scan(false);
  }

  /** Ends the text; returns what is left of it. */
  end(): string {
    return this.scan(true);
  }

  /** The part of the source that [from, to) of the returned text was read from. */
  sourceOf(span: Span): Span {
    return this.map.sourceOf(span);
  }

  /** The returned text before `at` is not asked for any more. */
  forget(at: number): void {
    this.map.forget(at);
  }

  private scan(ended: boolean): string {
    const behind = Math.max(0, this.at - BEHIND);
    this.text = this.text.slice(behind) + this.arrived.join('');
    this.base += behind;
    this.at -= behind;
    this.arrived = [];
    this.arrivedLength = 0;
    this.awaited = 0;
    this.out = [];
    while (this.at < this.text.length && this.step(ended));
    if (this.at < this.text.length) {
      const pending = this.text.length - this.at;
      if (pending > EAGER_LENGTH) this.awaited = this.text.length + (pending >> 3);
    }
    return this.out.join('');
  }

  /** One step; false where more text is needed. */
  private step(ended: boolean): boolean {
    const { text, base } = this;
    const skip = this.skips[0];
    if (skip !== undefined && skip[0] <= base + this.at) {
      const [, to, put] = skip;
      if (put !== undefined && base + this.at < to) {
        this.out.push(put);
        this.map.replace(put.length, base + this.at, to);
      }
      this.at = Math.max(this.at, Math.min(text.length, to - base));
      if (base + this.at >= to) this.skips.shift();
      return true;
    }
    if (this.verbatim > base + this.at) {
      this.copy(Math.min(text.length, this.verbatim - base));
      return true;
    }
    if (this.fence !== undefined) return this.stepInFence(ended);
    if (this.lineStart) {
      const decision = readLineStart(this.site(ended));
      if (decision === 'wait') return false;
      if (decision !== null) {
        this.replace(decision);
        return true;
      }
      this.lineStart = false;
      return this.stepAt(ended, true);
    }
    return this.stepAt(ended, false);
  }

  /** Copies up to the next character that may be markup, and decides there. */
  private stepAt(ended: boolean, lineStart: boolean): boolean {
    const { text, at } = this;
    SPECIAL.lastIndex = at;
    const limit = Math.min(text.length, (this.skips[0]?.[0] ?? Number.POSITIVE_INFINITY) - this.base);
    const found = SPECIAL.exec(text)?.index ?? text.length;
    if (found > at) {
      this.copy(Math.min(found, limit));
      return true;
    }
    if (text[at] === '\n') {
      this.copy(at + 1);
      this.lineStart = true;
      return true;
    }
    const decision = RULES[text[at]!]!(this.site(ended, lineStart));
    if (decision === 'wait') {
      this.lineStart = lineStart;
      return false;
    }
    if (decision === null) this.copy(at + 1);
    else this.replace(decision);
    return true;
  }

  /** Inside a block of code: nothing is markup but the line that closes it. */
  private stepInFence(ended: boolean): boolean {
    const { text, at } = this;
    const { sign, length } = this.fence!;
    if (this.lineStart) {
      const indent = /^ {0,3}/.exec(text.slice(at, at + 3))![0].length;
      const first = text[at + indent];
      if (first === undefined && !ended) return false;
      if (first === sign) {
        const newline = text.indexOf('\n', at);
        if (newline < 0 && text.length < at + 200 && !ended) return false;
        const line = text.slice(at, newline < 0 ? text.length : newline).trim();
        if (line.length >= length && line.length < 100 && [...line].every((one) => one === sign)) {
          this.fence = undefined;
          const end = newline < 0 ? text.length : newline;
          this.replace({ end, parts: [{ text: PARAGRAPH, from: at, to: end }] });
          return true;
        }
      }
      this.lineStart = false;
    }
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline + 1;
    if (this.leaveOut.has('code')) this.at = end;
    else this.copy(end);
    this.lineStart = newline >= 0;
    return true;
  }

  private site(ended: boolean, lineStart = this.lineStart): MarkupSite {
    const { text, at, isXml, leaveOut, base } = this;
    const { isWord, words } = this.options;
    const textStart = base + at === 0;
    return { text, at, ended, lineStart, textStart, isXml, leaveOut, words, find: this.find, isWord };
  }

  /** Every search for a needle begins where the last one for it ended. */
  private readonly find = (needle: string, from: number): number => {
    const { text, base } = this;
    const last = this.searches.get(needle);
    const start = base + from;
    let found: number;
    if (last === undefined || (last.found >= 0 && last.found < start)) found = text.indexOf(needle, from);
    else {
      // [last.from, last.to) is known: only what lies before and after it is searched.
      const before = text.slice(from, Math.max(from, last.from - base + needle.length - 1)).indexOf(needle);
      const known = Math.max(from, last.to - base - needle.length + 1);
      if (before >= 0) found = from + before;
      else found = last.found >= 0 ? last.found - base : text.indexOf(needle, known);
    }
    if (this.searches.size > 200) this.searches.clear();
    this.searches.set(needle, {
      from: start,
      to: base + text.length,
      found: found < 0 ? -1 : base + found,
    });
    return found;
  };

  private copy(to: number): void {
    this.out.push(this.text.slice(this.at, to));
    this.map.copy(to - this.at, this.base + this.at);
    this.at = to;
  }

  private replace({ end, parts = [], verbatim, skips = [], warning, fence, isXml }: Replacement): void {
    const { base } = this;
    for (const { text, from, to } of parts) {
      this.out.push(text);
      this.map.replace(text.length, base + from, base + to);
    }
    if (warning) {
      const [from, to] = warning.span;
      const excerpt = this.text.slice(from, Math.min(to, from + 40));
      this.options.note(warning.kind, excerpt, [base + from, base + to]);
    }
    if (verbatim !== undefined) this.verbatim = base + verbatim;
    if (skips.length > 0) {
      this.skips.push(...skips.map(([from, to, put]): Skip => [base + from, base + to, put]));
      this.skips.sort((a, b) => a[0] - b[0]);
    }
    if (fence) this.fence = fence;
    if (isXml) this.isXml = true;
    this.at = end;
    this.lineStart = false;
  }
}
