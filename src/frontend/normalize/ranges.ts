// Ranges and scores: the dash in "10-20", "9am–5pm" or a 3-2 win is "to"; in "747-400" and "1-2-3" it is silent.
import { matchAt, type Reading, type Site, sticky } from './site.js';

const DASH = sticky('[-–](?=[$£€¥]?\\.?\\d|[$£€¥]\\d)');
const SPACED = sticky('[–-] ?(?=[$£€¥]?\\d)');

/** The word for a dash between two amounts. */
export function readRangeDash(site: Site): Reading | null {
  const { text, at } = site;
  const before = text.slice(Math.max(0, at - 12), at);
  const after = text.slice(at + 1, at + 14);
  if (matchAt(DASH, site) && /(?:\d|\d ?[ap]\.?m\.?|\d[%°]|\d[a-zA-Z]{1,2})$/i.test(before)) {
    return { end: at + 1, say: isSilent(before, after) ? '' : 'to' };
  }
  // " – " between two numbers: a range when nothing else parts them
  if (text[at] === '–' && matchAt(SPACED, site) && /[\d%] $/.test(before)) return { end: at + 1, say: 'to' };
  return null;
}

function isSilent(before: string, after: string): boolean {
  const left = /(\d+)$/.exec(before)?.[1];
  const right = /^(\d+)/.exec(after)?.[1];
  if (left === undefined || right === undefined) return false;
  const several = /\d-\d+$/.test(before) || /^\d+-\d/.test(after);
  const model = left.length === 3 && /00$/.test(right) && Number(right) < Number(left);
  return several || model || (right.length > 1 && right.startsWith('0') && !left.startsWith('0'));
}
