// One sentence from its source to spoken words: folded, then read from left to right by the first reader that knows.
import { VoirsError } from '../../errors.js';
import type { SentenceSlice } from '../sentences.js';
import { type FoldedText, fold } from '../unicode.js';
import type { Span, SpokenWord } from '../utterance.js';
import { readMark, strongerMark } from './marks.js';
import { parseNotation } from './notation.js';
import { readPlain } from './plain.js';
import { readersFor } from './readers.js';
import { insideWord, type Reading, type Site } from './site.js';
import type { WarningList } from './warnings.js';

export interface SpokenOptions {
  /** `full` (default) verbalises numbers, dates, abbreviations...; `plain` reads only plain words and warns of the rest. */
  preprocessing?: 'full' | 'plain';
  /** Writing in a script that the voice cannot read: an UNSUPPORTED_TEXT error (default), or left out with a warning. */
  unsupported?: 'error' | 'skip';
  /** Emoji: left out (default), or read by their English names. */
  emoji?: 'drop' | 'name';
  /** Where a span of the text stands in what the caller wrote, for errors; default: there. */
  sourceOf?: (span: Span) => Span;
}

/** The spoken words of one sentence, with offsets into the text that the slice was cut from. */
export function speakSentence(
  slice: SentenceSlice,
  options: SpokenOptions,
  warnings: WarningList,
): SpokenWord[] {
  const folded = fold(slice.source, { base: slice.span[0], emoji: options.emoji ?? 'drop' });
  const foreign = folded.unsupported[0];
  if (foreign && options.unsupported !== 'skip') throw unsupportedText(slice, foreign, options);
  const note = (kind: string) => (span: Span) => warnings.add(kind, excerpt(slice, span), span);
  folded.unsupported.forEach(note('left out, in a script this voice cannot read'));
  folded.discarded.forEach(note('left out, a control character or half of a surrogate pair'));
  folded.emoji.forEach(note('left out, an emoji'));
  folded.symbols.forEach(note('left out, a sign with no reading'));
  return speakFolded(folded, slice, options, warnings);
}

function excerpt(slice: SentenceSlice, [start, end]: Span): string {
  const base = slice.span[0];
  return slice.source.slice(start - base, Math.min(end, start + 40) - base);
}

function unsupportedText(slice: SentenceSlice, span: Span, { sourceOf }: SpokenOptions): VoirsError {
  const [start, end] = sourceOf?.(span) ?? span;
  return new VoirsError('UNSUPPORTED_TEXT', `the voice cannot read the script at ${start}-${end}`, {
    got: JSON.stringify(excerpt(slice, span)),
    wanted: 'text in Latin letters',
    suggestion: 'Set unsupported: "skip" to leave it out with a warning',
  });
}

/** Quotation marks, and the marks of emphasis and headings in plain text: said by nobody. */
const SILENT = /["'*_`#>~-]/;

/** Reads a folded sentence from left to right, each expression by the first reader that knows it. */
function speakFolded(
  folded: FoldedText,
  slice: SentenceSlice,
  options: SpokenOptions,
  warnings: WarningList,
): SpokenWord[] {
  const { text } = folded;
  const capitals = isAllCapitals(text);
  const words: SpokenWord[] = [];
  let at = 0;
  let implied = false;
  while (at < text.length) {
    if (text[at] === ' ') {
      at += 1;
      continue;
    }
    const site: Site = { text, at, capitals };
    const reading = options.preprocessing === 'plain' ? readPlain(site) : read(site);
    if (reading) {
      const span = spanAfter(words.at(-1)?.span, folded.starts[at]!, folded.ends[reading.end - 1]!);
      for (const word of parseNotation(reading.say)) words.push({ ...word, span });
      if (takesPossessive(text, reading.end) && words.at(-1)?.span === span) {
        addPossessive(words, folded.ends[reading.end + 1]!);
        at = reading.end + 2;
        continue;
      }
      if (reading.warning !== undefined) warnings.add(reading.warning, excerpt(slice, span), span);
      at = reading.end;
      continue;
    }
    const mark = readMark(site);
    const last = words.at(-1);
    if (mark && last) {
      if (last.boundary === '_') implied = mark.bracket;
      last.boundary = strongerMark(last.boundary, mark.mark);
    }
    if (!mark && !SILENT.test(text[at]!)) {
      const span: Span = [folded.starts[at]!, folded.ends[at]!];
      warnings.add('left out, a sign with no reading', excerpt(slice, span), span);
    }
    at = mark?.end ?? at + 1;
  }
  const final = words.at(-1);
  if (final?.boundary === '_' || (final?.boundary === ',' && implied)) final.boundary = '.';
  return words;
}

/** One source character may fold to several ("½", "㎏"): words parted inside it share it, and no two spans overlap. */
function spanAfter(previous: Span | undefined, start: number, end: number): Span {
  if (previous === undefined || start >= previous[1]) return [start, end];
  return end > previous[1] ? [previous[1], end] : [previous[0], previous[1]];
}

/** "Apollo 11's": a possessive after an expression that is not a word of letters. */
function takesPossessive(text: string, end: number): boolean {
  return text[end] === "'" && text[end + 1] === 's' && !insideWord(text, end + 2);
}

function addPossessive(words: SpokenWord[], end: number): void {
  const last = words.at(-1)!;
  const shared = last.span;
  const span: Span = [shared[0], end];
  for (let i = words.length - 1; i >= 0 && words[i]!.span === shared; i -= 1) words[i]!.span = span;
  words[words.length - 1] = { ...last, span, text: `${last.text}'s`, reading: 'word' };
}

function read(site: Site): Reading | null {
  for (const reader of readersFor(site.text[site.at]!)) {
    const reading = reader(site);
    if (reading) return reading;
  }
  return null;
}

/** Written in capitals throughout, with at least two words long enough to tell. */
function isAllCapitals(text: string): boolean {
  return (
    !/[a-z]/.test(text.replace(/\d(?:st|nd|rd|th)\b/g, '')) && (text.match(/[A-Z]{2,}/g)?.length ?? 0) >= 2
  );
}
