// The text of a marked-up document, each character with its place in the markup and how it is to be spoken.
import type { Delivery, Role, SpokenWord } from '../spoken-sentence.js';
import type { Span } from '../utterance.js';

/** How a stretch of the text is to be spoken. */
export interface Manner {
  delivery: Delivery;
  /** Undefined: the call's voice. */
  voice: string | undefined;
  /** How the pitch moves through an element. */
  contour?: Contour;
  /** The part of speech of a word. */
  role?: Role;
  /** How long an element is to take. */
  length?: TargetLength;
}

/** Differences of pitch along the characters [from, to) of the text. */
export interface Contour {
  from: number;
  to: number;
  /** `at`: share of the way, rising, 0 to 1. */
  points: readonly { at: number; semitones: number }[];
}

/** The time that an element's words together are to take. */
export interface TargetLength {
  seconds: number;
}

/** A break or a mark between two characters. */
export type TextEvent =
  | { kind: 'break'; at: number; seconds: number; source: number }
  | { kind: 'mark'; at: number; name: string };

/** Words that markup gives, in place of a placeholder in the text. */
export interface GivenWords {
  at: number;
  words: Omit<SpokenWord, 'boundary'>[];
  /** Marks after each of the words but the last, which takes the placeholder's. */
  boundaries: SpokenWord['boundary'][];
}

/** A part of the text that ends a sentence regardless of its punctuation. */
interface Stretch {
  from: number;
  to: number;
  end: 'sentence' | 'paragraph';
}

/** Stands in the text for words that markup gives: an ordinary noun to the readers of text. */
const PLACEHOLDER = 'thing';

/** Collects a document's text from its beginning to its end. */
export class MarkedText {
  /** Breaks that together are too long are cut, not refused. */
  cutsBreaks = false;
  readonly events: TextEvent[] = [];
  readonly given: GivenWords[] = [];
  readonly stretches: Stretch[] = [];
  private readonly pieces: string[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly manners: { from: number; manner: Manner }[] = [];
  private last = ' ';
  private stretchStart = 0;
  private isAfterGiven = false;

  /** All text so far. */
  text(): string {
    return this.pieces.join('');
  }

  get length(): number {
    return this.starts.length;
  }

  /** The part of the markup that characters [from, to) came from. */
  sourceOf([from, to]: Span): Span {
    return [this.starts[from]!, this.ends[to - 1]!];
  }

  /** How characters [from, to) are to be spoken: as most of them, where they differ. */
  mannerOf(from: number, to: number): Manner {
    let low = 0;
    let high = this.manners.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.manners[middle]!.from <= from) low = middle;
      else high = middle - 1;
    }
    let { manner } = this.manners[low]!;
    let most = 0;
    for (let i = low; i < this.manners.length && this.manners[i]!.from < to; i++) {
      const end = Math.min(to, this.manners[i + 1]?.from ?? to);
      const size = end - Math.max(from, this.manners[i]!.from);
      if (size <= most) continue;
      most = size;
      manner = this.manners[i]!.manner;
    }
    return manner;
  }

  /** @param origins the span in the markup of each character. */
  add(text: string, origins: { starts: ArrayLike<number>; ends: ArrayLike<number> }, manner: Manner): void {
    if (text === '') return;
    // A given word stands alone; only punctuation or the 's of a possessive may follow it without a space.
    if (
      this.isAfterGiven &&
      !/^(?:[\s,;:?!)\]}"”»…—–]|\.(?![A-Za-z\d])|['’](?!\p{L})|['’]s(?!\p{L}))/u.test(text)
    ) {
      this.put(' ', origins.starts[0]!, origins.starts[0]!, manner);
    }
    this.isAfterGiven = false;
    this.begin(manner);
    this.pieces.push(text);
    for (let i = 0; i < text.length; i++) {
      this.starts.push(origins.starts[i]!);
      this.ends.push(origins.ends[i]!);
    }
    this.last = text[text.length - 1]!;
  }

  /** Words that are not read from the text, such as those of a <phoneme>. */
  give(
    words: GivenWords['words'],
    boundaries: GivenWords['boundaries'],
    span: Span,
    manner: Manner,
    isCapital: boolean,
  ): void {
    if (!/[\s([{"“‘«—–]/.test(this.last)) this.put(' ', span[0], span[0], manner);
    this.given.push({ at: this.length, words, boundaries });
    const placeholder = isCapital ? PLACEHOLDER[0]!.toUpperCase() + PLACEHOLDER.slice(1) : PLACEHOLDER;
    for (const letter of placeholder) this.put(letter, span[0], span[1], manner);
    this.isAfterGiven = true;
  }

  /** Parts the words on its two sides. */
  part(source: number, manner: Manner): void {
    if (!/\s/.test(this.last)) this.put(' ', source, source, manner);
    this.isAfterGiven = false;
  }

  /** Ends a sentence or a paragraph here, regardless of its last character. */
  endStretch(end: Stretch['end']): void {
    if (this.length > this.stretchStart) {
      this.stretches.push({ from: this.stretchStart, to: this.length, end });
      this.stretchStart = this.length;
      this.last = ' ';
      this.isAfterGiven = false;
    } else if (end === 'paragraph' && this.stretches.length > 0) {
      this.stretches[this.stretches.length - 1]!.end = 'paragraph';
    }
  }

  private put(character: string, start: number, end: number, manner: Manner): void {
    this.begin(manner);
    this.pieces.push(character);
    this.starts.push(start);
    this.ends.push(end);
    this.last = character;
  }

  private begin(manner: Manner): void {
    const last = this.manners[this.manners.length - 1];
    if (last?.manner !== manner) this.manners.push({ from: this.length, manner });
  }
}
