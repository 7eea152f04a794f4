// Cuts a text into the sentences that the studio speaks one by one, with the library's own rules; after a change, only
// what is near the change is cut again.
import { boundaryAt } from '../../../src/frontend/en-us/sentence-boundary.js';
import { type SentenceSlice, SentenceStream } from '../../../src/frontend/sentences.js';

/** A sentence of the document. */
export interface Row {
  /** The same for the same sentence after an edit elsewhere: its text and which of its repetitions it is. */
  key: string;
  text: string;
  /** Offset in the document. */
  start: number;
  /** Seconds of silence after it. */
  pause: number;
}

/** A text and its sentences, as far as they are known. */
export interface Cut {
  text: string;
  slices: readonly SentenceSlice[];
}

/** Silence after a sentence and after a paragraph, as the library's defaults have it. */
const PAUSES = { sentence: 0.35, paragraph: 0.7, clause: 0 };
/** Characters in front of a change that are cut again: more than any decision about a sentence looks ahead. */
const REACH = 2000;
const PIECE = 4096;
/** Sentences that are handled in one step. */
export const AT_ONCE = 1000;

export const NOTHING: Cut = { text: '', slices: [] };

/** Characters that are compared at once. */
const BLOCK = 8192;

/** How many characters two texts begin with alike. */
export function sharedStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let shared = 0;
  while (shared + BLOCK <= most && a.slice(shared, shared + BLOCK) === b.slice(shared, shared + BLOCK))
    shared += BLOCK;
  while (shared < most && a.charCodeAt(shared) === b.charCodeAt(shared)) shared++;
  return shared;
}

function sharedEnd(a: string, b: string, most: number): number {
  let shared = 0;
  const block = (text: string): string => text.slice(text.length - shared - BLOCK, text.length - shared);
  while (shared + BLOCK <= most && block(a) === block(b)) shared += BLOCK;
  while (shared < most && a.charCodeAt(a.length - 1 - shared) === b.charCodeAt(b.length - 1 - shared))
    shared++;
  return shared;
}

const moved = (slice: SentenceSlice, by: number): SentenceSlice =>
  by === 0 ? slice : { ...slice, span: [slice.span[0] + by, slice.span[1] + by] };

/**
 * The sentences of a text, from those of the text before a change: the same as of the whole. A cut depends on where its
 * sentence starts and on what follows, so that sentences well in front of the change stay, and from the first
 * sentence behind it that starts where one started before, all do.
 * @returns in steps, so that a page can do something else in between; each yields what is known so far.
 */
export function* recutting(before: Cut, text: string): Generator<Cut, Cut, undefined> {
  const sameStart = sharedStart(before.text, text);
  const most = Math.min(before.text.length, text.length) - sameStart;
  const shift = text.length - before.text.length;
  const changedTo = text.length - sharedEnd(before.text, text, most);
  let kept = 0;
  while (kept < before.slices.length && before.slices[kept]!.span[1] + REACH <= sameStart) kept++;
  const slices = before.slices.slice(0, kept);
  const base = slices.at(-1)?.span[1] ?? 0;
  const stream = new SentenceStream(boundaryAt);
  let old = kept;
  for (let at = base; ; at += PIECE) {
    const isLast = at + PIECE >= text.length;
    const found = stream.push(text.slice(at, at + PIECE));
    if (isLast) found.push(...stream.end());
    for (const slice of found) {
      const here = moved(slice, base);
      const was = here.span[0] - shift;
      while (old < before.slices.length && before.slices[old]!.span[0] < was) old++;
      if (here.span[0] >= changedTo && before.slices[old]?.span[0] === was) {
        for (let n = old; n < before.slices.length; n++) {
          slices.push(moved(before.slices[n]!, shift));
          if ((n - old) % AT_ONCE === AT_ONCE - 1) yield { text, slices };
        }
        return { text, slices };
      }
      slices.push(here);
    }
    if (isLast) return { text, slices };
    yield { text, slices };
  }
}

/** Sentences that have something to read, and where each stands among them; more come while a text is cut. */
export interface Rows {
  list: Row[];
  places: Map<string, number>;
}

/**
 * Cuts a text as `recutting` does, and makes rows of the sentences that have something to read.
 * @returns in steps of at most `AT_ONCE` sentences; each yields the rows so far, which grow.
 */
export function* rowing(before: Cut, text: string): Generator<Rows, { cut: Cut; rows: Rows }, undefined> {
  const seen = new Map<string, number>();
  const rows: Rows = { list: [], places: new Map() };
  const cutting = recutting(before, text);
  let at = 0;
  for (;;) {
    const { value: cut, done } = cutting.next();
    const { slices } = cut;
    for (;;) {
      const to = Math.min(slices.length, at + AT_ONCE);
      for (; at < to; at++) {
        const { source, span, end } = slices[at]!;
        if (!/[\p{L}\p{N}]/u.test(source)) continue;
        const count = seen.get(source) ?? 0;
        seen.set(source, count + 1);
        const key = `${count}:${source}`;
        rows.places.set(key, rows.list.length);
        rows.list.push({ key, text: source, start: span[0], pause: PAUSES[end] });
      }
      if (at === slices.length) break;
      yield rows;
    }
    if (done) return { cut, rows };
    yield rows;
  }
}
