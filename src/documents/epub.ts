// Reads books as people have them, EPUB 2 and 3: the chapters in reading order with their titles, so that a book
// can be spoken chapter by chapter.
import { strFromU8, unzipSync } from 'fflate';
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import { shown, VoirsError } from '../errors.js';

/** A book. */
export interface Epub {
  title: string;
  authors: string[];
  /** BCP 47; empty where the book states none. */
  language: string;
  chapters: EpubChapter[];
  /** JPEG or PNG of at most 16,000,000 bytes; absent where the book has no such. */
  cover?: EpubCover;
}

/** The picture of a book. */
export interface EpubCover {
  data: Uint8Array;
  mediaType: 'image/jpeg' | 'image/png';
}

/** What the table of contents names, up to the next thing that it names. */
export interface EpubChapter {
  title: string;
  /** The bodies of its documents as they stand in the book, XHTML; `synthesize` reads such markup. */
  html: string;
}

/** Bytes of all texts of a book, unpacked. The Bible has 5 MB. */
const MOST_BYTES = 256 * 2 ** 20;
/** As `zip` packs a text of one letter: what is packed more tightly is no book. */
const MOST_RATIO = 1032;
const MOST_FILES = 20_000;
const MOST_COVER_BYTES = 16_000_000;

/**
 * Reads an EPUB.
 * @param bytes the file.
 * @throws VoirsError INVALID_TEXT for a file that is no EPUB, is encrypted, or holds no text.
 */
export function readEpub(bytes: Uint8Array): Epub {
  const files = unpacked(bytes);
  refuseEncrypted(files);
  const container = textOf(files, 'META-INF/container.xml');
  const root = elements(container, ['rootfile'])[0]?.attributes['full-path'];
  if (root === undefined) throw noEpub('META-INF/container.xml without a rootfile');
  const book = textOf(files, root);
  const folder = folderOf(root);

  const items = new Map<string, Item>();
  for (const { attributes } of elements(book, ['item'])) {
    const { id, href, properties = '', 'media-type': type = '' } = attributes;
    if (id !== undefined && href !== undefined)
      items.set(id, {
        path: resolved(folder, href),
        type,
        isContents: properties.split(/\s+/).includes('nav'),
        isCover: properties.split(/\s+/).includes('cover-image'),
      });
  }
  const spine = elements(book, ['itemref'])
    .filter(({ attributes }) => attributes.linear !== 'no')
    .flatMap(({ attributes }) => items.get(attributes.idref ?? '') ?? [])
    .filter(({ type, isContents }) => /html/.test(type) && !isContents)
    .map(({ path }) => path);
  if (spine.length === 0) throw noEpub('a book without a reading order');

  const titles = contentsOf(files, [...items.values()]);
  const chapters = joinedChapters(files, spine, titles);
  if (chapters.length === 0) throw noEpub('a book without text');
  const [title = ''] = texts(book, 'title');
  return {
    title: title || chapters[0]!.title,
    authors: texts(book, 'creator').filter(Boolean),
    language: texts(book, 'language')[0] ?? '',
    chapters,
    ...coverOf(bytes, book, items),
  };
}

/** EPUB 3 marks the picture in its list of files, EPUB 2 names it in its metadata. */
function coverOf(archive: Uint8Array, book: string, items: ReadonlyMap<string, Item>): { cover?: EpubCover } {
  const named = elements(book, ['meta']).find(({ attributes }) => attributes.name === 'cover');
  const item =
    [...items.values()].find(({ isCover }) => isCover) ?? items.get(named?.attributes.content ?? '');
  const mediaType = item?.type === 'image/jpg' ? 'image/jpeg' : item?.type;
  if (!item || (mediaType !== 'image/jpeg' && mediaType !== 'image/png')) return {};
  try {
    const found = unzipSync(archive, {
      filter: ({ name, originalSize }) => name === item.path && originalSize <= MOST_COVER_BYTES,
    })[item.path];
    return found && found.length > 0 ? { cover: { data: found, mediaType } } : {};
  } catch {
    return {}; // a book with a broken picture can be read all the same
  }
}

interface Item {
  path: string;
  type: string;
  isContents: boolean;
  isCover: boolean;
}

type Files = Readonly<Record<string, Uint8Array>>;

/** Texts of the archive; the filter runs on what the archive says of sizes before a byte is unpacked. */
function unpacked(bytes: Uint8Array): Files {
  let total = 0;
  let count = 0;
  try {
    return unzipSync(bytes, {
      filter: ({ name, size, originalSize }) => {
        if (!/\.(xml|opf|ncx|x?html?|htm)$/i.test(name)) return false;
        total += originalSize;
        if (total > MOST_BYTES || ++count > MOST_FILES || originalSize > size * MOST_RATIO + 64)
          throw noEpub('an archive that unpacks to more than a book');
        return true;
      },
    });
  } catch (cause) {
    if (cause instanceof VoirsError) throw cause;
    throw noEpub('a file that is no ZIP archive', cause);
  }
}

function noEpub(got: string, cause?: unknown): VoirsError {
  return new VoirsError('INVALID_TEXT', 'The file is no EPUB that can be read', {
    got,
    wanted: 'EPUB 2 or 3 without encryption',
    cause,
  });
}

/** Fonts may be obfuscated; texts may not. */
function refuseEncrypted(files: Files): void {
  const path = 'META-INF/encryption.xml';
  if (!Object.hasOwn(files, path)) return;
  const locked = elements(textOf(files, path), ['CipherReference']).some(({ attributes }) =>
    /\.(x?html?|htm|opf|ncx)$/i.test(attributes.URI ?? ''),
  );
  if (locked) throw noEpub('a book whose texts are encrypted (DRM)');
}

function textOf(files: Files, path: string): string {
  if (!Object.hasOwn(files, path)) throw noEpub(`an archive without ${shown(path)}`);
  const bytes = files[path]!;
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!isUtf16) return strFromU8(bytes).replace(/^\u{feff}/u, '');
  return new TextDecoder(bytes[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(bytes);
}

interface Element {
  name: string;
  attributes: Record<string, string>;
  text: string;
}

/** Elements by their local names, with all text below them. Faults of the markup are passed over. */
function elements(xml: string, wanted: readonly string[]): Element[] {
  const parser = new SaxesParser({ xmlns: true });
  const found: Element[] = [];
  const open: boolean[] = [];
  const active: Element[] = []; // those of `open` that are wanted
  parser.on('error', () => {}); // books have undeclared entities and unclosed tags
  parser.on('opentag', ({ local, attributes }: SaxesTagNS) => {
    open.push(wanted.includes(local));
    if (!open.at(-1)) return;
    const own: Record<string, string> = Object.create(null);
    for (const { local: name, value } of Object.values(attributes) as SaxesAttributeNS[]) own[name] = value;
    const element = { name: local, attributes: own, text: '' };
    found.push(element);
    active.push(element);
  });
  parser.on('text', (text) => {
    for (const element of active) element.text += text;
  });
  parser.on('closetag', () => {
    if (open.pop()) active.pop();
  });
  parser.write(xml).close();
  return found;
}

function texts(xml: string, name: string): string[] {
  return elements(xml, [name]).map(({ text }) => plain(text));
}

const plain = (text: string): string => text.replace(/\s+/g, ' ').trim();

const folderOf = (path: string): string => path.replace(/[^/]*$/, '');

/** The path of a reference in the archive, without its fragment. */
function resolved(folder: string, href: string): string {
  let reference = href.replace(/[#?].*$/s, '');
  try {
    reference = decodeURIComponent(reference);
  } catch {
    // as it stands
  }
  const parts: string[] = [];
  for (const part of `${folder}${reference}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

/** The first title that the table of contents has for each document: that of EPUB 3, else of EPUB 2. */
function contentsOf(files: Files, items: readonly Item[]): Map<string, string> {
  const titles = new Map<string, string>();
  const add = (folder: string, href: string | undefined, title: string): void => {
    if (href === undefined || title === '') return;
    const path = resolved(folder, href);
    if (!titles.has(path)) titles.set(path, title);
  };
  const nav = items.find(({ isContents, path }) => isContents && Object.hasOwn(files, path));
  if (nav) {
    const [contents] = /<nav\b[^>]*\btoc\b[\s\S]*?<\/nav>/.exec(textOf(files, nav.path)) ?? [''];
    const parsed = elements(`<x xmlns:epub="epub">${contents}</x>`, ['a']);
    for (const { attributes, text } of parsed) add(folderOf(nav.path), attributes.href, plain(text));
  }
  const ncx = items.find(({ type, path }) => /ncx/.test(type) && Object.hasOwn(files, path));
  if (ncx && titles.size === 0) {
    let label = '';
    for (const { name, attributes, text } of elements(textOf(files, ncx.path), ['navLabel', 'content'])) {
      if (name === 'navLabel') label = plain(text);
      else add(folderOf(ncx.path), attributes.src, label);
    }
  }
  return titles;
}

/** A document that the table of contents does not name continues the chapter before it. */
function joinedChapters(files: Files, spine: readonly string[], titles: Map<string, string>): EpubChapter[] {
  const chapters: EpubChapter[] = [];
  for (const path of spine) {
    if (!Object.hasOwn(files, path)) continue; // the reading order names what is not there
    const html = bodyOf(textOf(files, path));
    const title = titles.get(path);
    const last = chapters.at(-1);
    if (title === undefined && titles.size > 0 && last) last.html += `\n${html}`;
    else if (hasText(html))
      chapters.push({ title: title ?? headingOf(html) ?? `${chapters.length + 1}`, html });
  }
  return chapters;
}

function headingOf(html: string): string | undefined {
  const [, heading] = /<h[1-6]\b[^>]*>([\s\S]*?)<\/h[1-6]>/i.exec(html) ?? [];
  return plain((heading ?? '').replace(/<[^>]*>/g, ' ')) || undefined;
}

/** The head has titles for windows, not for readers. */
function bodyOf(document: string): string {
  const body = document.search(/<body\b/i);
  return body < 0 ? document.replace(/^<\?xml[^>]*>/, '') : document.slice(body);
}

/** Whether anything stands in it besides markup, as on a cover. */
function hasText(html: string): boolean {
  return /[\p{L}\p{N}]/u.test(html.replace(/<[^>]*>/g, ' ').replace(/&[#\w]+;/g, ' '));
}
