// The lexicon that a caller gives, as one text, which also is its key in the cache of results; apart from the
// parser, which brings the XML library with it.
import { shown, VoirsError } from '../../errors.js';

const WANTED = 'the text of a lexicon, or an object such as { "voirs": "V W AA1 R Z", "SQL": "sequel" }';

/**
 * The text of a lexicon, from what a caller gives: a text, or an object of words with their phones or
 * respellings.
 * @throws VoirsError INVALID_OPTIONS.
 */
export function lexiconText(lexicon: unknown): string {
  if (typeof lexicon === 'string') {
    const line = lexicon.trim();
    if (line.length <= 300 && /^[^\s{<]*[/\\.][^\s{<]*\.?\w{2,8}$/.test(line) && !line.includes('=')) {
      throw new VoirsError('INVALID_OPTIONS', 'The lexicon is a path', {
        got: shown(line),
        wanted: WANTED,
        suggestion: 'Read the file first, and pass its text',
      });
    }
    return lexicon;
  }
  const prototype: unknown =
    typeof lexicon === 'object' && lexicon !== null && Object.getPrototypeOf(lexicon);
  let cause: unknown;
  try {
    if (prototype === Object.prototype || prototype === null) return JSON.stringify(lexicon);
  } catch (error) {
    cause = error; // a circle, or a value that cannot be written
  }
  throw new VoirsError('INVALID_OPTIONS', 'The lexicon cannot be read', {
    got: shown(lexicon),
    wanted: WANTED,
    cause,
  });
}
