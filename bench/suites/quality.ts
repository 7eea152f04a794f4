// How intelligible the speech is: an independent recogniser transcribes our sentences and the recordings of
// the same texts.
import { VoirsPipeline } from '../../src/index.js';
import { cachePath } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import { type Recording, validationSentences } from '../lib/quality/corpus.js';
import { type Spoken, wordErrors } from '../lib/quality/recognise.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

export const description =
  'word error rate of synthesised against recorded validation sentences (pocketsphinx)';

export const options = {
  count: { kind: 'count', default: 20, does: 'sentences' },
  voice: { kind: 'text', default: 'kathleen', does: 'speaker of the voice and of the corpus' },
  seed: { kind: 'count', default: 1, least: 0, does: 'draws the sentences' },
} as const satisfies Options;

/** Speaks every sentence to a WAV file and gives the list of both kinds for the recogniser. */
async function speak(voice: string, recordings: readonly Recording[]): Promise<Spoken[]> {
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

/** @throws Error where the corpus, Python or the recogniser is not available. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const { count, voice, seed } = parseOptions(options, args);
  const facts = environment({ seed, warmups: 0, runs: 1, versions: { pocketsphinx: '5.1.1' } });
  const recordings = validationSentences(voice, count, seed);
  const sets = await wordErrors(await speak(voice, recordings));
  const { synthesised, recorded } = sets;
  if (!synthesised || !recorded) throw new Error('the recogniser returned no result');
  const total = ([name, e]: [string, typeof recorded]) => {
    return [name, recordings.length, e.words, 100 * e.wer, e.substitutions, e.deletions, e.insertions];
  };
  const sentences = synthesised.sentences.map(({ id, reference, heard, wer }, i) => {
    return [id, 100 * wer, 100 * recorded.sentences[i]!.wer, reference, heard];
  });
  return {
    name: 'quality',
    environment: facts,
    tables: [
      {
        title: `${voice}: word error rate`,
        columns: ['speech', 'sentences', 'words', 'WER %', 'substitutions', 'deletions', 'insertions'],
        rows: Object.entries(sets).map(total),
      },
      {
        title: 'Sentences',
        columns: ['id', 'WER %', 'recording WER %', 'reference', 'heard in ours'],
        rows: sentences,
      },
    ],
    notes: [
      'pocketsphinx with its en-US models; sentences of the validation split; audio left in .cache/quality',
    ],
    data: { sets },
  };
}
