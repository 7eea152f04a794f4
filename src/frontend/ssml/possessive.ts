// "<phoneme ...>gif</phoneme>'s": the possessive of a word whose phones the author gave.
import { isSibilant, isVoiceless } from '../phonemes.js';
import type { SpokenWord } from '../utterance.js';

/** @param end where the 's ends in the source. */
export function possessive(word: SpokenWord, end: number): SpokenWord {
  const owner: SpokenWord = { ...word, text: `${word.text}'s`, reading: 'word', span: [word.span[0], end] };
  if (word.phones === undefined) return owner;
  const last = word.phones[word.phones.length - 1]!;
  const ending = isSibilant(last) ? ['IH0', 'Z'] : isVoiceless(last) ? ['S'] : ['Z'];
  return { ...owner, phones: [...word.phones, ...ending] };
}
