// Markdown inside a line: links and images by their text, marks of citations, code, highlights.

import { isInlinePhones } from './inline-phones.js';
import {
  findCloser,
  type MarkupDecision,
  type MarkupRule,
  type MarkupSite,
  textBefore,
} from './markup-site.js';
import type { Span } from './utterance.js';

const LABEL_REACH = 1000;
const ADDRESS_REACH = 2000;

/** Where the bracket at `open` closes: the offset of its "]"; null: not in reach. */
function bracketEnd({ text, ended }: MarkupSite, open: number): number | 'wait' | null {
  let depth = 0;
  let deepest = 0;
  const limit = Math.min(text.length, open + LABEL_REACH);
  for (let i = open; i < limit; i += 1) {
    const character = text[i]!;
    if (character === '\\') i += 1;
    else if (character === '[') depth += 1;
    else if (character === ']') depth -= 1;
    else if (character === '\n' && text[i + 1] === '\n') return null;
    deepest = Math.max(deepest, depth);
    if (deepest > 4) return null;
    if (depth === 0) return i;
  }
  return limit < open + LABEL_REACH && !ended ? 'wait' : null;
}

/** Where the address in round brackets at `open` ends, after its ")"; null: it is none. */
function addressEnd(site: MarkupSite, open: number): number | 'wait' | null {
  const { text, ended } = site;
  const limit = Math.min(text.length, open + ADDRESS_REACH);
  let i = open + 1;
  const skipSpace = (): void => {
    while (i < limit && /[ \t\n]/.test(text[i]!)) i += 1;
  };
  const isShort = (): 'wait' | null => (limit < open + ADDRESS_REACH && !ended ? 'wait' : null);
  skipSpace();
  let depth = 0;
  const isAngled = text[i] === '<';
  for (; i < limit; i += 1) {
    const character = text[i]!;
    if (isAngled ? character === '\n' : /\s/.test(character)) break;
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth < 0 || depth > 4) break;
  }
  if (i >= limit) return isShort();
  skipSpace();
  if (i >= limit) return isShort();
  const quote = text[i]!;
  if (quote === '"' || quote === "'" || quote === '(') {
    const close = findCloser(site, quote === '(' ? ')' : quote, i + 1, 500);
    if (close === 'wait') return 'wait';
    if (close < 0) return null;
    i = close + 1;
    skipSpace();
    if (i >= limit) return isShort();
  }
  return text[i] === ')' ? i + 1 : null;
}

/** What follows the label that ends at `close`: "(address)" or "[reference]". */
function targetEnd(site: MarkupSite, close: number): number | 'wait' | null {
  const { text, ended } = site;
  if (close + 1 >= text.length) return ended ? null : 'wait';
  if (text[close + 1] === '(') return addressEnd(site, close + 1);
  if (text[close + 1] !== '[') return null;
  const end = bracketEnd(site, close + 1);
  if (typeof end !== 'number') return end;
  return text.slice(close + 2, end).includes('[') || end > close + 82 ? null : end + 1;
}

const NUMBERS = /^\d{1,3}(?:(?:[,;] ?|[-–])\d{1,3}){0,20}$/;
const AUTHORS = /^(?:@[\w:.-]+(?:; ?@[\w:.-]+)*|[A-Z][^\d[\]]{1,80},? (?:1[6-9]|20)\d\d[a-z]?)$/;

/** "[1]", "[2, 3]", "[citation needed]" after what they support; "the interval [0, 1]" is text. */
function isCitation(site: MarkupSite, content: string, close: number): boolean {
  const before = textBefore(site, 24);
  const isAttached = /[\p{L}\p{N}.,;:!?)\]"”’'%]$/u.test(before);
  if (/^[a-h]$/.test(content)) return /[.,;!?]$|(?:^|[\s(])\p{L}{4,}$/u.test(before); // not "x[a]"
  if (site.words.isRemark(content)) return isAttached;
  if (AUTHORS.test(content)) return isAttached || / $/.test(before);
  if (!NUMBERS.test(content) || /(?:^|\D)0/.test(content)) return false;
  if (!/[\p{L}\p{N}.,;:!?)\]"”’'%] ?$/u.test(before)) return false;
  if (site.words.takesList(before)) return false;
  if (/[\w)]$/.test(before) && /(?:^|[^\p{L}])(?:\w|[a-z]+_\w+|\w+\(\))$/u.test(before)) return false; // x[1]
  return !/[\p{L}\d=]/u.test(site.text[close + 1] ?? '');
}

/** A link, a citation, the mark of a footnote, or what is left out because it is in brackets. */
export const readBracket: MarkupRule = (site) => {
  const { text, at, ended, leaveOut } = site;
  const close = bracketEnd(site, at);
  if (close === 'wait' || close === null) return close;
  const content = text.slice(at + 1, close);
  if (text.length < close + 8 && !ended) return 'wait';
  const end = close + 1;
  const isNote = /^\^[^\s[\]]{1,32}$/.test(content);
  if (isNote || (leaveOut.has('citations') && !site.lineStart && isCitation(site, content, close))) {
    const kind = isNote ? 'left out, a footnote mark' : 'left out, a citation';
    const follows = text[end] === '(' ? targetEnd(site, close) : null;
    if (follows === 'wait') return 'wait';
    const to = follows ?? end + (isNote ? 0 : runLength(text, end)) + pageLength(text, end);
    return { end: to, parts: [], warning: { kind, span: [at, to] } };
  }
  if (content.trim() === '') return null;
  const target = targetEnd(site, close);
  if (target === 'wait') return 'wait';
  if (target !== null && isInlinePhones(text.slice(at, target))) return { end: at, verbatim: target };
  if (target !== null) return withoutTarget(site, at + 1, [close, target], 'a link');
  if (!leaveOut.has('brackets') || /^[ xX]$/.test(content)) return null;
  return { end, parts: [], warning: { kind: 'left out, in brackets', span: [at, end] } };
};

/** What a run of marks leaves between them: "[4]-[6]". */
function runLength(text: string, end: number): number {
  return /^(?:[-–,] ?\[\d{1,3}\]){1,4}/.exec(text.slice(end, end + 40))?.[0].length ?? 0;
}

/** The page that Wikipedia puts after a mark: "[3]:45". */
function pageLength(text: string, end: number): number {
  return /^: ?\d{1,4}(?!\d)/.exec(text.slice(end, end + 7))?.[0].length ?? 0;
}

/** Only the label of a link or an image is read. */
function withoutTarget(site: MarkupSite, end: number, target: Span, what: string): MarkupDecision {
  const span: Span = [target[0] + 1, target[1]];
  const isShort = site.text[span[0]] === '[';
  const warning = { kind: `left out, the ${isShort ? 'reference' : 'address'} of ${what}`, span };
  return { end, parts: [], skips: [target], warning };
}

/** "![A cat](cat.png)" is read as "A cat". */
export const readImage: MarkupRule = (site) => {
  const { text, at, ended } = site;
  if (at + 1 >= text.length) return ended ? null : 'wait';
  if (text[at + 1] !== '[') return null;
  const close = bracketEnd(site, at + 1);
  if (close === 'wait' || close === null) return close;
  const target = targetEnd(site, close);
  if (target === 'wait' || target === null) return target;
  return withoutTarget(site, at + 2, [close, target], 'an image');
};

/** What stands in round brackets, where brackets are left out. */
export const readParenthesis: MarkupRule = (site) => {
  const { text, at, ended, leaveOut } = site;
  const face = readFace(site);
  if (face !== null) return face;
  if (!leaveOut.has('brackets')) return null;
  let depth = 0;
  const limit = Math.min(text.length, at + LABEL_REACH);
  for (let i = at; i < limit; i += 1) {
    if (text[i] === '(') depth += 1;
    if (text[i] === ')') depth -= 1;
    if (depth > 4 || (text[i] === '\n' && text[i + 1] === '\n')) return null;
    if (depth === 0)
      return { end: i + 1, parts: [], warning: { kind: 'left out, in brackets', span: [at, i + 1] } };
  }
  return limit < at + LABEL_REACH && !ended ? 'wait' : null;
};

const FACES =
  /^(?:\([^\s\p{Script=Latin}\p{Nd}()]{0,6}[╯ツ╥ಠ°□ʖ益ω・▽◕‿ノ╰︵ᴗ◠⌐■ಥ﹏∀´｀；＾◡><^_ ]{1,12}\)[╯ノヽ/っづ]?(?:彡|︵)? ?[︵ ]{0,2}(?:┻━┻|┬─┬)?|¯\\{1,2}_\(ツ\)_\/¯)/u;

/** A face of signs, such as a shrug or a table that is flipped, is silent. */
export const readFace: MarkupRule = (site) => {
  const { text, at, ended } = site;
  if (text[at] === '(' && /[\w\s"'$]/.test(text[at + 1] ?? 'a') && (at + 1 < text.length || ended))
    return null;
  if (text.length < at + 30 && !ended) return 'wait';
  const face = FACES.exec(text.slice(at, at + 30));
  if (!face || /^\([^\p{L}\p{S}]*\)$/u.test(face[0])) return null;
  const end = at + face[0].trimEnd().length;
  return { end, parts: [], warning: { kind: 'left out, a face of marks', span: [at, end] } };
};

/** "`code`": what is in it is no markup. */
export const readCodeSpan: MarkupRule = (site) => {
  const { text, at, ended, leaveOut } = site;
  let from = at;
  while (from < text.length && from < at + 8 && text[from] === '`') from += 1;
  if (from === text.length) return ended ? null : 'wait';
  const ticks = text.slice(at, from);
  const close = findCloser(site, ticks, from, 500);
  if (close === 'wait') return 'wait';
  if (close < 0) return null;
  const end = close + ticks.length;
  if (leaveOut.has('code'))
    return {
      end,
      parts: [{ text: ' ', from: at, to: end }],
      warning: { kind: 'left out, code', span: [at, end] },
    };
  return { end: at, verbatim: end };
};

/** "un**believ**able" is one word, "2**3" a power, "SELECT * FROM" a star. */
export const readStar: MarkupRule = (site) => {
  const { text, at, ended } = site;
  let end = at;
  while (end < text.length && end < at + 4 && text[end] === '*') end += 1;
  if (end + 3 > text.length && !ended) return 'wait';
  const before = textBefore(site, 12);
  const after = text.slice(end, end + 3);
  const span = { from: at, to: end };
  if (end - at === 1) {
    const isQuery = /\b(?:SELECT|COUNT\(|DISTINCT) ?$/.test(before) && /^(?: [A-Z]|\)|, )/.test(after);
    return isQuery ? { end, parts: [{ text: site.words.star, ...span }] } : null;
  }
  if (
    end - at === 2 &&
    /(?:[\d)\]]|(?:^|[^\p{L}])[a-z]) ?$/u.test(before) &&
    /^ ?(?:\d|\(|[a-z](?![a-z]))/.test(after)
  ) {
    const power = /^ ?(.)/.exec(after)!;
    return {
      end: end + power[0].length - 1,
      parts: [
        {
          text: /\d|[a-z]/.test(power[1]!) ? '^' : site.words.power,
          from: at,
          to: end + power[0].length - 1,
        },
      ],
    };
  }
  return /\p{L}$/u.test(before) && /^\p{L}/u.test(after) ? { end, parts: [] } : null;
};

/** "==highlighted==" */
export const readHighlight: MarkupRule = (site) => {
  const { text, at, ended } = site;
  if (at + 2 >= text.length) return ended || (at + 1 < text.length && text[at + 1] !== '=') ? null : 'wait';
  if (text[at + 1] !== '=' || /[=\s]/.test(text[at + 2]!) || /[\w=!<>)\]]$/.test(textBefore(site, 1)))
    return null;
  const close = findCloser(site, '==', at + 2, 300);
  if (close === 'wait') return 'wait';
  if (close < 0 || /\s/.test(text[close - 1]!)) return null;
  return { end: at + 2, parts: [], skips: [[close, close + 2]] };
};

/** "left.12 He came": the mark of a footnote after a full stop. */
export const readStopNumber: MarkupRule = (site) => {
  const { text, at, ended, leaveOut } = site;
  if (at + 1 >= text.length) return ended ? null : 'wait';
  if (!/[1-9]/.test(text[at + 1]!) || !leaveOut.has('citations')) return null;
  const word = /(?:^|[^\p{L}\p{N}.@/_-])(\p{Ll}{3,}|\p{Lu}\p{Ll}{3,}|[)"”’])$/u.exec(
    textBefore(site, 40),
  )?.[1];
  if (word === undefined || site.words.takesNumber(word.toLowerCase())) return null;
  if (text.length < at + 16 && !ended) return 'wait';
  const number = /^\.(\d{1,3}(?:[,–-]\d{1,3}){0,3})(?:$|(?=\s+["“(]?\p{Lu}|\s*\n|\s*$))/u.exec(
    text.slice(at, at + 16),
  );
  if (!number) return null;
  const end = at + 1 + number[1]!.length;
  const warning = { kind: 'left out, a footnote mark', span: [at + 1, end] as Span };
  return { end, parts: [{ text: '.', from: at, to: at + 1 }], warning };
};
