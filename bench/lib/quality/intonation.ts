// Whether a voice makes questions and exclamations of words that are also a statement: 20 texts in all three
// forms, and 20 questions with a question word, measured by intonation.py.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { lastLines, runProgram } from '../program.js';
import type { Table } from '../report.js';
import { judgeEnvironment } from './judge.js';
import type { Speech, Text } from './speaking.js';

/** The form of a sentence. */
export type Form = 'statement' | 'question' | 'exclamation' | 'wh-question';

/** What intonation.py prints of one file; null where there is too little voiced speech. */
export interface Intonation {
  /** F0 at the end of the last 300 ms of voiced speech, semitones above their beginning. */
  finalSemitones: number | null;
  /** From the 5th to the 95th percentile of F0, semitones. */
  rangeSemitones: number | null;
  /** Of the voiced speech, dB of full scale. */
  levelDb: number | null;
}

const FORMS: readonly Form[] = ['statement', 'question', 'exclamation', 'wh-question'];
const MARKS = [
  ['statement', '.'],
  ['question', '?'],
  ['exclamation', '!'],
] as const;

/** Every triple in its three forms, then the wh-questions; ids begin with the form. */
export function intonationTexts({
  triples,
  wh,
}: {
  triples: readonly string[];
  wh: readonly string[];
}): Text[] {
  const forms = triples.flatMap((words, i) =>
    MARKS.map(([form, mark]) => ({ id: `${form}_${i + 1}`, text: words + mark })),
  );
  return [...forms, ...wh.map((text, i) => ({ id: `wh-question_${i + 1}`, text }))];
}

/** The texts of intonation.json. */
export function standardTexts(): Text[] {
  const path = fileURLToPath(new URL('intonation.json', import.meta.url));
  return intonationTexts(JSON.parse(readFileSync(path, 'utf8')) as { triples: string[]; wh: string[] });
}

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const measured = (values: readonly (number | null)[]): number[] => values.filter((value) => value !== null);
/** One decimal, zero without a sign. */
const fixed = (value: number | null): string | null => value?.toFixed(1).replace(/^-(?=0\.0$)/, '') ?? null;

/** A final movement of this many semitones up counts as a rise. */
const RISE = 1;

/** Four rows of the table, one a form. */
export function intonationRows(voice: string, byId: ReadonlyMap<string, Intonation>): Table['rows'] {
  const of = (form: Form): Intonation[] =>
    [...byId].filter(([id]) => id.startsWith(`${form}_`)).map(([, figures]) => figures);
  const level = (form: Form): number | null => median(measured(of(form).map((one) => one.levelDb)));
  const reference = level('statement');
  return FORMS.map((form) => {
    const finals = measured(of(form).map((one) => one.finalSemitones));
    const range = median(measured(of(form).map((one) => one.rangeSemitones)));
    const loud = level(form);
    const rises = finals.filter((value) => value >= RISE).length;
    const louder = loud === null || reference === null ? null : loud - reference;
    const isMeasured = finals.length > 0;
    return [
      ...[voice, form, fixed(median(finals)), isMeasured ? `${rises} of ${finals.length}` : null],
      ...[fixed(range), fixed(loud), fixed(louder)],
    ];
  });
}

/** @throws Error where Python or a package is not available. */
async function measure(speech: Speech): Promise<Map<string, Intonation>> {
  const { python } = await judgeEnvironment();
  const program = fileURLToPath(new URL('intonation.py', import.meta.url));
  const result = await runProgram(python, [program, ...speech.files.values()]);
  if (result.code !== 0) throw new Error(`intonation failed: ${lastLines(result.stderr)}`);
  const lines = result.stdout.trim().split('\n');
  return new Map([...speech.files.keys()].map((id, i) => [id, JSON.parse(lines[i]!) as Intonation]));
}

/**
 * The table of all voices.
 *
 * @throws Error where Python or a package is not available.
 */
export async function intonationTable(
  spoken: readonly Speech[],
): Promise<{ table: Table; figures: Record<string, Record<string, Intonation>> }> {
  const rows: Table['rows'] = [];
  const figures: Record<string, Record<string, Intonation>> = {};
  for (const speech of spoken) {
    const byId = await measure(speech);
    rows.push(...intonationRows(speech.voice.name, byId));
    figures[speech.voice.name] = Object.fromEntries(byId);
  }
  return {
    table: {
      title: 'Intonation: medians by form',
      columns: ['voice', 'form', 'final F0 st', 'rises', 'F0 range st', 'level dB', 'against statements dB'],
      rows,
    },
    figures,
  };
}
