// Captions out of the times of words: the text as it was written, cut into cues that a viewer can read, and
// written in the formats of players (SRT, WebVTT, TTML, LRC) and of phonetics (Praat's TextGrid).
import { optionNames, refuseOtherThan, refuseUnknown, shown, VoirsError } from '../errors.js';
import type { TimedPhone, Timeline } from './timeline.js';

/** Formats of captions; `json` is a list of cues with their words. */
export type CaptionFormat = 'srt' | 'vtt' | 'textgrid' | 'json' | 'lrc' | 'ttml';

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

export const CAPTION_FORMATS: readonly CaptionFormat[] = ['srt', 'vtt', 'textgrid', 'json', 'lrc', 'ttml'];
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
}

const CLOSING = /[\p{Pe}\p{Pf}"'*_`]*$/u;

/** Words with the marks between them, so that the lines read as the text does. */
function piecesOf(words: readonly CaptionWord[], text: string | undefined): Piece[] {
  return words.map((word, i) => {
    if (text === undefined) return { word, text: word.text, weight: 0 };
    const next = words[i + 1];
    const after = text.slice(word.span[1], next ? Math.max(word.span[1], next.span[0]) : undefined);
    const before = i === 0 ? text.slice(0, word.span[0]) : text.slice(words[i - 1]!.span[1], word.span[0]);
    // What follows up to a space belongs to this word, what stands after the last space to the next one.
    const trailing = /^\S*/.exec(after)![0];
    const leading = /\s/.test(before) || i === 0 ? /\S*$/.exec(before)![0] : '';
    const isDash = /^\s+[-–—]\s/.test(after);
    const own = `${leading}${text.slice(...word.span)}${trailing}${isDash ? ` ${after.trim()[0]}` : ''}`;
    const bare = own.replace(CLOSING, '');
    const isSentence = /[.!?…。！？]$/.test(bare) && (!next || /^\s|^$/.test(after.slice(trailing.length)));
    const isParagraph = /\n\s*\n/.test(after);
    const weight = isSentence || isParagraph ? 3 : /[,;:]$/.test(bare) || isDash ? 2 : 0;
    return { word, text: own.replace(/\s+/g, ' '), weight };
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
  refuseUnknown(options, OPTIONS, 'captions');
  const { text, words: isByWord = false, lineLength = 42, lines = 2 } = options;
  if (text !== undefined && typeof text !== 'string')
    throw new VoirsError('INVALID_OPTIONS', 'text is not a string', { got: shown(text) });
  if (typeof isByWord !== 'boolean')
    throw new VoirsError('INVALID_OPTIONS', 'words is not true or false', { got: shown(isByWord) });
  mustBeWithin('lineLength', lineLength, 10, 200);
  mustBeWithin('lines', lines, 1, 4);
  let rest = piecesOf(wordsOf(timeline, text), text);
  const cues: CaptionCue[] = [];
  while (rest.length > 0) {
    const most = isByWord ? 1 : reach(rest, lineLength, lines);
    const isEnd = most === rest.length && !isByWord;
    const count = isByWord || isEnd ? most : cutOf(rest, most);
    const own = rest.slice(0, count);
    rest = rest.slice(count);
    const [first, last] = [own[0]!.word, own.at(-1)!.word];
    const end = Math.min(last.end, rest[0]?.word.start ?? last.end);
    cues.push({
      start: first.start,
      end: Math.max(first.start, end),
      lines: balanced(own, lineLength),
      words: own.map(({ word }) => word),
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

/** Seconds -> 00:00:00.000. */
function clock(seconds: number, point: '.' | ','): string {
  const total = Math.max(0, Math.round(seconds * 1000));
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const parts = [two(total / 3_600_000), two((total / 60_000) % 60), two((total / 1000) % 60)];
  return `${parts.join(':')}${point}${String(total % 1000).padStart(3, '0')}`;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** SubRip. */
export function toSrt(timeline: Timeline, options: CaptionOptions = {}): string {
  return captionCues(timeline, options)
    .map(
      ({ start, end, lines }, i) =>
        `${i + 1}\n${clock(start, ',')} --> ${clock(end, ',')}\n${lines.join('\n')}\n`,
    )
    .join('\n');
}

/** One cue of WebVTT, with the empty line after it. */
export function vttCue({ start, end, lines }: CaptionCue): string {
  return `${clock(start, '.')} --> ${clock(end, '.')}\n${lines.map(escaped).join('\n')}\n\n`;
}

/** WebVTT, as the element `track` takes it. */
export function toVtt(timeline: Timeline, options: CaptionOptions = {}): string {
  return `WEBVTT\n\n${captionCues(timeline, options).map(vttCue).join('')}`;
}

/** The cues as JSON: lines, and words with their phones. */
export function toJson(timeline: Timeline, options: CaptionOptions = {}): string {
  return JSON.stringify(captionCues(timeline, options));
}

/** Lyrics of players: one time a line, in hundredths. */
export function toLrc(timeline: Timeline, options: CaptionOptions = {}): string {
  const lines = captionCues(timeline, { lines: 1, ...options }).map(({ start, lines: own }) => {
    const hundredths = Math.max(0, Math.round(start * 100));
    const minutes = String(Math.floor(hundredths / 6000)).padStart(2, '0');
    return `[${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, '0')}]${own.join(' ')}`;
  });
  return `${lines.join('\n')}\n`;
}

/** TTML 1 (W3C), as broadcasters exchange it. */
export function toTtml(timeline: Timeline, options: CaptionOptions = {}): string {
  const cues = captionCues(timeline, options).map(
    ({ start, end, lines }) =>
      `      <p begin="${clock(start, '.')}" end="${clock(end, '.')}">${lines.map(escaped).join('<br/>')}</p>\n`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en">\n  <body>\n    <div>\n',
    ...cues,
    '    </div>\n  </body>\n</tt>\n',
  ].join('');
}

/** An interval of a tier of a TextGrid. Seconds. */
interface Interval {
  start: number;
  end: number;
  text: string;
}

/** Intervals that cover [0, end] without gaps, as Praat wants them: silence is an empty text. */
function tier(name: string, intervals: readonly Interval[], end: number): string {
  const full: Interval[] = [];
  let at = 0;
  for (const { start, end: to, text } of intervals) {
    const from = Math.max(at, start);
    if (to <= from) continue;
    if (from > at) full.push({ start: at, end: from, text: '' });
    full.push({ start: from, end: to, text });
    at = to;
  }
  if (at < end || full.length === 0) full.push({ start: at, end: Math.max(end, at), text: '' });
  const rows = full.map(
    ({ start, end: to, text }, i) =>
      `        intervals [${i + 1}]:\n            xmin = ${start}\n            xmax = ${to}\n            text = "${text.replaceAll('"', '""')}"\n`,
  );
  const head = `        class = "IntervalTier"\n        name = "${name}"\n        xmin = 0\n        xmax = ${end}\n`;
  return `${head}        intervals: size = ${full.length}\n${rows.join('')}`;
}

/** Praat's TextGrid: tiers of cues, words and phones. */
export function toTextGrid(timeline: Timeline, options: CaptionOptions & { duration?: number } = {}): string {
  const { duration, ...own } = options;
  const cues = captionCues(timeline, own);
  const words = cues.flatMap((cue) => cue.words);
  const phones = timeline.words.flatMap((word) => word.phones);
  const end = Math.max(duration ?? 0, words.at(-1)?.end ?? 0);
  const tiers = [
    tier(
      'captions',
      cues.map(({ start, end: to, lines }) => ({ start, end: to, text: lines.join(' ') })),
      end,
    ),
    tier('words', words, end),
    tier(
      'phones',
      phones.map(({ phone, start, end: to }) => ({ start, end: to, text: phone })),
      end,
    ),
  ];
  return [
    'File type = "ooTextFile"\nObject class = "TextGrid"\n\n',
    `xmin = 0\nxmax = ${end}\ntiers? <exists>\nsize = ${tiers.length}\nitem []:\n`,
    ...tiers.map((text, i) => `    item [${i + 1}]:\n${text}`),
  ].join('');
}

const WRITERS: Record<CaptionFormat, (timeline: Timeline, options: CaptionOptions) => string> = {
  srt: toSrt,
  vtt: toVtt,
  textgrid: toTextGrid,
  json: toJson,
  lrc: toLrc,
  ttml: toTtml,
};

/**
 * Captions of a timeline in a format.
 * @throws VoirsError INVALID_OPTIONS for an unknown format or option.
 */
export function captions(timeline: Timeline, format: CaptionFormat, options: CaptionOptions = {}): string {
  refuseOtherThan(CAPTION_FORMATS, format, 'caption format');
  return WRITERS[format](timeline, options);
}
