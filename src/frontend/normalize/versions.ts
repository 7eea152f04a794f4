// Versions and network numbers: "v2.0.1" is version two point zero point one, "192.168.0.1" is said by digits and dots.
import { bareNumberWords, cardinalWords, digitWords } from './cardinals.js';
import { matchAt, type Reading, type Site, sticky } from './site.js';

const SUFFIX = '(?:-(alpha|beta|rc|dev|pre|preview|snapshot|next|canary|nightly)\\.?(\\d{1,4})?)?';
const VERSION = sticky(`[vV]\\.?(\\d{1,6}(?:\\.\\d{1,6}){0,5})${SUFFIX}(?![A-Za-z0-9]|\\.\\d)`);
const DOTTED = sticky(`(\\d{1,6}(?:\\.\\d{1,6}){2,6})${SUFFIX}(?![A-Za-z0-9]|\\.\\d)`);

function pointWords(written: string): string {
  return written.split('.').map(bareNumberWords).join(' point ');
}

function suffixWords(kind: string | undefined, count: string | undefined): string {
  if (kind === undefined) return '';
  const name = kind === 'rc' ? 'release candidate' : kind === 'dev' ? 'dev' : kind;
  return ` ${name}${count === undefined ? '' : ` ${bareNumberWords(count)}`}`;
}

export function readVersion(site: Site): Reading | null {
  const version = matchAt(VERSION, site);
  // "V8" is an engine, "v8" and "V8.1" are versions
  if (version && (version[0].startsWith('v') || version[1]!.includes('.'))) {
    return {
      end: site.at + version[0].length,
      say: `version ${pointWords(version[1]!)}${suffixWords(version[2], version[3])}`,
    };
  }
  const dotted = matchAt(DOTTED, site);
  if (!dotted) return null;
  const parts = dotted[1]!.split('.');
  // 1.234.567 is a count as continental writers group it
  if (/^\d{1,3}(?:\.\d{3}){2,}$/.test(dotted[1]!))
    return { end: site.at + dotted[0].length, say: cardinalWords(dotted[1]!) };
  const address = parts.length === 4 && parts.every((part) => Number(part) <= 255);
  const say = address ? parts.map(digitWords).join(' dot ') : pointWords(dotted[1]!);
  return { end: site.at + dotted[0].length, say: say + suffixWords(dotted[2], dotted[3]) };
}
