// SSML -> spoken sentences: the same that plain text becomes, with the author's directions on their words.

import { speakSentence, WarningList } from '../normalize/speak-sentence.js';
import type { SpokenText } from '../normalize/spoken.js';
import { type SentenceSlice, splitSentences } from '../sentences.js';
import type { SpokenSentence } from '../spoken-sentence.js';
import type { Span } from '../utterance.js';
import { direct } from './directions.js';
import type { MarkedText } from './marked-text.js';
import { parseSsml, type SsmlContext } from './parse.js';

export interface SsmlOptions extends SsmlContext {
  preprocessing: 'full' | 'plain';
}

/**
 * Linear in the markup's length; spans point into the markup.
 * @throws VoirsError INVALID_SSML or VOICE_NOT_FOUND with line, column and element; UNSUPPORTED_TEXT.
 */
export function readSsml(ssml: string, options: SsmlOptions): SpokenText {
  const { marked, warnings } = parseSsml(ssml, options);
  const notes = new SourceWarnings(marked);
  const sentences = direct(ssml, marked, sentencesOf(marked, options.preprocessing, notes));
  return { sentences, warnings: [...warnings, ...notes.list()] };
}

/** Spans in the marked text become spans in the markup. */
class SourceWarnings extends WarningList {
  constructor(private readonly marked: MarkedText) {
    super();
  }

  override add(kind: string, excerpt: string, span: Span): void {
    super.add(kind, excerpt, this.marked.sourceOf(span));
  }
}

/** The sentences of the text, with spans into it: each stretch is split as plain text is. */
function sentencesOf(
  marked: MarkedText,
  preprocessing: SsmlOptions['preprocessing'],
  warnings: WarningList,
): SpokenSentence[] {
  const text = marked.text();
  const sourceOf = (span: Span) => marked.sourceOf(span);
  const sentences: SpokenSentence[] = [];
  for (const { from, to, end } of marked.stretches) {
    const slices = splitSentences(text.slice(from, to));
    slices.forEach((slice, i) => {
      const isLast = i === slices.length - 1;
      const placed: SentenceSlice = {
        source: slice.source,
        span: [slice.span[0] + from, slice.span[1] + from],
        end: isLast ? end : slice.end,
      };
      const words = speakSentence(placed, { preprocessing, sourceOf }, warnings);
      if (words.length > 0) sentences.push({ span: placed.span, words, end: placed.end });
    });
    const last = sentences[sentences.length - 1];
    if (last && end === 'paragraph') last.end = 'paragraph';
  }
  return sentences;
}
