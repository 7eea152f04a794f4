// From the caller's text to spoken words, each with its place in that text: the frontend's first half.
import type { ReadingOptions } from '../reading-options.js';
import { type SentenceSlice, splitSentences } from '../sentences.js';
import type { SpokenSentence } from '../spoken-sentence.js';
import { speakSentence, WarningList } from './speak-sentence.js';

/** Sentences in order, none of them empty, and what was left out. */
export interface SpokenText {
  sentences: SpokenSentence[];
  warnings: string[];
}

/**
 * Turns text into spoken words with [start, end) UTF-16 offsets into `text`. Linear in its length.
 * @throws VoirsError UNSUPPORTED_TEXT at the first span of a script the voice cannot read.
 */
export function toSpoken(text: string, options: ReadingOptions = {}): SpokenText {
  const warnings = new WarningList();
  return { sentences: speakSlices(splitSentences(text), options, warnings), warnings: warnings.list() };
}

/**
 * The spoken sentences of slices that follow each other; a slice without words gives none.
 * @throws VoirsError UNSUPPORTED_TEXT.
 */
export function speakSlices(
  slices: readonly SentenceSlice[],
  options: ReadingOptions,
  warnings: WarningList,
): SpokenSentence[] {
  const sentences: SpokenSentence[] = [];
  for (const slice of slices) {
    const words = speakSentence(slice, options, warnings);
    const previous = sentences.at(-1);
    if (words.length > 0) sentences.push({ span: slice.span, words, end: slice.end });
    else if (previous && slice.end === 'paragraph') previous.end = 'paragraph';
  }
  return sentences;
}
