// Markup as people write it: the tags, the text and the references of a document that need not be well-formed.
// Nothing here fails: a sign that opens no tag is text. Work is linear in the length.

import table from '../data/ssml-tolerant.json' with { type: 'json' };
import { finish, PIECE, type Steps } from '../steps.js';

/** Text with the place of each character in the markup. */
export interface PlacedText {
  text: string;
  starts: number[];
  ends: number[];
}

/** A part of a document, from its first character to after its last. */
export type MarkupPart = { from: number; to: number } & (
  | { kind: 'text'; placed: PlacedText }
  | { kind: 'open'; name: string; attributes: ReadonlyMap<string, string>; isClosed: boolean }
  | { kind: 'close'; name: string }
  | { kind: 'doctype'; hasEntities: boolean }
);

const NAMED: ReadonlyMap<string, string> = new Map([
  ...table.latin1.split(' ').map((name, i): [string, string] => [name, String.fromCharCode(0xa0 + i)]),
  ...Object.entries(table.entities),
]);
const REFERENCE = /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z][A-Za-z0-9]{1,15}));/y;
const CLOSE = /<\/\s{0,20}([A-Za-z_][\w:.-]{0,100})\s{0,200}>/y;
const NAME = /<([A-Za-z_][\w:.-]{0,100})(?=[\s/>])/y;
const ATTRIBUTE = /([^\s=/"'<>]{1,100})\s{0,20}(?:=\s{0,20}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]{1,1000})))?/g;

/** The parts of a document in order; undefined after each step that gives none. */
export function* markupParts(source: string): Generator<MarkupPart | undefined, void, undefined> {
  let at = 0;
  let textFrom = 0;
  const lastEnd = source.lastIndexOf('>');
  while (at < source.length) {
    const open = source.indexOf('<', at);
    if (open < 0 || open > lastEnd) break;
    const found = partAt(source, open);
    if (!found) {
      at = open + 1;
      continue;
    }
    if (open > textFrom) yield yield* textPart(source, textFrom, open);
    if (found !== 'comment' && 'kind' in found) yield found;
    at = found === 'comment' ? source.length : found.to;
    textFrom = at;
  }
  if (source.length > textFrom) yield yield* textPart(source, textFrom, source.length);
}

/** What begins with the `<` at `at`; 'comment' where a comment has no end; undefined where it is text. */
function partAt(source: string, at: number): MarkupPart | { to: number } | 'comment' | undefined {
  const until = (mark: string, after: number) => {
    const end = source.indexOf(mark, at + after);
    return end < 0 ? undefined : end + mark.length;
  };
  if (source.startsWith('<!--', at)) {
    const to = until('-->', 4);
    return to === undefined ? 'comment' : { to };
  }
  if (source.startsWith('<![CDATA[', at)) {
    const to = until(']]>', 9) ?? source.length + 3;
    const [first, last] = [at + 9, to - 3];
    return { kind: 'text', from: at, to: Math.min(to, source.length), placed: verbatim(source, first, last) };
  }
  const sign = source[at + 1] ?? '';
  if (sign === '?' || sign === '!') {
    const to = until('>', 2);
    if (to === undefined) return undefined;
    if (sign === '?') return { to };
    const hasEntities = source.slice(at, to).includes('[');
    return { kind: 'doctype', from: at, to, hasEntities };
  }
  if (sign === '/') {
    CLOSE.lastIndex = at;
    const close = CLOSE.exec(source);
    return close ? { kind: 'close', name: close[1]!, from: at, to: CLOSE.lastIndex } : undefined;
  }
  NAME.lastIndex = at;
  const name = NAME.exec(source)?.[1];
  return name === undefined ? undefined : openTag(source, at, name);
}

/** A tag ends before the next `<`, in quotes or not. */
function openTag(source: string, at: number, name: string): MarkupPart | undefined {
  const start = at + 1 + name.length;
  let quote = '';
  for (let end = start; end < source.length; end++) {
    const character = source[end]!;
    if (character === '<') return undefined;
    if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === '"' || character === "'") quote = character;
    else if (character === '>') {
      const isClosed = source[end - 1] === '/';
      const inside = source.slice(start, isClosed ? end - 1 : end).replace(/[“”]/g, '"');
      return { kind: 'open', name, attributes: attributesOf(inside), isClosed, from: at, to: end + 1 };
    }
  }
  return undefined;
}

function attributesOf(text: string): Map<string, string> {
  const attributes = new Map<string, string>();
  for (const [, name, double, single, bare] of text.matchAll(ATTRIBUTE)) {
    const value = double ?? single ?? bare ?? '';
    // <BREAK TIME="1s">: a document in capitals.
    const written = name === name!.toUpperCase() ? name!.toLowerCase() : name!;
    if (!attributes.has(written)) attributes.set(written, finish(decoding(value, 0, value.length)).text);
  }
  return attributes;
}

function* textPart(source: string, from: number, to: number): Steps<MarkupPart> {
  return { kind: 'text', from, to, placed: yield* decoding(source, from, to) };
}

function verbatim(source: string, from: number, to: number): PlacedText {
  const text = source.slice(from, to);
  const starts = Array.from({ length: text.length }, (_, i) => from + i);
  return { text, starts, ends: starts.map((start) => start + 1) };
}

/** Text with its references replaced; an ampersand that begins none is itself. */
function* decoding(source: string, from: number, to: number): Steps<PlacedText> {
  const placed: PlacedText = { text: '', starts: [], ends: [] };
  const pieces: string[] = [];
  const put = (text: string, start: number, end: number): void => {
    pieces.push(text);
    for (let i = 0; i < text.length; i++) {
      placed.starts.push(start);
      placed.ends.push(end);
    }
  };
  for (let at = from; at < to; ) {
    if (pieces.length % PIECE === PIECE - 1) yield;
    const character = source[at]!;
    if (character === '&') {
      REFERENCE.lastIndex = at;
      const match = REFERENCE.exec(source);
      const named = match && REFERENCE.lastIndex <= to ? characterOf(match) : undefined;
      if (named !== undefined) {
        put(named, at, REFERENCE.lastIndex);
        at = REFERENCE.lastIndex;
        continue;
      }
    }
    const isPair = character === '\r' && source[at + 1] === '\n' && at + 1 < to;
    put(isPair ? '\n' : character, at, at + (isPair ? 2 : 1));
    at += isPair ? 2 : 1;
  }
  placed.text = pieces.join('');
  return placed;
}

function characterOf([, decimal, hexadecimal, name]: RegExpExecArray): string | undefined {
  if (name !== undefined) return NAMED.get(name);
  const code = decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal);
  const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  return isCharacter ? String.fromCodePoint(code) : undefined;
}
