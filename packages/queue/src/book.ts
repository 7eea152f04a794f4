// What people ask for and what becomes of it: a book of chapters, its parts, and the files under which a store keeps
// them.
import {
  type AudioCover,
  type AudioFormat,
  CAPTION_FORMATS,
  type CaptionFormat,
  type SynthesisOptions,
  VoirsError,
} from 'voirs';
import { digest, versionOf } from './digest.js';
import { CHARACTERS_PER_MINUTE, split } from './split.js';

/** Formats of a finished book. */
export const BOOK_FORMATS = ['mp3', 'm4b', 'opus', 'flac'] as const;
export type BookFormat = (typeof BOOK_FORMATS)[number];

/** The format of a book as the engine calls it. */
export const audioFormatOf = (format: BookFormat = 'mp3'): AudioFormat => (format === 'm4b' ? 'm4a' : format);

/** How a book is spoken: options of `synthesize` that can be stored. */
export type Speaking = Omit<SynthesisOptions, 'input' | 'signal' | 'onProgress'>;

/** One chapter. */
export interface Chapter {
  title: string;
  /** Plain text with whatever markup `synthesize` reads, or SSML. */
  text: string;
  /** Default: text. SSML is one part, however long. */
  input?: 'text' | 'ssml' | undefined;
}

/** A picture as it can be stored beside a text. */
export interface BookCover {
  mediaType: AudioCover['mediaType'];
  /** The file of the picture, at most 16,000,000 bytes. */
  base64: string;
}

/** What is asked for. */
export interface Book {
  title: string;
  author?: string | undefined;
  /** The picture that players show. */
  cover?: BookCover | undefined;
  chapters: readonly Chapter[];
  speaking?: Speaking | undefined;
  /** Folder of weights, the same on all workers; default: the shipped set that has the voice. */
  weights?: string | undefined;
  /** Hz; default 24,000. */
  sampleRate?: number | undefined;
  /** Default mp3. */
  format?: BookFormat | undefined;
  /** Bits per second, see `EncodeOptions`. */
  bitRate?: number | undefined;
  /** Caption files beside the book. Default: none. */
  captions?: readonly CaptionFormat[] | undefined;
  /** Longest part in minutes of speech, about; default 5. */
  partMinutes?: number | undefined;
}

/** A stretch of a chapter that is spoken as one job. */
export interface Part {
  /** Digest of all that shapes its audio. */
  key: string;
  chapter: number;
  /** UTF-16 code units of the chapter's text, [start, end). */
  start: number;
  end: number;
}

/** A book as it lies in the store, before it is spoken. */
export interface PlannedBook extends Book {
  id: string;
  parts: Part[];
  characters: number;
}

/** What a worker needs to speak a part. */
export interface PartRequest {
  text: string;
  input: 'text' | 'ssml';
  speaking: Speaking;
  weights?: string | undefined;
  sampleRate: number;
}

/** Longest SSML document; it cannot be cut. */
const MOST_SSML = 200_000;
/** Base64 of what a file of FLAC can hold. */
const MOST_COVER = 21_333_336;
/** ID3 counts chapters in a byte. */
const MOST_CHAPTERS = 255;

/** Names in the store. */
export const paths = {
  request: (part: string) => `parts/${part}.request.json`,
  samples: (part: string) => `parts/${part}.pcm`,
  times: (part: string) => `parts/${part}.json`,
  book: (book: string) => `books/${book}/book.json`,
  result: (book: string) => `books/${book}/result.json`,
  file: (book: string, name: string) => `books/${book}/${name}`,
};

/**
 * Cuts a book into parts and gives everything its address.
 * @param tenant whose the book is: two who ask for the same have a book each, of the same parts.
 * @throws VoirsError INVALID_OPTIONS for what no worker could speak.
 */
export async function plan(book: Book, tenant = ''): Promise<PlannedBook> {
  check(book);
  const version = await versionOf(book.speaking?.voice, book.weights);
  const most = Math.round((book.partMinutes ?? 5) * CHARACTERS_PER_MINUTE);
  const parts = book.chapters.flatMap(({ text, input }, chapter): Part[] => {
    const stretches = input === 'ssml' ? [{ start: 0, end: text.length }] : split(text, most);
    return stretches
      .filter(({ start, end }) => text.slice(start, end).trim() !== '')
      .map((stretch) => ({ key: '', chapter, ...stretch }));
  });
  if (parts.length === 0)
    throw new VoirsError('INVALID_OPTIONS', 'The book has no text', { got: book.title });
  for (const part of parts) part.key = digest([version, requestOf(book, part)]);
  const { title, author, cover, format, bitRate, captions } = book;
  const titles = book.chapters.map((chapter) => chapter.title);
  const all = parts.map(({ key, chapter }) => [key, chapter]);
  const shape = { title, author, cover, titles, format, bitRate, captions, all, tenant };
  const id = `${slugOf(title)}-${digest(shape).slice(0, 16)}`;
  const characters = parts.reduce((sum, { start, end }) => sum + end - start, 0);
  return { ...book, id, parts, characters };
}

/** A title as the name of a folder and its files. */
export function slugOf(title: string): string {
  const plain = title.normalize('NFKD').toLowerCase().replace(/\p{M}/gu, '');
  return (
    plain
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 48)
      .replace(/-$/, '') || 'book'
  );
}

/** What is spoken for a part. */
export function requestOf(book: Book, { chapter, start, end }: Part): PartRequest {
  const { text, input = 'text' } = book.chapters[chapter]!;
  const { speaking = {}, weights, sampleRate = 24_000 } = book;
  return { text: text.slice(start, end), input, speaking, weights, sampleRate };
}

type Refuse = (what: string, got: unknown, wanted: string) => never;

function checkCover({ mediaType, base64 }: BookCover, refuse: Refuse): void {
  const types = ['image/jpeg', 'image/png'];
  if (!types.includes(mediaType)) refuse('The cover is of another type', mediaType, types.join(', '));
  const isText = typeof base64 === 'string' && base64.length <= MOST_COVER;
  if (!isText || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64))
    refuse('The cover is no picture', base64, `base64 of at most ${MOST_COVER} characters`);
}

function check(book: Book): void {
  const refuse: Refuse = (what, got, wanted) => {
    throw new VoirsError('INVALID_OPTIONS', what, {
      got: JSON.stringify(got)?.slice(0, 80) ?? 'nothing',
      wanted,
    });
  };
  const { title, author, cover, chapters, format = 'mp3', captions = [], partMinutes = 5 } = book;
  if (typeof title !== 'string' || title.trim() === '') refuse('The book has no title', title, 'a string');
  if (author !== undefined && typeof author !== 'string') refuse('The author is no name', author, 'a string');
  if (cover !== undefined) checkCover(cover, refuse);
  if (!Array.isArray(chapters)) refuse('The book has no chapters', chapters, 'a list of { title, text }');
  if (chapters.length > MOST_CHAPTERS)
    refuse('The book has too many chapters', chapters.length, `at most ${MOST_CHAPTERS}`);
  for (const [i, { title: name, text, input = 'text' }] of chapters.entries()) {
    const where = `Chapter ${i + 1}`;
    if (typeof name !== 'string' || typeof text !== 'string')
      refuse(`${where} has no title or text`, { title: name, text }, 'two strings');
    if (input !== 'text' && input !== 'ssml')
      refuse(`The input of ${where} is unknown`, input, 'text or ssml');
    if (input === 'ssml' && text.length > MOST_SSML)
      refuse(
        `${where} is one document of SSML and cannot be cut`,
        text.length,
        `at most ${MOST_SSML} characters`,
      );
  }
  if (!BOOK_FORMATS.includes(format))
    refuse('The format of the book is unknown', format, BOOK_FORMATS.join(', '));
  for (const one of captions)
    if (!CAPTION_FORMATS.includes(one))
      refuse('The format of captions is unknown', one, CAPTION_FORMATS.join(', '));
  if (!(partMinutes >= 0.1 && partMinutes <= 60))
    refuse('partMinutes is out of range', partMinutes, '0.1 to 60');
}
