// The exact times of what was spoken, in every result: words, phones and the source text they come from.
import type { Provenance, Sentence, Span } from '../frontend/utterance.js';

/** One phone of a word; seconds from the start of the audio. */
export interface TimedPhone {
  phone: string;
  start: number;
  end: number;
}

/** One spoken word; seconds from the start of the audio. */
export interface TimedWord {
  text: string;
  /** [start, end) in UTF-16 code units of the text given. */
  span: Span;
  start: number;
  end: number;
  phones: TimedPhone[];
  provenance: Provenance;
}

/** A named place; seconds from the start of the audio. */
export interface TimedMark {
  name: string;
  time: number;
}

/** When everything was said. */
export interface Timeline {
  words: TimedWord[];
  /** In order of time; only markup sets them. */
  marks: TimedMark[];
}

/**
 * Words of one sentence in time.
 * @param durations frames per token of the sentence.
 * @param start seconds at which the sentence begins.
 * @param frameSeconds length of a frame.
 */
export function timeWords(
  sentence: Sentence,
  durations: ArrayLike<number>,
  start: number,
  frameSeconds: number,
): TimedWord[] {
  const words: TimedWord[] = [];
  let frame = 0;
  sentence.tokens.forEach((token, n) => {
    const from = start + frame * frameSeconds;
    frame += durations[n]!;
    if (token.word === null) return;
    const to = start + frame * frameSeconds;
    let word = words[token.word];
    if (!word) {
      const { text, span, provenance } = sentence.words[token.word]!;
      word = { text, span, start: from, end: to, phones: [], provenance };
      words[token.word] = word;
    }
    word.end = to;
    word.phones.push({ phone: token.symbol, start: from, end: to });
  });
  return words;
}

/**
 * A sentence's marks in time: see Mark.
 * @param start seconds at which the sentence begins, after the silence of its `pauseBefore`.
 */
export function timeMarks(
  sentence: Sentence,
  durations: ArrayLike<number>,
  start: number,
  frameSeconds: number,
): TimedMark[] {
  let frame = 0;
  let token = 0;
  return (sentence.marks ?? []).map(({ name, word }) => {
    if (word < 0) return { name, time: start - (sentence.pauseBefore ?? 0) };
    for (; token < sentence.tokens.length; token++) {
      const own = sentence.tokens[token]!.word;
      if (own !== null && own >= word) break;
      frame += durations[token]!;
    }
    const pause = word > sentence.words.length ? sentence.pauseAfter : 0;
    return { name, time: start + frame * frameSeconds + pause };
  });
}
