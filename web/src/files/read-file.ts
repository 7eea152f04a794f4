// A file that was dropped or chosen -> a text to read.
import { ask } from '../work/client.js';
import { textOfHtml } from './html-text.js';

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
  const read = await ask('read', { bytes: await file.arrayBuffer(), name: file.name, kind });
  if ('text' in read) return read.text;
  const texts: string[] = [];
  for (const page of read.pages) texts.push(await textOfHtml(page));
  return texts.join('\n\n');
}
