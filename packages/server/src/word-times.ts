// The times of the words as clients want them: as they are written in the text, also while the speech is still
// being made.
import { captionCues, type TimedPhone, type Timeline } from 'voirs';

/** A written word; seconds from the start of the audio. */
export interface WordTime {
  word: string;
  start: number;
  end: number;
  /** [start, end) in UTF-16 code units of the input. */
  span: [number, number];
  phones?: TimedPhone[];
}

/** To a microsecond. */
export const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;

/** Spoken words in, written words out, each as soon as no later spoken word can belong to it ("1999"). */
export class WordTimes {
  private pending: Timeline['words'] = [];

  /**
   * @param text what the spans point into: asked for at each piece, since it may still grow.
   * @param wantsPhones whether words come with their phones.
   */
  constructor(
    private readonly text: () => string,
    private readonly wantsPhones: boolean,
  ) {}

  push({ words }: Timeline): WordTime[] {
    if (words.length === 0) return [];
    this.pending.push(...words);
    return this.take(false);
  }

  /** @returns the rest. */
  end(): WordTime[] {
    return this.take(true);
  }

  private take(isEnd: boolean): WordTime[] {
    if (this.pending.length === 0) return [];
    const cues = captionCues({ words: this.pending, marks: [] }, { text: this.text(), words: true });
    const certain = isEnd ? cues : cues.slice(0, -1);
    const next = cues[certain.length];
    this.pending = next ? this.pending.filter(({ start }) => start >= next.start) : [];
    return certain.flatMap(({ words }) =>
      words.map(({ text, start, end, span, phones }) => ({
        ...{ word: text, start: rounded(start), end: rounded(end), span },
        ...(this.wantsPhones
          ? {
              phones: phones.map((one) => ({
                phone: one.phone,
                start: rounded(one.start),
                end: rounded(one.end),
              })),
            }
          : {}),
      })),
    );
  }
}
