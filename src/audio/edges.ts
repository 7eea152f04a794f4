// The ends of a sound: fades, and where silence stops and starts again.
import { VoirsError } from '../errors.js';
import { factorOf } from './levels.js';

/** Frames from `start` (inclusive) to `end`. */
export interface FrameSpan {
  start: number;
  end: number;
}

/** From nothing to full over the first `frames` frames, in place; the first sample becomes 0. */
export function fadeInto(
  samples: Float32Array,
  channels: number,
  frames: number,
  curve: (share: number) => number,
): void {
  for (let i = 0; i < frames * channels; i++) samples[i]! *= curve(Math.floor(i / channels) / frames);
}

/** From full to nothing over the last `frames` frames, in place; the last sample becomes 0. */
export function fadeOutOf(
  samples: Float32Array,
  channels: number,
  frames: number,
  curve: (share: number) => number,
): void {
  const last = samples.length - 1;
  for (let i = 0; i < frames * channels; i++) samples[last - i]! *= curve(Math.floor(i / channels) / frames);
}

/** Level below which samples count as silence. @throws VoirsError INVALID_OPTIONS. */
export function silenceLevel(thresholdDb: number): number {
  if (typeof thresholdDb === 'number' && thresholdDb >= -120 && thresholdDb <= 0) {
    return factorOf(thresholdDb);
  }
  throw new VoirsError('INVALID_OPTIONS', 'Bad silence threshold', {
    got: String(thresholdDb),
    wanted: 'dB below full scale, -120 to 0',
  });
}

/** Runs of at least `minFrames` frames in which every channel stays below `level`, in order. */
export function silentRuns(
  samples: Float32Array,
  channels: number,
  level: number,
  minFrames: number,
): FrameSpan[] {
  const runs: FrameSpan[] = [];
  const frames = samples.length / channels;
  let start = 0;
  const endAt = (end: number) => {
    if (end > start && end - start >= minFrames) runs.push({ start, end });
  };
  for (let i = 0; i < samples.length; i++) {
    if (Math.abs(samples[i]!) < level) continue;
    const frame = Math.floor(i / channels);
    endAt(frame);
    start = frame + 1;
  }
  endAt(frames);
  return runs;
}

/** What is left when silence at both ends goes but for `keep` frames; nothing when all of it is silent. */
export function soundingSpan(
  samples: Float32Array,
  channels: number,
  level: number,
  keep: number,
): FrameSpan {
  let first = 0;
  while (first < samples.length && Math.abs(samples[first]!) < level) first++;
  if (first === samples.length) return { start: 0, end: 0 };
  let last = samples.length - 1;
  while (Math.abs(samples[last]!) < level) last--;
  return {
    start: Math.max(0, Math.floor(first / channels) - keep),
    end: Math.min(samples.length / channels, Math.floor(last / channels) + 1 + keep),
  };
}
