// Chapters of an MP4 file, which the package that writes the rest has not: a text track that the audio refers to, as
// Apple's players want it (QuickTime File Format, Chapter Lists), and the list `chpl` of Nero, which others read. The
// times of the writing go: the same audio is the same file.
import type { AudioChapter } from './format.js';
import { joined } from './joined.js';

const encoder = new TextEncoder();
const HEAD = 8;
/** Ticks of the text track in a second. */
const TICKS = 1000;
/** Nero counts in steps of 100 ns, and both counts chapters and bytes of a title in a byte. */
const NERO_TICKS = 10_000_000;
const MOST_BYTE = 255;

function numbers(width: 1 | 2 | 4 | 8, ...values: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(width * values.length));
  values.forEach((value, i) => {
    if (width === 1) view.setUint8(i, value);
    else if (width === 2) view.setUint16(2 * i, value);
    else if (width === 4) view.setUint32(4 * i, value);
    else view.setBigInt64(8 * i, BigInt(value));
  });
  return new Uint8Array(view.buffer);
}
const u8 = (...values: number[]): Uint8Array => numbers(1, ...values);
const u16 = (...values: number[]): Uint8Array => numbers(2, ...values);
const u32 = (...values: number[]): Uint8Array => numbers(4, ...values);
const i64 = (...values: number[]): Uint8Array => numbers(8, ...values);

function box(type: string, ...content: Uint8Array[]): Uint8Array {
  const size = content.reduce((sum, { length }) => sum + length, HEAD);
  return joined([u32(size), encoder.encode(type), ...content]);
}

/** A box that begins with its version and three bytes of flags. */
const full = (type: string, version: number, flags: number, ...content: Uint8Array[]): Uint8Array =>
  box(type, u32((version << 24) | flags), ...content);

interface Box {
  type: string;
  bytes: Uint8Array;
}

/** The boxes that stand after each other in some bytes. */
function boxesIn(bytes: Uint8Array): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + HEAD <= bytes.length; ) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    const size = view.getUint32(0);
    if (size < HEAD || at + size > bytes.length) break; // mdat of a large file: what follows is no index
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + HEAD));
    boxes.push({ type, bytes: bytes.subarray(at, at + size) });
    at += size;
  }
  return boxes;
}

const childrenOf = ({ bytes }: Box): Box[] => boxesIn(bytes.subarray(HEAD));

const TIMED = new Set(['mvhd', 'tkhd', 'mdhd']);
const NESTS = new Set(['moov', 'trak', 'mdia']);

/** Takes out when the file was made, in place. @param bytes of whole boxes. */
export function forgetTimes(bytes: Uint8Array): void {
  for (const one of boxesIn(bytes)) {
    if (NESTS.has(one.type)) forgetTimes(one.bytes.subarray(HEAD));
    if (!TIMED.has(one.type)) continue;
    const width = one.bytes[HEAD] === 1 ? 8 : 4;
    one.bytes.fill(0, HEAD + 4, HEAD + 4 + 2 * width); // creation, modification
  }
}

/** An index with chapters, and the box of their titles that is to follow it. */
export interface Chaptered {
  moov: Uint8Array;
  titles: Uint8Array;
}

/**
 * Adds chapters to the index of a file whose index stands behind the audio.
 * @param moov the box as it is.
 * @param place of the box in the file, in bytes.
 */
export function withChapters(moov: Uint8Array, place: number, chapters: readonly AudioChapter[]): Chaptered {
  const parts = boxesIn(moov.subarray(HEAD));
  const header = parts.find(({ type }) => type === 'mvhd')!.bytes.slice();
  const view = new DataView(header.buffer);
  const timescale = view.getUint32(header[HEAD] === 1 ? HEAD + 20 : HEAD + 12);
  const track = view.getUint32(header.length - 4); // the next free number
  view.setUint32(header.length - 4, track + 1);
  const samples = chapters.map(({ title }) => textSample(title));
  const rebuilt = (offset: number): Uint8Array =>
    box(
      'moov',
      header,
      ...parts.flatMap(({ type, bytes }) => {
        if (type === 'mvhd' || type === 'udta') return [];
        return type === 'trak' ? [referring(bytes, track)] : [bytes];
      }),
      textTrack(track, timescale, chapters, samples, offset),
      userData(parts, chapters),
    );
  const size = rebuilt(0).length;
  return { moov: rebuilt(place + size + HEAD), titles: box('mdat', ...samples) };
}

/** The audio's track names the one of its chapters. */
function referring(trak: Uint8Array, track: number): Uint8Array {
  return box('trak', trak.subarray(HEAD), box('tref', box('chap', u32(track))));
}

/** A title behind its length; `encd` says that it is UTF-8. */
function textSample(title: string): Uint8Array {
  const UTF8 = 0x100;
  const text = encoder.encode(title);
  return joined([u16(text.length), text, box('encd', u32(UTF8))]);
}

function userData(parts: readonly Box[], chapters: readonly AudioChapter[]): Uint8Array {
  const own = parts.find(({ type }) => type === 'udta');
  const others = own ? childrenOf(own).map(({ bytes }) => bytes) : [];
  const entries = chapters.slice(0, MOST_BYTE).flatMap(({ title, start }) => {
    const { bytes, length } = shortened(title);
    return [i64(Math.round(start * NERO_TICKS)), u8(length), bytes];
  });
  const count = Math.min(MOST_BYTE, chapters.length);
  return box('udta', ...others, full('chpl', 1, 0, u32(0), u8(count), ...entries));
}

/** At most as many bytes as a byte can count, of whole characters. */
function shortened(title: string): { bytes: Uint8Array; length: number } {
  const bytes = new Uint8Array(MOST_BYTE);
  const { written } = encoder.encodeInto(title, bytes);
  return { bytes: bytes.subarray(0, written), length: written };
}

const MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000);

function textTrack(
  track: number,
  timescale: number,
  chapters: readonly AudioChapter[],
  samples: readonly Uint8Array[],
  offset: number,
): Uint8Array {
  const starts = chapters.map(({ start }) => Math.round(start * TICKS));
  const end = Math.round(chapters.at(-1)!.end * TICKS);
  const durations = starts.map((start, i) => (starts[i + 1] ?? end) - start);
  const inMovie = (ticks: number): number => Math.round((ticks * timescale) / TICKS);
  const [first] = starts as [number];
  const ONE = u16(1, 0); // a rate
  // What comes before the first chapter is an edit without media.
  const edits = first > 0 ? [joined([i64(inMovie(first), -1), ONE])] : [];
  edits.push(joined([i64(inMovie(end - first), 0), ONE]));
  const IN_MOVIE = 2; // and not enabled: players do not show it as text
  const UNDETERMINED = 0x55c4;
  return box(
    'trak',
    full(
      'tkhd',
      1,
      IN_MOVIE,
      ...[i64(0, 0), u32(track, 0), i64(inMovie(end)), u32(0, 0), u16(0, 0, 0, 0), MATRIX, u32(0, 0)],
    ),
    box('edts', full('elst', 1, 0, u32(edits.length), ...edits)),
    box(
      'mdia',
      full('mdhd', 1, 0, i64(0, 0), u32(TICKS), i64(end - first), u16(UNDETERMINED, 0)),
      full('hdlr', 0, 0, u32(0), encoder.encode('text'), u32(0, 0, 0), u8(0)),
      box(
        'minf',
        box('gmhd', full('gmin', 0, 0, u16(0x40, 0x8000, 0x8000, 0x8000, 0, 0)), box('text', MATRIX)),
        box('dinf', full('dref', 0, 0, u32(1), full('url ', 0, 1))), // in this file
        box(
          'stbl',
          full('stsd', 0, 0, u32(1), textDescription()),
          full('stts', 0, 0, u32(durations.length), ...durations.map((duration) => u32(1, duration))),
          full('stsc', 0, 0, u32(1), u32(1, samples.length, 1)),
          full('stsz', 0, 0, u32(0, samples.length), ...samples.map(({ length }) => u32(length))),
          full('co64', 0, 0, u32(1), i64(offset)),
        ),
      ),
    ),
  );
}

/** How the text would look if it were shown. */
function textDescription(): Uint8Array {
  const FIRST_REFERENCE = 1;
  const LOOK = new Uint8Array(36); // colours, box and font, which has no name
  return box('text', u16(0, 0, 0, FIRST_REFERENCE), u32(1, 1), LOOK);
}
