// Which sentences of a long list stand near the view: the others are empty space of about their height.
import { useComputed, useSignal } from '@preact/signals';
import { type RefObject, useEffect, useLayoutEffect, useRef } from 'preact/compat';
import { rows } from '../state/rows.js';
import type { Row } from '../state/split.js';

/** Lists up to this length stand in the page as a whole. */
const MOST_WHOLE = 100;
/** CSS pixels above and below the view that are drawn too. */
const MARGIN = 600;
/** CSS pixels, before a sentence has been measured: of its first line, and of each further one of so many pixels a letter. */
const FIRST_LINE = 48;
const FURTHER_LINE = 29;
const LETTER = 9.2;
const BUTTONS = 150;

/** Sentences `from` to `to`, with `above` and `below` CSS pixels of empty space around them. */
interface Window {
  from: number;
  to: number;
  above: number;
  below: number;
}

/** Index of the last of ascending tops that is at or above a height. */
function at(tops: Float64Array, height: number): number {
  let [low, high] = [0, tops.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle]! <= height) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** @param frame what scrolls. @param list what holds the sentences that are drawn. */
export function useWindow(frame: RefObject<HTMLElement | null>, list: RefObject<HTMLElement | null>) {
  const view = useSignal({ top: 0, width: 600, height: 400 });
  const measured = useRef(new Map<string, number>());
  const measures = useSignal(0);
  const wanted = useRef<number | undefined>(undefined);
  const letters = useComputed(() => Math.max(20, (view.value.width - BUTTONS) / LETTER));
  const tops = useComputed(() => {
    measures.value;
    const lineLetters = letters.value;
    const found = new Float64Array(rows.value.length + 1);
    rows.value.forEach(({ key, text }: Row, n) => {
      const further = Math.max(0, Math.ceil(text.length / lineLetters) - 1);
      found[n + 1] = found[n]! + (measured.current.get(key) ?? FIRST_LINE + further * FURTHER_LINE);
    });
    return found;
  });
  const window = useComputed((): Window => {
    const count = rows.value.length;
    if (count <= MOST_WHOLE) return { from: 0, to: count, above: 0, below: 0 };
    const { top, height } = view.value;
    const from = Math.min(count - 1, at(tops.value, top - MARGIN));
    const to = Math.min(count, at(tops.value, top + height + MARGIN) + 1);
    return { from, to, above: tops.value[from]!, below: tops.value[count]! - tops.value[to]! };
  });
  useEffect(() => {
    const root = frame.current!;
    const look = (): void => {
      const { scrollTop: top, clientWidth: width, clientHeight: height } = root;
      if (width !== view.peek().width) measured.current.clear();
      view.value = { top, width, height };
    };
    const watcher = new ResizeObserver(look);
    watcher.observe(root);
    root.addEventListener('scroll', look, { passive: true });
    return () => {
      watcher.disconnect();
      root.removeEventListener('scroll', look);
    };
  }, []);
  useLayoutEffect(() => {
    if (rows.value.length <= MOST_WHOLE) return;
    let changed = false;
    [...list.current!.children].forEach((item, n) => {
      const key = rows.value[window.value.from + n]?.key;
      const { height } = item.getBoundingClientRect();
      if (key === undefined || height === 0 || measured.current.get(key) === height) return;
      measured.current.set(key, height);
      changed = true;
    });
    if (changed) measures.value++;
    if (wanted.current !== undefined) bring(wanted.current);
  });

  const itemOf = (index: number): Element | undefined => list.current?.children[index - window.peek().from];

  /** Scrolls a sentence into the view. */
  function bring(index: number): void {
    const root = frame.current;
    if (!root || index < 0) return;
    const item = itemOf(index);
    if (!item) {
      wanted.current = index; // once more when it is drawn: its place is only about right until then
      root.scrollTo({ top: tops.peek()[index]! - root.clientHeight * 0.3, behavior: 'instant' });
      return;
    }
    const isJump = wanted.current !== undefined;
    wanted.current = undefined;
    const [box, around] = [item.getBoundingClientRect(), root.getBoundingClientRect()];
    if (box.top >= around.top && box.bottom <= around.bottom) return;
    const isCalm = isJump || matchMedia('(prefers-reduced-motion: reduce)').matches;
    const top = root.scrollTop + box.top - around.top - around.height * 0.3;
    root.scrollTo({ top, behavior: isCalm ? 'instant' : 'smooth' });
  }
  return { window, itemOf, bring };
}
