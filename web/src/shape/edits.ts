// What a hand can do to a sentence: longer, higher, stronger; on a sound, or on a whole word.
import type { Token, Utterance } from '../../../src/frontend/utterance.js';
import { withTokens } from './layout.js';

const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** Frames of a sound: half a second at most. */
const MOST_FRAMES = 60;
/** z-scores of pitch and energy that still sound like the voice. */
const MOST_Z = 4;

export const frames = (value: number): number => clamp(Math.round(value), 1, MOST_FRAMES);
export const zScore = (value: number): number => clamp(value, -MOST_Z, MOST_Z);

const isStressed = ({ symbol }: Token): boolean => /[12]$/.test(symbol);

export function setDuration(utterance: Utterance, sentence: number, token: number, to: number): Utterance {
  return withTokens(utterance, (_, s, n) =>
    s === sentence && n === token ? { duration: frames(to) } : undefined,
  );
}

export function setPitch(utterance: Utterance, sentence: number, token: number, to: number): Utterance {
  return withTokens(utterance, (_, s, n) =>
    s === sentence && n === token ? { pitch: zScore(to) } : undefined,
  );
}

/** Changes the tokens of a word, counted through all sentences. */
function ofWord(utterance: Utterance, word: number, edit: (token: Token) => Partial<Token>): Utterance {
  const bases: number[] = [];
  let base = 0;
  for (const { words } of utterance.sentences) {
    bases.push(base);
    base += words.length;
  }
  return withTokens(utterance, (token, s) =>
    token.word !== null && bases[s]! + token.word === word ? edit(token) : undefined,
  );
}

/**
 * Emphasis: a stressed vowel is longer, higher and louder, and the rest of the word a little.
 * @param strength 1 for a step, -1 for one back.
 */
export function emphasise(utterance: Utterance, word: number, strength: number): Utterance {
  return ofWord(utterance, word, (token) => {
    const share = isStressed(token) ? 1 : 0.45;
    const { duration = 0, pitch = 0, energy = 0 } = token;
    return {
      duration: frames(duration * (1 + 0.22 * share) ** strength),
      pitch: zScore(pitch + 0.7 * share * strength),
      energy: zScore(energy + 0.5 * share * strength),
    };
  });
}

/** By a semitone. @param std of the speaker's log F0. */
export function transpose(utterance: Utterance, word: number, semitones: number, std: number): Utterance {
  const z = (semitones * Math.LN2) / 12 / std;
  return ofWord(utterance, word, ({ pitch = 0 }) => ({ pitch: zScore(pitch + z) }));
}

export function stretch(utterance: Utterance, word: number, factor: number): Utterance {
  return ofWord(utterance, word, ({ duration = 0 }) => ({
    // At least one frame, so that short sounds change too.
    duration: frames(
      factor > 1 ? Math.max(duration + 1, duration * factor) : Math.min(duration - 1, duration * factor),
    ),
  }));
}
