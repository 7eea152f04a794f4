// Cuts a chapter into parts of at most some minutes of speech, so that a dead worker costs minutes and many workers
// share a book. Parts are cut where a reader would stop anyway.

/** Characters of English that make a minute of speech, spaces included. */
export const CHARACTERS_PER_MINUTE = 900;

/** Where a text may be cut, best first: after a paragraph of text or markup, a line, a sentence, a word. */
const CUTS = [
  /\n[^\S\n]*\n\s*|<\/(?:p|div|li|h[1-6]|blockquote|section|table|pre)>\s*/giu,
  /\n/gu,
  /[.!?…]["'”’)]*\s+/gu,
  /\s+/gu,
];

/** A stretch of a chapter: UTF-16 code units [start, end). */
export interface Stretch {
  start: number;
  end: number;
}

/**
 * Stretches of at most `most` characters that together are the whole text. They are about equally long, so that the
 * last is not a remnant.
 */
export function split(text: string, most: number): Stretch[] {
  const wanted = Math.ceil(text.length / Math.max(1, Math.ceil(text.length / most)));
  const stretches: Stretch[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.length - start <= most ? text.length : cutAfter(text, start, wanted, most);
    stretches.push({ start, end });
    start = end;
  }
  return stretches;
}

/** The best cut in the last half of what is allowed, nearest to the wanted length. */
function cutAfter(text: string, start: number, wanted: number, most: number): number {
  const least = Math.max(1, Math.ceil(most / 2));
  const window = text.slice(start, start + most);
  for (const cut of CUTS) {
    let best: number | undefined;
    for (const { index, 0: found } of window.matchAll(cut)) {
      const length = index + found.length;
      if (length < least) continue;
      if (best === undefined || Math.abs(length - wanted) < Math.abs(best - wanted)) best = length;
    }
    if (best !== undefined) return start + best;
  }
  const last = text.charCodeAt(start + most - 1);
  const splitsPair = last >= 0xd800 && last < 0xdc00 && most > 1;
  return start + most - (splitsPair ? 1 : 0);
}
