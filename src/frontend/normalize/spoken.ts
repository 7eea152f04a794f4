// From the caller's text to spoken words, each with its place in that text: the frontend's first half.
import { type SentenceSlice, SentenceStream, splitSentences } from '../sentences.js';
import type { SpokenSentence } from '../spoken-sentence.js';
import { type SpokenOptions, speakSentence, WarningList } from './speak-sentence.js';

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
  return speakSlices(splitSentences(text), options);
}

/**
 * The same for text that arrives in pieces: each call gives the sentences that became whole, with offsets into all
 * that was pushed. However the text is cut, the sentences are those that `toSpoken` gives for the whole.
 */
export class SpokenStream {
  readonly #sentences = new SentenceStream();
  readonly #options: SpokenOptions;

  constructor(options: SpokenOptions = {}) {
    this.#options = options;
  }

  /** @throws VoirsError UNSUPPORTED_TEXT; INVALID_TEXT after `end`. */
  push(chunk: string): SpokenText {
    return speakSlices(this.#sentences.push(chunk), this.#options);
  }

  end(): SpokenText {
    return speakSlices(this.#sentences.end(), this.#options);
  }
}

function speakSlices(slices: SentenceSlice[], options: SpokenOptions): SpokenText {
  const warnings = new WarningList();
  const sentences: SpokenSentence[] = [];
  for (const slice of slices) {
    const words = speakSentence(slice, options, warnings);
    const previous = sentences.at(-1);
    if (words.length > 0) sentences.push({ span: slice.span, words, end: slice.end });
    else if (previous && slice.end === 'paragraph') previous.end = 'paragraph';
  }
  return { sentences, warnings: warnings.list() };
}
