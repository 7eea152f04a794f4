// Where a reader of LaTeX stands, what comes next, and the words it has given so far. Every look at the text goes
// through `peek`, so that it is known whether a reading depends on what has not arrived yet.
import type { Part } from '../../markup-site.js';
import { numberWords } from '../normalize/numbers.js';

/** What one group or one bare command may take. */
export const REACH = 600;

/** A place in [at, limit) of a text. */
export class LatexCursor {
  readonly parts: Part[] = [];
  /** Whether the reading depends on what follows the text. */
  sawEnd = false;

  constructor(
    protected readonly text: string,
    public at: number,
    protected readonly limit: number,
  ) {}

  peek(at = this.at): string {
    if (at >= this.limit) return '';
    if (at >= this.text.length) this.sawEnd = true;
    return this.text[at] ?? '';
  }

  say(words: string, from: number, to = this.at): void {
    if (words !== '') this.parts.push({ text: `${words} `, from, to });
  }

  space(): void {
    while (/^\s$/.test(this.peek())) this.at += 1;
  }

  /** The next characters, without taking them. */
  ahead(count: number): string {
    let seen = '';
    for (let i = 0; i < count; i += 1) {
      const character = this.peek(this.at + i);
      if (character === '' || /[\n$]/.test(character)) break;
      seen += character;
    }
    return seen;
  }

  /** The name of the command at hand, or ''. */
  commandName(): string {
    if (this.peek() !== '\\') return '';
    let name = '';
    while (name.length < 40 && /[A-Za-z]/.test(this.peek(this.at + 1 + name.length)))
      name += this.peek(this.at + 1 + name.length);
    return name;
  }

  /** What the next group or single thing holds, without taking it. */
  groupText(): string {
    const end = this.groupEnd();
    const from = this.peek() === '{' ? this.at + 1 : this.at;
    return this.text.slice(from, this.peek() === '{' ? end - 1 : end);
  }

  /** Where the next group or single thing ends. */
  groupEnd(): number {
    if (this.peek() === '\\') return this.at + 1 + Math.max(1, this.commandName().length);
    if (this.peek() !== '{') return Math.min(this.limit, this.text.length, this.at + 1);
    let depth = 0;
    for (let i = this.at; i < this.at + REACH; i += 1) {
      const character = this.peek(i);
      if (character === '') return i;
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      if (depth === 0) return i + 1;
    }
    return this.at + 1;
  }

  comma(from: number): void {
    this.parts.push({ text: ', ', from, to: this.at });
  }

  /** Whether the bracket just opened is closed before a power. */
  isRaised(): boolean {
    let depth = 1;
    for (let i = this.at; i < this.at + 80; i += 1) {
      const character = this.peek(i);
      if (character === '' || /[\n$]/.test(character)) return false;
      if (character === '(') depth += 1;
      if (character === ')') depth -= 1;
      if (depth === 0) return this.peek(i + 1) === '^';
    }
    return false;
  }

  number(): void {
    const from = this.at;
    let end = from;
    let digits = '';
    while (end < from + 60) {
      const next = [0, 1, 2, 3, 4, 5, 6].map((i) => this.peek(end + i)).join('');
      const taken = /^(?:\d|\.(?=\d)|(?:,|\\,|\{,\})(?=\d{3}(?!\d)))/.exec(next)?.[0];
      if (taken === undefined) break;
      if (/[\d.]/.test(taken)) digits += taken;
      end += taken.length;
    }
    this.at = end;
    this.say(numberWords(digits), from);
  }
}
