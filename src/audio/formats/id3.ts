// ID3v2.4, the metadata of MP3: text frames, the lyrics (USLT), and each word with its time (SYLT), which
// players show as it is spoken.
import { wordsOf } from '../caption-cues.js';
import type { Timeline } from '../timeline.js';
import type { AudioMetadata, EncodeOptions } from './format.js';
import { joined } from './joined.js';

const FRAMES: Record<Exclude<keyof AudioMetadata, 'comment'>, string> = {
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

/** The tag; empty where there is nothing to say. */
export function id3Tag(
  { metadata = {}, text }: Pick<EncodeOptions, 'metadata' | 'text'>,
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
  if (text !== undefined) frames.push(frame('USLT', head, language, ZERO, utf8(text)));
  if (text !== undefined && timeline && timeline.words.length > 0) {
    // 2: times in milliseconds; 1: lyrics. A word is followed by its time.
    const words = wordsOf(timeline, text).flatMap(({ text: word, start }, i) => {
      const time = new Uint8Array(4);
      new DataView(time.buffer).setUint32(0, Math.max(0, Math.round(start * 1000)));
      return [utf8(i === 0 ? word : ` ${word}`), ZERO, time];
    });
    frames.push(frame('SYLT', head, language, Uint8Array.of(2, 1, 0), ...words));
  }
  if (frames.length === 0) return new Uint8Array(0);
  const body = joined(frames);
  return joined([ascii('ID3'), Uint8Array.of(4, 0, 0), synchsafe(body.length), body]);
}
