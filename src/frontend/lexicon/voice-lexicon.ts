// The pronunciations of a voice: forms it was trained on, and words that CMUdict lacks.
import { VoirsError } from '../../errors.js';
import { isPhone } from '../phonemes.js';

/** Forms by word, the usual one first; several where the list gives several. */
export type PronunciationTable = ReadonlyMap<string, readonly (readonly string[])[]>;

/**
 * Reads a voice's pronunciations.tsv (header, then word, phones and counts, tab-separated).
 * @throws VoirsError INVALID_WEIGHTS that names the malformed line.
 */
export function parseVoicePronunciations(text: string): PronunciationTable {
  return read(text, 'pronunciations.tsv', (line, number) => {
    if (number === 1 && line.startsWith('word\t')) return undefined;
    const [word, phones] = line.split('\t');
    return [word ?? '', (phones ?? '').split(' ')];
  });
}

/**
 * Reads a voice's lexicon_extra.txt (word and phones, space-separated; a word may come again with another
 * form).
 * @throws VoirsError INVALID_WEIGHTS that names the malformed line.
 */
export function parseVoiceExtra(text: string): PronunciationTable {
  return read(text, 'lexicon_extra.txt', (line) => {
    const [word, ...phones] = line.trim().split(/\s+/);
    return [word ?? '', phones];
  });
}

function read(
  text: string,
  file: string,
  parse: (line: string, number: number) => [word: string, phones: string[]] | undefined,
): PronunciationTable {
  const table = new Map<string, string[][]>();
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '') return;
    const entry = parse(line, index + 1);
    if (entry === undefined) return;
    const [word, phones] = entry;
    const wrong = phones.find((phone) => !isPhone(phone));
    if (word === '' || phones.length === 0 || wrong !== undefined) {
      throw new VoirsError('INVALID_WEIGHTS', `${file} of the voice has a malformed line ${index + 1}`, {
        // Its content stays out of the message: the file may be a link to one that is none of the reader's business.
        got:
          wrong === undefined
            ? 'a line without a word or phones'
            : `a line whose phone ${phones.indexOf(wrong) + 1} is none`,
        wanted: 'a word and ARPAbet phones with stress digits',
      });
    }
    const forms = table.get(word.toLowerCase());
    if (forms === undefined) table.set(word.toLowerCase(), [phones]);
    else forms.push(phones);
  });
  return table;
}
