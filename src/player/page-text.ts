// Reads the text of a page's element as a person sees it, and finds the place in the page of every character.

/** The text of an element, and where it stands. */
export interface PageText {
  /** White space as a page shows it: one space; blocks are paragraphs. */
  readonly text: string;
  /** The range of the page that shows `text.slice(start, end)`; undefined where nothing does. */
  rangeOf(start: number, end: number): Range | undefined;
}

/** Characters of `node` from `offset` on that stand in the text from `start` on, without a gap. */
interface Piece {
  start: number;
  node: Text;
  offset: number;
  length: number;
}

/** What is not read: what is not text, controls, and what the page hides from screen readers. */
const SKIPPED =
  'script, style, noscript, template, svg, math, canvas, audio, video, iframe, object, button, input, select, ' +
  'textarea, progress, meter, voirs-speech, [hidden], [aria-hidden="true"]';

/** The text below an element. */
export function pageText(root: Element): PageText {
  let text = '';
  const pieces: Piece[] = [];
  const breakWith = (mark: string): void => {
    const kept = text.replace(/[ \n]+$/, '');
    const white = text.slice(kept.length);
    if (kept !== '' && !white.includes(mark)) text = kept + mark;
  };
  const take = (node: Text): void => {
    const { data } = node;
    for (const { 0: found, index } of data.matchAll(/\s+|\S+/g)) {
      if (/^\s/.test(found)) {
        if (text !== '' && !/\s$/.test(text)) text += ' ';
        continue;
      }
      pieces.push({ start: text.length, node, offset: index, length: found.length });
      text += found;
    }
  };
  const walk = (parent: Element): void => {
    for (const node of parent.childNodes) {
      if (node instanceof Text) take(node);
      if (!(node instanceof Element) || node.matches(SKIPPED)) continue;
      const { display } = getComputedStyle(node);
      if (display === 'none') continue;
      const isBlock = !display.startsWith('inline') && display !== 'contents';
      if (node.localName === 'br') breakWith('\n');
      if (isBlock) breakWith('\n\n');
      walk(node);
      if (isBlock) breakWith('\n\n');
    }
  };
  walk(root);
  text = text.trimEnd();
  return { text, rangeOf: (start, end) => rangeOf(pieces, start, end) };
}

/** The last piece that begins at `at` or before. */
function pieceAt(pieces: readonly Piece[], at: number): Piece | undefined {
  let low = 0;
  let high = pieces.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (pieces[middle]!.start <= at) low = middle + 1;
    else high = middle;
  }
  return pieces[low - 1];
}

function rangeOf(pieces: readonly Piece[], start: number, end: number): Range | undefined {
  const first = pieceAt(pieces, start);
  const last = pieceAt(pieces, end - 1);
  if (!first || !last || end <= start || !first.node.isConnected || !last.node.isConnected) return undefined;
  const from = Math.min(start - first.start, first.length);
  const to = Math.min(end - last.start, last.length);
  const range = document.createRange();
  try {
    range.setStart(first.node, first.offset + from);
    range.setEnd(last.node, last.offset + to);
  } catch {
    return undefined; // the page has changed since
  }
  return range;
}
