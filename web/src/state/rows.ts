// The sentences of the work: at once for what one types, in short steps for a book, so that the page stays free.
import { computed, effect, signal } from '@preact/signals';
import { work } from './document.js';
import { NOTHING, type Row, recutting, rowsOf } from './split.js';

/** Milliseconds that the page's thread works on sentences before it turns to something else. */
const STEP_MS = 12;

const text = computed(() => work.value.text);

/** As far as they are known; all of them once `isCut`. */
export const rows = signal<readonly Row[]>([]);
export const isCut = signal(true);
const places = computed(() => new Map(rows.value.map(({ key }, index) => [key, index])));

/** Where a sentence stands; -1 where it has gone. */
export const indexOf = (key: string | undefined): number =>
  key === undefined ? -1 : (places.value.get(key) ?? -1);

let last = NOTHING;
let timer: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  clearTimeout(timer);
  const steps = recutting(last, text.value);
  let shown = 0;
  const go = (): void => {
    const until = performance.now() + STEP_MS;
    for (;;) {
      const { value, done } = steps.next();
      if (done) {
        last = value;
        rows.value = rowsOf(value);
        isCut.value = true;
        return;
      }
      if (performance.now() < until) continue;
      // What is known is shown whenever it has grown fourfold: the work stays linear.
      if (value.slices.length > 4 * shown) {
        shown = value.slices.length;
        rows.value = rowsOf(value);
      }
      isCut.value = false;
      timer = setTimeout(go, 0);
      return;
    }
  };
  go();
});

/** The sentences once all are known. */
export function allRows(): Promise<readonly Row[]> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (!isCut.value) return;
      queueMicrotask(() => stop());
      resolve(rows.peek());
    });
  });
}
