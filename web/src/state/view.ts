// What is shown, apart from the work itself.
import { computed, signal } from '@preact/signals';
import { place } from '../engine/playback.js';
import { rows } from './document.js';
import type { Row } from './split.js';

/** Writing the text, or hearing it sentence by sentence. */
export const mode = signal<'write' | 'listen'>('write');

/** The sentence that was chosen by hand; the one that is heard takes its place when playing goes on. */
export const chosen = signal<string | undefined>(undefined);

/** The sentence under the text: the chosen one, or the one that is heard. */
export const focus = computed<Row | undefined>(() => {
  const list = rows.value;
  const key = chosen.value ?? place.value?.row.key;
  return list.find((row) => row.key === key) ?? list[0];
});

/** A word chosen in the picture, counted through its sentence. */
export const chosenWord = signal<{ key: string; word: number } | undefined>(undefined);

/** What the page says in one line, read out by screen readers too. */
export const notice = signal<{ text: string; isProblem: boolean } | undefined>(undefined);

let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, isProblem = false): void {
  clearTimeout(timer);
  notice.value = { text, isProblem };
  if (isProblem) return;
  timer = setTimeout(() => {
    notice.value = undefined;
  }, 6000);
}
