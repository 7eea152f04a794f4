// Bends the predicted pitch of questions and exclamations, for voices whose model speaks them as it speaks statements: yes/no
// and echo questions rise from the last stressed vowel, wh-questions stay as they fall, exclamations move wider and higher.
// The training of later voices bends its teacher by the same rule with a smaller rise (weights/aspen/MODEL_CARD.md).
import type { Sentence } from '../frontend/utterance.js';
import type { TokenProsody } from '../models/model.js';
import type { Speaker } from '../voices/manifest.js';

/** ln Hz that a question ends above the mean of the sentence: some 8 semitones, of which the model's own fall takes a part. */
const RISE = 0.45;
/** Most that the end is moved up, ln Hz. */
const MOST_RISE = 1.2;
/** An exclamation's F0 moves so much wider about its mean, and higher, ln Hz. */
const WIDER = 0.25;
const HIGHER = 0.07;
/** Bounds of an exclamation's factor on F0. */
const WIDE = [Math.log(0.75), Math.log(1.45)] as const;

const VOWEL = /[012]$/;
const STRESSED = /[12]$/;
const VOICELESS: ReadonlySet<string> = new Set(['P', 'T', 'K', 'F', 'TH', 'S', 'SH', 'CH', 'HH']);

/** How a sentence is bent: a rise at its end, wider movement, or not at all. */
type Bend = 'rise' | 'wide' | undefined;

/** A question falls when a clause of it opens with a wh-word; one without rises. */
function bendOf({ tokens, words }: Sentence, questionWords: ReadonlySet<string>): Bend {
  const mark = tokens.filter(({ word, symbol }) => word === null && /^[.?!]$/.test(symbol)).at(-1)?.symbol;
  if (mark === '!') return 'wide';
  if (mark !== '?') return undefined;
  let opensClause = true;
  for (const { word, symbol } of tokens) {
    if (word === null) {
      if (/^[,;:.?!]$/.test(symbol)) opensClause = true;
    } else if (opensClause) {
      if (questionWords.has(words[word]!.text)) return undefined;
      opensClause = false;
    }
  }
  return 'rise';
}

const isVoiced = (symbol: string): boolean => /^[A-Z]/.test(symbol) && !VOICELESS.has(symbol);

/**
 * The predictions with the sentence's intonation in pitch and glide; the same object where there is nothing to bend.
 * @param speaker pitch is a z-score under its log F0.
 * @param questionWords those of the language.
 */
export function bendPitch(
  predicted: TokenProsody,
  sentence: Sentence,
  { logF0 }: Pick<Speaker, 'logF0'>,
  questionWords: ReadonlySet<string>,
): TokenProsody {
  const bend = bendOf(sentence, questionWords);
  const { durations, pitch } = predicted;
  const symbols = sentence.tokens.map(({ symbol }) => symbol);
  const voiced = symbols.flatMap((symbol, n) => (isVoiced(symbol) && durations[n]! > 0 ? [n] : []));
  if (bend === undefined || voiced.length === 0) return predicted;
  const frames = voiced.reduce((sum, n) => sum + durations[n]!, 0);
  const mean = voiced.reduce((sum, n) => sum + pitch[n]! * durations[n]!, 0) / frames; // z-score
  const bent = { ...predicted, pitch: pitch.slice(), glide: new Float32Array(pitch.length) };
  if (bend === 'wide') {
    for (const n of voiced) {
      const move = WIDER * logF0.std * (pitch[n]! - mean) + HIGHER;
      bent.pitch[n]! += Math.min(WIDE[1], Math.max(WIDE[0], move)) / logF0.std;
    }
    return bent;
  }
  const last = voiced[voiced.length - 1]!;
  const first = lastIndexWhere(symbols, (symbol, n) => STRESSED.test(symbol) && durations[n]! > 0);
  const start =
    first >= 0 ? first : lastIndexWhere(symbols, (symbol, n) => VOWEL.test(symbol) && durations[n]! > 0);
  if (start < 0) return predicted;
  const rise = Math.min(MOST_RISE / logF0.std, Math.max(0, mean + RISE / logF0.std - pitch[last]!));
  let length = 0;
  for (let n = start; n <= last; n++) length += durations[n]!;
  let at = 0;
  const risen = (frame: number): number => rise * (0.5 - 0.5 * Math.cos((Math.PI * frame) / length));
  for (let n = start; n < symbols.length; n++) {
    const end = Math.min(length, at + durations[n]!);
    bent.pitch[n]! += (risen(at) + risen(end)) / 2;
    bent.glide[n]! = risen(end) - risen(at);
    at = end; // marks after the last voiced token stay risen
  }
  return bent;
}

function lastIndexWhere(symbols: readonly string[], passes: (symbol: string, n: number) => boolean): number {
  for (let n = symbols.length - 1; n >= 0; n--) if (passes(symbols[n]!, n)) return n;
  return -1;
}
