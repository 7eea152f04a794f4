// Voices that speak with a pitch of their own (VITS) cannot be told another: what asks for it is refused where a caller
// asks, and passed over with a warning where markup does.
import { VoirsError } from '../errors.js';
import type { Utterance } from '../frontend/utterance.js';
import type { TokenProsody } from '../models/model.js';

/**
 * @throws VoirsError INVALID_OPTIONS where the model's pitch and energy are fixed and edited ones are asked for.
 */
export function throwIfFixed(
  { isFixed }: TokenProsody,
  { pitch, glide, energy }: Pick<TokenProsody, 'pitch' | 'glide' | 'energy'>,
): void {
  if (!isFixed) return;
  const edited = Object.entries({ pitch, glide, energy }).find(([, values]) => values?.some((z) => z !== 0));
  if (!edited) return;
  throw new VoirsError('INVALID_OPTIONS', 'This voice cannot be told its pitch', {
    got: `an edit of ${edited[0]}`,
    wanted: 'no pitchShift, no intonation rule, and no pitch, glide or energy of tokens',
    suggestion: 'Leave pitch to this voice, or choose one that models it; rate, breaks and volume work here',
  });
}

/** Takes what markup says of pitch out of an utterance. @returns a warning, where there was something. */
export function withoutPitch({ sentences }: Utterance): string | undefined {
  let words = 0;
  for (const { tokens } of sentences) {
    for (const token of tokens) {
      const { pitchShift, pitchRange } = token;
      if (pitchShift === undefined && pitchRange === undefined) continue;
      words += 1;
      delete token.pitchShift;
      delete token.pitchRange;
    }
  }
  return words === 0 ? undefined : 'prosody: pitch was passed over, this voice cannot be told its pitch';
}
