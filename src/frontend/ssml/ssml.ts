// SSML -> spoken sentences: what plain text becomes, with the author's directions on the words.
import type { ReadingContext } from '../language.js';
import type { ReadingOptions } from '../reading-options.js';
import { splitting } from '../sentences.js';
import type { SpokenSentence } from '../spoken-sentence.js';
import type { Steps } from '../steps.js';
import { type SpokenText, speakSlices } from '../text-reader.js';
import { WarningList } from '../warning-list.js';
import { directing } from './directions.js';
import type { MarkedText } from './marked-text.js';
import { parsingSsml } from './parse.js';
import type { SsmlContext } from './ssml-document.js';

/** How the text between the tags is read, and the voices that the markup may choose. */
export interface SsmlOptions extends ReadingOptions, Omit<SsmlContext, 'words'> {}

/**
 * Linear in the markup's length, in steps of at most one sentence or one part of the markup; spans point into the
 * markup.
 * @throws VoirsError INVALID_SSML or VOICE_NOT_FOUND with line, column and element; UNSUPPORTED_TEXT.
 */
export function* readingSsml(ssml: string, options: SsmlOptions & ReadingContext): Steps<SpokenText> {
  const words = options.language.ssml;
  const { marked, warnings } = yield* parsingSsml(ssml, { ...options, words });
  const left = new WarningList((span) => marked.sourceOf(span));
  const given = new Set(marked.given.map(({ at }) => at));
  const reading: ReadingContext = { ...options, isGiven: (offset) => given.has(offset) };
  const sentences = yield* directing(ssml, marked, yield* speaking(marked, reading, left), words);
  return { sentences, warnings: [...warnings, ...left.list()] };
}

/** The sentences of the text, with spans into it: each stretch is split as plain text is. */
function* speaking(
  marked: MarkedText,
  options: ReadingContext,
  warnings: WarningList,
): Steps<SpokenSentence[]> {
  const text = marked.text();
  const sentences: SpokenSentence[] = [];
  for (const { from, to, end } of marked.stretches) {
    const slices = yield* splitting(text.slice(from, to), options.language.boundaryAt);
    for (const { span } of slices) {
      span[0] += from;
      span[1] += from;
    }
    if (slices.length > 0) slices[slices.length - 1]!.end = end;
    for (const sentence of speakSlices(slices, options, warnings)) {
      if (sentence) sentences.push(sentence);
      yield;
    }
    const last = sentences[sentences.length - 1];
    if (last && end === 'paragraph') last.end = 'paragraph';
  }
  return sentences;
}
