// An utterance comes back from a caller who may have edited or stored it: what `render` relies on is checked first.
import { VoirsError } from './errors.js';
import type { Sentence, Utterance } from './frontend/utterance.js';

function wrong(what: string, got: unknown, wanted: string): VoirsError {
  return new VoirsError('INVALID_TEXT', `The utterance is not well-formed: ${what}`, {
    got: JSON.stringify(got) ?? String(got),
    wanted,
    suggestion: 'Start from what prepare() returns and change the numbers of its tokens',
  });
}

function checkSentence(sentence: Sentence, i: number): void {
  const where = `sentences[${i}]`;
  if (!Array.isArray(sentence?.words) || !Array.isArray(sentence.tokens)) {
    throw wrong(where, typeof sentence, 'words and tokens');
  }
  if (!(sentence.pauseAfter >= 0 && sentence.pauseAfter <= 60)) {
    throw wrong(`${where}.pauseAfter`, sentence.pauseAfter, 'seconds, 0 to 60');
  }
  let last = -1;
  for (const [n, token] of sentence.tokens.entries()) {
    if (typeof token?.symbol !== 'string')
      throw wrong(`${where}.tokens[${n}].symbol`, token?.symbol, 'a string');
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

/** @throws VoirsError INVALID_TEXT naming the field. */
export function checkUtterance(utterance: Utterance): void {
  if (utterance?.format !== 'voirs-utterance/1')
    throw wrong('format', utterance?.format, 'voirs-utterance/1');
  if (!Array.isArray(utterance.sentences) || utterance.sentences.length === 0) {
    throw wrong('sentences', utterance.sentences, 'at least one sentence');
  }
  utterance.sentences.forEach(checkSentence);
}
