// From the caller's text to spoken words, each with its place in that text: the frontend's first half.

import type { ReadingContext } from './language.js';
import { MarkupStream } from './markup.js';
import { type SentenceSlice, SentenceStream } from './sentences.js';
import type { SpokenSentence } from './spoken-sentence.js';
import { finish, piecesOf, type Steps } from './steps.js';
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
  return finish(speaking(text, options, isWord));
}

/** The same in steps, each of at most one sentence. */
export function* speaking(text: string, options: ReadingContext, isWord?: IsWord): Steps<SpokenText> {
  const reader = new TextReader(options, isWord);
  const slices: SentenceSlice[] = [];
  for (const piece of piecesOf(text)) {
    slices.push(...reader.cut(piece));
    yield;
  }
  slices.push(...reader.cutRest());
  const sentences: SpokenSentence[] = [];
  for (const sentence of reader.speak(slices)) {
    if (sentence) sentences.push(sentence);
    yield;
  }
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

  /** The sentences that this piece completes, as they stand in the text. @throws VoirsError INVALID_TEXT. */
  cut(piece: string): SentenceSlice[] {
    return this.stream.push(this.markup ? this.markup.push(piece) : piece);
  }

  /** The sentence that a pause of the source ends: see `SentenceStream.settle`. */
  cutSettled(): SentenceSlice[] {
    return this.stream.settle();
  }

  /** The sentences that are left. */
  cutRest(): SentenceSlice[] {
    const rest = this.markup ? this.stream.push(this.markup.end()) : [];
    return [...rest, ...this.stream.end()];
  }

  /** What was left out so far. */
  warnings(): string[] {
    return this.left.list();
  }

  /** The words of sentences in order, one a step; undefined for a step that gives none. @throws VoirsError UNSUPPORTED_TEXT. */
  *speak(slices: readonly SentenceSlice[]): Generator<SpokenSentence | undefined, void, undefined> {
    const { markup } = this;
    for (const sentence of speakSlices(slices, this.options, this.left))
      yield sentence && markup ? this.placed(sentence, markup) : sentence;
    const last = slices[slices.length - 1];
    if (last) markup?.forget(last.span[1]);
  }

  /** With spans into what the caller wrote. */
  private placed(sentence: SpokenSentence, markup: MarkupStream): SpokenSentence {
    const words = sentence.words.map((word) => {
      this.lastSpan = apart(this.lastSpan, markup.sourceOf(word.span));
      return { ...word, span: this.lastSpan };
    });
    const [start, end] = markup.sourceOf(sentence.span);
    const first = Math.min(start, words[0]!.span[0]);
    return { ...sentence, words, span: [first, Math.max(end, words[words.length - 1]!.span[1])] };
  }
}

/** A word's span where no part of it belongs to the word before; the same span, where nothing else is left. */
function apart(last: Span | undefined, span: Span): Span {
  if (last === undefined || span[0] >= last[1]) return span;
  if (span[0] === last[0] && span[1] === last[1]) return last;
  return span[1] > last[1] ? [last[1], span[1]] : last;
}

/**
 * The spoken sentences of slices that follow each other, one slice a step; a slice without words gives none, and ends
 * the sentence before it.
 * @throws VoirsError UNSUPPORTED_TEXT.
 */
export function* speakSlices(
  slices: readonly SentenceSlice[],
  options: ReadingContext,
  warnings: WarningList,
): Generator<SpokenSentence | undefined, void, undefined> {
  let held: SpokenSentence | undefined;
  for (const slice of slices) {
    const words = options.language.speakSentence(slice, options, warnings);
    const ready = words.length > 0 ? held : undefined;
    if (words.length > 0) held = { span: slice.span, words, end: slice.end };
    else if (held && (slice.end === 'paragraph' || held.end === 'clause')) held.end = slice.end;
    yield ready;
  }
  if (held) yield held;
}
