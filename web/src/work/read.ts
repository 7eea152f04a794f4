// Reads the bytes of a file: what is not HTML as its text.
import { textOfSubtitles } from '../files/srt.js';
import type { FileText } from './tasks.js';

export async function read({
  bytes,
  name,
  kind,
}: {
  bytes: ArrayBuffer;
  name: string;
  kind: string;
}): Promise<FileText> {
  if (kind === 'epub') {
    const { readEpub } = await import('../../../src/documents/epub.js');
    return { pages: readEpub(new Uint8Array(bytes)).chapters.map(({ html }) => html) };
  }
  const content = decoded(bytes, name);
  if (kind === 'srt' || kind === 'vtt') return { text: textOfSubtitles(content) };
  return /html?$/.test(kind) ? { pages: [content] } : { text: content.replace(/\r\n?/g, '\n') };
}

/** UTF-8, UTF-16 with its mark, or the old encoding of Windows. */
function decoded(bytes: ArrayBuffer, name: string): string {
  const head = new Uint8Array(bytes.slice(0, 2));
  const mark =
    head[0] === 0xff && head[1] === 0xfe
      ? 'utf-16le'
      : head[0] === 0xfe && head[1] === 0xff
        ? 'utf-16be'
        : '';
  if (mark) return new TextDecoder(mark).decode(bytes);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder('windows-1252').decode(bytes);
  }
  if (text.includes('\0')) throw new Error(`${name} is no file of text.`);
  return text;
}
