// Cues of captions out of the times of words: the text as it was written, cut where a reader would pause.
import { optionNames, refuseUnknown, shown, VoirsError } from '../errors.js';
import type { TimedPhone, Timeline } from './timeline.js';

/** Options of captions. */
export interface CaptionOptions {
  /**
   * The text that was spoken, as it was given: cues then have its spelling, numbers and punctuation. Without it
   * they have the spoken words in lower case.
   */
  text?: string | undefined;
  /** Each word is a cue of its own. Default false. */
  words?: boolean | undefined;
  /** Most characters of a line, 10 to 200. Default 42. */
  lineLength?: number | undefined;
  /** Most lines of a cue, 1 to 4. Default 2. */
  lines?: number | undefined;
}

/** A word of a cue. Seconds. */
export interface CaptionWord {
  text: string;
  start: number;
  end: number;
  /** [start, end) in UTF-16 code units of the text. */
  span: [number, number];
  phones: TimedPhone[];
}

/** What is shown from one time to another. Seconds. */
export interface CaptionCue {
  start: number;
  end: number;
  lines: string[];
  words: CaptionWord[];
}

const OPTIONS = optionNames<CaptionOptions>({ text: true, words: true, lineLength: true, lines: true });

/** A pause that always ends a cue, in seconds. */
const LONG_PAUSE = 0.7;

/**
 * The written words with their times: spoken words that come from one expression ("1999") are one.
 * @param text the text that the spans point into; without it the spoken forms are taken.
 */
export function wordsOf({ words }: Timeline, text: string | undefined): CaptionWord[] {
  const found: CaptionWord[] = [];
  for (const word of words) {
    const { span, start, end, phones } = word;
    const last = found.at(-1);
    // Spans may overlap where an expression is read in another order than it is written ("$5").
    if (last && text !== undefined && span[0] < last.span[1]) {
      last.end = Math.max(last.end, end);
      last.phones.push(...phones);
      last.span = [Math.min(last.span[0], span[0]), Math.max(last.span[1], span[1])];
      last.text = text.slice(...last.span);
      continue;
    }
    const own = text === undefined ? word.text : text.slice(...span);
    found.push({ text: own, start, end, span: [span[0], span[1]], phones: [...phones] });
  }
  return text === undefined ? found : found.filter((word) => word.text.trim() !== '');
}

/** A word as it stands in a line: with the punctuation around it. */
interface Piece {
  word: CaptionWord;
  text: string;
  /** What ends with it: 3 a sentence, 2 a clause, 0 nothing; a paragraph counts as a sentence. */
  weight: 0 | 2 | 3;
  /** Where in the text the piece ends. */
  textEnd: number;
}

const CLOSING = /[\p{Pe}\p{Pf}"'*_`]*$/u;
/** Seconds of silence after a full stop that ends a sentence, as against the one of "Dr.". */
const STOP_PAUSE = 0.12;

/** Punctuation behind the blanks that stand for markup, which belongs to the word before: `a    .` of `a</b>.` */
const PARTED_CLOSE = /^(?:[ \t]+(?=[.,\p{Pe}\p{Pf}"]+\s*$)|[ \t]{2,}(?=[;:!?]+["\p{Pe}\p{Pf}]*\s*$))/u;
/** The same before a word, or what touches the next word. */
const PARTED_OPEN = /(?<=\s)(?:[\p{Ps}\p{Pi}]+[ \t]+|"[ \t]{2,})$|\S*$/u;

/** Words with all that stands between them, so that the lines read as the text does. */
function piecesOf(words: readonly CaptionWord[], text: string | undefined, from: number): Piece[] {
  let leading = text?.slice(from, words[0]?.span[0] ?? 0) ?? '';
  return words.map((word, i) => {
    if (text === undefined) return { word, text: word.text, weight: 0, textEnd: 0 };
    const next = words[i + 1];
    const after = text.slice(word.span[1], next?.span[0]);
    // What touches the next word belongs to it, the rest to this one.
    const touching = next && /\s/.test(after) ? PARTED_OPEN.exec(after)![0] : '';
    const trailing = after.slice(0, after.length - touching.length);
    const own = `${leading}${text.slice(...word.span)}${trailing.replace(PARTED_CLOSE, '')}`
      .replace(/\s+/g, ' ')
      .trim();
    leading = touching.trimEnd();
    const bare = own.replace(CLOSING, '');
    const isStop = /[.…]$/.test(bare) && (!next || next.start - word.end >= STOP_PAUSE);
    const isSentence = isStop || /[!?。！？]$/.test(bare) || /\n\s*\n/.test(after);
    const weight = isSentence ? 3 : /[,;:–—]$/.test(bare) ? 2 : 0;
    return { word, text: own, weight, textEnd: word.span[1] + trailing.length };
  });
}

const lengthOf = (pieces: readonly Piece[]): number =>
  pieces.reduce((sum, { text }) => sum + text.length + 1, -1);

/** Whether pieces fill at most `most` lines of `length` characters; a word that is longer has a line of its own. */
function linesOf(pieces: readonly Piece[], length: number): string[] {
  const lines: string[] = [];
  for (const { text } of pieces) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + text.length <= length)
      lines[lines.length - 1] = `${last} ${text}`;
    else lines.push(text);
  }
  return lines;
}

/** Two lines of about the same length are easier to read than a full and a short one; clauses end lines. */
function balanced(pieces: readonly Piece[], length: number): string[] {
  const greedy = linesOf(pieces, length);
  if (greedy.length !== 2) return greedy;
  let best = { lines: greedy, cost: Number.POSITIVE_INFINITY };
  for (let cut = 1; cut < pieces.length; cut++) {
    const lines = [pieces.slice(0, cut), pieces.slice(cut)].map((part) =>
      part.map(({ text }) => text).join(' '),
    );
    const [one, other] = lines as [string, string];
    if (one.length > length || other.length > length) continue;
    const cost = Math.abs(one.length - other.length) - (pieces[cut - 1]!.weight > 0 ? 15 : 0);
    if (cost < best.cost) best = { lines, cost };
  }
  return best.lines;
}

/** The last place up to `most` pieces at which a cue may end well. */
function cutOf(pieces: readonly Piece[], most: number): number {
  let best = most;
  let weight = 0;
  for (let i = 0; i < most; i++) {
    // A clause counts when the cue is then not much shorter than it could be.
    const isLate = lengthOf(pieces.slice(0, i + 1)) * 3 >= lengthOf(pieces.slice(0, most));
    if (pieces[i]!.weight >= Math.max(2, weight) && isLate) {
      weight = pieces[i]!.weight;
      best = i + 1;
    }
  }
  return best;
}

/**
 * The cues of a timeline, in order; none overlaps the next.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function captionCues(timeline: Timeline, options: CaptionOptions = {}): CaptionCue[] {
  mustBeTimeline(timeline);
  return cutCues(timeline, checkedCaptions(options), 0).map(({ cue }) => cue);
}

/** @throws VoirsError INVALID_OPTIONS for anything but an object with timed words. */
export function mustBeTimeline(timeline: unknown): asserts timeline is Timeline {
  const { words } = Object(timeline) as { words?: unknown };
  const isTimed = (word: unknown): boolean => {
    const { text, span, start, end, phones } = Object(word) as Record<string, unknown>;
    const isPlaced = Array.isArray(span) && typeof start === 'number' && typeof end === 'number';
    return typeof text === 'string' && isPlaced && Array.isArray(phones);
  };
  if (Array.isArray(words) && words.every(isTimed)) return;
  throw new VoirsError('INVALID_OPTIONS', 'Captions need a timeline', {
    got: shown(timeline),
    wanted: 'the timeline of an AudioBuffer, or one of its form',
  });
}

/** @throws VoirsError INVALID_OPTIONS. */
export function checkedCaptions(options: CaptionOptions): CheckedCaptions {
  refuseUnknown(options, OPTIONS, 'captions');
  const { text, words = false, lineLength = 42, lines = 2 } = options;
  if (text !== undefined && typeof text !== 'string')
    throw new VoirsError('INVALID_OPTIONS', 'text is not a string', { got: shown(text) });
  if (typeof words !== 'boolean')
    throw new VoirsError('INVALID_OPTIONS', 'words is not true or false', { got: shown(words) });
  mustBeWithin('lineLength', lineLength, 10, 200);
  mustBeWithin('lines', lines, 1, 4);
  return { text, words, lineLength, lines };
}

/** Options with their defaults. */
export interface CheckedCaptions {
  text: string | undefined;
  words: boolean;
  lineLength: number;
  lines: number;
}

/** Cues, each with the place in the text where it ends. @param from where in the text the first begins. */
export function cutCues(
  timeline: Timeline,
  { text, words: isByWord, lineLength, lines }: CheckedCaptions,
  from: number,
): { cue: CaptionCue; textEnd: number }[] {
  let rest = piecesOf(wordsOf(timeline, text), text, from);
  const cues: { cue: CaptionCue; textEnd: number }[] = [];
  while (rest.length > 0) {
    const most = isByWord ? 1 : reach(rest, lineLength, lines);
    const isEnd = most === rest.length || rest[most - 1]!.weight === 3;
    const count = isByWord || isEnd ? most : cutOf(rest, most);
    const own = rest.slice(0, count);
    rest = rest.slice(count);
    const [first, last] = [own[0]!, own.at(-1)!];
    const end = Math.min(last.word.end, rest[0]?.word.start ?? last.word.end);
    cues.push({
      cue: {
        start: first.word.start,
        end: Math.max(first.word.start, end),
        lines: balanced(own, lineLength),
        words: own.map(({ word }) => word),
      },
      textEnd: last.textEnd,
    });
  }
  return cues;
}

/** Pieces that a cue can hold: up to the end of a sentence, a long pause, or the last character. */
function reach(pieces: readonly Piece[], length: number, lines: number): number {
  let count = 1;
  for (; count < pieces.length; count++) {
    const before = pieces[count - 1]!;
    if (before.weight === 3 || pieces[count]!.word.start - before.word.end > LONG_PAUSE) break;
    if (linesOf(pieces.slice(0, count + 1), length).length > lines) break;
  }
  return count;
}

function mustBeWithin(name: string, value: unknown, min: number, max: number): void {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) return;
  throw new VoirsError('INVALID_OPTIONS', `${name} is out of range`, {
    got: shown(value),
    wanted: `an integer from ${min} to ${max}`,
  });
}
