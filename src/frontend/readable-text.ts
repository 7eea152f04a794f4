// The text that a reader sees in captions: the source without its markup, every character in its place, so that the
// spans of words point into both. It is asked for at once, where no language can be loaded: its markup is English.
import { MARKUP_WORDS } from './en-us/markup-words.js';
import { MarkupStream } from './markup.js';

const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
};

/** Signs of Markdown that the reader passes over without taking them out: of headings, lists, quotes, rules, emphasis, code, tables. */
const SIGNS = [
  /^ {0,3}#{1,6}(?= )/gm,
  /^[ \t]*>[> \t]*/gm,
  /^[ \t]*[-+*•](?=[ \t]+\S)(?:[ \t]+\[[ xX]\](?=[ \t]))?/gm,
  /^ {0,3}(?:(?:- *){3,}|(?:\* *){3,}|(?:_ *){3,}|={3,})$/gm,
  /(?<![\p{L}\p{N}~])~~(?=\S)|(?<=\S)~~(?![\p{L}\p{N}~])/gu,
  /(?<![\p{L}\p{N}_])_{1,3}(?=[^\s_])|(?<=[^\s_])_{1,3}(?![\p{L}\p{N}_])/gu,
  /(?<![\p{L}\p{N}*])\*{1,3}(?=\S)|(?<=\S)\*{1,3}(?![\p{L}\p{N}*])/gu,
  /`+/g,
  /^\|| \| |\|$/gm,
];

/**
 * A text with blanks in place of its markup, as long as the source: HTML, Markdown and what is left out of plain text;
 * the elements of SSML. What is read in other words than those of the source, as a formula, stays as it is.
 * @param input what the text is. Default text.
 */
export function readableText(text: string, input: 'text' | 'ssml' = 'text'): string {
  return input === 'ssml' ? withoutElements(text) : withoutMarkup(text);
}

function withoutElements(text: string): string {
  return text
    .replace(/<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<[^>]*>/g, (tag) => ' '.repeat(tag.length))
    .replace(/&(?:amp|lt|gt|quot|apos);/g, (entity) => ENTITIES[entity]!.padEnd(entity.length));
}

function withoutMarkup(text: string): string {
  const stream = new MarkupStream({ leaveOut: ['citations'], words: MARKUP_WORDS, note() {} });
  const read = stream.push(text) + stream.end();
  const shown: string[] = Array.from({ length: text.length }, (_, i) =>
    /\s/.test(text[i]!) ? text[i]! : ' ',
  );
  let last = -1;
  for (let i = 0; i < read.length; i++) {
    const [from, to] = stream.sourceOf([i, i + 1]);
    if (to - from === 1) {
      if (/\S/.test(read[i]!)) shown[from] = text[from]!;
    } else if (from !== last) {
      const source = text.slice(from, to);
      // An entity stands for a character; a formula or a picture is shown as it was written.
      if (source.startsWith('&')) shown[from] = read[i]!;
      else if (/[\p{L}\p{N}]/u.test(read[i]!) && !/^</.test(source))
        for (let j = from; j < to; j++) shown[j] = text[j]!;
    }
    last = from;
  }
  return SIGNS.reduce(
    (line, sign) => line.replace(sign, (found) => ' '.repeat(found.length)),
    shown.join(''),
  );
}
