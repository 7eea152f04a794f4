// ID3v2.4, the metadata of MP3: text frames, the lyrics (USLT), each word with its time (SYLT), which players show
// as it is spoken, the cover, and chapters (ID3v2 Chapter Frame Addendum 1.0).
import { wordsOf } from '../caption-cues.js';
import type { Timeline } from '../timeline.js';
import type { AudioChapter, AudioMetadata, EncodeOptions } from './format.js';
import { joined } from './joined.js';

const FRAMES: Record<Exclude<keyof AudioMetadata, 'comment' | 'cover'>, string> = {
  title: 'TIT2',
  artist: 'TPE1',
  album: 'TALB',
  date: 'TDRC',
};
const UTF8 = 3;
const encoder = new TextEncoder();
const ascii = (text: string): Uint8Array => encoder.encode(text);
/** UTF-8; a NUL would end the text early. */
const utf8 = (text: string): Uint8Array => encoder.encode(text.replaceAll('\0', ''));
const ZERO = Uint8Array.of(0);

/** Seven bits a byte, so that no size looks like the start of a frame of audio. */
function synchsafe(size: number): Uint8Array {
  return Uint8Array.of((size >> 21) & 127, (size >> 14) & 127, (size >> 7) & 127, size & 127);
}

function frame(id: string, ...content: Uint8Array[]): Uint8Array {
  const body = joined(content);
  return joined([ascii(id), synchsafe(body.length), Uint8Array.of(0, 0), body]);
}

function milliseconds(seconds: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, Math.round(seconds * 1000));
  return bytes;
}

/** A table of contents that lists all chapters, in order, and a frame for each. */
function chapterFrames(chapters: readonly AudioChapter[]): Uint8Array[] {
  if (chapters.length === 0) return [];
  const ids = chapters.map((_, i) => joined([ascii(`ch${i + 1}`), ZERO]));
  const TOP_LEVEL_AND_ORDERED = 3;
  const contents = frame(
    'CTOC',
    ascii('toc'),
    ZERO,
    Uint8Array.of(TOP_LEVEL_AND_ORDERED, ids.length),
    ...ids,
  );
  const byTimeAlone = new Uint8Array(8).fill(255); // no byte offsets
  return [
    contents,
    ...chapters.map(({ title, start, end }, i) => {
      const name = frame('TIT2', Uint8Array.of(UTF8), utf8(title));
      return frame('CHAP', ids[i]!, milliseconds(start), milliseconds(end), byTimeAlone, name);
    }),
  ];
}

/** The tag; empty where there is nothing to say. */
export function id3Tag(
  { metadata = {}, text, chapters = [] }: Pick<EncodeOptions, 'metadata' | 'text' | 'chapters'>,
  timeline: Timeline | undefined,
): Uint8Array {
  const head = Uint8Array.of(UTF8);
  const language = ascii('eng');
  const frames = Object.entries(FRAMES).flatMap(([key, id]) => {
    const value = metadata[key as keyof typeof FRAMES];
    return value === undefined ? [] : [frame(id, head, utf8(value))];
  });
  if (metadata.comment !== undefined)
    frames.push(frame('COMM', head, language, ZERO, utf8(metadata.comment)));
  if (metadata.cover) {
    const { data, mediaType } = metadata.cover;
    const FRONT_COVER = Uint8Array.of(3);
    frames.push(frame('APIC', head, ascii(mediaType), ZERO, FRONT_COVER, ZERO, data));
  }
  if (text !== undefined) frames.push(frame('USLT', head, language, ZERO, utf8(text)));
  if (text !== undefined && timeline && timeline.words.length > 0) {
    // 2: times in milliseconds; 1: lyrics. A word is followed by its time.
    const words = wordsOf(timeline, text).flatMap(({ text: word, start }, i) => {
      const time = milliseconds(Math.max(0, start));
      return [utf8(i === 0 ? word : ` ${word}`), ZERO, time];
    });
    frames.push(frame('SYLT', head, language, Uint8Array.of(2, 1, 0), ...words));
  }
  frames.push(...chapterFrames(chapters));
  if (frames.length === 0) return new Uint8Array(0);
  const body = joined(frames);
  return joined([ascii('ID3'), Uint8Array.of(4, 0, 0), synchsafe(body.length), body]);
}
