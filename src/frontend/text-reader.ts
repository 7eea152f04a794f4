// From the caller's text to spoken words, each with its place in that text: the frontend's first half.

import type { ReadingContext } from './language.js';
import { MarkupStream } from './markup.js';
import { type SentenceSlice, SentenceStream } from './sentences.js';
import type { SpokenSentence } from './spoken-sentence.js';
import type { Span } from './utterance.js';
import { WarningList } from './warning-list.js';

/** Sentences in order, none of them empty, and what was left out. */
export interface SpokenText {
  sentences: SpokenSentence[];
  warnings: string[];
}

/**
 * Turns text into spoken words with [start, end) UTF-16 offsets into `text`. Linear in its length.
 * @throws VoirsError UNSUPPORTED_TEXT at the first span of a script the voice cannot read, where that is an
 * error.
 */
export function toSpoken(text: string, options: ReadingContext, isWord?: IsWord): SpokenText {
  const reader = new TextReader(options, isWord);
  const sentences = [...reader.push(text), ...reader.end()];
  return { sentences, warnings: reader.warnings() };
}

/** Whether the lexicon has a word in small letters. */
export type IsWord = (word: string) => boolean;

/** Reads plain text that comes in pieces; spans point into the pieces joined. */
export class TextReader {
  private readonly stream: SentenceStream;
  private readonly markup: MarkupStream | undefined;
  private readonly left: WarningList;
  private lastSpan: Span | undefined;

  constructor(
    private readonly options: ReadingContext,
    isWord?: IsWord,
  ) {
    const { preprocessing, leaveOut = ['citations'], language } = options;
    this.stream = new SentenceStream(language.boundaryAt);
    this.left = new WarningList((span) => this.markup?.sourceOf(span) ?? span);
    if (preprocessing === 'plain') return;
    const note = (kind: string, excerpt: string, span: Span) => this.left.addAt(kind, excerpt, span);
    this.markup = new MarkupStream({ leaveOut, words: language.markup, isWord, note });
  }

  /** The sentences that this piece completes. @throws VoirsError INVALID_TEXT, UNSUPPORTED_TEXT. */
  push(piece: string): SpokenSentence[] {
    return this.speak(this.stream.push(this.markup ? this.markup.push(piece) : piece));
  }

  /** The sentence that a pause of the source ends: see `SentenceStream.settle`. @throws VoirsError UNSUPPORTED_TEXT. */
  settle(): SpokenSentence[] {
    return this.speak(this.stream.settle());
  }

  /** The sentences that are left. @throws VoirsError UNSUPPORTED_TEXT. */
  end(): SpokenSentence[] {
    const rest = this.markup ? this.speak(this.stream.push(this.markup.end())) : [];
    return [...rest, ...this.speak(this.stream.end())];
  }

  /** What was left out so far. */
  warnings(): string[] {
    return this.left.list();
  }

  private speak(slices: readonly SentenceSlice[]): SpokenSentence[] {
    const sentences = speakSlices(slices, this.options, this.left);
    const { markup } = this;
    if (!markup || slices.length === 0) return sentences;
    const placed = sentences.map((sentence): SpokenSentence => {
      const words = sentence.words.map((word) => {
        this.lastSpan = apart(this.lastSpan, markup.sourceOf(word.span));
        return { ...word, span: this.lastSpan };
      });
      const [start, end] = markup.sourceOf(sentence.span);
      const first = Math.min(start, words[0]!.span[0]);
      return { ...sentence, words, span: [first, Math.max(end, words[words.length - 1]!.span[1])] };
    });
    markup.forget(slices[slices.length - 1]!.span[1]);
    return placed;
  }
}

/** A word's span where no part of it belongs to the word before; the same span, where nothing else is left. */
function apart(last: Span | undefined, span: Span): Span {
  if (last === undefined || span[0] >= last[1]) return span;
  if (span[0] === last[0] && span[1] === last[1]) return last;
  return span[1] > last[1] ? [last[1], span[1]] : last;
}

/**
 * The spoken sentences of slices that follow each other; a slice without words gives none.
 * @throws VoirsError UNSUPPORTED_TEXT.
 */
export function speakSlices(
  slices: readonly SentenceSlice[],
  options: ReadingContext,
  warnings: WarningList,
): SpokenSentence[] {
  const sentences: SpokenSentence[] = [];
  for (const slice of slices) {
    const words = options.language.speakSentence(slice, options, warnings);
    const previous = sentences.at(-1);
    if (words.length > 0) sentences.push({ span: slice.span, words, end: slice.end });
    else if (previous && slice.end === 'paragraph') previous.end = 'paragraph';
  }
  return sentences;
}
