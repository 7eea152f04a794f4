// Reads SSML 1.1 (https://www.w3.org/TR/speech-synthesis11/) into a MarkedText. Strict reading stands here: it
// refuses what it does not support. Document types, and with them entities, are refused, and depth and size
// have bounds, so that no document exhausts its reader.
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import type { VoirsErrorDetails } from '../../errors.js';
import elements from '../data/ssml-elements.json' with { type: 'json' };
import { piecesOf, type Steps } from '../steps.js';
import { applyElement, type Frame } from './apply-element.js';
import { USUAL } from './delivery.js';
import { MarkedText } from './marked-text.js';
import { SSML_LIMITS, SSML_NAMESPACE, type SsmlContext } from './ssml-document.js';
import { excerpt, lineAndColumn, ssmlError } from './ssml-error.js';
import { TolerantWalk } from './tolerant-walk.js';

const NAMESPACES = new Set(['', SSML_NAMESPACE]);
const XML_NAMESPACE = 'http://www.w3.org/XML/1998/namespace';

/** Half of a surrogate pair: the parser would take the next character for its other half. */
const LONE_SURROGATE = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

const PASS_OVER = 'Set the option strictSsml to false to pass over it with a warning';

/** Elements of SSML that are not supported, and what to do instead. */
const REFUSED: Readonly<Record<string, string>> = {
  audio: 'Set the option strictSsml to false to speak what it holds in its place',
  lexicon: 'Give its pronunciations in the option lexicon, and leave the element out',
};

/** @throws VoirsError INVALID_SSML or VOICE_NOT_FOUND with line, column and element. */
export function* parsingSsml(
  source: string,
  context: SsmlContext,
): Steps<{ marked: MarkedText; warnings: string[] }> {
  if (!context.isStrict) {
    const walk = new TolerantWalk(source, context);
    yield* walk.run();
    return { marked: walk.marked, warnings: walk.warnings() };
  }
  const walk = new Walk(source, context);
  yield* walk.run();
  return { marked: walk.marked, warnings: walk.warnings };
}

class Walk {
  readonly marked = new MarkedText();
  readonly warnings: string[] = [];
  private readonly frames: Frame[] = [];
  private readonly languages = new Set<string>();
  private readonly parser = new SaxesParser({
    xmlns: true,
    position: true,
    forceXMLVersion: true,
    defaultXMLVersion: '1.0',
  });
  /** Where the last event of the markup ended and the next begins. */
  private eventEnd = 0;

  constructor(
    private readonly source: string,
    private readonly context: SsmlContext,
  ) {}

  *run(): Steps<void> {
    const { source } = this;
    const parser = this.parser;
    if (source.length > SSML_LIMITS.characters) {
      throw ssmlError({ source, offset: 0 }, 'the document is too large', {
        got: `${source.length} characters`,
        wanted: `at most ${SSML_LIMITS.characters}`,
      });
    }
    const half = LONE_SURROGATE.exec(source);
    if (half) {
      throw ssmlError({ source, offset: half.index }, 'half of a surrogate pair is no character', {
        got: `U+${source.charCodeAt(half.index).toString(16).toUpperCase()}`,
      });
    }
    parser.on('error', (error) => {
      const what = error.message.replace(/^(?:.*?:)?\d+:\d+: /, '').replace(/\.$/, '');
      throw ssmlError(
        { source, offset: Math.max(0, parser.position - 1), element: this.frames.at(-1)?.name },
        `the XML is malformed: ${excerpt(what)}`,
        { suggestion: 'Set the option strictSsml to false to read it as far as it goes' },
      );
    });
    parser.on('doctype', () => this.fail('a document type is not accepted, nor the entities it declares'));
    parser.on('xmldecl', () => this.pass());
    parser.on('processinginstruction', () => this.pass());
    parser.on('comment', () => {
      this.eventEnd = parser.position + 1; // the event comes before its last ">"
    });
    parser.on('text', (text) => this.text(text, this.eventEnd, parser.position - 1));
    parser.on('cdata', (text) => {
      this.text(text, this.eventEnd + '<![CDATA['.length, parser.position - ']]>'.length);
      this.pass();
    });
    parser.on('opentag', (tag) => this.open(tag));
    parser.on('closetag', () => this.close());
    for (const piece of piecesOf(source)) {
      parser.write(piece);
      yield;
    }
    parser.close();
  }

  private pass(): void {
    this.eventEnd = this.parser.position;
  }

  private fail(what: string, details: VoirsErrorDetails = {}, element = this.frames.at(-1)?.name): never {
    throw ssmlError({ source: this.source, offset: this.eventEnd, element }, what, details);
  }

  private text(text: string, from: number, to: number): void {
    const frame = this.frames.at(-1);
    if (frame === undefined) return; // white space around the document; saxes refuses anything else
    if (frame.holds === 'nothing' && text.trim() !== '') {
      this.fail('the element must be empty', { got: JSON.stringify(excerpt(text)) });
    }
    const isVerbatim = from !== this.eventEnd;
    this.eventEnd = to;
    if (frame.holds === 'nothing') return;
    const origins = originsOf(this.source, from, to, text.length, isVerbatim);
    if (frame.holds === 'text') {
      frame.content += text;
      frame.contentSpan ??= [from, to];
      frame.contentSpan[1] = to;
      return;
    }
    this.marked.add(text.replace(/[\t\n\r]/g, ' '), origins, frame.manner);
  }

  private open(tag: SaxesTagNS): void {
    const around = this.frames.at(-1);
    const offset = this.eventEnd;
    const { local, name, uri } = tag;
    if (!NAMESPACES.has(uri)) {
      this.fail(
        'the element is of another namespace',
        { got: JSON.stringify(excerpt(uri)), suggestion: PASS_OVER },
        name,
      );
    }
    if (Object.hasOwn(REFUSED, local)) {
      this.fail('the element is not supported', { suggestion: REFUSED[local]! }, name);
    }
    if (!Object.hasOwn(elements, local)) {
      this.fail(
        'there is no such element',
        { wanted: Object.keys(elements).join(', '), suggestion: PASS_OVER },
        name,
      );
    }
    const { holds, attributes: known } = elements[local as keyof typeof elements];
    if ((around === undefined) !== (local === 'speak')) {
      this.fail(
        around ? 'it can only be the outermost element' : 'the outermost element must be <speak>',
        {},
        name,
      );
    }
    if (around && around.holds !== 'anything') {
      this.fail(`<${excerpt(around.name)}> holds ${around.holds} only`, {}, name);
    }
    if (this.frames.length >= SSML_LIMITS.depth) {
      this.fail(
        'the elements are nested too deeply',
        { wanted: `at most ${SSML_LIMITS.depth} levels` },
        name,
      );
    }
    const frame: Frame = {
      name,
      local,
      offset,
      holds: holds as Frame['holds'],
      attributes: this.attributes(tag, known),
      manner: around?.manner ?? { delivery: USUAL, voice: undefined },
      content: '',
      contentSpan: undefined,
    };
    this.frames.push(frame);
    this.pass();
    applyElement('open', frame, this.marked, { ...this.context, source: this.source });
  }

  private close(): void {
    const frame = this.frames.pop()!;
    const tagEnd = this.parser.position;
    frame.contentSpan ??= [frame.offset, tagEnd];
    this.eventEnd = tagEnd;
    applyElement('close', frame, this.marked, { ...this.context, source: this.source });
  }

  /** The attributes of SSML by name; xml:lang is checked, attributes of other namespaces are ignored. */
  private attributes(tag: SaxesTagNS, known: readonly string[]): ReadonlyMap<string, string> {
    const attributes = new Map<string, string>();
    for (const attribute of Object.values(tag.attributes) as SaxesAttributeNS[]) {
      const { uri, local, value, name } = attribute;
      if (uri === XML_NAMESPACE && local === 'lang') this.checkLanguage(value, tag.name);
      if (uri !== '') continue;
      if (!known.includes(local)) {
        this.fail(
          `it has no attribute ${excerpt(name)}`,
          { wanted: known.join(', ') || 'no attribute' },
          tag.name,
        );
      }
      attributes.set(local, value);
    }
    return attributes;
  }

  private checkLanguage(language: string, element: string): void {
    if (/^en\b/i.test(language) || this.languages.has(language) || this.languages.size >= 10) return;
    this.languages.add(language);
    const { line, column } = lineAndColumn(this.source, this.eventEnd);
    this.warnings.push(
      `read as English, at line ${line}, column ${column}: <${excerpt(element)} xml:lang=${JSON.stringify(excerpt(language))}>`,
    );
  }
}

/** Where each character of a text event stands in the markup: references and line ends are longer there. */
function originsOf(
  source: string,
  from: number,
  to: number,
  length: number,
  isVerbatim: boolean,
): { starts: Uint32Array; ends: Uint32Array } {
  const starts = new Uint32Array(length);
  const ends = new Uint32Array(length);
  let at = from;
  for (let i = 0; i < length && at < to; i++) {
    const start = at;
    let end = at + 1;
    if (source[at] === '\r' && source[at + 1] === '\n') end = at + 2;
    else if (source[at] === '&' && !isVerbatim) end = source.indexOf(';', at) + 1;
    starts[i] = start;
    ends[i] = end;
    at = end;
    // A reference to a character beyond the basic plane is two code units of text.
    if (end - start > 2 && i + 1 < length && isAstral(source, start, end)) {
      i++;
      starts[i] = start;
      ends[i] = end;
    }
  }
  return { starts, ends };
}

function isAstral(source: string, start: number, end: number): boolean {
  const match = /^&#(?:x([0-9a-f]+)|(\d+));$/i.exec(source.slice(start, end));
  if (!match) return false;
  return (match[1] === undefined ? Number(match[2]) : Number.parseInt(match[1], 16)) > 0xffff;
}
