// A file that was dropped or chosen -> a text to read.
import { ask } from '../work/client.js';
import { textOfHtml } from './html-text.js';
import { textOfSubtitles } from './srt.js';

export const ACCEPTED = '.txt,.text,.md,.markdown,.html,.htm,.xhtml,.epub,.srt,.vtt';

const MOST_BYTES = 50e6;

/** @throws Error with a message for people. */
export async function textOfFile(file: File): Promise<string> {
  const kind = file.name.toLowerCase().match(/\.([a-z]+)$/)?.[1] ?? 'txt';
  if (file.size > MOST_BYTES) throw new Error(`${file.name} is larger than 50 MB. Choose a smaller file.`);
  if (!ACCEPTED.split(',').includes(`.${kind}`)) {
    throw new Error(
      `${file.name} is no file of text. The studio reads text, Markdown, HTML, EPUB and subtitles.`,
    );
  }
  const text = await read(file, kind);
  if (text.trim() === '') throw new Error(`${file.name} holds no text.`);
  return text;
}

async function read(file: File, kind: string): Promise<string> {
  if (kind === 'epub') {
    const { chapters } = await ask('book', { bytes: new Uint8Array(await file.arrayBuffer()) });
    return chapters.map(({ html }) => textOfHtml(html)).join('\n\n');
  }
  const content = decoded(await file.arrayBuffer(), file.name);
  if (kind === 'srt' || kind === 'vtt') return textOfSubtitles(content);
  return /html?$/.test(kind) ? textOfHtml(content) : content.replace(/\r\n?/g, '\n');
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
