// voirs batch: speaks many texts in order, one file each; --resume continues an interrupted run.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CAPTION_FORMATS, type CaptionFormat, captions, toTextGrid } from '../../audio/captions.js';
import { type AudioFormat, type EncodeOptions, extensionOf } from '../../audio/formats/format.js';
import type { SynthesisOptions } from '../../config.js';
import { VoirsError } from '../../errors.js';
import { VoirsPipeline } from '../../pipeline.js';
import { AudioFile } from '../audio-output.js';
import { JOURNAL, Journal, type JournalEntry, readJournal, stateOf, unusable } from '../batch-journal.js';
import { type BatchRow, batchFormat, readRows } from '../batch-rows.js';
import { captionText } from '../caption-file.js';
import { choiceOption, defineCommand, jsonOption, usageError } from '../command.js';
import { FolderLock } from '../folder-lock.js';
import { OutputFile } from '../output-file.js';
import { ProgressBar, seconds } from '../print.js';
import { speakInto } from '../speak-into.js';
import type { Terminal } from '../terminal.js';
import { readTextFile } from '../text-input.js';
import { formatOptions, pipelineOptions, speakingOptions, synthesisOptions } from '../voice-options.js';

export const batch = defineCommand({
  usage: 'FILE.txt|FILE.csv|FILE.jsonl|- --out-dir FOLDER [--resume|--verify] [options]',
  details: [
    'txt, and - for stdin: one text a line. csv: a header with the column text, and any of id, voice, rate, pitch, gain.',
    'jsonl: one object a line with the same names. Each row becomes FOLDER/ID.wav (0001.wav for a row without id), or the extension of --format.',
    `FOLDER/${JOURNAL} has one line a row: its result, and the size and SHA-256 of its file.`,
    '--resume speaks the rows that are missing there, were changed, or whose file is not the one of the journal.',
    '--verify compares the files with the journal and speaks nothing; the exit code is 1 if any differs.',
    'A text that cannot be spoken does not stop the others; the exit code is then 1.',
    'One run at a time may write to a folder.',
  ].join('\n'),
  options: {
    'out-dir': { type: 'string', short: 'd', value: 'FOLDER', help: 'Folder for the files; made if missing' },
    resume: { type: 'boolean', help: 'Continue an earlier run' },
    verify: { type: 'boolean', help: 'Check the files of an earlier run' },
    captions: {
      type: 'string',
      value: 'FORMAT',
      help: `Captions beside each file: ${CAPTION_FORMATS.join(', ')}`,
    },
    ...speakingOptions,
    ...jsonOption,
  },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals }, terminal) {
    const folder = values['out-dir'];
    if (folder === undefined)
      throw usageError('batch', 'There is no folder to write to', { wanted: '--out-dir FOLDER' });
    if (values.resume && values.verify)
      throw usageError('batch', 'A run is continued or verified', { wanted: '--resume or --verify' });
    const path = positionals[0]!;
    const format = batchFormat(path);
    const common: SynthesisOptions = { ...synthesisOptions(values), signal: terminal.signal };
    const file = formatOptions(values);
    const captionFormat = choiceOption('--captions', values.captions, CAPTION_FORMATS);
    const options = await pipelineOptions(values);
    const rows = readRows(await readTextFile(path), format);
    if (values.verify) return verify(folder, rows, file.format, values.json === true, terminal);

    await using lock = await openFolder(folder, terminal);
    const before = values.resume ? await readJournal(folder) : new Map<string, JournalEntry>();
    await using pipeline = await VoirsPipeline.create(options);
    await using journal = await Journal.open(folder, { continues: values.resume === true });
    const entries: JournalEntry[] = [];
    const version = `${pipeline.getVoice().id} ${pipeline.getVoice().vocoder}`;
    using bar = new ProgressBar('batch');
    for (const [i, row] of rows.entries()) {
      bar.update(i / rows.length, `${i} of ${rows.length}`);
      const synthesis = { ...common, ...row.options };
      const digest = digestOf(row.text, synthesis, [
        version,
        // As before there were formats: a journal of an earlier version stays good.
        isPlainWav(file) ? (file.encoding ?? 'pcm16') : file,
        options.config,
        options.weights,
        ...(captionFormat === undefined ? [] : [captionFormat]),
      ]);
      const place = { line: row.line, id: row.id, file: fileOf(row, file.format), digest };
      const known = before.get(place.file);
      const kept = known?.digest === digest ? await keptFile(folder, known, terminal) : undefined;
      const outcome =
        kept ?? (await speakRow(pipeline, row, synthesis, { folder, file, captionFormat }, lock));
      const entry: JournalEntry = { ...place, ...outcome };
      await journal.add(entry);
      entries.push(entry);
      if (entry.error) terminal.note(`line ${row.line}: ${entry.error.code}: ${entry.error.message}`);
    }
    const summary = summarise(folder, entries);
    if (summary.failed > 0) process.exitCode = 1;
    if (values.json) await terminal.printJson(summary);
    else await terminal.print(describe(summary));
  },
});

const fileOf = ({ id }: BatchRow, format: AudioFormat): string => `${id}.${extensionOf(format)}`;

const isPlainWav = ({ format, metadata, bitRate }: EncodeOptions): boolean =>
  format === 'wav' && metadata === undefined && bitRate === undefined;

/** Where a row goes, and in which forms. */
interface Target {
  folder: string;
  file: EncodeOptions & { format: AudioFormat };
  captionFormat: CaptionFormat | undefined;
}

/** Makes and claims the folder. @throws VoirsError IO_ERROR when it is not writable or another run has it. */
async function openFolder(folder: string, terminal: Terminal): Promise<FolderLock> {
  try {
    await mkdir(folder, { recursive: true });
    return await FolderLock.acquire(folder, {
      signal: terminal.signal,
      note: (text) => terminal.note(text),
    });
  } catch (error) {
    throw error instanceof VoirsError ? error : unusable(folder, 'written', error);
  }
}

type Outcome = Omit<JournalEntry, 'line' | 'id' | 'file' | 'digest'>;

/** The outcome of a row whose file is there as the journal has it; undefined when it has to be spoken. */
async function keptFile(
  folder: string,
  entry: JournalEntry,
  terminal: Terminal,
): Promise<Outcome | undefined> {
  if (entry.status === 'failed') return undefined;
  const state = await stateOf(folder, entry);
  if (state === 'changed') terminal.note(`${entry.file} is not the file of the journal: spoken again`);
  return state === 'right' ? { status: 'skipped', bytes: entry.bytes!, sha256: entry.sha256! } : undefined;
}

/** @throws VoirsError for what stops the whole run: an abort, a full disk, a lost claim. */
async function speakRow(
  pipeline: VoirsPipeline,
  row: BatchRow,
  synthesis: SynthesisOptions,
  { folder, file, captionFormat }: Target,
  lock: FolderLock,
): Promise<Outcome> {
  const form = { sampleRate: pipeline.config.sampleRate, channels: 1, options: file };
  await using output = await AudioFile.create(join(folder, fileOf(row, file.format)), form);
  await using captionFile =
    captionFormat && (await OutputFile.create(join(folder, `${row.id}.${captionFormat}`)));
  try {
    const spoken = await speakInto(pipeline, row.text, synthesis, output);
    const { duration, computeSeconds } = spoken;
    if (captionFormat && captionFile) {
      const text = captionText(row.text, 'text');
      const content =
        captionFormat === 'textgrid'
          ? toTextGrid(spoken, { text, duration })
          : captions(spoken, captionFormat, { text });
      await captionFile.write(Buffer.from(content));
    }
    const bytes = await output.seal();
    const sha256 = await output.sha256();
    await lock.check();
    await captionFile?.commit(); // before the audio, which the journal answers for
    await output.commit();
    return { status: 'done', bytes, sha256, duration, computeSeconds };
  } catch (error) {
    const stops = !(error instanceof VoirsError) || error.code === 'ABORTED' || error.code === 'IO_ERROR';
    if (stops) throw error;
    return { status: 'failed', error: error.toJSON() };
  }
}

function digestOf(text: string, { signal: _, ...synthesis }: SynthesisOptions, rest: unknown[]): string {
  return createHash('sha256')
    .update(JSON.stringify([text, synthesis, ...rest]))
    .digest('hex')
    .slice(0, 32);
}

interface Summary {
  folder: string;
  total: number;
  done: number;
  failed: number;
  skipped: number;
  audioSeconds: number;
  computeSeconds: number;
  failures: Pick<JournalEntry, 'line' | 'id' | 'error'>[];
}

function summarise(folder: string, entries: readonly JournalEntry[]): Summary {
  const count = (status: JournalEntry['status']): number =>
    entries.filter((entry) => entry.status === status).length;
  const sum = (of: (entry: JournalEntry) => number | undefined): number =>
    entries.reduce((total, entry) => total + (of(entry) ?? 0), 0);
  return {
    folder,
    total: entries.length,
    done: count('done'),
    failed: count('failed'),
    skipped: count('skipped'),
    audioSeconds: sum(({ duration }) => duration),
    computeSeconds: sum(({ computeSeconds }) => computeSeconds),
    failures: entries
      .filter(({ error }) => error)
      .map(({ line, id, error }) => ({ line, id, error: error! })),
  };
}

function describe({ folder, total, done, failed, skipped, audioSeconds, computeSeconds }: Summary): string {
  const speed = audioSeconds === 0 ? '' : `, real-time factor ${(computeSeconds / audioSeconds).toFixed(3)}`;
  return `${folder}: ${done} of ${total} spoken, ${skipped} skipped, ${failed} failed; ${seconds(audioSeconds)} of audio${speed}`;
}

/** Compares every row's file with the journal and prints the differences. */
async function verify(
  folder: string,
  rows: readonly BatchRow[],
  format: AudioFormat,
  asJson: boolean,
  terminal: Terminal,
): Promise<void> {
  const entries = await readJournal(folder);
  const problems: { line: number; id: string; problem: 'unspoken' | 'failed' | 'missing' | 'changed' }[] = [];
  for (const row of rows) {
    const { line, id } = row;
    const entry = entries.get(fileOf(row, format));
    if (!entry) problems.push({ line, id, problem: 'unspoken' });
    else if (entry.status === 'failed') problems.push({ line, id, problem: 'failed' });
    else {
      const problem = await stateOf(folder, entry);
      if (problem !== 'right') problems.push({ line, id, problem });
    }
  }
  if (problems.length > 0) process.exitCode = 1;
  const verified = rows.length - problems.length;
  if (asJson) return terminal.printJson({ folder, total: rows.length, verified, problems });
  await terminal.print(
    [
      ...problems.map(({ line, id, problem }) => `line ${line}, ${id}.${extensionOf(format)}: ${problem}`),
      `${folder}: ${verified} of ${rows.length} files are as the journal has them`,
    ].join('\n'),
  );
}
