// What is shown, apart from the work itself.
import { computed, effect, signal } from '@preact/signals';
import { place } from '../engine/playback.js';
import { indexOf, rows } from './rows.js';
import type { Row } from './split.js';

/** Writing the text, or hearing it sentence by sentence. */
export const mode = signal<'write' | 'listen'>('write');

/** The sentence that was chosen by hand; the one that is heard takes its place when playing goes on. */
export const chosen = signal<string | undefined>(undefined);

/** The sentence under the text: the chosen one, or the one that is heard. */
export const focus = computed<Row | undefined>(() => {
  const list = rows.value;
  return list[indexOf(chosen.value ?? place.value?.row.key)] ?? list[0];
});

/** A word chosen in the picture, counted through its sentence. */
export const chosenWord = signal<{ key: string; word: number } | undefined>(undefined);

/** What the page says in one line, read out by screen readers too. */
export const notice = signal<Notice | undefined>(undefined);

interface Notice extends NoticeOptions {
  text: string;
}

interface NoticeOptions {
  /** It then stays until it is closed. */
  isProblem?: boolean;
  /** What the library says of it, behind a disclosure. */
  details?: string;
  /** Whether it no longer holds; it goes with the first change that makes it so. */
  isOver?: () => boolean;
}

effect(() => {
  if (notice.value?.isOver?.()) notice.value = undefined;
});

let timer: ReturnType<typeof setTimeout> | undefined;

export function say(text: string, options: NoticeOptions = {}): void {
  clearTimeout(timer);
  notice.value = { text, ...options };
  if (options.isProblem) return;
  timer = setTimeout(() => {
    notice.value = undefined;
  }, 6000);
}
