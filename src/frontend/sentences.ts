// Cuts text into sentences while it arrives: what a language model writes is spoken as soon as a sentence is
// complete.
import { VoirsError } from '../errors.js';
import { finish, piecesOf, type Steps } from './steps.js';
import type { Span } from './utterance.js';

/** A sentence of the source, trimmed of white space. */
export interface SentenceSlice {
  /** The slice as written. */
  source: string;
  /** Offsets in everything pushed so far. */
  span: Span;
  /** `clause`: the sentence goes on; it was too long to be read as one. */
  end: 'sentence' | 'paragraph' | 'clause';
}

/** What is known around a place where a sentence may end. */
export interface BoundaryContext {
  sentenceStart: number;
  lineStart: number;
  /** Whether the text is complete: nothing follows its last character. */
  ended: boolean;
}

/** `wait`: more text is needed. `none`: go on at `next`. Otherwise a sentence ends before `at`. */
export type BoundaryDecision =
  | { kind: 'wait' }
  | { kind: 'none'; next: number; newLine: boolean }
  | { kind: 'sentence' | 'paragraph'; at: number };

/** Judges the mark or the line break at `at`, from a bounded stretch around it. */
export type BoundaryAt = (text: string, at: number, context: BoundaryContext) => BoundaryDecision;

const CANDIDATE = /[.!?…。．！？\n\r\u2028\u2029]/g;
const SPACE = /\s/;
/** The end of a text that `settle` takes for the end of a sentence: a mark before a space or right after a word. */
const SETTLED = new RegExp(
  [
    String.raw`[?!？！。]["'”’»)\]}*_]*\s+$`,
    String.raw`(?:^|\s)[\p{L}'’]{2,}[?!？！。]+["'”’»)\]}*_]*$`,
    String.raw`[.…]["'”’»)\]}*_]*[^\S\n]*\n\s*$`,
  ].join('|'),
  'u',
);
/** One that may: a full stop, where it can also be an abbreviation's. */
const DOUBTFUL = /(?:[.…]["'”’»)\]}*_]*\s+|(?:^|\s)[\p{L}'’]{2,}[.…]["'”’»)\]}*_]*)$/u;
/** Words that may follow: where the sentence ends before each of them, it ends before any. */
const FOLLOWING = ['zebra ', 'Zebra ', '5 '];
/** Characters of the end that are looked at. */
const REACH = 200;

/**
 * Longest sentence that is read in one step, so that a text without a full stop neither holds the event loop nor
 * waits for its end: a longer one is cut at the clause, else the space, that is nearest to three quarters of this.
 * The models take about 200 characters at a time in any case.
 */
export const LONGEST_SENTENCE = 1000;
const EARLIEST_CUT = LONGEST_SENTENCE / 2;
const CLAUSE_END = /[,;:\u2013\u2014)\]](?=\s)/g;
const SPACES = /\s(?=\S)/g;

/**
 * A shorter text is joined at every push, a longer one only when it has grown by an eighth: the work stays
 * linear.
 */
const EAGER_LENGTH = 4096;

/**
 * Splits text that comes in pieces. The slices are those of the whole text, wherever it was cut. Work is
 * linear in the total length: each character is searched once, each decision looks a bounded way around it.
 */
export class SentenceStream {
  private text = '';
  /** Offset of `text` in all that was pushed. */
  private base = 0;
  private arrived: string[] = [];
  private arrivedLength = 0;
  /** Where the unfinished sentence begins, and where its last line begins. */
  private start = 0;
  private lineStart = 0;
  /** Where the search goes on. */
  private position = 0;
  private ended = false;

  constructor(private readonly boundaryAt: BoundaryAt) {}

  /**
   * Takes the next piece; returns the sentences that are now certain.
   * @throws VoirsError INVALID_TEXT after `end`.
   */
  push(chunk: string): SentenceSlice[] {
    if (this.ended) throw new VoirsError('INVALID_TEXT', 'text after the end of a sentence stream');
    this.arrived.push(chunk);
    this.arrivedLength += chunk.length;
    if (this.text.length > EAGER_LENGTH && this.arrivedLength * 8 < this.text.length) return [];
    return this.scan();
  }

  /** Ends the text; returns the sentences that are left. */
  end(): SentenceSlice[] {
    if (this.ended) return [];
    this.ended = true;
    return this.scan();
  }

  /**
   * For a text that pauses: returns its last sentence when a question or exclamation mark, a mark at the end of a
   * line, or a full stop that belongs to no abbreviation ends it. A small letter after it might have made it longer,
   * but a listener should not wait for that.
   */
  settle(): SentenceSlice[] {
    if (this.ended) return [];
    const rest = this.text.slice(this.start) + this.arrived.join('');
    const end = rest.slice(-REACH);
    if (!SETTLED.test(end) && !(DOUBTFUL.test(end) && this.endsBeforeAny(rest))) return [];
    this.ended = true;
    const slices = this.scan();
    this.ended = false;
    const last = slices[slices.length - 1];
    if (last) last.end = 'sentence';
    return slices;
  }

  /** Whether a text that begins a sentence has ended one at its end, whatever follows. */
  private endsBeforeAny(text: string): boolean {
    const { length } = text.trimEnd();
    return FOLLOWING.every((word) => {
      const last = new SentenceStream(this.boundaryAt).push(`${text} ${word}`).at(-1);
      return last?.span[1] === length && last.end !== 'clause';
    });
  }

  private scan(): SentenceSlice[] {
    this.text = this.text.slice(this.start) + this.arrived.join('');
    this.base += this.start;
    this.lineStart -= this.start;
    this.position -= this.start;
    this.start = 0;
    this.arrived = [];
    this.arrivedLength = 0;
    const slices: SentenceSlice[] = [];
    let next = -1; // the candidate from `position` on
    for (;;) {
      this.skipSpace();
      if (next < this.position) {
        CANDIDATE.lastIndex = this.position;
        next = CANDIDATE.exec(this.text)?.index ?? this.text.length;
      }
      if (next - this.start > LONGEST_SENTENCE) {
        const cut = cutAt(this.text, this.start);
        slices.push(this.slice(cut, 'clause'));
        this.start = this.lineStart = this.position = cut;
        continue;
      }
      if (next === this.text.length) {
        this.position = next;
        break;
      }
      const decision = this.boundaryAt(this.text, next, {
        sentenceStart: this.start,
        lineStart: this.lineStart,
        ended: this.ended,
      });
      if (decision.kind === 'wait') {
        this.position = next;
        break;
      }
      if (decision.kind === 'none') {
        this.position = decision.next;
        if (decision.newLine) this.lineStart = decision.next;
        continue;
      }
      slices.push(this.slice(decision.at, decision.kind));
      this.start = this.lineStart = this.position = decision.at;
    }
    if (this.ended && this.start < this.text.length) {
      slices.push(this.slice(this.text.length, 'paragraph'));
      this.start = this.text.length;
    }
    return slices;
  }

  /** Moves the start of a sentence past white space. */
  private skipSpace(): void {
    if (this.position !== this.start) return;
    while (this.start < this.text.length && SPACE.test(this.text[this.start]!)) this.start += 1;
    this.lineStart = this.position = this.start;
  }

  private slice(to: number, end: SentenceSlice['end']): SentenceSlice {
    let last = to;
    while (last > this.start && SPACE.test(this.text[last - 1]!)) last -= 1;
    return {
      source: this.text.slice(this.start, last),
      span: [this.base + this.start, this.base + last],
      end,
    };
  }
}

/** Where a sentence from `start` on that is too long is cut: a function of its first characters alone. */
function cutAt(text: string, start: number): number {
  const early = text.slice(start, start + LONGEST_SENTENCE);
  const wanted = (EARLIEST_CUT + LONGEST_SENTENCE) / 2;
  for (const pattern of [CLAUSE_END, SPACES]) {
    const places = [...early.slice(EARLIEST_CUT).matchAll(pattern)].map(
      ({ index }) => EARLIEST_CUT + index + 1,
    );
    const [nearest] = places.sort((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted));
    if (nearest !== undefined) return start + nearest;
  }
  return /[\uDC00-\uDFFF]/.test(early[wanted]!) ? start + wanted - 1 : start + wanted;
}

/** All sentences of a whole text, in steps. */
export function* splitting(text: string, boundaryAt: BoundaryAt): Steps<SentenceSlice[]> {
  const stream = new SentenceStream(boundaryAt);
  const slices: SentenceSlice[] = [];
  for (const piece of piecesOf(text)) {
    slices.push(...stream.push(piece));
    yield;
  }
  slices.push(...stream.end());
  return slices;
}

/** The same at once. */
export function splitSentences(text: string, boundaryAt: BoundaryAt): SentenceSlice[] {
  return finish(splitting(text, boundaryAt));
}
