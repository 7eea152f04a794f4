// Word and mark times after audio was cut, joined or laid over other audio.
import type { TimedMark, TimedWord, Timeline } from './timeline.js';

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
 * What begins in frames [from, to), timed from `from`. A word that begins before `to` and ends after it keeps its
 * end, so that pieces joined again are what they were cut from.
 * @param to infinite for the last piece: what stands at the very end belongs to it.
 */
export function cutOut({ words, marks }: Timeline, from: number, to: number, sampleRate: number): Timeline {
  const isInside = (time: number) => {
    const frame = Math.round(time * sampleRate); // times are sums of floats: compared as the frames they mean
    return frame >= from && frame < to;
  };
  return shifted(
    {
      words: words.filter((word) => isInside(word.start)),
      marks: marks.filter((mark) => isInside(mark.time)),
    },
    -from / sampleRate,
  );
}

/** Everything, timed from `start`; what lies outside [start, end] seconds is moved to its edge. */
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
