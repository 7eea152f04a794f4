// Sentences in the readers' notation (src/frontend/en-us/normalize/reader.ts), for the tables of cases.
import type { SpokenSentence } from '../../../../src/frontend/spoken-sentence.js';

/** What `parseNotation` would read as these words: capitals are letters said by name. */
export function toNotation(sentence: Pick<SpokenSentence, 'words'>): string {
  return sentence.words
    .map(({ text, reading, boundary }) => {
      const shown =
        reading === 'letter' || /^[a-z]'s$/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text;
      return boundary === '_' ? shown : shown + boundary;
    })
    .join(' ');
}
