// voirs batch: many texts, one WAV each, in order; a run that was cut off goes on where it stopped.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WavEncoding } from '../../audio/wav.js';
import type { SynthesisOptions } from '../../config.js';
import { VoirsError } from '../../errors.js';
import { VoirsPipeline } from '../../pipeline.js';
import { type BatchRow, batchFormat, readRows } from '../batch-rows.js';
import { defineCommand, jsonOption, usageError } from '../command.js';
import { ProgressBar, seconds } from '../print.js';
import { speakInto } from '../speak-into.js';
import { readTextFile } from '../text-input.js';
import { encodingOption, pipelineOptions, speakingOptions, synthesisOptions } from '../voice-options.js';
import { WavFile } from '../wav-output.js';

/** One line of batch.jsonl. */
interface LogEntry {
  line: number;
  id: string;
  file: string;
  status: 'done' | 'failed' | 'skipped';
  /** Of the text and everything it is spoken with: what a resumed run compares. */
  digest: string;
  duration?: number;
  computeSeconds?: number;
  error?: ReturnType<VoirsError['toJSON']>;
}

const LOG = 'batch.jsonl';

export const batch = defineCommand({
  usage: 'FILE.txt|FILE.csv|FILE.jsonl --out-dir FOLDER [--resume] [options]',
  details: [
    'txt: one text a line. csv: a header with the column text, and any of id, voice, rate, pitch, gain.',
    'jsonl: one object a line with the same names. Each becomes FOLDER/ID.wav (0001.wav where it has no id).',
    `FOLDER/${LOG} says of each what became of it; --resume skips what is there and unchanged.`,
    'A text that cannot be spoken does not stop the others; the exit code is 1 then.',
  ].join('\n'),
  options: {
    'out-dir': {
      type: 'string',
      short: 'd',
      value: 'FOLDER',
      help: 'Where the files go; made where missing',
    },
    resume: { type: 'boolean', help: 'Go on with an earlier run' },
    ...speakingOptions,
    ...jsonOption,
  },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals }, terminal) {
    const folder = values['out-dir'];
    if (folder === undefined)
      throw usageError('batch', 'There is no folder to write to', { wanted: '--out-dir FOLDER' });
    const path = positionals[0]!;
    const format = batchFormat(path);
    const common: SynthesisOptions = { ...synthesisOptions(values), signal: terminal.signal };
    const encoding = encodingOption(values);
    const options = await pipelineOptions(values);
    const rows = readRows(await readTextFile(path), format);
    const log = await BatchLog.open(folder, values.resume === true);
    const entries: LogEntry[] = [];
    try {
      await using pipeline = await VoirsPipeline.create(options);
      const version = `${pipeline.getVoice().id} ${pipeline.getVoice().vocoder}`;
      using bar = new ProgressBar('batch');
      for (const [i, row] of rows.entries()) {
        bar.update(i / rows.length, `${i} of ${rows.length}`);
        const synthesis = { ...common, ...row.options };
        const place = { line: row.line, id: row.id, file: `${row.id}.wav` };
        const digest = digestOf(row.text, synthesis, [version, encoding, options.config, options.weights]);
        const entry: LogEntry = log.isDone(place.file, digest)
          ? { ...place, status: 'skipped', digest }
          : {
              ...place,
              digest,
              ...(await speakRow(pipeline, row, synthesis, join(folder, place.file), encoding)),
            };
        await log.add(entry);
        entries.push(entry);
        if (entry.error) terminal.note(`line ${row.line}: ${entry.error.code}: ${entry.error.message}`);
      }
    } finally {
      await log.close();
    }
    const summary = summarise(folder, entries);
    if (summary.failed > 0) process.exitCode = 1;
    if (values.json) await terminal.printJson(summary);
    else await terminal.print(describe(summary));
  },
});

type Outcome = Pick<LogEntry, 'status' | 'duration' | 'computeSeconds' | 'error'>;

/** @throws what stops the whole run: an abort, a full disk. */
async function speakRow(
  pipeline: VoirsPipeline,
  { text }: BatchRow,
  synthesis: SynthesisOptions,
  path: string,
  encoding: WavEncoding,
): Promise<Outcome> {
  const form = { sampleRate: pipeline.config.sampleRate, channels: 1, encoding };
  await using output = await WavFile.create(path, form);
  try {
    const { duration, computeSeconds } = await speakInto(pipeline, text, synthesis, output);
    await output.finish();
    return { status: 'done', duration, computeSeconds };
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

/** The record of a run, and of the runs before it that it goes on with. */
class BatchLog {
  private constructor(
    private readonly folder: string,
    private readonly done: ReadonlyMap<string, string>,
    private readonly handle: Awaited<ReturnType<typeof open>>,
  ) {}

  /** @throws VoirsError IO_ERROR when the folder cannot be written. */
  static async open(folder: string, isResumed: boolean): Promise<BatchLog> {
    const path = join(folder, LOG);
    try {
      await mkdir(folder, { recursive: true });
      const done = new Map<string, string>();
      const before = isResumed && existsSync(path) ? await readFile(path, 'utf8') : '';
      for (const { file, digest, status } of parseLog(before)) {
        if (status === 'failed') done.delete(file);
        else done.set(file, digest);
      }
      const handle = await open(path, isResumed ? 'a' : 'w');
      // A run that was killed may have left half a line.
      if (before !== '' && !before.endsWith('\n')) await handle.write('\n');
      return new BatchLog(folder, done, handle);
    } catch (cause) {
      throw new VoirsError('IO_ERROR', `${folder} cannot be written`, {
        got: (cause as Error).message,
        suggestion: 'Choose a folder that can be written to',
        cause,
      });
    }
  }

  isDone(file: string, digest: string): boolean {
    return this.done.get(file) === digest && existsSync(join(this.folder, file));
  }

  async add(entry: LogEntry): Promise<void> {
    await this.handle.write(`${JSON.stringify(entry)}\n`);
  }

  close(): Promise<void> {
    return this.handle.close();
  }
}

function parseLog(content: string): LogEntry[] {
  return content.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as LogEntry];
    } catch {
      return []; // the half line of a run that was killed: its file is spoken again
    }
  });
}

interface Summary {
  folder: string;
  total: number;
  done: number;
  failed: number;
  skipped: number;
  audioSeconds: number;
  computeSeconds: number;
  failures: Pick<LogEntry, 'line' | 'id' | 'error'>[];
}

function summarise(folder: string, entries: readonly LogEntry[]): Summary {
  const count = (status: LogEntry['status']): number =>
    entries.filter((entry) => entry.status === status).length;
  const sum = (of: (entry: LogEntry) => number | undefined): number =>
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
