// What the author of a text says of its words: entries of the user's lexicon, and phones written in the text.
// Each is put in the text as an ordinary noun before any reader sees it, and its words take that noun's place.
import { type Claim, inlineClaims } from '../../inline-phones.js';
import type { ReadingContext } from '../../language.js';
import { type EntrySpeech, foldedSpelling } from '../../lexicon/entry-index.js';
import type { SpokenWord } from '../../spoken-sentence.js';
import type { Span } from '../../utterance.js';
import { withS } from '../lexicon/inflect.js';
import type { FoldedText } from '../unicode.js';

/** A word without its place. */
export type SaidWord = Omit<SpokenWord, 'span'>;

/** A source in which every claim is one noun. */
export interface ClaimedText {
  text: string;
  claims: readonly Claim[];
  /** Where each claim's noun begins in `text`. */
  places: readonly number[];
}

/** Stands for a claim: an ordinary noun to the readers of text. */
const NOUN = 'thing';
const SAID_NOUN = /^thing(?:'s|s)?$/;

/** The claims of a source, or undefined where it has none. @param base offset of the source in the text. */
export function claimedText(
  source: string,
  base: number,
  { entriesIn, isGiven }: ReadingContext,
): ClaimedText | undefined {
  const claims = source.includes('[') ? inlineClaims(source) : [];
  const inline = claims.length;
  for (const match of entriesIn?.(source) ?? []) {
    const overlaps = claims.slice(0, inline).some(({ start, end }) => match.start < end && start < match.end);
    if (overlaps || isGiven?.(base + match.start)) continue;
    claims.push({ ...match, written: source.slice(match.start, match.end) });
  }
  if (claims.length === 0) return undefined;
  claims.sort((a, b) => a.start - b.start);
  let text = '';
  let at = 0;
  const places = claims.map(({ start, end, written }) => {
    text += source.slice(at, start);
    at = end;
    const place = text.length;
    text += /^[\p{Lu}\p{N}]/u.test(written) ? NOUN[0]!.toUpperCase() + NOUN.slice(1) : NOUN;
    return place;
  });
  return { text: text + source.slice(at), claims, places };
}

/** The folded text with the places of the source, and the claim at each folded character where one begins. */
export function unclaimed(
  folded: FoldedText,
  { claims, places }: ClaimedText,
  base: number,
): { folded: FoldedText; claimAt: ReadonlyMap<number, Claim> } {
  const claimAt = new Map<number, Claim>();
  const toSource = (offset: number, isEnd: boolean): number => {
    let low = -1;
    for (let high = places.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if (places[middle]! < offset || (!isEnd && places[middle] === offset)) low = middle;
      else high = middle - 1;
    }
    if (low < 0) return base + offset;
    const { start, end } = claims[low]!;
    const after = places[low]! + NOUN.length;
    if (offset < after) return base + (isEnd ? end : start);
    return base + end + (offset - after);
  };
  const indexOf = new Map(places.map((place, i) => [place, i]));
  const starts = folded.starts.map((start, i) => {
    const claim = indexOf.get(start);
    if (claim !== undefined && /t/i.test(folded.text[i]!)) claimAt.set(i, claims[claim]!);
    return toSource(start, false);
  });
  const ends = folded.ends.map((end) => toSource(end, true));
  const moved = (spans: readonly Span[]) =>
    spans.map(([start, end]): Span => [toSource(start, false), toSource(end, true)]);
  return {
    claimAt,
    folded: {
      text: folded.text,
      starts,
      ends,
      unsupported: moved(folded.unsupported),
      transliterated: moved(folded.transliterated),
      discarded: moved(folded.discarded),
      symbols: moved(folded.symbols),
      emoji: moved(folded.emoji),
    },
  };
}

/** The words of a reading, with those of its claims in the places of their nouns. */
export function withClaims(
  said: readonly SaidWord[],
  claims: readonly Claim[],
  read: (respelling: string) => SaidWord[],
): SaidWord[] {
  const spoken = claims.map((claim) => claimWords(claim, read));
  if (said.length > 0 && !said.some(({ text }) => SAID_NOUN.test(text))) return spoken.flat();
  let next = 0;
  return said.flatMap((word) => {
    if (!SAID_NOUN.test(word.text) || next === spoken.length) return [word];
    const words = spoken[next]!;
    next += 1;
    return words.map((one, i) => (i === words.length - 1 ? { ...one, boundary: word.boundary } : one));
  });
}

function claimWords(
  { speech, suffix, written }: Claim,
  read: (respelling: string) => SaidWord[],
): SaidWord[] {
  if ('respelling' in speech) return withSuffix(read(speech.respelling), suffix);
  return [{ ...phonesWord(speech, suffix), text: foldedSpelling(written).trim() }];
}

function phonesWord(
  { forms }: Extract<EntrySpeech, { forms: unknown }>,
  suffix: string,
): Omit<SaidWord, 'text'> {
  const phones = forms[0]!;
  const word = { reading: 'word', boundary: '_' } as const;
  return suffix === '' ? { ...word, phones } : { ...word, phones: withS(phones), provenance: 'derived' };
}

function withSuffix(words: SaidWord[], suffix: string): SaidWord[] {
  const last = words.at(-1);
  if (!last) return words;
  const plain: SaidWord = { ...last, boundary: '_' };
  if (suffix === '') return [...words.slice(0, -1), plain];
  const ending =
    suffix === "'s" || last.reading === 'letter' ? "'s" : /(?:[sxz]|ch|sh)$/.test(last.text) ? 'es' : 's';
  return [...words.slice(0, -1), { ...plain, text: last.text + ending, reading: 'word' }];
}
