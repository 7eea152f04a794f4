// Web and mail addresses, files and paths: "john@example.com" is john at example dot com, "report.pdf" report
// dot P D F.
import urls from '../data/urls.json' with { type: 'json' };
import { identifierWords } from './identifiers.js';
import { letterWords } from './letters.js';
import { matchAt, type Reading, type Site, sticky } from './reader.js';

/** Ends of domains that are words where a space is missing: "is.it". */
const ALSO_WORDS = new Set<string>(urls.alsoWords);
const FOLDERS = new Set<string>(urls.folders);
const DOMAIN_ENDS = urls.domains.join('|');
const HOST = '(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\\.){1,8}[A-Za-z][A-Za-z0-9-]{0,62}';
const REST = "(?::\\d{1,5}(?!\\d))?(?:[/?#][A-Za-z0-9._~:/?#@!$&'*+,;=%()-]{0,2000})?";
const EMAIL = sticky(`(?:mailto:)?([A-Za-z0-9][A-Za-z0-9._%+-]{0,63})@(${HOST})(?![A-Za-z0-9-])`);
const SCHEME = sticky(
  `(https?|ftps?|file|ssh|git|wss?)://(${HOST}|localhost|\\d{1,3}(?:\\.\\d{1,3}){3})(${REST})`,
  'i',
);
const WWW = sticky(`(www\\.${HOST})(${REST})`, 'i');
const BARE = sticky(
  `((?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\\.){1,6}(?:${DOMAIN_ENDS}))(?![A-Za-z0-9-]|\\.[A-Za-z])(${REST})`,
);
const LOCALHOST = sticky(`(localhost)(:\\d{1,5}(?!\\d)${REST})`);
const FILE = sticky(
  `([A-Za-z0-9_][A-Za-z0-9_-]{0,99}(?:\\.[A-Za-z0-9_-]{1,99}){0,6}\\.(?:${urls.files.join('|')}))(?![A-Za-z0-9_]|\\.[A-Za-z0-9])`,
  'i',
);
const UNIX_PATH = sticky('(?:~|\\.{1,2})?(?:/[A-Za-z0-9._@%+-]{1,99}){1,40}/?(?![A-Za-z0-9])');
const RELATIVE_PATH = sticky('[A-Za-z0-9._-]{1,99}(?:/[A-Za-z0-9._-]{1,99}){1,40}(?![A-Za-z0-9])');
const WINDOWS_PATH = sticky('([A-Za-z]:)((?:\\\\[A-Za-z0-9._@%+-]{1,99}){1,40})\\\\?');
const FLAG = sticky('--?([a-z][a-z0-9]{0,30}(?:-[a-z0-9]{1,30}){0,6})(?![A-Za-z0-9])');
const CLAUSES = new Set(urls.clauses.split(' '));
const DOTTED_WORDS = sticky(
  '([A-Za-z][A-Za-z0-9]{0,40})((?:\\.[A-Za-z][A-Za-z0-9]{0,40}){1,8})(?![A-Za-z0-9])',
);

/** A sentence's own marks are not part of the address it ends with. */
function withoutMarks(address: string): string {
  let trimmed = address.replace(/[.,;:!?'*]{1,20}$/, '');
  if (trimmed.endsWith(')') && !trimmed.includes('('))
    trimmed = trimmed.slice(0, -1).replace(/[.,;:!?']{1,20}$/, '');
  return trimmed;
}

export function readUrl(site: Site): Reading | null {
  if (/[A-Za-z0-9@]$/.test(site.text[site.at - 1] ?? '')) return null;
  const email = matchAt(EMAIL, site);
  if (email) return { end: site.at + email[0].length, say: identifierWords(`${email[1]}@${email[2]}`) };
  const scheme = matchAt(SCHEME, site);
  if (scheme) return readAddress(site, scheme[0], scheme[1]!.length + 3);
  const bare = matchAt(WWW, site) ?? matchAt(LOCALHOST, site) ?? matchAt(BARE, site);
  if (bare && isDomain(bare[1]!, bare[2] ?? '')) return readAddress(site, bare[0], 0);
  return null;
}

/** The scheme and a closing slash are silent: a newsreader leaves them out. */
function readAddress(site: Site, written: string, schemeLength: number): Reading {
  const address = withoutMarks(written);
  const end = site.at + address.length;
  const say = identifierWords(address.slice(schemeLength).replace(/\/$/, ''));
  return { end, say };
}

/** "amazon.com" is a domain; "is.it", "Smith.In" and "Node.js" are not. */
function isDomain(host: string, rest: string): boolean {
  if (/^www\./i.test(host) || rest !== '') return true;
  const end = host.slice(host.lastIndexOf('.') + 1);
  return end === end.toLowerCase() && !ALSO_WORDS.has(end);
}

export function readFile(site: Site): Reading | null {
  if (/[A-Za-z0-9.]$/.test(site.text[site.at - 1] ?? '')) return null;
  const windows = matchAt(WINDOWS_PATH, site);
  if (windows) {
    const path = withoutMarks(windows[0]);
    return { end: site.at + path.length, say: identifierWords(path) };
  }
  const file = matchAt(FILE, site);
  if (file && isFileName(file[1]!)) {
    return { end: site.at + file[0].length, say: identifierWords(file[1]!) };
  }
  return readRelative(site);
}

/** "D.C." is no source file, though "main.c" is. */
function isFileName(name: string): boolean {
  const [stem, ending] = [name.slice(0, name.lastIndexOf('.')), name.slice(name.lastIndexOf('.') + 1)];
  if (!/[A-Za-z]/.test(stem)) return false;
  return (
    ending === ending.toLowerCase() ||
    (stem.length > 2 && ending.length > 1 && ending === ending.toUpperCase())
  );
}

/** "src/main.ts": slashes between names are a path when a dot or a second slash shows it. */
function readRelative(site: Site): Reading | null {
  const match = matchAt(RELATIVE_PATH, site);
  if (!match) return null;
  const path = withoutMarks(match[0]);
  const slashes = path.split('/').length - 1;
  const named =
    /\.[A-Za-z]{1,5}$/.test(path) ||
    /[a-z][_.-][a-z]/.test(path) ||
    FOLDERS.has(path.slice(0, path.indexOf('/')));
  if (/-\//.test(path)) return null; // "pro-/anti-war"
  if (slashes === 0 || !/[A-Za-z]/.test(path) || !named || path.length > 1000) return null;
  return { end: site.at + path.length, say: identifierWords(path) };
}

/** Paths and options, which begin with a sign. */
export function readPath(site: Site): Reading | null {
  const before = site.text[site.at - 1] ?? ' ';
  if (!/[\s("'[]/.test(before)) return null;
  const isNegated =
    /^-[a-z](?![A-Za-z-])/.test(site.text.slice(site.at, site.at + 3)) &&
    /[=<>≤≥±(,] $/.test(site.text.slice(Math.max(0, site.at - 2), site.at));
  if (isNegated) return null;
  const flag = matchAt(FLAG, site);
  // "No!" --and then silence
  if (flag?.[0].startsWith('--') && CLAUSES.has(flag[1]!)) return null;
  if (flag) {
    // "-la", "-rf": several flags of one letter.
    const several = /^-([a-z]{2,3}|[b-df-hj-np-tv-z]{4,5})$/.exec(flag[0]);
    return {
      end: site.at + flag[0].length,
      say: several ? `dash ${letterWords(several[1]!)}` : identifierWords(flag[0]),
    };
  }
  const unix = matchAt(UNIX_PATH, site);
  if (!unix) return null;
  const path = withoutMarks(unix[0]);
  return path.length < 2
    ? null
    : { end: site.at + path.length, say: identifierWords(path.replace(/(?<=.)\/$/, '')) };
}

/** Words joined by dots that no other reader takes ("Object.keys", "A.P.I"): the dots are said. */
export function readDottedWords(site: Site): Reading | null {
  const match = matchAt(DOTTED_WORDS, site);
  return match && { end: site.at + match[0].length, say: identifierWords(match[0]) };
}

/** ".NET", ".com": a dot that opens a name. */
export function readLeadingDot(site: Site): Reading | null {
  const opens =
    /^(?:|[\s/("'])$/.test(site.text[site.at - 1] ?? '') &&
    /^\.[A-Za-z]{2}/.test(site.text.slice(site.at, site.at + 3));
  return opens ? { end: site.at + 1, say: 'dot' } : null;
}
