// Where a reader stands in a sentence, and what it may look at: a bounded stretch either side.

/** A place in a folded sentence where something begins. */
export interface Site {
  readonly text: string;
  readonly at: number;
  /** The sentence is written in capitals throughout, so that capitals mean nothing. */
  readonly capitals: boolean;
}

/** What a reader made of the text from `site.at` to `end`: see notation.ts for the form of `say`. */
export interface Reading {
  end: number;
  say: string;
  /** Something that the caller should know, such as a part left out. */
  warning?: string;
}

/** Reads one class of text where it begins, or declines. Must look at a bounded stretch only. */
export type Reader = (site: Site) => Reading | null;

const REACH = 40;

/** Runs a sticky pattern at the site. Patterns bound every repetition, so that no text makes them slow. */
export function matchAt(pattern: RegExp, site: Pick<Site, 'text' | 'at'>): RegExpExecArray | null {
  pattern.lastIndex = site.at;
  return pattern.exec(site.text);
}

/** Compiles a bounded pattern for `matchAt`. */
export function sticky(source: string, flags = ''): RegExp {
  return new RegExp(source, `${flags}y`);
}

/** The word before the site (as written, with its inner dots), or '' when a mark or nothing stands there. */
export function wordBefore(site: Pick<Site, 'text' | 'at'>, skip = 0): string {
  const context = site.text.slice(Math.max(0, site.at - REACH), site.at);
  const words =
    /(?:^|[\s("'[-])([A-Za-z0-9][A-Za-z0-9.']*)(?:\s+([A-Za-z0-9][A-Za-z0-9.']*))?[ ("']{1,3}$/.exec(context);
  if (!words) return '';
  const [, first, second] = words;
  return skip === 0 ? (second ?? first ?? '') : second === undefined ? '' : (first ?? '');
}

/** The word that begins at `at` after at most one space, or ''. */
export function wordAfter(text: string, at: number): string {
  return /^ ?([A-Za-z][A-Za-z']*)/.exec(text.slice(at, at + REACH))?.[1] ?? '';
}

/** Whether the character at `at` continues a word or a number, so that a reading may not stop before it. */
export function insideWord(text: string, at: number): boolean {
  return /[A-Za-z0-9]/.test(text[at] ?? '');
}
