// Cuts a text into the sentences that the studio speaks one by one, with the library's own rules.
import { boundaryAt } from '../../../src/frontend/en-us/sentence-boundary.js';
import { splitSentences } from '../../../src/frontend/sentences.js';

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

/** Silence after a sentence and after a paragraph, as the library's defaults have it. */
const PAUSES = { sentence: 0.35, paragraph: 0.7, clause: 0 };

/** The sentences of a text that have something to read. */
export function splitRows(text: string): Row[] {
  const seen = new Map<string, number>();
  const rows: Row[] = [];
  for (const { source, span, end } of splitSentences(text, boundaryAt)) {
    if (!/[\p{L}\p{N}]/u.test(source)) continue;
    const count = seen.get(source) ?? 0;
    seen.set(source, count + 1);
    rows.push({ key: `${count}:${source}`, text: source, start: span[0], pause: PAUSES[end] });
  }
  return rows;
}
