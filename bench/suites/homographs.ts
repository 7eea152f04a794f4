// Measures how often homographs are read right, on the two tables of test/frontend/lexicon/homographs.
import { readFileSync } from 'node:fs';
import { chooseReading, homographReadings } from '../../src/frontend/lexicon/homographs.js';
import type { SpokenWord } from '../../src/frontend/spoken-sentence.js';
import type { BoundaryMark } from '../../src/frontend/utterance.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

const TABLES = new URL('../../test/frontend/lexicon/homographs/', import.meta.url);

/** A sentence with its homograph between asterisks, and the name of the right reading. */
type Case = [sentence: string, reading: string];

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

/** The words of a plain sentence, and the index of the one between asterisks. */
export function wordsOf(sentence: string): { words: SpokenWord[]; target: number; source: string } {
  const words: SpokenWord[] = [];
  const source = sentence.replaceAll('*', '');
  let target = -1;
  let at = 0;
  for (const piece of sentence.split(' ')) {
    if (piece.includes('*')) target = words.length;
    const [, text, mark] = /^([A-Za-z']+)([,;:.?!]?)$/.exec(piece.replaceAll('*', '')) ?? [];
    if (text === undefined) throw new Error(`unreadable word ${piece} in: ${sentence}`);
    const boundary = (mark || '_') as BoundaryMark;
    words.push({ text: text.toLowerCase(), span: [at, at + text.length], boundary, reading: 'word' });
    at += text.length + mark!.length + 1;
  }
  const last = words.at(-1)!;
  if (last.boundary === '_') last.boundary = '.';
  return { words, target, source };
}

/** Scores `dev` or `test`. */
export function scoreTable(table: 'dev' | 'test'): HomographScore {
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

export const description = 'homographs read rightly by context, on the development and the test table';

export const options: Options = {};

/** @throws Error on any option. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  parseOptions(options, args);
  const scores = (['dev', 'test'] as const).map(scoreTable);
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
