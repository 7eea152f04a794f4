// Measures how often homographs are read right, on the tables of test/frontend/en-us/lexicon/homographs.
import { readFileSync } from 'node:fs';
import { EN_US } from '../../src/frontend/en-us/en-us.js';
import { chooseReading, homographReadings } from '../../src/frontend/en-us/lexicon/homographs.js';
import type { SpokenWord } from '../../src/frontend/spoken-sentence.js';
import { toSpoken } from '../../src/frontend/text-reader.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

const TABLES = new URL('../../test/frontend/en-us/lexicon/homographs/', import.meta.url);

/** A sentence with its homograph between asterisks, and the name of the right reading. */
type Case = [sentence: string, reading: string];

/**
 * `dev` and `test` are whole sentences, `headings` lines without a verb and short commands, `trial` the lines
 * of a trial by readers, `users` lines and sentences that were written before the rules of 0.2.0 were mended.
 * Only `dev` and `trial` may shape the rules.
 */
const HOMOGRAPH_TABLES = ['dev', 'test', 'headings', 'trial', 'users', 'blind', 'phrases'] as const;
export type HomographTable = (typeof HOMOGRAPH_TABLES)[number];

/** One table's result. */
export interface HomographScore {
  table: string;
  sentences: number;
  words: number;
  right: number;
  accuracy: number;
  /** Right answers of always choosing a word's first reading, for comparison. */
  firstReading: number;
  wrong: { sentence: string; wanted: string; got: string }[];
}

/** The words of a sentence as the frontend reads it, and the index of the one between asterisks. */
export function wordsOf(sentence: string): { words: SpokenWord[]; target: number; source: string } {
  const source = sentence.replaceAll('*', '');
  const start = sentence.indexOf('*');
  for (const { words } of toSpoken(source, { language: EN_US }).sentences) {
    const target = words.findIndex(({ span }) => span[0] === start);
    if (target >= 0) return { words, target, source };
  }
  throw new Error(`no word is marked in: ${sentence}`);
}

/** Scores a table. */
export function scoreTable(table: HomographTable): HomographScore {
  const cases = JSON.parse(readFileSync(new URL(`${table}.json`, TABLES), 'utf8')) as Case[];
  const wrong: HomographScore['wrong'] = [];
  const spellings = new Set<string>();
  let first = 0;
  for (const [sentence, wanted] of cases) {
    const { words, target, source } = wordsOf(sentence);
    const spelling = words[target]!.text;
    const readings = homographReadings(spelling);
    if (!readings.some(({ name }) => name === wanted))
      throw new Error(`${spelling} has no reading ${wanted}: ${sentence}`);
    spellings.add(spelling);
    if (readings[0]!.name === wanted) first += 1;
    const got = chooseReading(words, target, source)!.name;
    if (got !== wanted) wrong.push({ sentence, wanted, got });
  }
  const right = cases.length - wrong.length;
  return {
    table,
    sentences: cases.length,
    words: spellings.size,
    right,
    accuracy: right / cases.length,
    firstReading: first / cases.length,
    wrong,
  };
}

export const description = 'homographs read rightly by context, on four tables';

export const options: Options = {};

/** @throws Error on any option. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  parseOptions(options, args);
  const scores = HOMOGRAPH_TABLES.map(scoreTable);
  return {
    name: 'homographs',
    environment: environment({ seed: 0, warmups: 0, runs: 1 }),
    tables: [
      {
        title: 'Sentences read rightly',
        columns: ['table', 'sentences', 'words', 'right, %', 'first reading right, %'],
        rows: scores.map(({ table, sentences, words, accuracy, firstReading }) => [
          table,
          sentences,
          words,
          accuracy * 100,
          firstReading * 100,
        ]),
      },
    ],
    notes: scores.flatMap(({ table, wrong }) =>
      wrong.map(({ sentence, wanted, got }) => `${table}: ${sentence}: wanted ${wanted}, got ${got}`),
    ),
    data: { scores },
  };
}
