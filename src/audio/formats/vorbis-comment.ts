// Vorbis comments, the metadata of FLAC and Opus: a vendor string and NAME=value pairs in UTF-8.
import { wordsOf } from '../caption-cues.js';
import type { Timeline } from '../timeline.js';
import type { AudioMetadata, EncodeOptions } from './format.js';

/** Beside the cover, which FLAC and Opus keep in ways of their own. */
const NAMES: Record<Exclude<keyof AudioMetadata, 'cover'>, string> = {
  title: 'TITLE',
  artist: 'ARTIST',
  album: 'ALBUM',
  date: 'DATE',
  comment: 'COMMENT',
};

/** The block, without the framing bit that only Vorbis itself has. @param more further comments, `NAME=value`. */
export function vorbisComment(
  { metadata = {}, text, chapters = [] }: Pick<EncodeOptions, 'metadata' | 'text' | 'chapters'>,
  timeline: Timeline | undefined,
  more: readonly string[] = [],
): Uint8Array {
  const encoder = new TextEncoder();
  const comments = Object.entries(NAMES).flatMap(([key, name]) => {
    const value = metadata[key as keyof typeof NAMES];
    return value === undefined ? [] : [`${name}=${value}`];
  });
  if (text !== undefined) comments.push(`LYRICS=${text}`);
  if (text !== undefined && timeline && timeline.words.length > 0)
    comments.push(`SYNCEDLYRICS=${lrcOf(timeline, text)}`);
  chapters.forEach(({ title, start }, i) => {
    const name = `CHAPTER${String(i + 1).padStart(3, '0')}`;
    comments.push(`${name}=${clockTime(start)}`, `${name}NAME=${title}`);
  });
  comments.push(...more);
  const parts = [encoder.encode('voirs'), ...comments.map((comment) => encoder.encode(comment))];
  const size = parts.reduce((sum, part) => sum + 4 + part.length, 4);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  parts.forEach((part, i) => {
    view.setUint32(at, part.length, true);
    out.set(part, at + 4);
    at += 4 + part.length;
    if (i > 0) return;
    view.setUint32(at, comments.length, true);
    at += 4;
  });
  return out;
}

/** HH:MM:SS.mmm */
function clockTime(seconds: number): string {
  const whole = Math.round(seconds * 1000);
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  const rest = String(whole % 1000).padStart(3, '0');
  return `${two(whole / 3_600_000)}:${two((whole / 60_000) % 60)}:${two((whole / 1000) % 60)}.${rest}`;
}

/** One line a word, as players of synchronised lyrics read it. */
function lrcOf(timeline: Timeline, text: string): string {
  return wordsOf(timeline, text)
    .map(({ start, text: word }) => {
      const hundredths = Math.round(start * 100);
      const minutes = String(Math.floor(hundredths / 6000)).padStart(2, '0');
      return `[${minutes}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, '0')}]${word}`;
    })
    .join('\n');
}
