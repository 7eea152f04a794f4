// Mathematics as LaTeX writes it becomes words: "\frac{1}{2}" one half, "x^2" x squared.

import { LETTER_NAME, type Part } from '../../markup-site.js';
import latex from '../data/latex.json' with { type: 'json' };
import { fractionWords } from '../normalize/fractions.js';
import { cardinalWords, ordinalWords } from '../normalize/numbers.js';
import { LatexCursor, REACH } from './latex-cursor.js';

const table = (group: Record<string, string>) => new Map<string, string>(Object.entries(group));
const SYMBOLS = table(latex.symbols);
const LARGE = table(latex.large);
const AFTER = table(latex.after);
const BEFORE = table(latex.before);
const SETS = table(latex.sets);
const SIGNS = table(latex.signs);
const TEXT = new Set<string>(latex.text);
const GROUPS = new Set<string>(latex.groups);
const SPECIAL = new Set(['frac', 'dfrac', 'tfrac', 'cfrac', 'sqrt', 'binom', 'dbinom', 'begin', 'end']);
const MAX_DEPTH = 12;

/** Whether a command of this name is mathematics. */
export function isMathCommand(name: string): boolean {
  return (
    (SPECIAL.has(name) && name !== 'begin' && name !== 'end') ||
    [SYMBOLS, LARGE, AFTER, BEFORE].some((group) => group.has(name)) ||
    TEXT.has(name) ||
    name === 'mathbb'
  );
}

/** Reads a formula; one method for each thing that may stand in it. */
class LatexReader extends LatexCursor {
  /** Everything up to `close` ('' for the end). */
  sequence(close: string, depth: number): void {
    let bars = 0;
    for (;;) {
      this.space();
      const character = this.peek();
      if (character === '') return;
      if (character === close) {
        this.at += 1;
        return;
      }
      if (character === '|') {
        this.at += 1;
        if (bars % 2 === 0) this.say('the absolute value of', this.at - 1);
        bars += 1;
        continue;
      }
      this.term(depth);
    }
  }

  /** One thing with its powers and indices. */
  term(depth: number): void {
    const before = this.at;
    const command = this.commandName();
    const large = LARGE.get(command);
    if (large !== undefined) {
      this.at += command.length + 1;
      this.largeOperator(command, large, before, depth);
      return;
    }
    this.atom(depth);
    if (this.at === before) this.at += 1; // a stray sign is passed over
    this.scripts(depth, command === 'log' ? 'base' : '');
    if (command === 'log') {
      this.space();
      if (/[A-Za-z0-9({\\]/.test(this.peek())) this.say('of', this.at - 1, this.at);
    }
  }

  /** "_" and "^" after an atom, in the order they are written. */
  scripts(depth: number, below = ''): void {
    for (let i = 0; i < 4; i += 1) {
      const sign = this.peek();
      if (sign !== '_' && sign !== '^') return;
      const from = this.at;
      this.at += 1;
      if (sign === '_') this.index(from, below, depth);
      else this.power(from, depth);
    }
  }

  private index(from: number, below: string, depth: number): void {
    const content = this.groupText();
    if (below !== '') this.say(below, from, from + 1);
    else if (content.length > 1 && !/^\\?[A-Za-z]+$|^\d+$|^\\(?:text|mathrm)\{[^}]*\}$/.test(content))
      this.say('sub', from, from + 1);
    this.group(depth);
  }

  private power(from: number, depth: number): void {
    this.space();
    const content = this.groupText().trim();
    const known = POWERS.get(content);
    const end = this.groupEnd();
    const number = /^(-?)(\d{1,6})$/.exec(content);
    if (known !== undefined || number) {
      this.at = end;
      const ordinal = number && number[1] === '' ? `to the ${ordinalWords(number[2]!)}` : '';
      this.say(known ?? (ordinal || `to the minus ${cardinalWords(number![2]!)}`), from, end);
      return;
    }
    if (/^'+$|^(?:\\prime)+$/.test(content)) {
      this.at = end;
      this.say('prime', from, end);
      return;
    }
    this.say('to the power of', from, from + 1);
    this.group(depth);
  }

  /** "\sum_{i=1}^n": from i equals one to n of. */
  private largeOperator(command: string, words: string, from: number, depth: number): void {
    this.say(words, from);
    const isLimit = /^lim/.test(command);
    const hasTop = /^_(?:\{[^{}]{0,80}\}|\\?\w+?)\s*\^/.test(this.ahead(100));
    let any = false;
    for (let i = 0; i < 2; i += 1) {
      while (this.peek() === '\\' && /^\\(?:no)?limits/.test(this.ahead(9))) {
        this.at += this.commandName().length + 1;
      }
      this.space();
      const sign = this.peek();
      if (sign !== '_' && sign !== '^') break;
      this.at += 1;
      any = true;
      this.say(sign === '^' ? 'to' : isLimit ? 'as' : hasTop ? 'from' : 'over', this.at - 1);
      const begun = this.parts.length;
      this.group(depth);
      if (isLimit && sign === '_') this.approach(begun);
    }
    this.space();
    const next = this.peek();
    if (next !== '' && !/[,.;:)\]}$]/.test(next)) {
      const last = this.parts[this.parts.length - 1]!;
      this.say(any || !isLimit ? 'of' : '', last.from, last.to);
    }
  }

  /** What the variable of a limit does: "x to zero" is X approaches zero. */
  private approach(from: number): void {
    for (let i = from; i < this.parts.length; i += 1) {
      const part = this.parts[i]!;
      if (part.text === 'to ') this.parts[i] = { ...part, text: 'approaches ' };
    }
  }

  /** Reads the next group or single thing. */
  group(depth: number): void {
    this.space();
    if (this.peek() !== '{') {
      this.atom(depth + 1);
      return;
    }
    if (depth >= MAX_DEPTH) {
      this.at = this.groupEnd();
      return;
    }
    this.at += 1;
    this.sequence('}', depth + 1);
  }

  private atom(depth: number): void {
    const from = this.at;
    const character = this.peek();
    if (character === '') return;
    if (character === '{') {
      this.group(depth);
      return;
    }
    if (character === '\\') {
      this.command(depth);
      return;
    }
    if (/\d/.test(character) || (character === '.' && /\d/.test(this.peek(from + 1)))) {
      this.number();
      return;
    }
    this.at += 1;
    if (/[A-Za-z]/.test(character)) {
      this.say(LETTER_NAME + character.toLowerCase(), from);
      if (/[fghFGHPO]/.test(character) && this.peek() === '(') this.say('of', from, this.at);
      return;
    }
    if (character === '(') {
      if (this.isRaised()) this.say('the quantity', from);
      return;
    }
    if (character === ')' && this.peek() === '^') {
      this.comma(from);
      return;
    }
    if (character === '-' || character === '−') {
      this.say('minus', from);
      return;
    }
    if (/[,;]/.test(character)) {
      this.comma(from);
      return;
    }
    if (character === '.' || character === ':' || character === '~') return;
    const words = SIGNS.get(character);
    if (words !== undefined) {
      this.say(character === "'" && this.peek() === '(' ? 'prime of' : words, from);
      return;
    }
    if (!/[()[\]{}&$_^|?"`#@]/.test(character)) this.parts.push({ text: `${character} `, from, to: this.at });
  }

  private command(depth: number): void {
    const from = this.at;
    const name = this.commandName();
    if (name === '') {
      const sign = this.peek(from + 1);
      this.at += sign === '' ? 1 : 2;
      if (sign === '\\') this.comma(from);
      else if (sign === '%') this.say('percent', from);
      else if (sign === '|') this.say('the norm of', from);
      return;
    }
    this.at += name.length + 1;
    if (/^[dtc]?frac$/.test(name)) {
      this.fraction(from, depth);
      return;
    }
    if (name === 'sqrt') {
      this.root(from, depth);
      return;
    }
    if (/^d?binom$/.test(name)) {
      this.group(depth);
      this.say('choose', this.at - 1);
      this.group(depth);
      return;
    }
    if (name === 'begin' || name === 'end') {
      this.at = this.groupEnd();
      return;
    }
    if (TEXT.has(name)) {
      this.space();
      const content = this.groupText().trim();
      const start = this.at;
      this.at = this.groupEnd();
      if (/^[A-Za-z]$/.test(content)) this.say(LETTER_NAME + content.toLowerCase(), start);
      else this.say(content.replace(/[\\{}$]/g, ' '), start);
      return;
    }
    if (name === 'mathbb') {
      const set = SETS.get(this.groupText());
      if (set !== undefined) {
        this.at = this.groupEnd();
        this.say(set, from);
        return;
      }
    }
    const after = AFTER.get(name);
    if (after !== undefined) {
      this.group(depth);
      this.say(after, this.at - 1);
      return;
    }
    if (name === 'left' || name === 'right') {
      if (this.peek() === '.') this.at += 1;
      return;
    }
    const words = SYMBOLS.get(name) ?? LARGE.get(name) ?? BEFORE.get(name);
    if (words !== undefined) {
      this.say(words, from);
      return;
    }
    if (GROUPS.has(name)) return;
    this.say(name.toLowerCase(), from);
  }

  private fraction(from: number, depth: number): void {
    this.space();
    const above = this.groupText().trim();
    const aboveEnd = this.groupEnd();
    const below = new LatexReader(this.text, aboveEnd, this.limit);
    below.space();
    const denominator = below.groupText().trim();
    const end = below.groupEnd();
    this.sawEnd ||= below.sawEnd;
    if (/^\d{1,6}$/.test(above) && /^\d{1,6}$/.test(denominator)) {
      this.at = end;
      this.say(fractionWords(above, denominator), from);
      return;
    }
    this.group(depth);
    const isLong = above.length > 2 && /[-+=]/.test(above.slice(1));
    this.parts.push({ text: isLong ? ', over ' : 'over ', from: this.at - 1, to: this.at });
    this.group(depth);
  }

  private root(from: number, depth: number): void {
    if (this.peek() === '[') {
      let end = this.at + 1;
      while (end < this.at + 20 && this.peek(end) !== ']' && this.peek(end) !== '') end += 1;
      const degree = this.text.slice(this.at + 1, end).trim();
      this.at = Math.min(end + 1, this.limit, this.text.length);
      const words =
        degree === '3'
          ? 'cube'
          : /^\d{1,4}$/.test(degree)
            ? ordinalWords(degree)
            : `${LETTER_NAME}${/[a-z]/i.exec(degree)?.[0]?.toLowerCase() ?? 'n'} th`;
      this.say(`the ${words} root of`, from);
    } else this.say('the square root of', from);
    this.group(depth);
  }
}

const POWERS = new Map([
  ['2', 'squared'],
  ['3', 'cubed'],
  ['\\circ', 'degrees'],
  ['\\top', 'transpose'],
  ['T', 'transpose'],
  ['*', 'star'],
  ['\\dagger', 'dagger'],
  ['+', 'plus'],
  ['-', 'minus'],
  ['-1', 'to the minus one'],
]);

/** The words of [from, to), a whole formula. Spans are in the text, in order. */
export function readFormulaText(text: string, from: number, to: number): Part[] {
  const reader = new LatexReader(text, from, to);
  reader.sequence('', 0);
  return ordered(reader.parts, from, to);
}

/** What begins bare at `from`: a command with what belongs to it, or a raised or lowered group. */
export function readBare(
  text: string,
  from: number,
  ended: boolean,
): { end: number; parts: Part[] } | 'wait' | null {
  const reader = new LatexReader(text, from, from + REACH);
  if (text[from] === '\\') reader.term(0);
  else reader.scripts(0);
  if (reader.sawEnd && !ended) return 'wait';
  const end = Math.min(text.length, reader.at);
  if (end <= from) return null;
  return { end, parts: ordered(reader.parts, from, end) };
}

/** Parts with spans that are not empty, lie in [from, to) and never go back. */
function ordered(parts: readonly Part[], from: number, to: number): Part[] {
  let last: Part = { text: '', from, to: from };
  return parts.map((part) => {
    let start = Math.max(part.from, last.from);
    let end = Math.min(Math.max(part.to, start + 1), to);
    const isSame = start === last.from && end === last.to;
    if (!isSame && start < last.to) start = last.to;
    if (start >= end) {
      start = last.from;
      end = last.to > last.from ? last.to : Math.min(last.from + 1, to);
    }
    last = { text: part.text, from: start, to: end };
    return last;
  });
}
