// Joins the parts of a book into one file with chapter marks and captions. Parts are read second by second, so that a
// book of twenty hours takes no more memory than a page.
import {
  type AudioChapter,
  type AudioChunk,
  type CaptionFormat,
  captions,
  encodeFile,
  readableText,
  type TimedWord,
  type Timeline,
  toTextGrid,
} from 'voirs';
import { audioFormatOf, type Part, type PlannedBook, paths, slugOf } from './book.js';
import { type SpokenPart, spokenPart } from './speak.js';
import type { Store, Written } from './store.js';

/** Seconds of silence between parts of a chapter, and between chapters. */
const BETWEEN_PARTS = 0.6;
const BETWEEN_CHAPTERS = 1.5;

/** A finished book. */
export interface BookResult {
  title: string;
  /** Seconds. */
  duration: number;
  chapters: AudioChapter[];
  files: ({ name: string } & Written)[];
}

/** A part in the book's time. */
interface Placed {
  part: Part;
  spoken: SpokenPart;
  /** Samples of silence before it. */
  silence: number;
  /** Samples from the beginning of the book. */
  start: number;
}

/** Parts that were set aside: the book waits for a retry. */
export class MissingParts extends Error {}

/**
 * Joins a book whose parts are all spoken.
 * @throws MissingParts with their numbers; VoirsError IO_ERROR, ENCODER_NOT_FOUND.
 */
export async function join(store: Store, book: PlannedBook): Promise<BookResult> {
  const placed = await place(store, book);
  const sampleRate = placed[0]!.spoken.sampleRate;
  const last = placed.at(-1)!;
  const duration = (last.start + last.spoken.length) / sampleRate;
  const chapters = chaptersOf(book, placed, duration);
  const { format = 'mp3', bitRate, title, author, cover } = book;
  const metadata = {
    title,
    album: title,
    ...(author === undefined ? {} : { artist: author }),
    ...(cover && { cover: { mediaType: cover.mediaType, data: Buffer.from(cover.base64, 'base64') } }),
  };
  const rated = bitRate === undefined ? {} : { bitRate };
  const options = { format: audioFormatOf(format), metadata, chapters, ...rated };
  const files: BookResult['files'] = [];
  const write = async (
    file: string,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> => {
    files.push({ name: file, ...(await store.write(paths.file(book.id, file), pieces)) });
  };
  const name = slugOf(title);
  for (const caption of book.captions ?? [])
    await write(`${name}.${caption}`, [Buffer.from(captionsOf(caption, book, placed, duration))]);
  await write(`${name}.${format}`, encodeFile(samplesOf(store, placed), options));
  const result: BookResult = { title, duration, chapters, files };
  await store.write(paths.result(book.id), [Buffer.from(JSON.stringify(result))]);
  return result;
}

async function place(store: Store, { parts }: PlannedBook): Promise<Placed[]> {
  const placed: Placed[] = [];
  const missing: number[] = [];
  let end = 0;
  for (const [i, part] of parts.entries()) {
    const spoken = await spokenPart(store, part.key);
    if (spoken === undefined) {
      missing.push(i + 1);
      continue;
    }
    const before = parts[i - 1];
    const pause =
      before === undefined ? 0 : before.chapter === part.chapter ? BETWEEN_PARTS : BETWEEN_CHAPTERS;
    const silence = Math.round(pause * spoken.sampleRate);
    placed.push({ part, spoken, silence, start: end + silence });
    end += silence + spoken.length;
  }
  if (missing.length === 0) return placed;
  const which = missing.slice(0, 8).join(', ');
  throw new MissingParts(`${missing.length} of ${parts.length} parts were set aside: ${which}`);
}

/** A chapter lasts until the next begins. Chapters without text have no mark. */
function chaptersOf({ chapters }: PlannedBook, placed: readonly Placed[], duration: number): AudioChapter[] {
  const firsts = placed.filter(({ part }, i) => part.chapter !== placed[i - 1]?.part.chapter);
  const startOf = (one: Placed | undefined): number => (one ? one.start / one.spoken.sampleRate : duration);
  return firsts.map((first, i) => ({
    title: chapters[first.part.chapter]!.title,
    start: startOf(first),
    end: startOf(firsts[i + 1]),
  }));
}

async function* samplesOf(
  store: Store,
  placed: readonly Placed[],
): AsyncGenerator<AudioChunk, void, undefined> {
  for (const { part, spoken, silence } of placed) {
    const { sampleRate } = spoken;
    if (silence > 0) yield chunkOf(new Float32Array(silence), sampleRate);
    let rest = Buffer.alloc(0); // half a sample of the piece before
    for await (const piece of store.stream(paths.samples(part.key))) {
      const bytes = rest.length === 0 ? Buffer.from(piece) : Buffer.concat([rest, piece]);
      const samples = new Float32Array(bytes.length >> 1);
      for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(2 * i) / 32_767;
      rest = bytes.subarray(samples.length * 2);
      if (samples.length > 0) yield chunkOf(samples, sampleRate);
    }
  }
}

const chunkOf = (samples: Float32Array, sampleRate: number): AudioChunk => ({
  samples,
  sampleRate,
  channels: 1,
  dispose() {},
});

/** Captions of the whole book: spans of the words move by what stands before their part. */
function captionsOf(
  format: CaptionFormat,
  book: PlannedBook,
  placed: readonly Placed[],
  duration: number,
): string {
  const words: TimedWord[] = [];
  const marks: Timeline['marks'] = [];
  let text = '';
  for (const { part, spoken, start } of placed) {
    if (text !== '') text += '\n\n';
    const [shift, time] = [text.length, start / spoken.sampleRate];
    const { text: own, input } = book.chapters[part.chapter]!;
    text += readableText(own.slice(part.start, part.end), input);
    for (const word of spoken.timeline.words) {
      const { span, phones } = word;
      words.push({
        ...word,
        span: [span[0] + shift, span[1] + shift],
        start: word.start + time,
        end: word.end + time,
        phones: phones.map((phone) => ({ ...phone, start: phone.start + time, end: phone.end + time })),
      });
    }
    for (const mark of spoken.timeline.marks) marks.push({ ...mark, time: mark.time + time });
  }
  const timeline = { words, marks };
  return format === 'textgrid'
    ? toTextGrid(timeline, { text, duration })
    : captions(timeline, format, { text });
}
