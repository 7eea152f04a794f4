// Folds any Unicode text to the small alphabet that the readers know, and records the source of each
// character.

import type { Span } from '../utterance.js';
import characters from './data/characters.json' with { type: 'json' };
import emojiNames from './data/emoji.json' with { type: 'json' };
import { scriptName, transliterate } from './transliterate.js';

/** Text in the readers' alphabet: ASCII and a few signs that they read, single spaces, none at either end. */
export interface FoldedText {
  text: string;
  /** Source offset where the source of folded character i begins. */
  starts: Uint32Array;
  /** Source offset after the source of folded character i. */
  ends: Uint32Array;
  /** Runs of characters of a script that the voice cannot read (they fold to a space, or to a name). */
  unsupported: Span[];
  /** Runs of letters of another alphabet that fold to Latin ones. */
  transliterated: Span[];
  /** Characters without speech that are no spaces either: controls, lone surrogates. */
  discarded: Span[];
  /** Signs that no reader knows (they fold to a space). */
  symbols: Span[];
  /** Emoji that were left out. */
  emoji: Span[];
}

interface FoldOptions {
  /** Offset of `source` in the caller's text; added to every offset. */
  base?: number;
  /** Whether an emoji is left out or read by its name. */
  emoji: 'skip' | 'name';
  /**
   * `skip`: letters of other alphabets fold to Latin ones where there is a table, and to a space where there is
   * none. `name`: the name of their script stands there. `error` (default): all fold to a space.
   */
  unsupported?: 'skip' | 'name' | 'error';
}

const EMOJI =
  /(?:\p{RI}{2}|[0-9#*]\uFE0F?\u20E3|\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?(?:[\u{E0020}-\u{E007F}]{1,8}|(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?){1,8})?)/uy;
const TABLE = new Map<string, string>(Object.entries(characters));
/** Each line of the table holds emoji with their names, parted by bars. */
const NAMES = new Map(
  emojiNames
    .flatMap((line) => line.split('|'))
    .map((entry) => [entry.split(' ', 1)[0]!, entry.slice(entry.indexOf(' ') + 1)]),
);
const INVISIBLE = /^(?:\p{Default_Ignorable_Code_Point}|[\u200E\u200F\u202A-\u202E])$/u;
const SPACE = /^[\s\u0085]$/u;
const GROUPING_SPACE = new Set(['\u00A0', '\u2009', '\u202F']);
const GREEK = /^(?=\p{L})\p{Script=Greek}$/u;
const WRITING = /^[\p{L}\p{M}\p{N}]$/u;
const DIGIT = /^[0-9]$/;
const KEYCAP = /^[0-9]\uFE0F?\u20E3$/;
/** A number in a circle stands alone: "①②" is one, two. */
const ENCLOSED = /^[\u2460-\u2473\u2776-\u2793\u24EA-\u24FF]$/;

/** What one code point folds to, or why it is silent. */
type Folding = { text: string } | 'invisible' | 'space' | 'discarded' | 'unsupported' | 'symbol';

function foldOne(character: string): Folding {
  const entry = TABLE.get(character);
  if (entry !== undefined) return { text: entry };
  if (SPACE.test(character)) return 'space';
  if (INVISIBLE.test(character)) return 'invisible';
  if (/^[\p{Cc}\p{Cs}\p{Co}\p{Cn}\uFFFD]$/u.test(character)) return 'discarded';
  if (GREEK.test(character)) {
    const bare = character.normalize('NFKD').replace(/\p{M}/gu, '');
    return /^[Α-Ωα-ω]$/.test(bare) ? { text: bare } : 'unsupported';
  }
  const parts = character.normalize('NFKD').replace(/\p{M}/gu, '');
  if (parts === '' && /^[\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF]$/u.test(character))
    return 'invisible';
  let folded = '';
  for (const part of parts) {
    const known = part.charCodeAt(0) < 0x80 ? part : TABLE.get(part);
    if (known === undefined) return WRITING.test(character) ? 'unsupported' : 'symbol';
    folded += known;
  }
  return folded === '' ? 'unsupported' : { text: folded };
}

/** Growing record of folded characters and their origins. */
class Folder {
  readonly text: string[] = [];
  readonly starts: number[] = [];
  readonly ends: number[] = [];
  /** The last character put. */
  last = ' ';

  put(folded: string, start: number, end: number): void {
    for (const character of folded) {
      if (character === ' ' && this.last === ' ') continue;
      this.text.push(character);
      this.starts.push(start);
      this.ends.push(end);
      this.last = character;
    }
  }

  trim(): void {
    while (this.text.at(-1) === ' ') {
      this.text.pop();
      this.starts.pop();
      this.ends.pop();
    }
  }
}

function extend(runs: Span[], start: number, end: number): void {
  const last = runs.at(-1);
  if (last && last[1] === start) last[1] = end;
  else runs.push([start, end]);
}

/** Folds `source`; linear in its length. */
export function fold(source: string, options: FoldOptions): FoldedText {
  const base = options.base ?? 0;
  const out = new Folder();
  const unsupported: Span[] = [];
  const transliterated: Span[] = [];
  const discarded: Span[] = [];
  const symbols: Span[] = [];
  const emoji: Span[] = [];
  let at = 0;
  while (at < source.length) {
    const code = source.charCodeAt(at);
    const nextCode = source.charCodeAt(at + 1);
    if (code > 0x20 && code < 0x7f && !(nextCode >= 0xfe00) && nextCode !== 0x20e3) {
      out.put(code === 0x60 ? ' ' : source[at]!, base + at, base + at + 1);
      at += 1;
      continue;
    }
    if (code === 0x20 || code === 0x0a) {
      out.put(' ', base + at, base + at + 1);
      at += 1;
      continue;
    }
    EMOJI.lastIndex = at;
    const pictograph = EMOJI.exec(source)?.[0];
    if (pictograph !== undefined && !TABLE.has(pictograph)) {
      const end = at + pictograph.length;
      if (isLoved(source, at, end)) {
        out.put('love', base + at, base + end);
        at = end;
        continue;
      }
      const isNamed = options.emoji === 'name' || KEYCAP.test(pictograph);
      const name = isNamed ? emojiName(pictograph) : undefined;
      if (name === undefined) emoji.push([base + at, base + end]);
      out.put(emojiText(name, source.slice(end, end + 2)), base + at, base + end);
      at = end;
      continue;
    }
    const character = String.fromCodePoint(source.codePointAt(at)!);
    const end = at + character.length;
    // "4★" is four star; a row of stars is an ornament.
    if (character === '★' && DIGIT.test(out.last) && source[end] !== '★') {
      out.put(' star ', base + at, base + end);
      at = end;
      continue;
    }
    const folding = isGreekWord(character, source, at) ? 'unsupported' : foldOne(character);
    if (typeof folding === 'object') {
      // A vulgar fraction after a digit is a mixed number: "3½" is "3 1/2", not "31/2".
      const mixed = folding.text.includes('⁄') && folding.text.length > 1 && DIGIT.test(out.last);
      // "x⁻¹²" is one exponent: only its first sign opens it.
      const exponent = folding.text.startsWith('^') && continuesExponent(out, source, at);
      const base10 = baseBefore(source, at);
      const enclosed = ENCLOSED.test(character);
      const apart = enclosed || (folding.text.includes('⁄') && /[A-Za-z]/.test(source[end] ?? ''));
      out.put(
        (mixed || enclosed ? ' ' : base10.open) +
          (exponent ? folding.text.slice(1) : folding.text) +
          (apart ? ' ' : base10.close),
        base + at,
        base + end,
      );
    } else if (folding === 'space') {
      const grouping = GROUPING_SPACE.has(character) && DIGIT.test(out.last) && DIGIT.test(source[end] ?? '');
      out.put(grouping ? '\u00A0' : ' ', base + at, base + end);
    } else if (folding === 'unsupported') {
      const isForeign = options.unsupported === 'skip' || options.unsupported === 'name';
      const latin = isForeign ? transliterate(source, at) : undefined;
      if (latin !== undefined) {
        extend(transliterated, base + at, base + latin.end);
        out.put(latin.text, base + at, base + latin.end);
        at = latin.end;
        continue;
      }
      if (options.unsupported === 'name' && unsupported.at(-1)?.[1] !== base + at) {
        out.put(` ${scriptName(source, at)} `, base + at, base + end);
      }
      extend(unsupported, base + at, base + end);
      out.put(' ', base + at, base + end);
    } else if (folding !== 'invisible') {
      if (folding === 'discarded') extend(discarded, base + at, base + end);
      if (folding === 'symbol') extend(symbols, base + at, base + end);
      out.put(' ', base + at, base + end);
    }
    at = end;
  }
  out.trim();
  return {
    text: out.text.join(''),
    starts: Uint32Array.from(out.starts),
    ends: Uint32Array.from(out.ends),
    unsupported,
    transliterated,
    discarded,
    symbols,
    emoji,
  };
}

/** A lone Greek letter is a sign with a name; two in a row are writing. */
function isGreekWord(character: string, source: string, at: number): boolean {
  return GREEK.test(character) && (GREEK.test(source[at - 1] ?? '') || GREEK.test(source[at + 1] ?? ''));
}

/** "log₂8", "∫₀¹": the base of a logarithm and the start of an integral keep their place. */
function baseBefore(source: string, at: number): { open: string; close: string } {
  if (!/[₀-₉]/.test(source[at]!)) return { open: '', close: '' };
  const run = /(log|∫|∑)([₀-₉]*)$/.exec(source.slice(Math.max(0, at - 6), at));
  if (!run) return { open: '', close: '' };
  const isLast = !/[₀-₉]/.test(source[at + 1] ?? '');
  return { open: run[2] === '' ? '_' : '', close: isLast && run[1] === 'log' ? ' ' : '' };
}

const SUPERSCRIPT = /^[⁰¹²³⁴-⁹⁺⁻ⁿ]$/;

function continuesExponent(out: Folder, source: string, at: number): boolean {
  return at > 0 && SUPERSCRIPT.test(source[at - 1]!) && out.text.length > 0;
}

/** "I ❤️ NY": a heart between one who loves and what is loved. */
function isLoved(source: string, at: number, end: number): boolean {
  return (
    /^[❤♥\u{1F499}-\u{1F49C}]/u.test(source.slice(at, at + 2)) &&
    /(?:^|[^A-Za-z])(?:[Ii]|[Ww]e|[Yy]ou|[Tt]hey) $/.test(source.slice(Math.max(0, at - 6), at)) &&
    /^ [\p{L}\d@#]/u.test(source.slice(end, end + 3))
  );
}

/** What an emoji folds to: a name stands between commas, a number in a key's frame is a number. */
function emojiText(name: string | undefined, following: string): string {
  if (name === undefined) return ' ';
  if (!/^\d$/.test(name)) return `, ${name}, `;
  return /^ \p{L}/u.test(following) ? ` ${name}, ` : ` ${name} `;
}

/** English name of an emoji (Unicode CLDR short name), with skin tones and presentation selectors ignored. */
function emojiName(pictograph: string): string | undefined {
  const plain = pictograph.replace(/[\uFE0F\u{1F3FB}-\u{1F3FF}]/gu, '');
  return NAMES.get(plain) ?? NAMES.get([...plain][0]!) ?? (/^[0-9#*]/.test(plain) ? plain[0] : undefined);
}
