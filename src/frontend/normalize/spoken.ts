// From the caller's text to spoken words, each with its place in that text: the frontend's first half.
import { VoirsError } from '../../errors.js';
import { type SentenceSlice, splitSentences } from '../sentences.js';
import { type FoldedText, fold } from '../unicode.js';
import type { Span, SpokenSentence, SpokenWord } from '../utterance.js';
import { readMark, strongerMark } from './marks.js';
import { parseNotation } from './notation.js';
import { readPlain } from './plain.js';
import { readersFor } from './readers.js';
import { insideWord, type Reading, type Site } from './site.js';
import { WarningList } from './warnings.js';

export interface SpokenOptions {
  /** `full` (default) verbalises numbers, dates, abbreviations...; `plain` reads only plain words and warns of the rest. */
  preprocessing?: 'full' | 'plain';
  /** Writing in a script that the voice cannot read: an UNSUPPORTED_TEXT error (default), or left out with a warning. */
  unsupported?: 'error' | 'skip';
  /** Emoji: left out (default), or read by their English names. */
  emoji?: 'drop' | 'name';
}

/** What `toSpoken` returns: sentences in order, none of them empty, and what was left out. */
export interface SpokenText {
  sentences: SpokenSentence[];
  warnings: string[];
}

/**
 * Turns text into spoken words with [start, end) UTF-16 offsets into `text`. Linear in its length.
 * @throws VoirsError UNSUPPORTED_TEXT at the first span of a script the voice cannot read.
 */
export function toSpoken(text: string, options: SpokenOptions = {}): SpokenText {
  const warnings = new WarningList();
  const sentences: SpokenSentence[] = [];
  for (const slice of splitSentences(text)) {
    const words = speakSlice(slice, text, options, warnings);
    const previous = sentences.at(-1);
    if (words.length > 0) sentences.push({ span: slice.span, words, end: slice.end });
    else if (previous && slice.end === 'paragraph') previous.end = 'paragraph';
  }
  return { sentences, warnings: warnings.list() };
}

function speakSlice(
  slice: SentenceSlice,
  text: string,
  options: SpokenOptions,
  warnings: WarningList,
): SpokenWord[] {
  const folded = fold(slice.source, { base: slice.span[0], emoji: options.emoji ?? 'drop' });
  const foreign = folded.unsupported[0];
  if (foreign && options.unsupported !== 'skip') throw unsupportedText(text, foreign);
  for (const span of folded.unsupported)
    warnings.add('left out, in a script this voice cannot read', text, span);
  for (const span of folded.discarded)
    warnings.add('left out, a control character or half of a surrogate pair', text, span);
  for (const span of folded.emoji) warnings.add('left out, an emoji', text, span);
  return speakFolded(folded, text, options, warnings);
}

function unsupportedText(text: string, span: Span): VoirsError {
  return new VoirsError('UNSUPPORTED_TEXT', `the voice cannot read the script at ${span[0]}-${span[1]}`, {
    got: JSON.stringify(text.slice(span[0], Math.min(span[1], span[0] + 40))),
    wanted: 'text in Latin letters',
    suggestion: 'Set unsupported: "skip" to leave it out with a warning',
  });
}

/** Reads a folded sentence from left to right, each expression by the first reader that knows it. */
function speakFolded(
  folded: FoldedText,
  source: string,
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
      if (reading.warning !== undefined) warnings.add(reading.warning, source, span);
      at = reading.end;
      continue;
    }
    const mark = readMark(site);
    const last = words.at(-1);
    if (mark && last) {
      if (last.boundary === '_') implied = mark.bracket;
      last.boundary = strongerMark(last.boundary, mark.mark);
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
