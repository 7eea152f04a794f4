// The sentences that quality is measured on: the corpus's validation split, which no model was trained on.
import { existsSync, readFileSync } from 'node:fs';
import { seededRandom } from '../../../src/cli/bench-text.js';
import { missingShared, sharedPath } from '../cache.js';

/** One recorded sentence. */
export interface Recording {
  id: string;
  /** Path of the audio file. */
  path: string;
  text: string;
}

/**
 * `count` different validation sentences of a speaker, one recording each, drawn by seed.
 *
 * @throws Error where the corpus is missing, or the speaker has no or too few sentences.
 */
export function validationSentences(speaker: string, count: number, seed: number): Recording[] {
  const metadata = sharedPath('corpus', 'metadata.tsv');
  if (!existsSync(metadata)) throw new Error(missingShared('corpus/metadata.tsv'));
  const rows = readFileSync(metadata, 'utf8').trim().split('\n').slice(1);
  const recordings: Recording[] = [];
  for (const row of rows) {
    const [who, id, split, , file, text] = row.split('\t');
    if (who === speaker && split === 'val') {
      recordings.push({ id: id!, path: sharedPath('corpus', ...file!.split('/')), text: text! });
    }
  }
  const random = seededRandom(seed);
  const shuffled = recordings
    .map((recording) => ({ recording, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ recording }) => recording);
  const byText = new Map(shuffled.map((recording) => [recording.text, recording]));
  if (byText.size < count) {
    throw new Error(
      `got ${count} sentences to draw, wanted at most ${byText.size} (${speaker}'s validation sentences)`,
    );
  }
  return [...byText.values()].slice(0, count);
}
