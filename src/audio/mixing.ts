// Two sounds in one: laid over each other, or one turning into the other.
import { VoirsError } from '../errors.js';

/** What two sounds must share before they can be put together. */
export interface SampleForm {
  /** Hz. */
  sampleRate: number;
  channels: number;
}

/** @throws VoirsError INVALID_AUDIO when the two differ. */
export function mustMatch(one: SampleForm, other: SampleForm): void {
  if (one.sampleRate !== other.sampleRate) {
    throw new VoirsError('INVALID_AUDIO', 'The two sample rates differ', {
      got: `${other.sampleRate} Hz`,
      wanted: `${one.sampleRate} Hz`,
      suggestion: `Convert one with resample(${one.sampleRate})`,
    });
  }
  if (one.channels !== other.channels) {
    throw new VoirsError('INVALID_AUDIO', 'The two numbers of channels differ', {
      got: String(other.channels),
      wanted: String(one.channels),
      suggestion: `Convert one with ${one.channels === 1 ? 'toMono()' : 'toStereo()'}`,
    });
  }
}

/** Adds `other`, scaled, to `out` from sample `at` on. */
export function addInto(out: Float32Array, other: Float32Array, at: number, factor: number): void {
  for (let i = 0; i < other.length; i++) out[at + i]! += other[i]! * factor;
}

/**
 * One after the other with `frames` frames of both: the first goes as the second comes. `out` holds both less those
 * frames. Frame centres are faded by, so that either way round is the mirror of the other.
 */
export function crossfadeInto(
  out: Float32Array,
  one: Float32Array,
  other: Float32Array,
  channels: number,
  frames: number,
  curve: (share: number) => number,
): void {
  const overlap = frames * channels;
  const meet = one.length - overlap;
  out.set(one.subarray(0, meet));
  for (let i = 0; i < overlap; i++) {
    const share = (Math.floor(i / channels) + 0.5) / frames;
    out[meet + i] = one[meet + i]! * curve(1 - share) + other[i]! * curve(share);
  }
  out.set(other.subarray(overlap), one.length);
}
