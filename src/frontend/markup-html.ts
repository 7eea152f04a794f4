// HTML and XML inside plain text: tags vanish or part what they stand between, entities become characters.
import entities from './data/html-entities.json' with { type: 'json' };
import tags from './data/html-tags.json' with { type: 'json' };
import {
  findCloser,
  type MarkupDecision,
  type MarkupRule,
  type MarkupSite,
  PARAGRAPH,
  textBefore,
} from './markup-site.js';
import type { Span } from './utterance.js';

const ENTITIES = new Map<string, string>(
  Object.entries(entities).flatMap(([character, names]) =>
    names.split(' ').map((name): [string, string] => [name, character]),
  ),
);
const [PARAGRAPHS, ITEMS, CELLS, INLINE, SILENT] = (
  ['paragraph', 'item', 'cell', 'inline', 'silent'] as const
).map((kind) => new Set<string>(tags[kind])) as [
  Set<string>,
  Set<string>,
  Set<string>,
  Set<string>,
  Set<string>,
];

/** A tag is no longer than this. */
const TAG_REACH = 1000;
/** How far the end of an element is looked for, where its content is left out or its name is unknown. */
const SILENT_REACH = 20_000;
const UNKNOWN_REACH = 500;
const ADDRESS = /^(?:[a-z][a-z0-9+.-]{1,20}:(?:\/\/)?[^\s<>]+|[^\s<>@]+@[^\s<>@]+\.[^\s<>@]+)$/i;

/** What may follow the name of a tag: "<b and c>" compares. */
const ATTRIBUTES =
  /^[\s/]*$|=|^\s+(?:async|autoplay|checked|controls|defer|disabled|hidden|loop|muted|open|required|selected)[\s/]*$/;

interface Tag {
  /** In small letters. */
  name: string;
  written: string;
  isClosing: boolean;
  /** As written, with white space around. */
  attributes: string;
  end: number;
}

/** The characters from the site on that satisfy `test`, at most `reach`; `wait` where more may follow. */
function run({ text, ended }: MarkupSite, from: number, reach: number, test: RegExp): string | 'wait' {
  const limit = Math.min(text.length, from + reach);
  let end = from;
  while (end < limit && test.test(text[end]!)) end += 1;
  return end === text.length && end < from + reach && !ended ? 'wait' : text.slice(from, end);
}

/** The tag at the site: "<" and a letter or "/", up to ">", with quoted attributes; null: no tag. */
function tagAt(site: MarkupSite): Tag | 'wait' | null {
  const { text, at, ended } = site;
  const isClosing = text[at + 1] === '/';
  const nameStart = at + (isClosing ? 2 : 1);
  if (nameStart >= text.length) return ended ? null : 'wait';
  if (!/[A-Za-z]/.test(text[nameStart]!)) return null;
  const name = run(site, nameStart, 60, /[A-Za-z0-9:._-]/);
  if (name === 'wait') return 'wait';
  const attributesStart = nameStart + name.length;
  if (attributesStart < text.length && !/[\s/>]/.test(text[attributesStart]!)) return null;
  let quote = '';
  const limit = Math.min(text.length, at + TAG_REACH);
  for (let i = attributesStart; i < limit; i += 1) {
    const character = text[i]!;
    if (quote !== '') {
      if (character === quote) quote = '';
      continue;
    }
    if (character === '<' || (character === '\n' && text[i + 1] === '\n')) return null;
    if ((character === '"' || character === "'") && text[i - 1] === '=') quote = character;
    if (character !== '>') continue;
    if (!ATTRIBUTES.test(text.slice(attributesStart, i)) && INLINE.has(name.toLowerCase())) return null;
    return {
      name: name.toLowerCase(),
      written: name,
      isClosing,
      attributes: text.slice(attributesStart, i),
      end: i + 1,
    };
  }
  return limit < at + TAG_REACH && !ended ? 'wait' : null;
}

/** "<https://a.b>": the address without its brackets. */
function autolink(site: MarkupSite): MarkupDecision {
  const { text, at } = site;
  const content = run(site, at + 1, 2000, /[^\s<>]/);
  if (content === 'wait') return 'wait';
  const end = at + 1 + content.length;
  if (text[end] !== '>' || !ADDRESS.test(content)) return null;
  return { end: at + 1, parts: [], skips: [[end, end + 1]] };
}

/** What stands between "<!" or "<?" and its end: a comment, a document type, a section. */
function declaration(site: MarkupSite): MarkupDecision {
  const { text, at, ended } = site;
  const opening = text.slice(at, at + 9);
  if (opening.length < 9 && !ended && '<![CDATA['.startsWith(opening)) return 'wait';
  if (opening.length < 4 && !ended) return 'wait';
  if (opening.startsWith('<!--')) {
    const close = findCloser(site, '-->', at + 4, SILENT_REACH, true);
    if (close === 'wait') return 'wait';
    if (close < 0) return null;
    const end = close + 3;
    return { end, warning: { kind: 'left out, a comment', span: [at, end] } };
  }
  if (opening === '<![CDATA[') {
    const close = findCloser(site, ']]>', at + 9, SILENT_REACH, true);
    if (close === 'wait') return 'wait';
    return close < 0 ? null : { end: at + 9, skips: [[close, close + 3]] };
  }
  if (!/^<(?:\?[a-z]|![a-z])/i.test(opening)) return null;
  const close = findCloser(site, '>', at + 2, TAG_REACH);
  if (close === 'wait') return 'wait';
  if (close === -1) return null;
  return { end: close + 1, ...(/^<\?xml/i.test(opening) ? { isXml: true } : {}) };
}

/** The end of the element whose opening tag ends at `from`, or `wait`; null where it is not in reach. */
function elementEnd(site: MarkupSite, { name, written }: Tag, from: number): number | 'wait' | null {
  for (const spelling of new Set([written, name])) {
    const close = findCloser(site, `</${spelling}`, from, SILENT_REACH, true);
    const end = typeof close === 'number' && close >= 0 ? findCloser(site, '>', close, 100) : close;
    if (end === 'wait') return 'wait';
    if (end >= 0) return end + 1;
  }
  return null;
}

/** Whether an element of an unknown name is closed in reach, or `wait`. */
function isClosed({ text, ended }: MarkupSite, { written, end }: Tag): boolean | 'wait' {
  if (text.slice(end, end + UNKNOWN_REACH).includes(`</${written}`)) return true;
  return text.length < end + UNKNOWN_REACH && !ended ? 'wait' : false;
}

function replaceTag(site: MarkupSite, end: number, text: string): MarkupDecision {
  return { end, parts: text === '' ? [] : [{ text, from: site.at, to: end }] };
}

/** An element that HTML does not know: XML, or words between angle brackets. */
function unknownElement(site: MarkupSite, tag: Tag): MarkupDecision {
  const { text, at, ended } = site;
  const { isClosing, attributes, end } = tag;
  const isEmpty = /\/\s*$/.test(attributes);
  const isMarkup =
    isClosing || isEmpty || site.isXml || /^(?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))+\s*$/.test(attributes);
  if (!isMarkup) {
    const closed = attributes.trim() === '' && isClosed(site, tag);
    if (closed === 'wait') return 'wait';
    if (!closed) {
      return { end: at + 1, parts: [{ text: ' ', from: at, to: at + 1 }], skips: [[end - 1, end]] };
    }
  }
  if (!isClosing) return replaceTag(site, end, ' ');
  // Between two elements, or at the end of a line, what was in one is a sentence of its own.
  const following = run(site, end, 40, /\s/);
  if (following === 'wait') return 'wait';
  if (end + following.length >= text.length && !ended) return 'wait';
  const isBreak = following.includes('\n') || (text[end + following.length] ?? '<') === '<';
  return replaceTag(site, end, isBreak ? PARAGRAPH : ' ');
}

/** A tag, a comment, an autolink; "5 < 6" and "<3" are text. */
export const readTag: MarkupRule = (site) => {
  const { text, at, ended } = site;
  if (at + 1 >= text.length) return ended ? null : 'wait';
  if (/[!?]/.test(text[at + 1]!)) return declaration(site);
  if (!/[A-Za-z/0-9]/.test(text[at + 1]!)) return null;
  const address = autolink(site);
  if (address !== null) return address;
  const tag = tagAt(site);
  if (tag === 'wait' || tag === null) return tag;
  const { name, isClosing, attributes, end } = tag;
  const isCode = (name === 'code' || name === 'pre') && site.leaveOut.has('code');
  const isTable = name === 'table' && site.leaveOut.has('tables');
  if (!isClosing && (SILENT.has(name) || isCode || isTable) && !attributes.endsWith('/')) {
    const close = elementEnd(site, tag, end);
    if (close === 'wait') return 'wait';
    if (close !== null) {
      const kind = isCode ? 'left out, code' : isTable ? 'left out, a table' : `left out, a <${name}>`;
      const parts = [{ text: isTable || name === 'pre' ? PARAGRAPH : ' ', from: at, to: close }];
      return { end: close, parts, warning: { kind, span: [at, close] } };
    }
  }
  if (PARAGRAPHS.has(name)) return replaceTag(site, end, PARAGRAPH);
  if (name === 'br') return replaceTag(site, end, '\n');
  if (ITEMS.has(name)) return replaceTag(site, end, isClosing ? ' ' : itemMarker(site, name));
  if (CELLS.has(name)) return replaceTag(site, end, isClosing ? ' | ' : ' ');
  if (name === 'sup' && !isClosing) return superscript(site, end);
  if (name === 'img') return image(site, attributes, end);
  if (name === 'a' && !isClosing && /\bhref\s*=/i.test(attributes)) {
    return { end, parts: [], warning: { kind: 'left out, the address of a link', span: [at, end] } };
  }
  return INLINE.has(name) ? replaceTag(site, end, '') : unknownElement(site, tag);
};

/** A bullet or a table's bar at the start of a line makes a sentence of an item. */
function itemMarker(site: MarkupSite, name: string): string {
  const marker = name === 'tr' ? '| ' : '• ';
  return /\n[ \t]*$/.test(textBefore(site)) ? marker : `\n${marker}`;
}

/** A raised number is a power or the mark of a footnote. */
function superscript(site: MarkupSite, end: number): MarkupDecision {
  const { text, ended } = site;
  if (end + 1 >= text.length && !ended) return 'wait';
  const isNumber = /^(?:\d|[-−]\d|n\b)/.test(text.slice(end, end + 2));
  return replaceTag(site, end, isNumber && /[\p{L}\d)\]]$/u.test(textBefore(site, 1)) ? '^' : '');
}

function image(site: MarkupSite, attributes: string, end: number): MarkupDecision {
  const alt = /\salt\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))/i.exec(attributes);
  const text = (alt?.[1] ?? alt?.[2] ?? alt?.[3] ?? '').trim();
  return replaceTag(site, end, ` ${text} `);
}

/** "&amp;", "&#8217;", "&#x2019;", also where the ampersand is itself an entity. */
export const readEntity: MarkupRule = (site) => {
  const { text, at, ended } = site;
  let start = at + 1;
  while (text.startsWith('amp;', start) && start < at + 16) start += 4;
  const body = run(site, start, 34, /[#A-Za-z0-9]/);
  if (body === 'wait') return 'wait';
  const end = start + body.length;
  if (end >= text.length && !ended) return 'wait';
  if (text[end] === ';' && body !== '') {
    const character = characterOf(body);
    const quoted = character === '<' ? quotedTag(site, end + 1) : null;
    if (quoted === 'wait') return 'wait';
    if (quoted !== null) {
      return { end: end + 1, parts: [{ text: ' ', from: at, to: end + 1 }], skips: [[...quoted, ' ']] };
    }
    if (character !== undefined) return { end: end + 1, parts: [{ text: character, from: at, to: end + 1 }] };
  }
  return start > at + 1 ? { end: start, parts: [{ text: '&', from: at, to: start }] } : null;
};

/** "&lt;div&gt;": a tag that is written about is read without its brackets. @returns where its end stands. */
function quotedTag(site: MarkupSite, from: number): Span | 'wait' | null {
  const { text, ended } = site;
  if (from >= text.length) return ended ? null : 'wait';
  if (!/[A-Za-z/]/.test(text[from]!)) return null;
  const close = findCloser(site, '&gt;', from, 60);
  if (close === 'wait') return 'wait';
  return close < 0 || /[\s<&]/.test(text[close - 1]!) ? null : [close, close + 4];
}

function characterOf(body: string): string | undefined {
  const number = /^#(?:(\d{1,7})|[xX]([0-9a-fA-F]{1,6}))$/.exec(body);
  if (!number) return ENTITIES.get(body);
  const code = number[1] === undefined ? Number.parseInt(number[2]!, 16) : Number(number[1]);
  // Windows writes its own quotes and dashes in 128 to 159.
  if (code >= 128 && code < 160) return WINDOWS[code - 128];
  return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\uFFFD' : String.fromCodePoint(code);
}

const WINDOWS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';
