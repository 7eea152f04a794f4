// Where the text that is read stands in what the caller wrote, once markup has been taken out of it.
import type { Span } from './utterance.js';

/** A run of read text: copied character by character, or put in place of a part of the source as a whole. */
interface Run {
  /** Offset of its first character in the read text. */
  at: number;
  from: number;
  /** For a run that stands for a part of the source as a whole: where that part ends. */
  to: number | undefined;
}

/** Grows with the read text; look-up takes logarithmic time. */
export class SourceMap {
  private runs: Run[] = [];
  private length = 0;

  /** The next `length` characters are those of the source from `from` on. */
  copy(length: number, from: number): void {
    const last = this.runs[this.runs.length - 1];
    const follows =
      last?.to === undefined && last !== undefined && last.from + this.length - last.at === from;
    if (!follows) this.runs.push({ at: this.length, from, to: undefined });
    this.length += length;
  }

  /** The next `length` characters stand for [from, to) of the source. */
  replace(length: number, from: number, to: number): void {
    this.runs.push({ at: this.length, from, to });
    this.length += length;
  }

  /** The part of the source that [from, to) of the read text stands for. */
  sourceOf([from, to]: Span): Span {
    const first = this.runAt(from);
    const last = this.runAt(to - 1);
    return [
      first.to === undefined ? first.from + from - first.at : first.from,
      last.to ?? last.from + to - last.at,
    ];
  }

  /** Drops what lies before `at` of the read text. */
  forget(at: number): void {
    const keep = this.indexAt(at);
    if (keep > 64) this.runs = this.runs.slice(keep);
  }

  private runAt(at: number): Run {
    return this.runs[this.indexAt(at)]!;
  }

  private indexAt(at: number): number {
    let low = 0;
    let high = this.runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.runs[middle]!.at <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
