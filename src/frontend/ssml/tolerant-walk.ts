// Reads SSML as people write it: what this engine lacks, vendors' elements and faults of markup are passed over
// with a warning that names them; only the bounds of a document and declared entities refuse it.
import { VoirsError } from '../../errors.js';
import elements from '../data/ssml-elements.json' with { type: 'json' };
import table from '../data/ssml-tolerant.json' with { type: 'json' };
import type { Steps } from '../steps.js';
import { applyElement, type Frame } from './apply-element.js';
import { USUAL } from './delivery.js';
import { looseValues } from './loose-values.js';
import { MarkedText } from './marked-text.js';
import { PassedOver, tagNamed } from './passed-over.js';
import { SSML_LIMITS, SSML_NAMESPACE, type SsmlContext } from './ssml-document.js';
import { excerpt, ssmlError } from './ssml-error.js';
import { type MarkupPart, markupParts, type PlacedText } from './tolerant-markup.js';
import { applyProsody, readSayAs, roleOf } from './tolerant-values.js';

const VOID: ReadonlySet<string> = new Set(table.void);
const SILENT: ReadonlySet<string> = new Set(table.silent);
const UNHEARD: ReadonlySet<string> = new Set(table.unheard);
const BLOCKS: ReadonlySet<string> = new Set(table.blocks);
const INLINE: ReadonlySet<string> = new Set(table.inline);
/** Attributes that mean nothing to a voice, or that XML itself has. */
const UNSPOKEN =
  /^(?:xml|version|xmlns|xsi|id|class|style|onlangfailure|onvoicefailure|type|detail|lang)(?::|$)/;
/** A list's item or a heading at the start of a line. */
const MARKED_LINE =
  /\n(?=[ \t]*(?:[-*•]|#{1,6}|\d{1,3}[.)])[ \t])|(?<=(?:^|\n)[ \t]{0,40}#{1,6}[ \t][^\n]{1,200})\n/g;

/** An open element with its place among the elements whose content it is. */
interface TolerantFrame extends Frame {
  /** The element around it that holds text only. */
  holder: TolerantFrame | undefined;
  isSilent: boolean;
  starts: number[];
  ends: number[];
}

/** One document. */
export class TolerantWalk {
  readonly marked = new MarkedText();
  private readonly passed: PassedOver;
  private readonly frames: TolerantFrame[] = [];
  private readonly prefixes = new Map<string, string>([['ssml', SSML_NAMESPACE]]);
  private readonly languages = new Set<string>();
  /** An element has just closed: another that opens here begins a new word. */
  private hasJustClosed = false;

  constructor(
    private readonly source: string,
    private readonly context: SsmlContext,
  ) {
    this.passed = new PassedOver(source);
    this.marked.cutsBreaks = true;
  }

  /** What was passed over. */
  warnings(): string[] {
    return this.passed.list();
  }

  *run(): Steps<void> {
    const { source } = this;
    if (source.length > SSML_LIMITS.characters) {
      throw ssmlError({ source, offset: 0 }, 'the document is too large', {
        got: `${source.length} characters`,
        wanted: `at most ${SSML_LIMITS.characters}`,
      });
    }
    for (const part of markupParts(source)) {
      if (part) this.take(part);
      yield;
    }
    while (this.frames.length > 0) {
      const { name, local, offset } = this.frames.at(-1)!;
      if (!UNHEARD.has(local)) this.passed.add(`not closed, ${tagNamed(name)}`, offset);
      this.close(source.length);
    }
    this.marked.endStretch('paragraph');
  }

  private take(part: MarkupPart): void {
    if (part.kind === 'text') this.text(part.placed);
    else if (part.kind === 'open') this.open(part);
    else if (part.kind === 'close') this.closeNamed(part);
    else if (part.hasEntities) {
      throw ssmlError(
        { source: this.source, offset: part.from },
        'a document type with declarations is not accepted, nor the entities it declares',
      );
    }
  }

  private text({ text, starts, ends }: PlacedText): void {
    if (text === '') return;
    this.hasJustClosed = false;
    const frame = this.frames.at(-1);
    if (frame?.isSilent) return;
    const { holder } = frame ?? {};
    if (holder) {
      holder.content += text;
      for (let i = 0; i < starts.length; i++) {
        holder.starts.push(starts[i]!);
        holder.ends.push(ends[i]!);
      }
      return;
    }
    const marker = text.includes('\n') ? text.replace(MARKED_LINE, '\u2028') : text;
    const flat = marker.replace(/[\t\n\r]/g, ' ').replace(/\u2028/g, '\n');
    this.marked.add(flat, { starts, ends }, frame?.manner ?? OUTSIDE);
  }

  private open({ name, attributes, isClosed, from, to }: Extract<MarkupPart, { kind: 'open' }>): void {
    const around = this.frames.at(-1);
    if (this.frames.length >= SSML_LIMITS.depth) {
      throw ssmlError(
        { source: this.source, offset: from, element: name },
        'the elements are nested too deeply',
        {
          wanted: `at most ${SSML_LIMITS.depth} levels`,
        },
      );
    }
    for (const [attribute, value] of attributes) {
      if (attribute.startsWith('xmlns:')) this.prefixes.set(attribute.slice(6), value);
    }
    const manner = around?.manner ?? OUTSIDE;
    if (this.hasJustClosed && !around?.holder) this.marked.part(from, manner);
    const local = this.localName(name);
    const frame: TolerantFrame = {
      name,
      local,
      offset: from,
      holds: 'anything',
      attributes: looseValues(local, attributes),
      manner,
      content: '',
      contentSpan: undefined,
      holder: around?.holder,
      isSilent: around?.isSilent === true || SILENT.has(local),
      starts: [],
      ends: [],
    };
    this.frames.push(frame);
    if (!frame.isSilent && !around?.holder) this.enter(frame);
    if (isClosed || VOID.has(local)) this.close(to);
  }

  private enter(frame: TolerantFrame): void {
    const { name, local, offset, attributes } = frame;
    if (BLOCKS.has(local)) this.marked.endStretch(endOf(local));
    if (!Object.hasOwn(elements, local)) {
      if (!UNHEARD.has(local) && local !== 'bookmark')
        this.passed.add(`passed over, ${tagNamed(name)}`, offset);
      if (partsWords(local)) this.marked.part(offset, frame.manner);
      const mark = attributes.get('mark') ?? attributes.get('name');
      if (local === 'bookmark' && mark) this.mark(mark);
      return;
    }
    const { holds, attributes: known } = elements[local as keyof typeof elements];
    this.noteAttributes(frame, known);
    const role = local === 'w' || local === 'token' ? roleOf(attributes.get('role')) : undefined;
    if (role) frame.manner = { ...frame.manner, role };
    if (holds === 'text') {
      frame.holder = frame;
      return;
    }
    if (local === 'mark') {
      const mark = attributes.get('name');
      if (mark) this.mark(mark);
      return;
    }
    if (local === 'prosody') {
      applyProsody(frame, this.marked, this.context, (attribute) => this.passOver(frame, attribute));
      return;
    }
    if (local !== 'break') this.attempt('open', frame);
    else if (!this.attemptBreak(frame)) this.attemptBreak({ ...frame, attributes: new Map() });
  }

  private mark(name: string): void {
    this.marked.events.push({ kind: 'mark', at: this.marked.length, name });
  }

  private attemptBreak(frame: TolerantFrame): boolean {
    const { events } = this.marked;
    const before = events.length;
    this.attempt('open', frame);
    return events.length > before;
  }

  /** Attributes that do something elsewhere, but not here. */
  private noteAttributes({ name, local, offset, attributes }: TolerantFrame, known: readonly string[]): void {
    for (const [attribute, value] of attributes) {
      if (/^(?:(?:xml:)?lang|language)$/.test(attribute)) {
        const language = value.trim().toLowerCase();
        if (!/^en\b/.test(language) && !this.languages.has(language)) {
          this.languages.add(language);
          this.passed.add(`read as English, ${tagNamed(name, attribute, value)}`, offset);
        }
        continue;
      }
      const isKnown = known.includes(attribute) || PROSODY.has(`${local} ${attribute}`);
      const isIgnored = /^(?:startmark|endmark)$/.test(attribute) || (attribute === 'role' && !roleOf(value));
      if ((isKnown && !isIgnored) || UNSPOKEN.test(attribute)) continue;
      this.passed.add(`passed over, ${tagNamed(name, attribute, value)}`, offset);
    }
  }

  private passOver({ name, offset, attributes }: TolerantFrame, attribute: string): void {
    this.passed.add(`passed over, ${tagNamed(name, attribute, attributes.get(attribute))}`, offset);
  }

  /** Applies an element as strict reading does; a fault becomes a warning. */
  private attempt(moment: 'open' | 'close', frame: TolerantFrame): void {
    try {
      applyElement(moment, frame, this.marked, { ...this.context, source: this.source });
    } catch (error) {
      if (!(error instanceof VoirsError)) throw error;
      const what = error.message.replace(/^SSML, line \d+, column \d+(?:, <[^>]*>)?: /, '');
      this.passed.add(`passed over, ${tagNamed(frame.name)}: ${what.slice(0, 200)}`, frame.offset);
      if (frame.holder === frame) this.asText(frame);
    }
  }

  /** Speaks the content of an element as if the element were not there. */
  private asText(frame: TolerantFrame): void {
    const { content, starts, ends, manner } = frame;
    this.marked.part(frame.offset, manner);
    this.marked.add(content.replace(/\s/g, ' '), { starts, ends }, manner);
  }

  private closeNamed({ name, from, to }: Extract<MarkupPart, { kind: 'close' }>): void {
    const local = this.localName(name);
    const at = this.frames.map((frame) => frame.local).lastIndexOf(local);
    if (at < 0) {
      if (!VOID.has(local)) this.passed.add(`passed over, </${excerpt(name)}> that closes nothing`, from);
      return;
    }
    while (this.frames.length > at + 1) {
      const open = this.frames.at(-1)!;
      this.passed.add(`not closed, ${tagNamed(open.name)}`, open.offset);
      this.close(from);
    }
    this.close(to);
  }

  private close(to: number): void {
    const frame = this.frames.pop()!;
    const { local } = frame;
    this.hasJustClosed = true;
    if (frame.isSilent || (frame.holder && frame.holder !== frame)) return;
    const first = frame.starts[0];
    frame.contentSpan = first === undefined ? [frame.offset, to] : [first, frame.ends.at(-1)!];
    if (frame.manner.contour?.to === Number.POSITIVE_INFINITY) frame.manner.contour.to = this.marked.length;
    if (BLOCKS.has(local)) this.marked.endStretch(endOf(local));
    else if (partsWords(local)) this.marked.part(to, frame.manner);
    if (local === 'say-as') this.sayAs(frame);
    else if (local !== 'break' && local !== 'mark' && Object.hasOwn(elements, local))
      this.attempt('close', frame);
  }

  private sayAs(frame: TolerantFrame): void {
    const read = readSayAs(frame.content.trim(), frame.attributes, this.context.words);
    if (read === undefined) {
      this.asText(frame);
      return;
    }
    const own = { ...frame, attributes: read };
    own.holder = own; // a fault speaks the content as text
    this.attempt('close', own);
  }

  /** The name without the prefix of SSML's namespace; a vendor's keeps its own. */
  private localName(name: string): string {
    const colon = name.indexOf(':');
    if (colon < 0) return name.toLowerCase();
    const isOwn = this.prefixes.get(name.slice(0, colon)) === SSML_NAMESPACE;
    return (isOwn ? name.slice(colon + 1) : name).toLowerCase();
  }
}

const endOf = (local: string) => (local === 'br' || local === 'li' ? 'sentence' : 'paragraph');

/** Elements that are not SSML's part words, except those of HTML that only change how letters look. */
const partsWords = (local: string) => !Object.hasOwn(elements, local) && !INLINE.has(local);

const OUTSIDE = { delivery: USUAL, voice: undefined };
/** Attributes that tolerant reading knows beyond strict reading. */
const PROSODY: ReadonlySet<string> = new Set(['prosody contour', 'prosody range', 'prosody duration']);
