// The first half of the frontend with English as its language, for the tests.
import { EN_US } from '../../../src/frontend/en-us/en-us.js';
import type { ReadingOptions } from '../../../src/frontend/reading-options.js';
import { type SentenceSlice, SentenceStream, splitSentences } from '../../../src/frontend/sentences.js';
import { type SpokenText, TextReader, toSpoken } from '../../../src/frontend/text-reader.js';

/** The spoken words of a text. */
export function readEnglish(text: string, options: ReadingOptions = {}): SpokenText {
  return toSpoken(text, { ...options, language: EN_US });
}

/** A reader of text in pieces. */
export function englishReader(options: ReadingOptions = {}): TextReader {
  return new TextReader({ ...options, language: EN_US });
}

/** A splitter of text in pieces. */
export function englishSentences(): SentenceStream {
  return new SentenceStream(EN_US.boundaryAt);
}

/** The sentences of a text. */
export function splitEnglish(text: string): SentenceSlice[] {
  return splitSentences(text, EN_US.boundaryAt);
}
