// How an utterance is cut into chunks for the two models: sound starts early, and most of the work is not context.
import type { RowRange } from '../backends/ops.js';

/**
 * Chunks of growing size: the first small, so that sound starts early, each next twice as long, until the rest is
 * shared equally among chunks of at most `most` frames. With their context (less at the two ends) those are windows
 * of one length: a backend that lays out its work by length, as TensorFlow.js's wasm kernels do, does so once.
 */
export function chunkPlan(frames: number, first: number, most: number, context = 13): RowRange[] {
  const plan: RowRange[] = [];
  let from = 0;
  for (let size = first; size < most && frames - from > size * 1.5; size *= 2) {
    plan.push({ from, to: from + size });
    from += size;
  }
  const rest = frames - from;
  const starts = from === 0 ? context : 0; // a true start and the true end need no context beyond them
  const count = Math.max(1, Math.ceil((rest - starts - context) / most));
  const share = Math.max(1, Math.ceil((rest - starts - context) / count));
  for (let n = 0; n < count; n++) {
    const to = n === count - 1 ? frames : Math.min(frames, from + share + (n === 0 ? starts : 0));
    if (to > from) plan.push({ from, to });
    from = to;
  }
  return plan;
}
