// What a whole line decides: blocks of code, front matter, definitions, rules under headings, and words that a
// line's end has cut in two.
import {
  type MarkupDecision,
  type MarkupRule,
  type MarkupSite,
  PARAGRAPH,
  restOfLine,
  textBefore,
} from './markup-site.js';

const LINE_REACH = 300;
const FRONT_MATTER_REACH = 3000;
const FENCE = /^ {0,3}(`{3,}|~{3,})[^`]{0,100}$/;
const DELIMITER_ROW = /^\s*\|?\s*:?-{2,}:?\s*(?:\|\s*:?-{2,}:?\s*){0,60}\|?\s*$/;
const RULE = /^ {0,3}(?:={3,}|-{3,}|(?:\* ?){3,}|(?:_ ?){3,}|(?:- ){2,}-)\s*$/;
const DEFINITION =
  /^ {0,3}\[(?!\^)[^\]\n]{1,80}\]:\s+(?:<[^<>\n]*>|\S*(?:\/|\.[a-z]{2,}|^#)\S*)(?:\s+["'(].{0,200}["')])?\s*$/;
const NOTE = /^ {0,3}\[\^[^\]\s]{1,32}\]:\s?/;

/** Front matter: "key: value" lines between two lines of "---" that open the text. */
function frontMatter(site: MarkupSite): MarkupDecision {
  const { text, at, ended } = site;
  const limit = Math.min(text.length, at + FRONT_MATTER_REACH);
  let from = text.indexOf('\n', at) + 1;
  if (from === 0) return ended || text.length > at + 40 ? null : 'wait';
  for (let keys = 0; ; ) {
    const newline = text.indexOf('\n', from);
    const isOpen = newline < 0 || newline >= limit;
    const line = text.slice(from, isOpen ? limit : newline);
    if (/^(?:---|\.\.\.)\s*$/.test(line) && (!isOpen || ended)) {
      const end = isOpen ? limit : newline + 1;
      return keys === 0
        ? null
        : { end, parts: [], warning: { kind: 'left out, front matter', span: [at, end] } };
    }
    if (isOpen) return limit < at + FRONT_MATTER_REACH && !ended ? 'wait' : null;
    if (/^[\w. -]{1,60}:(?:\s|$)/.test(line)) keys += 1;
    else if (!/^(?:\s+\S.*|- .*|#.*|)$/.test(line) || keys === 0) return null;
    from = newline + 1;
  }
}

/** What begins a line; null leaves the line to the rules for its characters. */
export const readLineStart: MarkupRule = (site) => {
  const { text, at, leaveOut } = site;
  const opening = /^ {0,3}([`~=*_[|:-])/.exec(text.slice(at, at + 4))?.[1];
  if (opening === undefined) {
    return /^ {0,3}$/.test(text.slice(at, at + 4)) && !site.ended && text.length < at + 4 ? 'wait' : null;
  }
  if (site.textStart && opening === '-') {
    const head = text.slice(at, at + 4);
    if (/^-{1,3}$/.test(head) && !site.ended) return 'wait';
    if (/^---\s/.test(head)) {
      const matter = frontMatter(site);
      if (matter !== null) return matter;
    }
  }
  if (/[`~]/.test(opening)) return fence(site);
  if (/[=*_-]/.test(opening) && cannotBeRule(site)) return null;
  const line = restOfLine(site, LINE_REACH);
  if (line === 'wait') return opening === '[' || opening === '|' ? waitForLine(site, opening) : 'wait';
  if (line === null) return null;
  const end = at + line.length;
  const drop = { end, parts: [{ text: PARAGRAPH, from: at, to: Math.max(end, at + 1) }] };
  if (opening === '[') return definition(site, line);
  if (opening === '|' && leaveOut.has('tables') && /\|.*\|\s*$/.test(line))
    return { ...drop, warning: { kind: 'left out, a table', span: [at, end] } };
  if (/[|:-]/.test(opening) && line.includes('|') && DELIMITER_ROW.test(line)) return { end, parts: [] };
  return RULE.test(line) ? drop : null;
};

/** The line so far shows that it holds more than a rule's signs. */
function cannotBeRule({ text, at }: MarkupSite): boolean {
  for (let i = at; i < text.length && i < at + LINE_REACH && text[i] !== '\n'; i += 1) {
    if (!/[=*_\s|:-]/.test(text[i]!)) return true;
  }
  return false;
}

/** A line that opens with a bracket or a bar is awaited only as far as it may be markup. */
function waitForLine({ text, at, leaveOut }: MarkupSite, opening: string): MarkupDecision {
  const line = text.slice(at, at + LINE_REACH);
  if (opening === '|') return leaveOut.has('tables') || /^[\s|:-]*$/.test(line) ? 'wait' : null;
  return /^ {0,3}\[[^\]\n]{0,80}(?:$|\](?:$|:))/.test(line) ? 'wait' : null;
}

/** "[1]: https://a.b" is left out; "[^1]: A note" loses its label. */
function definition(site: MarkupSite, line: string): MarkupDecision {
  const { at } = site;
  const note = NOTE.exec(line)?.[0];
  if (note !== undefined && note.trimEnd() !== line.trimEnd())
    return { end: at + note.length, parts: [{ text: PARAGRAPH, from: at, to: at + note.length }] };
  if (!DEFINITION.test(line)) return null;
  const end = at + line.length;
  return { end, parts: [], warning: { kind: 'left out, the address of a link', span: [at, end] } };
}

function fence(site: MarkupSite): MarkupDecision {
  const { at, leaveOut } = site;
  const line = restOfLine(site, LINE_REACH);
  if (line === 'wait') {
    const sofar = site.text.slice(at, at + LINE_REACH).trimStart();
    return /^(?:`{1,3}$|`{3,}[^`]*$|~{1,3}$|~{3,})/.test(sofar) ? 'wait' : null;
  }
  const signs = line === null ? undefined : FENCE.exec(line)?.[1];
  if (line === null || signs === undefined) return null;
  const end = at + line.length;
  return {
    end,
    parts: [{ text: PARAGRAPH, from: at, to: end }],
    fence: { sign: signs[0]!, length: signs.length },
    ...(leaveOut.has('code')
      ? { warning: { kind: 'left out, code', span: [at, end] as [number, number] } }
      : {}),
  };
}

/** A word that a line's end has cut in two: "nega-" and "tive"; U+FFFE is the hyphen of some PDF readers. */
export const readLineHyphen: MarkupRule = (site) => {
  const { text, at, ended, isWord, words } = site;
  const isPdf = text[at] === '\uFFFE';
  if (!/[\p{L}\d]/u.test(textBefore(site, 1))) return null;
  if (at + 1 >= text.length) return ended ? null : 'wait';
  let next = at + 1;
  while (next < text.length && next < at + 20 && /[ \t\r\n]/.test(text[next]!)) next += 1;
  if (next === at + 1 && !isPdf) return null;
  let end = next;
  while (end < text.length && end < next + 40 && /\p{L}/u.test(text[end]!)) end += 1;
  if (end === text.length && end < next + 40 && !ended) return 'wait';
  const lines = text.slice(at + 1, next).match(/\n/g)?.length ?? 0;
  if (lines !== 1 && !(isPdf && lines === 0 && next === at + 1)) return null;
  const isRange = /\d$/.test(textBefore(site, 1)) && /\d/.test(text[next] ?? '');
  if (isRange && text[at] === '-') return { end: next, parts: [{ text: '-', from: at, to: next }] };
  const before = /(?:^|[^\p{L}-])(\p{L}{1,40})$/u.exec(textBefore(site))?.[1];
  const after = text.slice(next, end);
  if (before === undefined || !/^\p{Ll}/u.test(after)) return null;
  const [left, right] = [before.toLowerCase(), after.toLowerCase()];
  const isCompound = isWord
    ? !isWord(left + right) && isWord(left) && isWord(right)
    : words.compounding.has(left) || left.length < 2;
  return { end: next, parts: isCompound && !isPdf ? [{ text: '-', from: at, to: next }] : [] };
};
