// Words with phones become token sequences such as the voices were trained on (ARCHITECTURE.md, "Token
// sequence"), each at most as long as the longest in training: a longer sentence is cut at a clause, else
// between words.
import type { Delivery, Directions } from './spoken-sentence.js';
import { lengthsOf } from './token-lengths.js';
import type { BoundaryMark, Mark, Sentence, Token, Word } from './utterance.js';

/** A word with the mark that follows it. */
export interface PronouncedWord extends Word {
  boundary: BoundaryMark;
  directions?: Directions;
}

const CLAUSE_MARKS: ReadonlySet<BoundaryMark> = new Set([',', ';', ':', '.', '?', '!']);

/**
 * The edits that a word's delivery makes to its tokens; a boundary takes those that both its neighbours
 * share.
 */
function editsOf(before: PronouncedWord | undefined, after = before): Partial<Delivery> {
  const [one, other] = [before?.directions?.delivery, after?.directions?.delivery];
  if (!one || !other) return {};
  const edits: Partial<Delivery> = {};
  if (one.rate === other.rate && one.rate !== 1) edits.rate = one.rate;
  if (one.pitchShift === other.pitchShift && one.pitchShift !== 0) edits.pitchShift = one.pitchShift;
  if (one.gain === other.gain && one.gain !== 0) edits.gain = one.gain;
  const { pitchRange = 1 } = one;
  if (pitchRange === (other.pitchRange ?? 1) && pitchRange !== 1) edits.pitchRange = pitchRange;
  return edits;
}

/** `^`, the phones of each word and the mark after it, `$`. */
export function tokensOf(words: readonly PronouncedWord[]): Token[] {
  const tokens: Token[] = [{ symbol: '^', word: null, ...editsOf(words[0]) }];
  words.forEach((word, w) => {
    const edits = editsOf(word);
    for (const phone of word.phones) tokens.push({ symbol: phone, word: w, ...edits });
    tokens.push({ symbol: word.boundary, word: null, ...editsOf(word, words[w + 1] ?? word) });
  });
  tokens.push({ symbol: '$', word: null, ...editsOf(words[words.length - 1]) });
  return tokens;
}

/**
 * Below this rate a word counts as more than its tokens: the memory of attention grows with the square of the
 * frames.
 */
const SLOWEST_UNCUT = 0.5;

function slowness({ directions }: PronouncedWord): number {
  return Math.max(1, SLOWEST_UNCUT / (directions?.delivery.rate ?? 1));
}

/** Tokens that a word takes in a sequence; more, by their length, where it is spoken very slowly. */
const cost = (word: PronouncedWord): number => (word.phones.length + 1) * slowness(word);

/**
 * Cuts a sentence into runs of at most `maxTokens` tokens. Halves are cut nearest their middle, at a clause
 * mark where there is one, so that no run is a fragment; a single word longer than that is cut between its
 * phones.
 */
export function cutToLength(words: readonly PronouncedWord[], maxTokens: number): PronouncedWord[][] {
  const room = maxTokens - 2; // ^ and $
  const fitting = words.flatMap((word) => cutWord(word, room));
  const runs: PronouncedWord[][] = [];
  const pending: [start: number, end: number][] = [[0, fitting.length]];
  const before = new Float64Array(fitting.length + 1); // tokens before each word
  fitting.forEach((word, i) => {
    before[i + 1] = before[i]! + cost(word);
  });
  while (pending.length > 0) {
    const [start, end] = pending.pop()!;
    if (before[end]! - before[start]! <= room) {
      runs.push(fitting.slice(start, end));
      continue;
    }
    const cut = bestCut(fitting, before, start, end);
    pending.push([cut, end], [start, cut]); // the earlier half is taken next
  }
  return runs;
}

/** The word to cut before: nearest the middle, a clause mark counting for more than a better balance. */
function bestCut(words: readonly PronouncedWord[], before: Float64Array, start: number, end: number): number {
  const middle = (before[start]! + before[end]!) / 2;
  const width = before[end]! - before[start]!;
  let best = start + 1;
  let bestScore = Number.POSITIVE_INFINITY;
  for (let i = start + 1; i < end; i++) {
    const distance = Math.abs(before[i]! - middle) / width; // 0 in the middle, 0.5 at the ends
    const score = distance + (CLAUSE_MARKS.has(words[i - 1]!.boundary) ? 0 : 0.4);
    if (score < bestScore) {
      bestScore = score;
      best = i;
    }
  }
  return best;
}

function cutWord(word: PronouncedWord, room: number): PronouncedWord[] {
  if (cost(word) <= room) return [word];
  const parts: PronouncedWord[] = [];
  const size = Math.max(1, Math.floor(room / slowness(word)) - 1);
  for (let at = 0; at < word.phones.length; at += size) {
    const phones = word.phones.slice(at, at + size);
    const isLast = at + size >= word.phones.length;
    const share = phones.length / word.phones.length;
    const { marksBefore: first, marksAfter: last, ...directions } = word.directions ?? USUAL;
    if (directions.length) {
      directions.length = { ...directions.length, seconds: directions.length.seconds * share };
    }
    if (at === 0 && first) Object.assign(directions, { marksBefore: first });
    if (isLast && last) Object.assign(directions, { marksAfter: last });
    parts.push({ ...word, phones, boundary: isLast ? word.boundary : '_', directions });
  }
  return parts;
}

const USUAL: Directions = { delivery: { rate: 1, pitchShift: 0, gain: 0 } };

/** The marks of a run, by the words they stand before. */
function marksOf(run: readonly PronouncedWord[]): Mark[] {
  return run.flatMap(({ directions }, i) => [
    ...(directions?.marksBefore ?? []).map((name) => ({ name, word: i })),
    ...(directions?.marksAfter ?? []).map((name) => ({ name, word: i + 1 })),
  ]);
}

/** One run as a Sentence. */
export function toSentence(run: readonly PronouncedWord[], pauseAfter: number): Sentence {
  const voice = run[0]!.directions?.voice;
  const marks = marksOf(run);
  const lengths = lengthsOf(run);
  return {
    span: [run[0]!.span[0], run[run.length - 1]!.span[1]],
    words: run.map(({ boundary: _, directions: __, ...word }) => word),
    tokens: tokensOf(run),
    pauseAfter,
    ...(voice === undefined ? {} : { voice }),
    ...(marks.length === 0 ? {} : { marks }),
    ...(lengths.length === 0 ? {} : { lengths }),
  };
}
