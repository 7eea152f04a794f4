// Shows that the text side takes time in proportion to the length of the text, and how much.
import { performance } from 'node:perf_hooks';
import { EN_US } from '../../src/frontend/en-us/en-us.js';
import { SentenceStream } from '../../src/frontend/sentences.js';
import { toSpoken } from '../../src/frontend/text-reader.js';
import { environment } from '../lib/environment.js';
import { PLAIN_TEXTS } from '../lib/long-texts.js';
import { type Options, parseOptions } from '../lib/options.js';
import type { Report } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';

const LENGTHS = [1_000, 10_000, 100_000, 1_000_000];
const WARM_UPS = 1;
const RUNS = 3;
/** Characters in one piece of streamed text, about a language model's token. */
const PIECE = 4;

/** Median milliseconds of one call, after warm-ups. */
function median(work: () => void): number {
  for (let i = 0; i < WARM_UPS; i += 1) work();
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[Math.floor(RUNS / 2)]!;
}

function stream(text: string): void {
  const sentences = new SentenceStream(EN_US.boundaryAt);
  for (let at = 0; at < text.length; at += PIECE) sentences.push(text.slice(at, at + PIECE));
  sentences.end();
}

interface Row {
  stage: 'toSpoken' | 'SentenceStream';
  text: string;
  characters: number;
  milliseconds: number;
  nanosecondsPerCharacter: number;
}

export const description =
  'time of the text side against the length of the text: linear for every kind of text';

export const options: Options = {};

/** @throws Error on any option. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  parseOptions(options, args);
  const rows: Row[] = [];
  const measure = (stage: Row['stage'], text: string, characters: number, work: () => void): void => {
    const milliseconds = median(work);
    const nanosecondsPerCharacter = (milliseconds * 1e6) / characters;
    rows.push({ stage, text, characters, milliseconds, nanosecondsPerCharacter });
  };
  for (const [name, make] of Object.entries(PLAIN_TEXTS)) {
    for (const length of LENGTHS) {
      const text = make(length);
      measure('toSpoken', name, length, () => toSpoken(text, { language: EN_US }));
      measure('SentenceStream', name, length, () => stream(text));
    }
  }
  return {
    name: 'frontend-scaling',
    environment: environment({ seed: 0, warmups: WARM_UPS, runs: RUNS }),
    tables: [
      {
        title: `Median time; the stream in pieces of ${PIECE} characters`,
        columns: ['stage', 'text', 'characters', 'ms', 'ns/character'],
        rows: rows.map((row) => [
          row.stage,
          row.text,
          row.characters,
          row.milliseconds,
          row.nanosecondsPerCharacter,
        ]),
      },
    ],
    notes: [],
    data: { rows },
  };
}
