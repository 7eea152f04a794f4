// Keeps every peak of speech below a ceiling, also between samples, as the last step of post-processing. It
// looks ahead, so that the level is down before the peak comes, and it leaves all other samples unchanged to
// the bit.
import { MOST_OVER, peakBetween, REACH } from './loudness.js';
import { factorOf } from './operations.js';

/** dBTP that no peak passes: EBU R128's for streams that a codec will handle. */
const CEILING_DBTP = -1;
/** dB below the ceiling, for what the changing gain and float32 may add between samples. */
const MARGIN_DB = 0.05;
/** Time from full level down to the level that a peak needs; the way back takes at least as long. */
const LOOKAHEAD_SECONDS = 0.005;
/** Time from silence back to full level; a smaller reduction takes its share of it. */
const RELEASE_SECONDS = 0.4;

/**
 * A true-peak limiter for mono sound in pieces: the joined output does not depend on where the pieces were
 * cut. It holds `delay` samples back. Reductions follow a raised cosine down and a straight line back, so
 * that the gain is exactly 1 again after a finite time.
 */
export class PeakLimiter {
  /** Samples held back. */
  readonly delay: number;
  private readonly threshold = factorOf(CEILING_DBTP - MARGIN_DB);
  private readonly lookahead: number;
  private readonly release: number;
  /** Weights of the last `lookahead` + 1 reductions: raised cosine, sum 1. */
  private readonly weights: Float64Array;
  private readonly mask: number;
  /** Samples, the reductions they ask for, and the reductions held; index i lies at i & mask. */
  private readonly input: Float64Array;
  private readonly asked: Float64Array;
  private readonly held: Float64Array;
  private at = 0;
  /**
   * The last places where a sample was loud enough to matter, where a reduction was asked for, and where one
   * was held.
   */
  private loud = Number.NEGATIVE_INFINITY;
  private lastAsked = Number.NEGATIVE_INFINITY;
  private lastHeld = Number.NEGATIVE_INFINITY;
  private before = 0;

  constructor(sampleRate: number) {
    this.lookahead = Math.round(LOOKAHEAD_SECONDS * sampleRate);
    this.delay = this.lookahead + REACH;
    this.release = 1 / (RELEASE_SECONDS * sampleRate);
    const size = 2 ** Math.ceil(Math.log2(this.delay + 2 * REACH + 2));
    this.mask = size - 1;
    this.input = new Float64Array(size);
    this.asked = new Float64Array(size);
    this.held = new Float64Array(size);
    const shape = Float64Array.from(
      { length: this.lookahead + 1 },
      (_, n) => 1 - Math.cos((2 * Math.PI * (n + 1)) / (this.lookahead + 2)),
    );
    const sum = shape.reduce((a, b) => a + b, 0);
    this.weights = shape.map((weight) => weight / sum);
  }

  /**
   * Takes `input`, writes what is ready to the start of `out`, which may be the same array.
   * @returns how many.
   */
  push(input: Float32Array, out: Float32Array): number {
    let written = 0;
    for (let i = 0; i < input.length; i++) {
      const place = this.at - this.delay;
      const y = this.step(input[i]!);
      if (place >= 0) out[written++] = y;
    }
    return written;
  }

  /** Samples still held; silence follows them. */
  get rest(): number {
    return Math.min(this.at, this.delay);
  }

  /** Writes the rest to the start of `out`: the end of the sound. @returns how many. */
  end(out: Float32Array): number {
    const { rest } = this;
    const skipped = this.delay - rest;
    for (let i = -skipped; i < rest; i++) {
      const y = this.step(0);
      if (i >= 0) out[i] = y;
    }
    return rest;
  }

  /** One sample in; the one `delay` before it out. */
  private step(x: number): number {
    const { mask, input, asked, held, lookahead } = this;
    const now = this.at++;
    input[now & mask] = x;
    if (Math.abs(x) * MOST_OVER > this.threshold) this.loud = now;
    // The latest sample whose surroundings are complete; the stretch from it to the next counts for both.
    const centre = now - REACH;
    const place = centre - lookahead;
    const isLoud = now - this.loud <= 2 * REACH;
    // Most of speech needs no reduction, and none is left from before: the result is what the rest would
    // compute.
    if (!isLoud && this.lastAsked < place && this.lastHeld < place - lookahead) {
      this.before = asked[centre & mask] = held[place & mask] = 0;
      return input[place & mask]!;
    }
    let level = 0;
    if (isLoud) {
      const between = peakBetween(input, centre - REACH + 1, mask);
      level = Math.max(Math.abs(input[centre & mask]!), this.before, between);
      this.before = between;
    } else {
      this.before = 0;
    }
    const reduction = level > this.threshold ? 1 - this.threshold / level : 0;
    asked[centre & mask] = reduction;
    if (reduction > 0) this.lastAsked = centre;
    held[place & mask] = this.hold(place, centre);
    const sample = input[place & mask]!;
    if (this.lastHeld < place - lookahead) return sample;
    let smooth = 0;
    for (let k = 0; k <= lookahead; k++) smooth += this.weights[k]! * held[(place - k) & mask]!;
    return sample * (1 - smooth);
  }

  /** The largest reduction asked for in [place, centre], or what is left of an earlier one. */
  private hold(place: number, centre: number): number {
    let most = Math.max(0, this.held[(place - 1) & this.mask]! - this.release);
    if (this.lastAsked >= place)
      for (let i = place; i <= centre; i++) most = Math.max(most, this.asked[i & this.mask]!);
    if (most > 0) this.lastHeld = place;
    return most;
  }
}
