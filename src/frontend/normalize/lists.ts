// What opens a line without being said, or said apart: bullets, headings' signs, an item's number or letter.
import { cardinalWords } from './cardinals.js';
import { matchAt, type Reading, type Site, sticky } from './site.js';

const BULLET = sticky('(?:[-+*•–—>|]|#{1,6})(?= )');
const NUMBERED = sticky('\\(?(\\d{1,3})(?:\\)|\\.(?= )|\\.\\)) ?');
const LETTERED = sticky('\\(?([A-Za-z])\\) ');
const CHECKBOX = sticky('\\[[ xX]?\\](?= )');

/** The opening of an item, at the start of a sentence only. */
export function readListMarker(site: Site): Reading | null {
  if (site.at !== 0) {
    const heading = site.at < 8 && /^(?:#{1,6}|[-*•>+]) $/.test(site.text.slice(0, site.at));
    const item = heading ? matchAt(NUMBERED, site) : null;
    if (item) return { end: site.at + item[0].trimEnd().length, say: `${cardinalWords(item[1]!)},` };
    const box = matchAt(CHECKBOX, site);
    return box && /^[-*+•] $/.test(site.text.slice(0, site.at))
      ? { end: site.at + box[0].length, say: '' }
      : null;
  }
  const bullet = matchAt(BULLET, site);
  if (bullet) return { end: bullet[0].length, say: '' };
  const numbered = matchAt(NUMBERED, site);
  if (numbered && numbered[0].length < site.text.length)
    return { end: numbered[0].trimEnd().length, say: `${cardinalWords(numbered[1]!)},` };
  const lettered = matchAt(LETTERED, site);
  return lettered && { end: lettered[0].trimEnd().length, say: `${lettered[1]!.toUpperCase()},` };
}

const LINK = sticky('\\]\\((https?://[^\\s()]{1,500})\\)');
const FACE = sticky("(?:[:;=]['o^-]?[)(\\]DPp/|*]|<3|\\^_\\^|:-[oO]|[xX]D|;_;|T_T)(?=$|[\\s.,!?])");

/** The target of a link written "[text](address)", of which only the text is read. */
export function readLinkTarget(site: Site): Reading | null {
  const match = matchAt(LINK, site);
  return match && { end: site.at + match[0].length, say: '', warning: 'left out, the address of a link' };
}

/** Faces made of marks are silent, as emoji are. */
export function readFace(site: Site): Reading | null {
  if (!/^\s?$/.test(site.text[site.at - 1] ?? '')) return null;
  const match = matchAt(FACE, site);
  return match && { end: site.at + match[0].length, say: '', warning: 'left out, a face of marks' };
}
