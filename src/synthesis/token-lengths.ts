// Durations that take the time which markup gives to several tokens together.
import { framesOf } from '../acoustic/fastspeech2.js';
import type { TokenLength } from '../frontend/utterance.js';

/** Frames that a stretch may always grow to; a longer one at most doubles, as memory for it is planned. */
const FREE_FRAMES = 600;

/** Stretches the durations of the tokens that together are to take a time, a tenth to ten times as long. */
export function fitLengths(
  durations: Int32Array,
  lengths: readonly TokenLength[],
  framesPerSecond: number,
): void {
  for (const { from, to, seconds } of lengths) {
    const frames = framesOf(durations.subarray(from, to));
    if (frames === 0) continue;
    const most = Math.min(10, Math.max(2, FREE_FRAMES / frames));
    const factor = Math.min(most, Math.max(0.1, (seconds * framesPerSecond) / frames));
    let exact = 0;
    let spent = 0;
    for (let n = from; n < to; n++) {
      exact += durations[n]! * factor;
      durations[n] = Math.round(exact) - spent;
      spent += durations[n]!;
    }
  }
}
