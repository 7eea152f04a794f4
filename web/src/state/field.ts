// The field in which the text is written: a part of it at a time, in step with the work.
import { batch, computed, signal } from '@preact/signals';
import { change, work } from './document.js';
import { endOf, fieldOf, type Parts, partsOf, showing, startOf, written } from './parts.js';
import { sharedStart } from './split.js';

const known = signal(partsOf(''));

/** After a change from elsewhere, such as undo, the part in which it lies. */
export const parts = computed((): Parts => {
  const { text } = work.value;
  return text === known.value.text ? known.value : partsOf(text, sharedStart(known.value.text, text));
});

/** Where the caret belongs when the field shows another part than it was written in. */
let caret: number | undefined;

export function takeCaret(): number | undefined {
  const wanted = caret;
  caret = undefined;
  return wanted;
}

export function showPart(index: number): void {
  known.value = showing(parts.peek(), index);
}

/** Shows the part in which an offset of the text lies. */
export function showPlace(place: number): void {
  const now = parts.peek();
  showPart(now.starts.findLastIndex((start) => start <= place));
}

function take(after: Parts, kind: string): void {
  batch(() => {
    known.value = after;
    change(kind, { text: after.text });
  });
}

/** @param at offset of the caret in the field. */
export function write(field: string, at: number): void {
  const before = parts.peek();
  const after = written(before, field, at);
  if (fieldOf(after) !== field) caret = startOf(before) + at - startOf(after);
  take(after, 'text');
}

/** Puts a text in the place of a stretch of the field, or of the whole text where the field is chosen as a whole. */
export function replace(from: number, to: number, inserted: string): void {
  const before = parts.peek();
  const { text } = before;
  const [start, end] = [startOf(before), endOf(before)];
  const isWhole = from === 0 && to === end - start;
  const head = isWhole ? '' : text.slice(0, start + from);
  const tail = isWhole ? '' : text.slice(start + to);
  const after = partsOf(head + inserted + tail, head.length + inserted.length);
  caret = head.length + inserted.length - startOf(after);
  take(after, 'paste');
}

/** The text from the start of the document to a place of the field, in characters. */
export const offsetOf = (inField: number): number => startOf(parts.peek()) + inField;
