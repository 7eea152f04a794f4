// The judges' figures by voice: means, word error rate, and what a change of the weights' form costs.
import type { Table } from '../report.js';
import type { Judgement } from './judge.js';
import type { JudgedVoice } from './voices.js';

/** The figures of one voice over all texts. */
export interface Naturalness {
  overall: number;
  signal: number;
  background: number;
  p808: number;
  /** Word errors / words of all references. */
  wer: number;
  words: number;
}

/** One voice, judged and timed. */
export interface Row extends Naturalness {
  voice: JudgedVoice;
  rtf: number;
  coldStartMs: number;
}

/** Means over files; the word error rate is of all words together. */
export function naturalness(judgements: readonly Judgement[]): Naturalness {
  const sum = (of: (one: Judgement) => number): number =>
    judgements.reduce((total, one) => total + of(one), 0);
  const mean = (of: (one: Judgement) => number): number => sum(of) / judgements.length;
  const words = sum((one) => one.words);
  return {
    overall: mean((one) => one.overall),
    signal: mean((one) => one.signal),
    background: mean((one) => one.background),
    p808: mean((one) => one.p808),
    wer: sum((one) => one.errors) / words,
    words,
  };
}

const score = (value: number): string => value.toFixed(3);
const mebibytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

/** One row a voice. Scores keep three decimals: voices differ in the second. */
export function naturalnessTable(rows: readonly Row[], texts: number): Table {
  return {
    title: `Naturalness, ${texts} texts`,
    columns: [
      ...['voice', 'DNSMOS OVRL', 'SIG', 'BAK', 'P.808', 'WER %', 'RTF', 'against the first'],
      ...['cold start ms', 'installed MiB', 'downloaded MiB', 'licences'],
    ],
    rows: rows.map(({ voice, ...of }) => [
      voice.name,
      ...[of.overall, of.signal, of.background, of.p808].map(score),
      (100 * of.wer).toFixed(1),
      of.rtf,
      of.rtf / rows[0]!.rtf,
      Math.round(of.coldStartMs),
      mebibytes(voice.installedBytes),
      mebibytes(voice.downloadedBytes),
      voice.licences,
    ]),
  };
}

/** How far a figure may fall from one form of the same weights to another. */
export const GREATEST_FALL = 0.02;

/** Pairs of rows of the same speaker whose sets are named NAME and NAME-8bit. */
function pairs(rows: readonly Row[]): [Row, Row][] {
  const byName = new Map(rows.map((row) => [row.voice.name, row]));
  return rows.flatMap((row): [Row, Row][] => {
    const eight = byName.get(row.voice.name.replace(':', '-8bit:'));
    return eight && eight !== row ? [[row, eight]] : [];
  });
}

/**
 * The change of each score, and of the word error rate as a fraction, from 16-bit to 8-bit weights; undefined
 * where no set was judged in both. `falls` names the figures that are worse by more than GREATEST_FALL.
 */
export function precisionTable(rows: readonly Row[]): { table: Table; falls: string[] } | undefined {
  const found = pairs(rows);
  if (found.length === 0) return undefined;
  const falls: string[] = [];
  const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(3)}`;
  const table = {
    title: '8-bit against 16-bit weights',
    columns: ['voice', 'DNSMOS OVRL', 'SIG', 'BAK', 'P.808', 'WER (fraction)'],
    rows: found.map(([of16, of8]) => {
      const gains = (['overall', 'signal', 'background', 'p808'] as const).map((name) => {
        return { name, value: of8[name] - of16[name], gain: of8[name] - of16[name] };
      });
      const changes = [...gains, { name: 'WER', value: of8.wer - of16.wer, gain: of16.wer - of8.wer }];
      for (const { name, value, gain } of changes)
        if (gain < -GREATEST_FALL) falls.push(`${of16.voice.name} ${name} ${signed(value)}`);
      return [of16.voice.name, ...changes.map(({ value }) => signed(value))];
    }),
  };
  return { table, falls };
}
