// The readers' shorthand for speech: "five dollars, F B I's" is four words, a pause, and letters read by name.
import type { BoundaryMark, SpokenSentence, SpokenWord } from '../utterance.js';

/** A spoken word without its place in the source. */
export type Utterable = Omit<SpokenWord, 'span'>;

/**
 * Parses the shorthand: words split by spaces, a mark after a word is its boundary, a single capital is a letter to
 * be read by name, a capital with `'s` is its plural or possessive. Other capitals are lowered.
 */
export function parseNotation(say: string): Utterable[] {
  const words: Utterable[] = [];
  for (const token of say.split(' ')) {
    const parts = /^([A-Za-z']*)([,;:.?!]?)$/.exec(token);
    if (!parts) throw new RangeError(`a reader said ${JSON.stringify(say)}`);
    const [, word = '', mark] = parts;
    const boundary = (mark || '_') as BoundaryMark;
    if (/[A-Za-z]/.test(word)) {
      const letter = /^[A-Z]$/.test(word);
      words.push({ text: word.toLowerCase(), boundary, reading: letter ? 'letter' : 'word' });
    } else if (mark && words.length > 0) {
      words[words.length - 1]!.boundary = boundary;
    }
  }
  return words;
}

/** The shorthand of a sentence, for tables of cases and for people: `parseNotation` reads it back. */
export function toNotation(sentence: Pick<SpokenSentence, 'words'>): string {
  return sentence.words
    .map(({ text, reading, boundary }) => {
      const shown =
        reading === 'letter' || /^[a-z]'s$/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text;
      return boundary === '_' ? shown : shown + boundary;
    })
    .join(' ');
}
