// Loudness that changes from word to word, as factors on samples: exact in each token's frames, without a click between.
import type { Token } from '../frontend/utterance.js';

/** Half the length of a ramp, in samples: 2.9 ms at 22,050 Hz, shorter than half a frame. */
const HALF_RAMP = 64;

/** The tokens' gains as a curve over a sentence's samples, the same for whichever part of them it is applied to. */
export class GainCurve {
  /** Sample at which each segment begins. */
  private readonly starts: number[] = [];
  /** Factor of each segment; neighbours differ. */
  private readonly factors: number[] = [];

  /** @param durations frames of each token; `hop` samples each. */
  constructor(tokens: readonly Token[], durations: ArrayLike<number>, hop: number) {
    let frame = 0;
    tokens.forEach(({ gain = 0 }, n) => {
      const factor = 10 ** (gain / 20);
      if (durations[n]! > 0 && factor !== this.factors.at(-1)) {
        this.starts.push(frame * hop);
        this.factors.push(factor);
      }
      frame += durations[n]!;
    });
  }

  /** Scales samples of the sentence in place; `from` is the place of the first in the sentence. */
  apply(samples: Float32Array, from: number): void {
    if (this.factors.every((factor) => factor === 1)) return;
    let segment = 0;
    for (let i = 0; i < samples.length; i++) {
      const at = from + i;
      while (segment + 1 < this.starts.length && at >= this.starts[segment + 1]! + HALF_RAMP) segment++;
      samples[i]! *= this.factorAt(at, segment);
    }
  }

  /** @param segment the one whose ramp from its predecessor was begun last, and whose successor's has not ended. */
  private factorAt(at: number, segment: number): number {
    const factor = this.factors[segment]!;
    const next = this.factors[segment + 1];
    if (next === undefined) return factor;
    const into = at - (this.starts[segment + 1]! - HALF_RAMP);
    return into <= 0 ? factor : factor + ((next - factor) * into) / (2 * HALF_RAMP);
  }
}
