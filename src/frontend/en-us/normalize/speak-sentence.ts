// One sentence from its source to spoken words: the text is folded, then read from left to right, each
// expression by the first reader that knows it; what is left out is noted for the caller.
import { VoirsError } from '../../../errors.js';
import type { Claim } from '../../inline-phones.js';
import type { ReadingContext } from '../../language.js';
import type { SentenceSlice } from '../../sentences.js';
import type { SpokenWord } from '../../spoken-sentence.js';
import type { BoundaryMark, Span } from '../../utterance.js';
import type { WarningList } from '../../warning-list.js';
import context from '../data/context-words.json' with { type: 'json' };
import { possessive } from '../lexicon/inflect.js';
import { type FoldedText, fold } from '../unicode.js';
import { claimedText, type SaidWord, unclaimed, withClaims } from './claims.js';
import { readChosenNumber, withZero } from './number-reading.js';
import { insideWord, matchAt, parseNotation, type Reading, type Site } from './reader.js';
import { readersFor } from './readers.js';
import { readUrl } from './urls.js';
import { readWord } from './words.js';

/**
 * The spoken words of one sentence, with offsets into the text that the slice was cut from.
 * @throws VoirsError UNSUPPORTED_TEXT at the first span of a script the voice cannot read, where that is an
 * error.
 */
export function speakSentence(
  slice: SentenceSlice,
  options: ReadingContext,
  warnings: WarningList,
): SpokenWord[] {
  const base = slice.span[0];
  const { emoji = 'skip', unsupported = 'skip' } = options;
  const claimed = claimedText(slice.source, base, options);
  const { folded, claimAt } = claimed
    ? unclaimed(fold(claimed.text, { emoji, unsupported }), claimed, base)
    : { folded: fold(slice.source, { base, emoji, unsupported }), claimAt: NO_CLAIMS };
  const foreign = folded.unsupported[0];
  if (foreign && unsupported === 'error') throw unsupportedText(slice, foreign, warnings);
  const note = (kind: string) => (span: Span) => warnings.add(kind, excerpt(slice, span), span);
  folded.transliterated.forEach(note('read in Latin letters, from another alphabet'));
  if (unsupported === 'skip')
    folded.unsupported.forEach(note('left out, in a script this voice cannot read'));
  folded.discarded.forEach(note('left out, a control character or half of a surrogate pair'));
  folded.emoji.forEach(note('left out, an emoji'));
  folded.symbols.forEach(note('left out, a sign with no reading'));
  return speakFolded(folded, slice, options, warnings, claimAt);
}

const NO_CLAIMS: ReadonlyMap<number, Claim> = new Map();

/** The words of a user's respelling: read as text is, without the user's entries. */
function respelled(
  respelling: string,
  { entriesIn: _, ...options }: ReadingContext,
  warnings: WarningList,
): SaidWord[] {
  const slice: SentenceSlice = { source: respelling, span: [0, respelling.length], end: 'sentence' };
  const words = speakFolded(fold(respelling, { emoji: 'skip' }), slice, options, warnings, NO_CLAIMS);
  return words.map(({ span: _, ...word }) => word);
}

function excerpt(slice: SentenceSlice, [start, end]: Span): string {
  const base = slice.span[0];
  return slice.source.slice(start - base, Math.min(end, start + 40) - base);
}

function unsupportedText(slice: SentenceSlice, span: Span, { sourceOf }: WarningList): VoirsError {
  const [start, end] = sourceOf(span);
  return new VoirsError('UNSUPPORTED_TEXT', `the voice cannot read the script at ${start}-${end}`, {
    got: JSON.stringify(excerpt(slice, span)),
    wanted: 'text in Latin letters',
    suggestion: "Set the option unsupported to 'skip' to leave it out with a warning, or to 'name'",
  });
}

/** After these no pause is made before a bracket. */
const ARTICLES = new Set<string>(context.words.articles);

/** Quotation marks, and the marks of emphasis and headings in plain text: none of them is said. */
const SILENT = /["'*_`#>~-]/;

function speakFolded(
  folded: FoldedText,
  slice: SentenceSlice,
  options: ReadingContext,
  warnings: WarningList,
  claimAt: ReadonlyMap<number, Claim>,
): SpokenWord[] {
  const { text } = folded;
  const capitals = isAllCapitals(claimAt.size === 0 ? text : text.replace(/thing/gi, ''));
  const accented = ACCENTED.test(slice.source);
  const leaveAddresses = options.leaveOut?.includes('addresses') === true;
  const words: SpokenWord[] = [];
  let at = 0;
  let implied = false;
  while (at < text.length) {
    if (text[at] === ' ') {
      at += 1;
      continue;
    }
    const site: Site = { text, at, capitals };
    const reading = options.preprocessing === 'plain' ? readPlain(site) : read(site, options, leaveAddresses);
    if (reading) {
      const span = spanAfter(words.at(-1)?.span, folded.starts[at]!, folded.ends[reading.end - 1]!);
      const said = parseNotation(withZero(reading.say, options.numbers?.zero));
      const claims = claimAt.size === 0 ? [] : claimsIn(claimAt, at, reading.end);
      const spoken =
        claims.length === 0
          ? said
          : withClaims(said, claims, (respelling) => respelled(respelling, options, warnings));
      for (const word of spoken) words.push({ ...word, span });
      if (accented && claims.length === 0 && said.length === 1) addWritten(words[words.length - 1]!, slice);
      if (takesPossessive(text, reading.end) && words.at(-1)?.span === span) {
        addPossessive(words, folded.ends[reading.end + 1]!);
        at = reading.end + 2;
        continue;
      }
      if (reading.warning !== undefined) warnings.add(reading.warning, excerpt(slice, span), span);
      at = reading.end;
      continue;
    }
    const mark = readMark(site);
    const last = words.at(-1);
    if (mark?.bracket && last && /^[([{]/.test(text[at]!) && ARTICLES.has(last.text)) {
      at = mark.end; // "a (short) walk"
      continue;
    }
    if (mark && last) {
      if (last.boundary === '_') implied = mark.bracket;
      last.boundary = strongerMark(last.boundary, mark.mark);
    }
    if (!mark && !SILENT.test(text[at]!)) {
      const span: Span = [folded.starts[at]!, folded.ends[at]!];
      warnings.add('left out, a sign with no reading', excerpt(slice, span), span);
    }
    at = mark?.end ?? at + 1;
  }
  const final = words.at(-1);
  if (slice.end === 'clause') {
    if (final?.boundary === '_') final.boundary = ','; // the sentence goes on
  } else if (final?.boundary === '_' || (final?.boundary === ',' && implied)) final.boundary = '.';
  return words;
}

/**
 * One source character may fold to several ("½", "㎏"): words parted inside it share it, and no two spans
 * overlap.
 */
function spanAfter(previous: Span | undefined, start: number, end: number): Span {
  if (previous === undefined || start >= previous[1]) return [start, end];
  return end > previous[1] ? [previous[1], end] : [previous[0], previous[1]];
}

/** "Apollo 11's": a possessive after an expression that is not a word of letters. */
function takesPossessive(text: string, end: number): boolean {
  return text[end] === "'" && text[end + 1] === 's' && !insideWord(text, end + 2);
}

/** The words of one expression share the span that the 's makes longer. */
function addPossessive(words: SpokenWord[], end: number): void {
  const last = words.at(-1)!;
  const owner = possessive(last, end);
  for (let i = words.length - 1; i >= 0 && words[i]!.span === last.span; i -= 1) {
    words[i] = i === words.length - 1 ? owner : { ...words[i]!, span: owner.span };
  }
}

function claimsIn(claimAt: ReadonlyMap<number, Claim>, from: number, to: number): Claim[] {
  const claims: Claim[] = [];
  for (let at = from; at < to; at += 1) {
    const claim = claimAt.get(at);
    if (claim) claims.push(claim);
  }
  return claims;
}

const ACCENTED = /[\u00C0-\u024F\u1E00-\u1EFF]|\p{M}/u;

/** Keeps the accents of a word for the lexicon: "résumé" is not "resume". */
function addWritten(word: SpokenWord, slice: SentenceSlice): void {
  if (word.reading !== 'word') return;
  const [start, end] = [word.span[0] - slice.span[0], word.span[1] - slice.span[0]];
  const marks = /^\p{M}*/u.exec(slice.source.slice(end, end + 4))![0];
  const written = (slice.source.slice(start, end) + marks).normalize('NFC').toLowerCase();
  if (ACCENTED.test(written) && /^\p{Script=Latin}[\p{Script=Latin}'’]{0,40}$/u.test(written))
    word.written = written.replace(/’/g, "'");
}

function read(site: Site, { numbers }: ReadingContext, leaveAddresses: boolean): Reading | null {
  const chosen = numbers && readChosenNumber(site, numbers);
  if (chosen) return chosen;
  const address = leaveAddresses ? readUrl(site) : null;
  if (address) return { end: address.end, say: '', warning: 'left out, an address' };
  for (const reader of readersFor(site.text[site.at]!)) {
    const reading = reader(site);
    if (reading) return reading;
  }
  return null;
}

/** Written in capitals throughout, with at least two words long enough to tell. */
function isAllCapitals(text: string): boolean {
  return (
    !/[a-z]/.test(text.replace(/\d(?:st|nd|rd|th)\b/g, '')) &&
    (text.replace(/[A-Z]{1,3}\d\S*/g, '').match(/[A-Z]{2,}/g)?.length ?? 0) >= 2
  );
}

// Without preprocessing: words as they are written; what would need an interpretation is left out with a
// warning.

const OPENERS = /["'([{*_<]/;
const CLOSERS = /["')\]}*_>,;:.?!]/;
/** Letters, and signs that only part words or phrases. */
const PLAIN = /^[A-Za-z',;:!?()"/–—*_-]*$/;

/** A plain word, or a piece of text to leave out with a warning; null at a mark. */
function readPlain(site: Site): Reading | null {
  const { text, at } = site;
  if (at === 0 || text[at - 1] === ' ') {
    const space = text.indexOf(' ', at);
    let end = space < 0 ? text.length : space;
    while (end > at && CLOSERS.test(text[end - 1]!)) end -= 1;
    let start = at;
    while (start < end && OPENERS.test(text[start]!)) start += 1;
    const core = text.slice(start, end);
    // A lone bullet or dash is a mark, not something to say.
    if (!PLAIN.test(core) && !/^[•|]$/.test(core))
      return { end, say: '', warning: 'not read, preprocessing is off' };
  }
  return readWord({ ...site, capitals: true });
}

// Punctuation as the voice knows it: six marks; dashes, ellipses and brackets are commas.

const RANK = new Map<BoundaryMark, number>([
  ['_', 0],
  [',', 1],
  [':', 2],
  [';', 3],
  ['.', 4],
  ['!', 5],
  ['?', 6],
]);

/** The mark that stands when several meet: the stronger. */
function strongerMark(a: BoundaryMark, b: BoundaryMark): BoundaryMark {
  return RANK.get(b)! > RANK.get(a)! ? b : a;
}

const RUN: readonly [RegExp, BoundaryMark][] = [
  // The dot of an abbreviation ("Jr.,", "org. chart": a full stop would have ended the sentence), a call's empty brackets, the bracket that opens a link's text.
  [/\.(?=[,;:]| [A-Za-z0-9(])|\(\)|\[(?=[^\]]{0,200}\]\()/y, '_'],
  [/\.(?: ?\.){1,200}/y, ','],
  [/[,;:.?!]/y, ','],
  [/-{2,200}|[–—]/y, ','],
  // "Home > Shoes": a path through menus, as against a comparison (maths.ts).
  [/>(?= [A-Z])/y, ','],
  [/[()[\]{}|•→←]/y, ','],
];
const SPACED_HYPHEN = /-(?= )/y;

/** A mark; a bracket's comma is only implied, and gives way to the full stop at the end of a sentence. */
interface Mark {
  end: number;
  mark: BoundaryMark;
  bracket: boolean;
}

/** The mark at the site and where it ends, or null: other signs are silent. */
function readMark(site: Site): Mark | null {
  for (const [pattern, mark] of RUN) {
    const match = matchAt(pattern, site);
    if (!match) continue;
    const own = mark !== '_' && match[0].length === 1 && /[,;:.?!]/.test(match[0]);
    return {
      end: site.at + match[0].length,
      mark: own ? (match[0] as BoundaryMark) : mark,
      bracket: /[()[\]{}|•→←]/.test(match[0]),
    };
  }
  if (matchAt(SPACED_HYPHEN, site) && site.text[site.at - 1] === ' ')
    return { end: site.at + 1, mark: ',', bracket: false };
  return null;
}
