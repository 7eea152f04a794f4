// The reader of text in pieces: what it reads does not depend on where the text was cut.
import { nothingToSpeak } from './nothing-to-speak.js';
import type { ReadingOptions } from './reading-options.js';
import type { SentenceSlice } from './sentences.js';
import type { SpokenSentence } from './spoken-sentence.js';
import { piecesOf } from './steps.js';
import type { TextReader } from './text-reader.js';
import type { SentenceReader, SentenceSteps } from './text-stream.js';
import type { Sentence } from './utterance.js';

/** Words with phones: `source` is the text from `base` on. */
export type Pronounce = (sentence: SpokenSentence, source: string, base: number) => Sentence[];

/** Keeps no more of the text than its unfinished sentence. */
export class PieceReader implements SentenceReader {
  private unread = '';
  private base = 0;
  private last: Sentence | undefined;

  constructor(
    private readonly text: TextReader,
    private readonly pronounce: Pronounce,
    private readonly options: ReadingOptions,
  ) {}

  *push(piece: string): SentenceSteps {
    this.unread += piece;
    for (const part of piecesOf(piece)) yield* this.read(this.text.cut(part));
  }

  *settle(): SentenceSteps {
    yield* this.read(this.text.cutSettled());
  }

  *end(): SentenceSteps {
    yield* this.read(this.text.cutRest());
    if (!this.last) throw nothingToSpeak(this.unread, this.text.warnings(), this.options);
    this.last.pauseAfter = 0;
  }

  warnings(): string[] {
    return this.text.warnings();
  }

  private *read(slices: readonly SentenceSlice[]): SentenceSteps {
    for (const spoken of this.text.speak(slices)) {
      yield undefined;
      if (!spoken) continue;
      for (const sentence of this.pronounce(spoken, this.unread, this.base)) {
        this.last = sentence;
        yield sentence;
      }
      const [, end] = spoken.span;
      this.unread = this.unread.slice(end - this.base); // so that the work stays linear
      this.base = end;
    }
    yield undefined;
  }
}
