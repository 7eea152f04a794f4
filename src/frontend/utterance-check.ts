// Checks an utterance that a caller may have edited or stored, so that `render` can rely on its form. It may be a book.
import { shown, VoirsError } from '../errors.js';
import type { Steps } from './steps.js';
import type { Sentence, Utterance } from './utterance.js';

function wrong(what: string, got: unknown, wanted: string): VoirsError {
  return new VoirsError('INVALID_TEXT', `The utterance is not well-formed: ${what}`, {
    got: shown(got),
    wanted,
    suggestion: 'Start from what prepare() returns and change the numbers of its tokens',
  });
}

/** Rate as a factor, pitch shift in semitones, movement of pitch as a factor, gain in dB. */
const EDITS = { rate: [0.1, 10], pitchShift: [-48, 48], pitchRange: [0, 3], gain: [-100, 40] } as const;

function checkRange(where: string, value: unknown, [min, max]: readonly [number, number]): void {
  if (typeof value === 'number' && value >= min && value <= max) return;
  throw wrong(where, value, `a number from ${min} to ${max}`);
}

/** Tokens, marks or lengths that are checked in one step. */
const AT_A_STEP = 256;

function* checkMarks({ marks, words }: Sentence, where: string): Steps<void> {
  if (marks === undefined) return;
  if (!Array.isArray(marks)) throw wrong(`${where}.marks`, marks, 'a list');
  let last = -1;
  for (const [m, mark] of marks.entries()) {
    if (m % AT_A_STEP === AT_A_STEP - 1) yield;
    if (typeof mark?.name !== 'string') throw wrong(`${where}.marks[${m}].name`, mark?.name, 'a string');
    // Their times are found in one walk over the words.
    if (!(Number.isInteger(mark.word) && mark.word >= last && mark.word <= words.length + 1)) {
      throw wrong(`${where}.marks[${m}].word`, mark.word, `${last} to ${words.length + 1}`);
    }
    last = mark.word;
  }
}

function* checkLengths({ lengths, tokens }: Sentence, where: string): Steps<void> {
  if (lengths === undefined) return;
  if (!Array.isArray(lengths)) throw wrong(`${where}.lengths`, lengths, 'a list');
  let last = 0;
  for (const [n, length] of lengths.entries()) {
    if (n % AT_A_STEP === AT_A_STEP - 1) yield;
    checkRange(`${where}.lengths[${n}].seconds`, length?.seconds, [0, 60]);
    checkRange(`${where}.lengths[${n}].from`, length.from, [last, tokens.length]);
    checkRange(`${where}.lengths[${n}].to`, length.to, [length.from, tokens.length]);
    last = length.to;
  }
}

function* checkSentence(sentence: Sentence, i: number): Steps<void> {
  const where = `sentences[${i}]`;
  if (!Array.isArray(sentence?.words) || !Array.isArray(sentence.tokens)) {
    throw wrong(where, typeof sentence, 'words and tokens');
  }
  checkRange(`${where}.pauseAfter`, sentence.pauseAfter, [0, 60]);
  checkRange(`${where}.pauseBefore`, sentence.pauseBefore ?? 0, [0, 60]);
  if (!['string', 'undefined'].includes(typeof sentence.voice)) {
    throw wrong(`${where}.voice`, sentence.voice, "a voice's id");
  }
  yield* checkMarks(sentence, where);
  yield* checkLengths(sentence, where);
  let last = -1;
  for (const [n, token] of sentence.tokens.entries()) {
    if (n % AT_A_STEP === AT_A_STEP - 1) yield;
    if (typeof token?.symbol !== 'string')
      throw wrong(`${where}.tokens[${n}].symbol`, token?.symbol, 'a string');
    for (const name of ['rate', 'pitchShift', 'pitchRange', 'gain'] as const) {
      const value = token[name];
      if (value !== undefined) checkRange(`${where}.tokens[${n}].${name}`, value, EDITS[name]);
    }
    if (token.word === null) continue;
    // Timing walks the tokens once, so their words must come in order.
    if (!(Number.isInteger(token.word) && token.word >= last && token.word < sentence.words.length)) {
      throw wrong(
        `${where}.tokens[${n}].word`,
        token.word,
        `null or ${Math.max(0, last)} to ${sentence.words.length - 1}`,
      );
    }
    last = token.word;
  }
}

/**
 * The check in steps of a sentence, or of {@link AT_A_STEP} parts of a long one.
 * @throws VoirsError INVALID_TEXT naming the field.
 */
export function* utteranceCheck(utterance: Utterance): Steps<void> {
  if (utterance?.format !== 'voirs-utterance/1')
    throw wrong('format', utterance?.format, 'voirs-utterance/1');
  const { sentences } = utterance;
  if (!Array.isArray(sentences) || sentences.length === 0)
    throw wrong('sentences', sentences, 'at least one sentence');
  for (const [i, sentence] of sentences.entries()) {
    yield* checkSentence(sentence, i);
    yield;
  }
}

/** Whether the check takes so few steps that no turn of the event loop is needed. */
export function isShortUtterance(utterance: Utterance): boolean {
  const sentences: unknown = utterance?.sentences;
  if (!Array.isArray(sentences)) return true; // the first step refuses it
  if (sentences.length > 16) return false;
  const tokens = sentences.reduce((sum, sentence) => sum + (sentence?.tokens?.length || 0), 0);
  return tokens <= 4 * AT_A_STEP;
}
