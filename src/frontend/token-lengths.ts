// The tokens that an element of markup gives a time together.
import type { Directions } from './spoken-sentence.js';
import type { TokenLength } from './utterance.js';

/** The tokens of words that together are to take a time: from the first's first phone to the last's last. */
export function lengthsOf(
  run: readonly { phones: readonly string[]; directions?: Directions }[],
): TokenLength[] {
  const lengths: (TokenLength & { element: number })[] = [];
  let at = 1; // after ^
  for (const { phones, directions } of run) {
    const to = at + phones.length;
    const { element, seconds } = directions?.length ?? {};
    const last = lengths.at(-1);
    if (element !== undefined && last?.element === element && last.to === at - 1) {
      last.to = to;
      last.seconds += seconds!;
    } else if (element !== undefined) lengths.push({ from: at, to, seconds: seconds!, element });
    at = to + 1; // after the boundary
  }
  return lengths.map(({ element: _, ...length }) => length);
}
