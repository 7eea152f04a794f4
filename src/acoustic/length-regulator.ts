// FastSpeech's length regulator: from predicted log durations to whole frames, and from tokens to frames.
import { VoirsError } from '../errors.js';

/** Rounds half to even, as PyTorch's torch.round does. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** frames[n] = max(0, round((exp(log_duration[n]) - 1) / rate)). */
export function framesFromLogDurations(logDurations: Float32Array, rate: number): Int32Array {
  return Int32Array.from(logDurations, (logD) => Math.max(0, roundHalfEven((Math.exp(logD) - 1) / rate)));
}

/** The token that each frame repeats: durations [N] -> indices [T], T = sum of durations. */
export function frameIndices(durations: Int32Array): Int32Array {
  const frames = durations.reduce((sum, d) => sum + d, 0);
  const indices = new Int32Array(frames);
  let at = 0;
  durations.forEach((duration, token) => {
    if (duration < 0) {
      throw new VoirsError('INVALID_OPTIONS', `The duration of token ${token} is negative`, {
        got: `${duration}`,
        wanted: 'frames >= 0',
      });
    }
    indices.fill(token, at, at + duration);
    at += duration;
  });
  return indices;
}
