// How intelligible a voice is beside the recordings it learned from: an independent recogniser transcribes our
// sentences and the recordings of the same texts.
import { VoirsPipeline } from '../../../src/index.js';
import { cachePath } from '../cache.js';
import type { Table } from '../report.js';
import { type Recording, validationSentences } from './corpus.js';
import { type Spoken, type WordErrors, wordErrors } from './recognise.js';

/** Which sentences. */
export interface RecordedOptions {
  /** Speaker of the voice and of the corpus. */
  voice: string;
  count: number;
  seed: number;
}

/** Speaks every sentence to a WAV file and gives the list of both kinds for the recogniser. */
async function speak({ voice }: RecordedOptions, recordings: readonly Recording[]): Promise<Spoken[]> {
  const pipeline = await VoirsPipeline.create({ voice });
  const spoken: Spoken[] = [];
  try {
    for (const { id, path: recorded, text } of recordings) {
      const path = cachePath('quality', voice, `${id}.wav`);
      const audio = await pipeline.synthesize(text);
      await audio.save(path);
      audio.dispose();
      // Digits are scored as the words they are read as, all other text as written, so that a lost word
      // counts.
      const words = (await pipeline.prepare(text)).sentences.flatMap((sentence) => sentence.words);
      const reference = /\d/.test(text) ? words.map((word) => word.text).join(' ') : text;
      spoken.push({ set: 'recorded', id, path: recorded, reference });
      spoken.push({ set: 'synthesised', id, path, reference });
    }
  } finally {
    await pipeline.dispose();
  }
  return spoken;
}

/**
 * The word errors of our sentences and of the recordings, and every sentence.
 *
 * @throws Error where the corpus, Python or the recogniser is not available.
 */
export async function compareWithRecordings(
  options: RecordedOptions,
): Promise<{ tables: Table[]; sets: Record<string, WordErrors> }> {
  const { voice, count, seed } = options;
  const recordings = validationSentences(voice, count, seed);
  const sets = await wordErrors(await speak(options, recordings));
  const { synthesised, recorded } = sets;
  if (!synthesised || !recorded) throw new Error('the recogniser returned no result');
  const total = ([name, e]: [string, WordErrors]) => {
    return [name, recordings.length, e.words, 100 * e.wer, e.substitutions, e.deletions, e.insertions];
  };
  const sentences = synthesised.sentences.map(({ id, reference, heard, wer }, i) => {
    return [id, 100 * wer, 100 * recorded.sentences[i]!.wer, reference, heard];
  });
  const tables = [
    {
      title: `${voice}: word error rate beside recordings (pocketsphinx)`,
      columns: ['speech', 'sentences', 'words', 'WER %', 'substitutions', 'deletions', 'insertions'],
      rows: Object.entries(sets).map(total),
    },
    {
      title: 'Sentences',
      columns: ['id', 'WER %', 'recording WER %', 'reference', 'heard in ours'],
      rows: sentences,
    },
  ];
  return { tables, sets };
}
