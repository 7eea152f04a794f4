// Files of people -> books: EPUB by chapter, text and Markdown as one chapter, SSML as one document, a folder as one
// book of its files, JSONL as one book a line.
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { decodeText, VoirsError } from 'voirs';
import { readEpub } from 'voirs/epub';
import type { Book, Chapter } from './book.js';

/** Extensions that are read. */
const TEXTS = ['.txt', '.md', '.html', '.htm', '.xhtml'];
const MARKUP = ['.ssml', '.xml'];
const READ = [...TEXTS, ...MARKUP];

/**
 * The books of a file or folder.
 * @throws VoirsError IO_ERROR; INVALID_TEXT for what is no book, with the line of JSONL.
 */
export async function readBooks(path: string): Promise<Book[]> {
  const title = basename(path).replace(/\.[^.]+$/, '');
  try {
    if ((await stat(path)).isDirectory()) return [{ title, chapters: await chaptersOf(path) }];
    const extension = extname(path).toLowerCase();
    if (extension === '.epub') {
      const { title: name, authors, chapters, cover } = readEpub(await readFile(path));
      const author = authors.join(', ');
      const read = chapters.map((chapter): Chapter => ({ title: chapter.title, text: chapter.html }));
      return [
        {
          title: name,
          ...(author === '' ? {} : { author }),
          ...(cover && {
            cover: { mediaType: cover.mediaType, base64: Buffer.from(cover.data).toString('base64') },
          }),
          chapters: read,
        },
      ];
    }
    if (extension === '.jsonl' || extension === '.ndjson')
      return readLines(decodeText(await readFile(path), path));
    if (READ.includes(extension)) return [{ title, chapters: [await chapterOf(path)] }];
  } catch (cause) {
    if (cause instanceof VoirsError) throw cause;
    throw new VoirsError('IO_ERROR', `${path} cannot be read`, { got: (cause as Error).message, cause });
  }
  throw new VoirsError('INVALID_TEXT', 'The kind of the file is unknown', {
    got: basename(path),
    wanted: `.epub, .jsonl, ${READ.join(', ')}, or a folder of them`,
  });
}

/** Files of a folder in the order of their names, numbers as numbers: 2 comes before 10. Hidden files are nobody's text. */
async function chaptersOf(folder: string): Promise<Chapter[]> {
  const order = new Intl.Collator('en', { numeric: true });
  const names = (await readdir(folder)).filter(
    (name) => !name.startsWith('.') && READ.includes(extname(name).toLowerCase()),
  );
  if (names.length === 0) {
    throw new VoirsError('INVALID_TEXT', 'The folder has no text', {
      got: folder,
      wanted: `files of ${READ.join(', ')}`,
    });
  }
  const chapters: Chapter[] = [];
  for (const name of names.sort(order.compare)) chapters.push(await chapterOf(join(folder, name)));
  return chapters;
}

async function chapterOf(path: string): Promise<Chapter> {
  const title = basename(path, extname(path));
  const input = MARKUP.includes(extname(path).toLowerCase()) ? 'ssml' : 'text';
  return { title, text: decodeText(await readFile(path), path), input };
}

/** `{ "title", "text" }` or a whole {@link Book} a line. */
function readLines(text: string): Book[] {
  return text.split('\n').flatMap((line, i): Book[] => {
    if (line.trim() === '') return [];
    try {
      const { text: one, ...book } = JSON.parse(line) as Partial<Book> & { text?: unknown };
      const title = book.title ?? `Line ${i + 1}`;
      if (typeof one === 'string') return [{ ...book, title, chapters: [{ title, text: one }] }];
      if (Array.isArray(book.chapters)) return [{ ...book, title, chapters: book.chapters }];
    } catch {
      // told below
    }
    throw new VoirsError('INVALID_TEXT', `Line ${i + 1} is no book`, {
      got: line.slice(0, 80),
      wanted: '{ "title": "...", "text": "..." } or { "title": "...", "chapters": [{ "title", "text" }] }',
    });
  });
}
