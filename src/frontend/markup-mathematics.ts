// Where LaTeX stands in prose: formulas between dollars or brackets, bare commands, commands of text.
import prose from './data/latex-prose.json' with { type: 'json' };
import {
  findCloser,
  type MarkupDecision,
  type MarkupRule,
  type MarkupSite,
  PARAGRAPH,
  textBefore,
} from './markup-site.js';
import type { Span } from './utterance.js';

const STYLES = new Set<string>(prose.styles);
const HEADINGS = new Set<string>(prose.headings);
const DROPPED = new Set<string>(prose.dropped);
const BARE = new Set<string>(prose.bare);
const MATH_ENVIRONMENTS = new Set<string>(prose.mathEnvironments);
const FORMULA_REACH = 500;
const DISPLAY_REACH = 2000;

/** [from, to) as a formula, in place of the text from the site to `end`. */
function formula({ text, at, words }: MarkupSite, from: number, to: number, end: number): MarkupDecision {
  const parts = words.readFormula(text, from, to);
  return { end, parts: [{ text: ' ', from: at, to: from }, ...parts] };
}

/** What makes the text between two dollars mathematics rather than two prices. */
const MATHEMATICS = /[\\^_=<>{}+*]|^[A-Za-z]'{0,2}$|^[A-Za-z]{1,2} ?[-/(,|] ?[\dA-Za-z]|^-?\d+[A-Za-z]$/;

/** An amount, and a word or the next sentence after it. */
const PRICE = /^\d[\d,]{0,14}(?:\.\d{1,4})?[KkMmBb]?[.,;:!?)"'’]{0,3}\s["(“]?[A-Za-z]{2}/;

/** "$x^2$", "$$x$$"; "$5 and $10" are prices. */
export const readDollar: MarkupRule = (site) => {
  const { text, at, ended } = site;
  if (at + 1 >= text.length) return ended ? null : 'wait';
  if (text[at + 1] === '$') {
    const close = findCloser(site, '$$', at + 2, DISPLAY_REACH);
    if (close === 'wait') return 'wait';
    return close <= at + 2 ? null : formula(site, at + 2, close, close + 2);
  }
  if (/\s/.test(text[at + 1]!) || /[\w$]$/.test(textBefore(site, 1))) return null;
  if (PRICE.test(text.slice(at + 1, at + 40))) return null; // without a look for another dollar
  const close = findCloser(site, '$', at + 1, FORMULA_REACH);
  if (close === 'wait') return 'wait';
  if (close < 0 || /\s/.test(text[close - 1]!)) return null;
  if (close + 1 >= text.length && !ended) return 'wait';
  if (/[\w$]/.test(text[close + 1] ?? '')) return null;
  const content = text.slice(at + 1, close);
  return MATHEMATICS.test(content) ? formula(site, at + 1, close, close + 1) : null;
};

/** The site stands in a path of Windows, where a backslash parts folders. */
function isInPath(site: MarkupSite): boolean {
  return /(?:^|[\s"'(])(?:[A-Za-z]:|\\\\)[^\s"']*$/.test(textBefore(site));
}

/** Escapes, formulas between brackets, commands. */
export const readBackslash: MarkupRule = (site) => {
  const { text, at, ended } = site;
  if (at + 1 >= text.length) return ended ? null : 'wait';
  const next = text[at + 1]!;
  if (isInPath(site)) return null;
  if (next === '(' || next === '[') {
    const reach = next === '(' ? FORMULA_REACH : DISPLAY_REACH;
    const close = findCloser(site, next === '(' ? '\\)' : '\\]', at + 2, reach);
    if (close === 'wait') return 'wait';
    if (close > 0) return formula(site, at + 2, close, close + 2);
  }
  if (/[!"#$%&'()*+,./:;<=>?@[\]^_`{|}~-]/.test(next))
    return { end: at + 2, parts: [{ text: next, from: at, to: at + 2 }] };
  if (next === '\\') {
    if (at + 2 >= text.length && !ended) return 'wait';
    // A line break of LaTeX; "\\server" is a path.
    return /\s/.test(text[at + 2] ?? ' ') ? { end: at + 2, parts: [] } : null;
  }
  return /[A-Za-z]/.test(next) ? readCommand(site) : null;
};

function readCommand(site: MarkupSite): MarkupDecision {
  const { text, at, ended } = site;
  let end = at + 1;
  while (end < text.length && end < at + 40 && /[A-Za-z]/.test(text[end]!)) end += 1;
  if (end === text.length && !ended) return 'wait';
  const name = text.slice(at + 1, end);
  if (name === 'begin' || name === 'end') return environment(site, name, end);
  if (name === 'item') return { end, parts: [{ text: '\n• ', from: at, to: end }] };
  if (BARE.has(name)) return { end, parts: [{ text: PARAGRAPH, from: at, to: end }] };
  const star = text[end] === '*' ? 1 : 0;
  if (text[end + star] === '{' || text[end] === '[' || (end + star >= text.length && !ended)) {
    const argument = withArgument(site, name, end + star);
    if (argument !== null) return argument;
  }
  if (!site.words.isFormulaCommand(name)) return null;
  const bare = site.words.readBareFormula(text, at, ended);
  if (bare === 'wait' || bare === null) return bare;
  return { end: bare.end, parts: [{ text: ' ', from: at, to: at + 1 }, ...bare.parts] };
}

/** "\textbf{words}", "\section{Title}", "\cite{key}". */
function withArgument(site: MarkupSite, name: string, from: number): MarkupDecision {
  const { text, at, ended } = site;
  const isKnown = STYLES.has(name) || HEADINGS.has(name) || DROPPED.has(name) || name === 'footnote';
  if (!isKnown && name !== 'href' && name !== 'url') return null;
  let open = from;
  if (text[open] === '[') {
    const close = findCloser(site, ']', open, 200);
    if (close === 'wait') return 'wait';
    if (close < 0) return null;
    open = close + 1;
  }
  if (open >= text.length && !ended) return 'wait';
  const close = braceEnd(site, open);
  if (close === 'wait' || close === null) return close;
  const brace: Span = [close - 1, close];
  if (DROPPED.has(name))
    return { end: close, parts: [], warning: { kind: 'left out, a LaTeX reference', span: [at, close] } };
  if (HEADINGS.has(name)) {
    return {
      end: open + 1,
      parts: [{ text: PARAGRAPH, from: at, to: open + 1 }],
      skips: [[...brace, PARAGRAPH]],
    };
  }
  if (name === 'href') {
    if (close >= text.length && !ended) return 'wait';
    if (text[close] !== '{') return null;
    const textEnd = braceEnd({ ...site, at: close }, close);
    if (textEnd === 'wait' || textEnd === null) return textEnd;
    const warning = { kind: 'left out, the address of a link', span: [at, close] as Span };
    return { end: close + 1, parts: [], skips: [[textEnd - 1, textEnd]], warning };
  }
  if (name === 'footnote') {
    return { end: open + 1, parts: [{ text: ' (', from: at, to: open + 1 }], skips: [[...brace, ')']] };
  }
  return { end: open + 1, parts: [], skips: [brace] };
}

/** The end of the braces that open at `open`; null: they do not, or not in reach. */
function braceEnd({ text, ended }: MarkupSite, open: number): number | 'wait' | null {
  if (text[open] !== '{') return null;
  let depth = 0;
  const limit = Math.min(text.length, open + FORMULA_REACH);
  for (let i = open; i < limit; i += 1) {
    if (text[i] === '{') depth += 1;
    if (text[i] === '}') depth -= 1;
    if (depth === 0) return i + 1;
    if (text[i] === '\n' && text[i + 1] === '\n') return null;
  }
  return limit < open + FORMULA_REACH && !ended ? 'wait' : null;
}

/** "\begin{align} ... \end{align}"; other environments only lose their commands. */
function environment(site: MarkupSite, command: string, from: number): MarkupDecision {
  const { text, at } = site;
  const nameEnd = braceEnd(site, from);
  if (nameEnd === 'wait' || nameEnd === null) return nameEnd;
  const name = text.slice(from + 1, nameEnd - 1);
  if (command === 'begin' && MATH_ENVIRONMENTS.has(name.replace('*', ''))) {
    const closer = `\\end{${name}}`;
    const close = findCloser(site, closer, nameEnd, DISPLAY_REACH);
    if (close === 'wait') return 'wait';
    if (close >= 0) return formula(site, nameEnd, close, close + closer.length);
  }
  return { end: nameEnd, parts: [{ text: PARAGRAPH, from: at, to: nameEnd }] };
}

/** "30^\circ": a command that is a power by itself. */
function isRaisedCommand({ text, at }: MarkupSite): boolean {
  return /^\^\\(?:circ|prime|top|dagger)(?![A-Za-z])/.test(text.slice(at, at + 12));
}

/** "e^{i\pi}", "x_{n+1}" outside a formula: only with braces is it LaTeX. */
export const readScript: MarkupRule = (site) => {
  const { text, at, ended } = site;
  if (at + 1 >= text.length) return ended ? null : 'wait';
  if (!/[{\\]/.test(text[at + 1]!) || !/[\p{L}\d)}\]]$/u.test(textBefore(site, 1))) return null;
  if (text[at + 1] === '{') {
    const close = braceEnd(site, at + 1);
    if (close === 'wait' || close === null) return close;
  } else if (!isRaisedCommand(site)) return text.length < at + 12 && !ended ? 'wait' : null;
  const bare = site.words.readBareFormula(text, at, ended);
  if (bare === 'wait' || bare === null) return bare;
  return { end: bare.end, parts: [{ text: ' ', from: at, to: at + 1 }, ...bare.parts] };
};
