// A text that a program pushes piece by piece, for sources that are no async iterables: callbacks, sockets,
// events.
import { shown, VoirsError } from '../errors.js';

/** Ends a sentence and a paragraph wherever it stands: U+2029. */
const PARAGRAPH = '\u2029';

/**
 * Text in pieces for `stream`: push what arrives, flush where the listener should not wait for more, end.
 * One stream can read it.
 */
export class TextStream implements AsyncIterable<string> {
  private readonly waiting: string[] = [];
  private joined = '';
  private isEnded = false;
  private isLeft = false;
  private isRead = false;
  private wake: (() => void) | undefined;

  /**
   * Adds a piece. After the reader has left, pieces are dropped.
   * @throws VoirsError INVALID_TEXT for what is no string, and after `end`.
   */
  push(piece: string): this {
    if (typeof piece !== 'string') {
      throw new VoirsError('INVALID_TEXT', 'A piece of the text is not a string', {
        got: shown(piece),
        wanted: 'a string',
      });
    }
    if (this.isEnded) throw new VoirsError('INVALID_TEXT', 'The text has ended', { got: shown(piece) });
    if (piece === '' || this.isLeft) return this;
    this.joined += piece;
    this.waiting.push(piece);
    this.wake?.();
    return this;
  }

  /**
   * Ends the present sentence: it is spoken without a look at what follows. Adds a paragraph separator
   * (U+2029), which counts as one character in spans. @throws VoirsError INVALID_TEXT after `end`.
   */
  flush(): this {
    return this.push(PARAGRAPH);
  }

  /** Ends the text; a second call has no effect. */
  end(): void {
    this.isEnded = true;
    this.wake?.();
  }

  /** All that was pushed, with the separators of `flush`: what spans point into. */
  get text(): string {
    return this.joined;
  }

  /** Whether nothing reads any more: the stream of speech has been left, or has failed. */
  get isClosed(): boolean {
    return this.isLeft;
  }

  /** @throws VoirsError INVALID_TEXT when another stream reads it. */
  [Symbol.asyncIterator](): AsyncIterator<string, void, undefined> {
    if (this.isRead)
      throw new VoirsError('INVALID_TEXT', 'A stream reads this text already', {
        suggestion: 'Make one textStream() for each call of stream()',
      });
    this.isRead = true;
    return {
      next: async () => {
        for (;;) {
          const value = this.waiting.splice(0).join('');
          if (value !== '') return { value, done: false };
          if (this.isEnded || this.isLeft) {
            this.isLeft = true;
            return { value: undefined, done: true };
          }
          await new Promise<void>((resolve) => {
            this.wake = resolve;
          });
          this.wake = undefined;
        }
      },
      return: async () => {
        this.isLeft = true;
        this.waiting.length = 0;
        this.wake?.();
        return { value: undefined, done: true };
      },
    };
  }
}

/**
 * A text to push pieces into: `const text = textStream(); pipeline.stream(text); text.push('Hello. ');
 * text.flush(); text.end();`.
 */
export function textStream(): TextStream {
  return new TextStream();
}
