// voirs batch: speaks many texts in order, one file each; --resume continues an interrupted run.
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { CAPTION_FORMATS, type CaptionFormat, captions, toTextGrid } from '../../audio/captions.js';
import type { AudioFormat, EncodeOptions } from '../../audio/formats/format.js';
import type { PipelineOptions, SynthesisOptions } from '../../config.js';
import { VoirsError, type VoirsErrorCode } from '../../errors.js';
import { readableText } from '../../frontend/readable-text.js';
import { host } from '../../host/host.js';
import { AudioFile } from '../audio-output.js';
import { JOURNAL, Journal, type JournalEntry, readJournal, stateOf, unusable } from '../batch-journal.js';
import { namesVoice, rowNames, USUAL_NAME } from '../batch-names.js';
import { type BatchRow, batchFormat, readRows } from '../batch-rows.js';
import { type BatchSpeaker, BatchSpeakers, outliving } from '../batch-speakers.js';
import { choiceOption, defineCommand, integerOption, jsonOption, usageError } from '../command.js';
import { FolderLock } from '../folder-lock.js';
import { OutputFile } from '../output-file.js';
import { ProgressBar, seconds } from '../print.js';
import { speakInto } from '../speak-into.js';
import type { Terminal } from '../terminal.js';
import { readTextFile } from '../text-input.js';
import {
  formatOptions,
  openVoice,
  pipelineOptions,
  speakingOptions,
  synthesisOptions,
} from '../voice-options.js';

const MB = 2 ** 20;

export const batch = defineCommand({
  usage: 'FILE.txt|FILE.csv|FILE.jsonl|- --out-dir FOLDER [--resume|--verify] [options]',
  details: [
    'txt, and - for stdin: one text a line. csv: a header with the column text, and any of id, voice, rate, pitch, gain.',
    'A row may have any voice of voirs voices; with --weights, any of that set.',
    'jsonl: one object a line with the same names. Each row becomes FOLDER/ID.wav (0001.wav for a row without id), or the extension of --format,',
    'or what --name says: its fields are {id}, {voice}, {line}, {number} (from 0001) and {ext}.',
    `FOLDER/${JOURNAL} has one line a row: its result, and the size and SHA-256 of its file.`,
    '--resume speaks the rows that are missing there, were changed, or whose file is not the one of the journal.',
    '--verify compares the files with the journal and speaks nothing; the exit code is 1 if any differs.',
    'A text that cannot be spoken does not stop the others; the exit code is then 1.',
    'With --parallel N rows are spoken in N workers, which share the cores; the files are the same, the journal has',
    'its lines in the order in which rows are done.',
    'One run at a time may write to a folder.',
  ].join('\n'),
  options: {
    'out-dir': { type: 'string', short: 'd', value: 'FOLDER', help: 'Folder for the files; made if missing' },
    resume: { type: 'boolean', help: 'Continue an earlier run' },
    verify: { type: 'boolean', help: 'Check the files of an earlier run' },
    name: { type: 'string', value: 'TEMPLATE', help: `Names of the files (default ${USUAL_NAME})` },
    parallel: { type: 'string', value: 'N', help: 'Pipelines that speak at once, 1 to 16 (default 1)' },
    'memory-limit': {
      type: 'string',
      value: 'MB',
      help: 'With --parallel: fewer speak at once while the process is larger (default: no limit)',
    },
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
    const parallel = integerOption('--parallel', values.parallel, { min: 1, max: 16 }) ?? 1;
    const limitMb = integerOption('--memory-limit', values['memory-limit'], { min: 128, max: 1_000_000 });
    const isOver = (): boolean => (host.memory.process()?.rssBytes ?? 0) > (limitMb ?? Infinity) * MB;
    const template = values.name ?? USUAL_NAME;
    const names = rowNames(rows, template, file.format, await defaultVoice(template, options));
    if (values.verify) return verify(folder, rows, names, values.json === true, terminal);

    await using lock = await openFolder(folder, terminal);
    const before = values.resume ? await readJournal(folder) : new Map<string, JournalEntry>();
    await using speakers = await BatchSpeakers.open(options, parallel, values.threads !== undefined);
    await using journal = await Journal.open(folder, { continues: values.resume === true });
    const entries: JournalEntry[] = [];
    const { id, vocoder } = speakers.all[0]!.getVoice();
    const version = `${id} ${vocoder}`;
    using bar = new ProgressBar('batch');
    const places = rows.map((row, i) => ({ row, name: names[i]! }));
    await speakers.each(
      places,
      terminal.signal,
      async (speaker, { row, name }, signal) => {
        bar.update(entries.length / rows.length, `${entries.length} of ${rows.length}`);
        const synthesis = { ...common, ...row.options, signal };
        const digest = digestOf(row.text, synthesis, [
          version,
          // As before there were formats: a journal of an earlier version stays good.
          isPlainWav(file) ? (file.encoding ?? 'pcm16') : file,
          options.config,
          options.weights,
          ...(captionFormat === undefined ? [] : [captionFormat]),
        ]);
        const place = { line: row.line, id: row.id, file: name, digest };
        const known = before.get(place.file);
        const kept = known?.digest === digest ? await keptFile(folder, known, terminal) : undefined;
        const target = { folder, name, file, captionFormat };
        const spoken = () =>
          outliving<Outcome>(
            speaker,
            () => speakRow(speaker, row, synthesis, target, lock),
            (error) => ({ status: 'failed', error: error.toJSON() }),
          );
        const outcome = kept ?? (await spoken());
        const entry: JournalEntry = { ...place, ...outcome };
        await journal.add(entry);
        entries.push(entry);
        if (entry.error) terminal.note(`line ${row.line}: ${entry.error.code}: ${entry.error.message}`);
      },
      isOver,
    );
    entries.sort((a, b) => a.line - b.line);
    const summary = summarise(folder, entries);
    if (summary.failed > 0) process.exitCode = 1;
    if (values.json) await terminal.printJson(summary);
    else await terminal.print(describe(summary));
  },
});

/** The id that a template shows for rows without a voice; read only where it does. */
async function defaultVoice(template: string, { weights, voice }: PipelineOptions): Promise<string> {
  if (voice !== undefined || !namesVoice(template)) return voice ?? '';
  return (await openVoice(weights)).manifest.defaultSpeaker;
}

const isPlainWav = ({ format, metadata, bitRate }: EncodeOptions): boolean =>
  format === 'wav' && metadata === undefined && bitRate === undefined;

/** Where a row goes, and in which forms. */
interface Target {
  folder: string;
  name: string;
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

/** What is not the row's fault: it ends the run, or (a lost worker) the attempt. */
const STOPS: ReadonlySet<VoirsErrorCode> = new Set<VoirsErrorCode>(['ABORTED', 'IO_ERROR', 'WORKER_LOST']);

/** @throws VoirsError for what stops the whole run: an abort, a full disk, a lost claim; and for a lost worker. */
async function speakRow(
  pipeline: BatchSpeaker,
  row: BatchRow,
  synthesis: SynthesisOptions,
  { folder, name, file, captionFormat }: Target,
  lock: FolderLock,
): Promise<Outcome> {
  const form = { sampleRate: pipeline.config.sampleRate, channels: 1, options: file };
  await using output = await AudioFile.create(join(folder, name), form);
  await using captionFile =
    captionFormat &&
    (await OutputFile.create(join(folder, `${name.replace(/\.[^.]*$/, '')}.${captionFormat}`)));
  try {
    const spoken = await speakInto(pipeline, row.text, synthesis, output);
    const { duration, computeSeconds } = spoken;
    if (captionFormat && captionFile) {
      const text = readableText(row.text);
      const content =
        captionFormat === 'textgrid'
          ? toTextGrid(spoken, { text, duration })
          : captions(spoken, captionFormat, { text });
      await captionFile.write(Buffer.from(content));
    }
    const { words, marks } = spoken;
    const bytes = await output.seal({ text: readableText(row.text), timeline: { words, marks } });
    const sha256 = await output.sha256();
    await lock.check();
    await captionFile?.commit(); // before the audio, which the journal answers for
    await output.commit();
    return { status: 'done', bytes, sha256, duration, computeSeconds };
  } catch (error) {
    if (!(error instanceof VoirsError) || STOPS.has(error.code)) throw error;
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

/** A file that is not as the journal has it. */
interface Problem {
  line: number;
  id: string;
  file: string;
  problem: 'unspoken' | 'failed' | 'missing' | 'changed';
}

/** Compares every row's file with the journal and prints the differences. */
async function verify(
  folder: string,
  rows: readonly BatchRow[],
  names: readonly string[],
  asJson: boolean,
  terminal: Terminal,
): Promise<void> {
  const entries = await readJournal(folder);
  const problems: Problem[] = [];
  for (const [i, { line, id }] of rows.entries()) {
    const place = { line, id, file: names[i]! };
    const entry = entries.get(place.file);
    if (!entry) problems.push({ ...place, problem: 'unspoken' });
    else if (entry.status === 'failed') problems.push({ ...place, problem: 'failed' });
    else {
      const problem = await stateOf(folder, entry);
      if (problem !== 'right') problems.push({ ...place, problem });
    }
  }
  if (problems.length > 0) process.exitCode = 1;
  const verified = rows.length - problems.length;
  if (asJson) return terminal.printJson({ folder, total: rows.length, verified, problems });
  await terminal.print(
    [
      ...problems.map(({ line, file, problem }) => `line ${line}, ${file}: ${problem}`),
      `${folder}: ${verified} of ${rows.length} files are as the journal has them`,
    ].join('\n'),
  );
}
