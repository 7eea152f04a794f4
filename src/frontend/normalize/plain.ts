// Reading without preprocessing: words as they are written; whatever would need an interpretation is left out, aloud.
import type { Reading, Site } from './site.js';
import { readWord } from './words.js';

const OPENERS = /["'([{*_<]/;
const CLOSERS = /["')\]}*_>,;:.?!]/;
/** Letters, and signs that only part words or phrases. */
const PLAIN = /^[A-Za-z',;:!?()"/–—*_-]*$/;

/** A plain word, or a piece of text to leave out with a warning; null at a mark. */
export function readPlain(site: Site): Reading | null {
  const { text, at } = site;
  if (at === 0 || text[at - 1] === ' ') {
    const space = text.indexOf(' ', at);
    let end = space < 0 ? text.length : space;
    while (end > at && CLOSERS.test(text[end - 1]!)) end -= 1;
    let start = at;
    while (start < end && OPENERS.test(text[start]!)) start += 1;
    const core = text.slice(start, end);
    // a lone bullet or dash is a mark, not something to say
    if (!PLAIN.test(core) && !/^[•|]$/.test(core))
      return { end, say: '', warning: 'not read, preprocessing is off' };
  }
  return readWord({ ...site, capitals: true });
}
