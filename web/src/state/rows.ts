// The sentences of the work: at once for what one types, in short steps for a book, so that the page stays free.
import { batch, computed, effect, signal } from '@preact/signals';
import { work } from './document.js';
import { NOTHING, type Row, rowing } from './split.js';

/** Milliseconds that the page's thread works on sentences before it turns to something else. */
const STEP_MS = 12;

const text = computed(() => work.value.text);

/** As far as they are known; all of them once `isCut`. */
export const rows = signal<readonly Row[]>([]);
export const isCut = signal(true);
let places: ReadonlyMap<string, number> = new Map();

/** Where a sentence stands; -1 where it has gone. */
export function indexOf(key: string | undefined): number {
  const { length } = rows.value;
  const index = key === undefined ? undefined : places.get(key);
  return index !== undefined && index < length ? index : -1;
}

function show(list: readonly Row[], placesNow: ReadonlyMap<string, number>): void {
  places = placesNow;
  rows.value = [...list];
}

let last = NOTHING;
let timer: ReturnType<typeof setTimeout> | undefined;

effect(() => {
  clearTimeout(timer);
  const steps = rowing(last, text.value);
  let shown = 0;
  const go = (): void => {
    const until = performance.now() + STEP_MS;
    for (;;) {
      const { value, done } = steps.next();
      if (done) {
        last = value.cut;
        batch(() => {
          show(value.rows.list, value.rows.places);
          isCut.value = true;
        });
        return;
      }
      if (performance.now() < until) continue;
      // What is known is shown whenever it has grown fourfold: the work stays linear.
      if (value.list.length > 4 * shown) {
        shown = value.list.length;
        show(value.list, value.places);
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
