// What a caller asks of a sentence's prosody, on the acoustic model's own numbers: rate on durations, pitch on the
// speaker's z-scores, and edits of single tokens over both.
import { framesFromLogDurations, framesOf, roundHalfEven } from '../acoustic/fastspeech2.js';
import type { ProsodyOptions } from '../config.js';
import { shown, VoirsError } from '../errors.js';
import type { Sentence } from '../frontend/utterance.js';
import type { TokenProsody } from '../models/model.js';
import type { Speaker } from '../voices/manifest.js';
import { throwIfFixed } from './fixed-pitch.js';

/** A semitone as a z-score: pitch is a z-score of ln F0, and n semitones are n ln 2 / 12 of ln F0. */
export function semitonesToZ(semitones: number, speaker: Speaker): number {
  return (semitones * Math.LN2) / 12 / speaker.logF0.std;
}

/**
 * The model's predictions with the call's options and the tokens' own edits: numbers that a token gives stand in for
 * the predicted ones, then its rate and pitch shift act on either.
 */
export function adjustProsody(
  predicted: TokenProsody,
  sentence: Sentence,
  speaker: Speaker,
  { speakingRate, pitchShift }: ProsodyOptions,
): TokenProsody {
  const shift = semitonesToZ(pitchShift, speaker);
  const durations = framesFromLogDurations(predicted.logDurations, speakingRate);
  const pitch = predicted.pitch.map((z) => z + shift);
  const energy = predicted.energy.slice();
  const glide = predicted.glide?.slice() ?? new Float32Array(pitch.length);
  sentence.tokens.forEach((token, n) => {
    const { duration, rate = 1, pitchShift: own = 0, pitchRange = 1 } = token;
    if (duration !== undefined) durations[n] = whole(roundHalfEven(whole(duration, n) / rate), n);
    else if (rate !== 1) {
      durations[n] = Math.max(
        0,
        roundHalfEven((Math.exp(predicted.logDurations[n]!) - 1) / (speakingRate * rate)),
      );
    }
    if (token.pitch !== undefined) pitch[n] = finite(token.pitch, 'pitch', n);
    if (pitchRange !== 1) pitch[n] = (pitch[n]! - shift) * pitchRange + shift;
    if (own !== 0) pitch[n]! += semitonesToZ(own, speaker);
    if (token.glide !== undefined) glide[n] = finite(token.glide, 'glide', n);
    if (token.energy !== undefined) energy[n] = finite(token.energy, 'energy', n);
  });
  throwIfFixed(predicted, { pitch, glide, energy });
  return { logDurations: predicted.logDurations, durations, pitch, glide, energy };
}

/**
 * What makes an edit of a token's pitch exact: F0 is the model's curve for the pitches that it predicted itself, moved by
 * each token's edit. (The curve for the edited pitches follows them only roughly.)
 * @returns [T] z-scores of log F0 to add to the curve of the predicted pitches.
 */
export function pitchMoves(predicted: Float32Array, edited: TokenProsody): Float64Array {
  const { durations, pitch, glide } = edited;
  const moved = new Float64Array(framesOf(durations));
  let frame = 0;
  durations.forEach((duration, n) => {
    const move = pitch[n]! - predicted[n]!;
    const slope = (glide?.[n] ?? 0) / duration;
    for (let t = 0; t < duration; t++) moved[frame++] = move + slope * (t + 0.5 - duration / 2);
  });
  return smoothed(moved);
}

/** A moving mean over five frames (58 ms), so that neighbours with different edits do not jump; constant stays exact. */
function smoothed(values: Float64Array): Float64Array {
  if (values.every((value) => value === values[0])) return values;
  return values.map((_, t) => {
    const from = Math.max(0, t - 2);
    const to = Math.min(values.length, t + 3);
    let sum = 0;
    for (let i = from; i < to; i++) sum += values[i]!;
    return sum / (to - from);
  });
}

function whole(value: number, token: number): number {
  // A minute of one phone is an error in the caller's arithmetic, and would take the memory of an hour.
  if (!Number.isInteger(value) || value < 0 || value > 5000) {
    throw new VoirsError('INVALID_OPTIONS', `The duration of token ${token} is out of range`, {
      got: shown(value),
      wanted: 'whole frames, 0 to 5000',
    });
  }
  return value;
}

function finite(value: number, name: string, token: number): number {
  if (!Number.isFinite(value) || Math.abs(value) > 20) {
    throw new VoirsError('INVALID_OPTIONS', `The ${name} of token ${token} is out of range`, {
      got: shown(value),
      wanted: 'a z-score, -20 to 20',
    });
  }
  return value;
}
