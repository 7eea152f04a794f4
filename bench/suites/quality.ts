// How natural and how intelligible the speech is, ours beside rivals', by judges that are no part of any of them.
import { fileURLToPath } from 'node:url';
import { cachePath } from '../lib/cache.js';
import { environment } from '../lib/environment.js';
import { type Options, parseOptions } from '../lib/options.js';
import { lastLines, runProgram } from '../lib/program.js';
import { intonationTable, standardTexts } from '../lib/quality/intonation.js';
import { judge, judgeEnvironment } from '../lib/quality/judge.js';
import {
  type Naturalness,
  naturalness,
  naturalnessTable,
  precisionTable,
} from '../lib/quality/naturalness.js';
import { compareWithRecordings } from '../lib/quality/recordings.js';
import { type Speech, speakAll, type Text } from '../lib/quality/speaking.js';
import { evenly, judgedTexts } from '../lib/quality/texts.js';
import { type JudgedVoice, ownVoices } from '../lib/quality/voices.js';
import type { Report, Table } from '../lib/report.js';
import type { SuiteOptions } from '../lib/suite.js';
import { isUnavailable } from '../lib/unavailable.js';
import { speechRivals } from '../rivals/all-speech.js';

export const description = 'naturalness (DNSMOS), word errors (Whisper-base) and intonation, beside rivals';

const RIVALS = Object.keys(speechRivals);

export const options = {
  voices: { kind: 'text', does: 'our voices: SET:SPEAKER or SET, ... (default: all speakers of all sets)' },
  weights: { kind: 'text', does: 'further voice folders: FOLDER or NAME=FOLDER, ...' },
  rivals: { kind: 'names', of: ['none', ...RIVALS], default: RIVALS, does: 'engines beside ours' },
  texts: { kind: 'count', default: 60, least: 0, does: 'texts judged, of all kinds; 0 judges none' },
  triples: { kind: 'switch', does: 'measures statements, questions and exclamations of the same words' },
  plot: { kind: 'switch', does: 'draws mel and F0 of one sentence of every voice' },
  recordings: { kind: 'switch', does: 'word errors beside the recordings of the corpus (pocketsphinx)' },
  count: { kind: 'count', default: 20, does: 'sentences beside recordings' },
  voice: { kind: 'text', default: 'kathleen', does: 'speaker beside recordings' },
  seed: { kind: 'count', default: 1, least: 0, does: 'draws the sentences beside recordings' },
} as const satisfies Options;

/** The voices of the rivals that can be installed; a note for each that cannot. */
async function rivalVoices(
  names: readonly string[],
  notes: string[],
  versions: Record<string, string>,
): Promise<JudgedVoice[]> {
  const found: JudgedVoice[] = [];
  for (const name of names.filter((name) => name !== 'none')) {
    const rival = await speechRivals[name]!();
    if (isUnavailable(rival)) {
      notes.push(`${name} not judged: ${rival.unavailable}`);
      continue;
    }
    const { voices, version, ...facts } = rival;
    versions[name] = version;
    for (const [voice, given] of Object.entries(voices))
      found.push({ ...facts, name: `${name}:${voice}`, options: given });
  }
  return found;
}

/** Judges the texts of every voice; figures by voice, and what Whisper heard. */
async function judged(spoken: readonly Speech[], texts: readonly Text[], notes: string[]) {
  const files = spoken.flatMap((speech) =>
    texts.map(({ id, text }) => ({ path: speech.files.get(id)!, reference: text })),
  );
  const judgements = await judge(files);
  const rows = spoken.map(({ voice, rtf, coldStartMs }, i) => {
    const own = judgements.slice(i * texts.length, (i + 1) * texts.length);
    return { voice, rtf, coldStartMs, ...naturalness(own) };
  });
  const precision = precisionTable(rows);
  if (precision) {
    const { falls } = precision;
    notes.push(`8-bit figures that are worse by more than 0.02: ${falls.join('; ') || 'none'}`);
  }
  const figures = rows.map(({ voice, ...row }): [string, Naturalness] => [voice.name, row]);
  const tables: Table[] = [naturalnessTable(rows, texts.length), ...(precision ? [precision.table] : [])];
  return { tables, figures: Object.fromEntries(figures), judgements };
}

/** Columns of one picture: more are too narrow to read. */
const PLOTTED = 4;

/** @returns the paths of the pictures. */
async function plot(spoken: readonly Speech[], id: string): Promise<string[]> {
  const { python } = await judgeEnvironment();
  const program = fileURLToPath(new URL('../lib/quality/plot.py', import.meta.url));
  const pictures: string[] = [];
  for (let from = 0; from < spoken.length; from += PLOTTED) {
    const files = spoken.slice(from, from + PLOTTED).map((speech) => speech.files.get(id)!);
    const picture = cachePath('bench', `quality-${id}-${1 + from / PLOTTED}.png`);
    const result = await runProgram(python, [program, '--width', '5', '-o', picture, ...files]);
    if (result.code !== 0) throw new Error(`plotting failed: ${lastLines(result.stderr)}`);
    pictures.push(picture);
  }
  return pictures;
}

/** @throws Error on an unknown option or value, or where the corpus, Python or a judge is not available. */
export async function run({ args }: SuiteOptions): Promise<Report> {
  const values = parseOptions(options, args);
  const { seed, count, voice } = values;
  const notes: string[] = [];
  const versions: Record<string, string> = {}; // grows while engines are opened
  const facts = environment({ seed, warmups: 1, runs: 1, versions });
  const tables: Table[] = [];
  const data: Record<string, unknown> = {};
  const texts = values.texts === 0 ? [] : evenly(judgedTexts(), values.texts);
  const forms = values.triples ? standardTexts() : [];
  if (texts.length + forms.length > 0) {
    const voices = await ownVoices(values.voices, values.weights);
    voices.push(...(await rivalVoices(values.rivals, notes, versions)));
    const spoken = await speakAll(voices, [...texts, ...forms], notes);
    if (values.plot) notes.push(`drawn: ${(await plot(spoken, (texts[0] ?? forms[0]!).id)).join(', ')}`);
    if (texts.length > 0) {
      const { tables: found, ...rest } = await judged(spoken, texts, notes);
      tables.push(...found);
      data.naturalness = rest;
      Object.assign(versions, { speechmos: '0.0.1.1', 'faster-whisper': '1.2.1' });
    }
    if (forms.length > 0) {
      const { table, figures } = await intonationTable(
        spoken.map((speech) => ({ ...speech, files: onlyThese(speech.files, forms) })),
      );
      tables.push(table);
      data.intonation = figures;
    }
    notes.push(
      'RTF = processor time per second of audio, one thread, warm; compare it only within one run',
      'cold start: from the start of the process to the first audio; audio left in .cache/quality',
    );
  }
  if (values.recordings) {
    const { tables: found, sets } = await compareWithRecordings({ voice, count, seed });
    tables.push(...found);
    data.sets = sets;
    versions.pocketsphinx = '5.1.1';
    notes.push('pocketsphinx with its en-US models; sentences of the validation split');
  }
  return { name: 'quality', environment: facts, tables, notes, data };
}

function onlyThese(files: ReadonlyMap<string, string>, texts: readonly Text[]): Map<string, string> {
  return new Map(texts.map(({ id }) => [id, files.get(id)!]));
}
