// Captions in the formats of players (SRT, WebVTT, TTML, LRC) and of phonetics (Praat's TextGrid), whole or as
// the audio comes.
import { refuseOtherThan, shown, VoirsError } from '../errors.js';
import {
  type CaptionCue,
  type CaptionOptions,
  type CheckedCaptions,
  captionCues,
  checkedCaptions,
  cutCues,
  mustBeTimeline,
} from './caption-cues.js';
import type { Timeline } from './timeline.js';

/** Formats of captions; `json` is a list of cues with their words. */
export type CaptionFormat = 'srt' | 'vtt' | 'textgrid' | 'json' | 'lrc' | 'ttml';

/** Names of the formats; each is the extension of its files. */
export const CAPTION_FORMATS: readonly CaptionFormat[] = ['srt', 'vtt', 'textgrid', 'json', 'lrc', 'ttml'];

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
  checkedCaptions(options);
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
  const { duration, ...own } = Object(options) as typeof options;
  checkedCaptions(typeof options === 'object' && options !== null ? own : options);
  if (duration !== undefined && !(typeof duration === 'number' && duration >= 0))
    throw new VoirsError('INVALID_OPTIONS', 'Bad duration', { got: shown(duration), wanted: 'seconds' });
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

/** WebVTT while the audio comes: cues are given out as soon as no later word can change them. */
export class VttStream {
  private readonly options: CheckedCaptions;
  private words: Timeline['words'] = [];
  private from = 0;
  private isBegun = false;

  /** @throws VoirsError INVALID_OPTIONS. */
  constructor(options: CaptionOptions = {}) {
    this.options = checkedCaptions(options);
  }

  /** Takes the words of the next chunk. @returns the text that is certain now; may be empty. */
  push(timeline: Timeline): string {
    mustBeTimeline(timeline);
    this.words.push(...timeline.words);
    return this.take(false);
  }

  /** @returns the rest. */
  end(): string {
    return this.take(true);
  }

  private take(isEnd: boolean): string {
    const head = this.isBegun ? '' : 'WEBVTT\n\n';
    this.isBegun = true;
    const cues = cutCues({ words: this.words, marks: [] }, this.options, this.from);
    // The last two may still change: the last grows, and where it ends depends on the word after it.
    const certain = isEnd ? cues : cues.slice(0, -2);
    const last = certain.at(-1);
    if (!last) return head;
    this.from = last.textEnd;
    const next = cues[certain.length]?.cue.start ?? Number.POSITIVE_INFINITY;
    this.words = this.words.filter(({ start }) => start >= next);
    return head + certain.map(({ cue }) => vttCue(cue)).join('');
  }
}
