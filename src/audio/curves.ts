// The shapes by which sound comes and goes, for fades and crossfades.
import { VoirsError } from '../errors.js';

/**
 * `linear`: keeps the sum of a sound with itself constant; `equal-power`: keeps the power of two unrelated sounds
 * constant (quarter of a sine); `smooth`: raised cosine, without a corner at either end.
 */
export type FadeCurve = 'linear' | 'equal-power' | 'smooth';

/** Share of the way, 0 to 1 -> factor, 0 to 1. */
const CURVES: Record<FadeCurve, (share: number) => number> = {
  linear: (share) => share,
  'equal-power': (share) => Math.sin((share * Math.PI) / 2),
  smooth: (share) => (1 - Math.cos(share * Math.PI)) / 2,
};

/** @throws VoirsError INVALID_OPTIONS. */
export function fadeCurve(name: FadeCurve): (share: number) => number {
  if (Object.hasOwn(CURVES, name)) return CURVES[name];
  throw new VoirsError('INVALID_OPTIONS', 'Unknown fade curve', {
    got: String(name),
    wanted: Object.keys(CURVES).join(', '),
  });
}
