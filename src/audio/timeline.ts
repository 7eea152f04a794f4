// The exact times of what was spoken, in every result: words, phones and the source text they come from; and
// how they move when audio is cut, joined or laid over other audio.
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

/** Every time passed through `move`. */
function moved({ words, marks }: Timeline, move: (time: number) => number): Timeline {
  return {
    words: words.map((word) => ({
      ...word,
      start: move(word.start),
      end: move(word.end),
      phones: word.phones.map((phone) => ({ ...phone, start: move(phone.start), end: move(phone.end) })),
    })),
    marks: marks.map((mark) => ({ ...mark, time: move(mark.time) })),
  };
}

/** The same, `seconds` later. */
export function shifted(timeline: Timeline, seconds: number): Timeline {
  return moved(timeline, (time) => time + seconds);
}

/**
 * Cuts a timeline in two: what begins before a frame, and what begins at it or later. Times are sums of
 * floats, so they are compared as the frames that they round to. A word belongs where it begins, and keeps
 * its end.
 * @param frame counted from where the timeline counts its seconds; infinite: all is before it.
 * @param sampleRate Hz.
 */
export function splitTimeline(
  { words, marks }: Timeline,
  frame: number,
  sampleRate: number,
): [before: Timeline, after: Timeline] {
  const isBefore = (time: number) => Math.round(time * sampleRate) < frame;
  return [
    {
      words: words.filter((word) => isBefore(word.start)),
      marks: marks.filter((mark) => isBefore(mark.time)),
    },
    {
      words: words.filter((word) => !isBefore(word.start)),
      marks: marks.filter((mark) => !isBefore(mark.time)),
    },
  ];
}

/**
 * What begins in frames [from, to), timed from `from`.
 * @param to infinite for the last piece: a mark at the very end belongs to it.
 */
export function cutOut(timeline: Timeline, from: number, to: number, sampleRate: number): Timeline {
  const [, later] = splitTimeline(timeline, from, sampleRate);
  const [inside] = splitTimeline(later, to, sampleRate);
  return shifted(inside, -from / sampleRate);
}

/** Everything, timed from `start`; times outside [start, end] seconds move to its edge. */
export function clippedTo(timeline: Timeline, start: number, end: number): Timeline {
  return moved(timeline, (time) => Math.min(Math.max(time, start), end) - start);
}

/** Both in order of time. */
export function merged(one: Timeline, other: Timeline): Timeline {
  return {
    words: [...one.words, ...other.words].sort((a: TimedWord, b: TimedWord) => a.start - b.start),
    marks: [...one.marks, ...other.marks].sort((a: TimedMark, b: TimedMark) => a.time - b.time),
  };
}
