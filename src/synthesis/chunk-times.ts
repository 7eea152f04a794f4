// The times of a stream whose chunks are cut anew by a filter that holds samples back.
import { AudioBuffer } from '../audio/audio-buffer.js';
import type { TimedMark, TimedWord, Timeline } from '../audio/timeline.js';
import type { Lease } from '../memory/arena.js';

/**
 * Keeps the times of a mono stream between the chunks that come in and those that go out, which are cut anew because a
 * filter holds samples back: each gets its start time and the words and marks that begin in it.
 */
export class ChunkTimes {
  private readonly words: TimedWord[] = [];
  private readonly marks: TimedMark[] = [];
  private at = 0;

  constructor(private readonly rate: number) {}

  /** Times of a chunk that came in. */
  add({ words, marks }: Timeline): void {
    this.words.push(...words);
    this.marks.push(...marks);
  }

  /** Times and start of the next `length` samples to go out; the last have all that is left. */
  next(length: number, { isLast = false } = {}): { timeline: Timeline; start: number } {
    const start = this.at / this.rate;
    this.at += length;
    const end = isLast ? Number.POSITIVE_INFINITY : this.at / this.rate;
    const timeline = {
      words: take(this.words, (word) => word.start < end),
      marks: take(this.marks, (mark) => mark.time < end),
    };
    return { timeline, start };
  }

  /** The next chunk to go out, of samples leased for it. */
  chunk(lease: Lease, { isLast = false } = {}): AudioBuffer {
    const { timeline, start } = this.next(lease.samples.length, { isLast });
    return new AudioBuffer(lease, this.rate, timeline, 1, start);
  }
}

/** Removes and returns the items at the front that pass. */
function take<T>(items: T[], passes: (item: T) => boolean): T[] {
  const end = items.findIndex((item) => !passes(item));
  return items.splice(0, end < 0 ? items.length : end);
}
