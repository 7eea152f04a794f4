// voirs say: speaks a text into a file, streamed to the disk as it is made, and reports the cost.
import { CAPTION_FORMATS, type CaptionFormat, captions, toTextGrid } from '../../audio/captions.js';
import type { AudioFormat } from '../../audio/formats/format.js';
import type { WavEncoding } from '../../audio/wav.js';
import type { PipelineOptions, SynthesisOptions } from '../../config.js';
import { readableText } from '../../frontend/readable-text.js';
import { VoirsPipeline } from '../../pipeline.js';
import {
  AudioFile,
  type AudioForm,
  AudioLive,
  type AudioOutput,
  AudioSpool,
  type Lyrics,
} from '../audio-output.js';
import { captionFormat } from '../caption-file.js';
import { defineCommand, jsonOption, usageError } from '../command.js';
import { OutputFile } from '../output-file.js';
import { Player } from '../player.js';
import { type MemoryFigures, megabytes, memoryFigures, ProgressBar, seconds } from '../print.js';
import { type Spoken, speakInto } from '../speak-into.js';
import type { Terminal } from '../terminal.js';
import { readText } from '../text-input.js';
import { formatOptions, pipelineOptions, speakingOptions, synthesisOptions } from '../voice-options.js';

/** What `say --json` prints. Times in seconds, spans in UTF-16 code units of the text. */
interface SayReport extends Spoken {
  path: string;
  bytes: number;
  format: AudioFormat;
  /** Of WAV and FLAC. */
  encoding?: WavEncoding;
  /** File of the captions. */
  captions?: string;
  sampleRate: number;
  channels: number;
  loadSeconds: number;
  voice: string;
  backend: VoirsPipeline['backend'];
  memory: MemoryFigures;
}

/** Most words in the printed report; --json has all of them. */
const WORDS_SHOWN = 60;
/** Most warnings, likewise. */
const WARNINGS_SHOWN = 10;

export const say = defineCommand({
  usage: '"TEXT" [-o FILE] [options]',
  details: [
    'The text is an argument, the file of --file, or stdin (-). Write -- before a text that begins with a dash.',
    'The extension of FILE is its format: .wav, .flac, .mp3, .opus, .ogg, .aac, .m4a, .pcm, .ulaw, .alaw.',
    'With -o - stdout carries the file and nothing else; the report goes to stderr.',
    'An existing file is replaced at the end, as a whole: it keeps its permissions, a symbolic link its target;',
    'another hard link to it keeps the old audio.',
    '',
    'Examples:',
    '  voirs say "Hello, world." -o hello.wav',
    '  voirs say --file chapter.txt --voice bdl --rate 1.1 -o chapter.wav',
    '  voirs say --file talk.txt -o talk.mp3 --captions talk.vtt',
    '  fortune | voirs say - --play',
  ].join('\n'),
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'File to write (default out.wav); - is stdout',
    },
    file: { type: 'string', short: 'f', value: 'FILE', help: 'Read the text from a UTF-8 file; - is stdin' },
    ...speakingOptions,
    ssml: { type: 'boolean', help: 'The text is SSML: spans point into the markup, marks get their times' },
    play: { type: 'boolean', help: 'Play while speaking; writes a file only with -o' },
    captions: {
      type: 'string',
      value: 'FILE',
      help: `Captions to write, by extension: ${CAPTION_FORMATS.map((one) => `.${one}`).join(', ')}`,
    },
    'caption-words': { type: 'boolean', help: 'Each word is a caption of its own' },
    live: { type: 'boolean', help: 'With -o -: write while speaking; the header then has no length' },
    ...jsonOption,
  },
  positionals: { min: 0, max: Number.POSITIVE_INFINITY },
  async run({ values, positionals }, terminal) {
    const path = values.output ?? (values.play ? undefined : 'out.wav');
    if (path === '-') {
      if (process.stdout.isTTY)
        throw usageError('say', 'Audio cannot go to a terminal', { wanted: 'a file or a pipe' });
      terminal.resultChannel = 'stderr';
    } else if (values.live)
      throw usageError('say', '--live needs stdout', { got: `-o ${path}`, wanted: '-o -' });
    if (values['caption-words'] && values.captions === undefined)
      throw usageError('say', '--caption-words needs captions', { wanted: '--captions FILE' });
    const { signal } = terminal;
    const input = values.ssml ? 'ssml' : 'text';
    const synthesis: SynthesisOptions = { ...synthesisOptions(values), input, signal };
    const file = formatOptions(values, path);
    if (file.text !== undefined && values.live)
      throw usageError('say', '--lyrics needs the whole speech', { got: '--live', wanted: 'a file' });
    const captionFile =
      values.captions === undefined
        ? undefined
        : { path: values.captions, format: captionFormat(values.captions) };
    const options = await pipelineOptions(values);
    const text = await readText(positionals, values.file);

    const form: AudioForm = { sampleRate: options.config!.sampleRate, channels: 1, options: file };
    await using player = values.play ? Player.start() : undefined;
    await using outputs = new Outputs();
    if (path !== undefined) await outputs.add(openOutput(path, form, terminal, values.live === true));
    if (player) {
      const heard: AudioForm = { ...form, options: { format: 'wav' } };
      await outputs.add(AudioLive.create((bytes) => player.write(bytes), heard));
    }
    await using captionOutput = captionFile && (await OutputFile.create(captionFile.path));
    const report = await speak(text, options, synthesis, outputs);
    const { words, marks } = report;
    const [bytes] = await outputs.finish({ text: readableText(text, input), timeline: { words, marks } });
    if (captionFile && captionOutput) {
      const shownWords = { text: readableText(text, input), words: values['caption-words'] === true };
      const content = captionContent(report, captionFile.format, shownWords);
      await captionOutput.write(Buffer.from(content));
      await captionOutput.commit();
    }
    await player?.finish();
    const result: SayReport = {
      path: path ?? player!.name,
      bytes: bytes!,
      format: file.format,
      ...(file.format === 'wav' || file.format === 'flac' ? { encoding: file.encoding ?? 'pcm16' } : {}),
      ...(captionFile ? { captions: captionFile.path } : {}),
      ...report,
    };
    noteWarnings(report.warnings, terminal);
    if (values.json) await terminal.printJson(result);
    else await terminal.print(describe(result));
  },
});

function noteWarnings(warnings: readonly string[], terminal: Terminal): void {
  for (const warning of warnings.slice(0, WARNINGS_SHOWN)) terminal.note(warning);
  const more = warnings.length - WARNINGS_SHOWN;
  if (more > 0) terminal.note(`${more} more warnings: --json has all`);
}

function captionContent(
  { words, marks, duration }: Spoken,
  format: CaptionFormat,
  options: { text: string; words: boolean },
): string {
  if (format !== 'textgrid') return captions({ words, marks }, format, options);
  return toTextGrid({ words, marks }, { ...options, duration });
}

async function openOutput(
  path: string,
  form: AudioForm,
  terminal: Terminal,
  isLive: boolean,
): Promise<AudioOutput> {
  if (path !== '-') return AudioFile.create(path, form);
  if (!isLive) return AudioSpool.create(terminal, form);
  return AudioLive.create((bytes) => terminal.write(bytes), form);
}

/** All that the audio goes to. */
class Outputs implements AsyncDisposable {
  private readonly all: AudioOutput[] = [];

  async add(output: Promise<AudioOutput>): Promise<void> {
    this.all.push(await output);
  }

  async write(samples: Float32Array): Promise<void> {
    for (const output of this.all) await output.write(samples);
  }

  /** @returns bytes of each. */
  async finish(lyrics: Lyrics): Promise<number[]> {
    const sizes: number[] = [];
    for (const output of this.all) sizes.push(await output.finish(lyrics));
    return sizes;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const output of this.all) await output[Symbol.asyncDispose]();
  }
}

async function speak(
  text: string,
  options: PipelineOptions,
  synthesis: SynthesisOptions,
  output: Pick<AudioOutput, 'write'>,
): Promise<Omit<SayReport, 'path' | 'bytes' | 'format' | 'encoding' | 'captions'>> {
  const started = performance.now();
  await using pipeline = await VoirsPipeline.create(options);
  const loadSeconds = (performance.now() - started) / 1000;
  using bar = new ProgressBar('speaking');
  const spoken = await speakInto(pipeline, text, { ...synthesis, onProgress: bar.update }, output);
  return {
    sampleRate: pipeline.config.sampleRate,
    channels: 1,
    loadSeconds,
    ...spoken,
    voice: synthesis.voice ?? pipeline.getVoice().id,
    backend: pipeline.backend,
    memory: memoryFigures(pipeline),
  };
}

function describe(report: SayReport): string {
  const { backend, memory, words, marks } = report;
  const threads = backend.threads === 1 ? '1 thread' : `${backend.threads} threads`;
  const shown = words.slice(0, WORDS_SHOWN);
  const time = (value: number): string => value.toFixed(2).padStart(6);
  const native = memory.wasmHeapBytes === undefined ? '' : `, WASM heap ${megabytes(memory.wasmHeapBytes)}`;
  return [
    `path      ${report.path === '-' ? 'stdout' : report.path} (${report.encoding ?? report.format}, ${report.sampleRate} Hz, ${report.bytes} bytes)`,
    `duration  ${seconds(report.duration)}, voice ${report.voice}`,
    `speed     real-time factor ${report.realTimeFactor.toFixed(3)} (${seconds(report.computeSeconds)} of work on ${backend.name}, ${threads}; loading ${seconds(report.loadSeconds)})`,
    `memory    RSS ${megabytes(memory.rssBytes)} (peak ${megabytes(memory.peakRssBytes)})${native}, audio arena ${megabytes(memory.arena.capacityBytes)} (peak in use ${megabytes(memory.arena.peakBytes)})`,
    'words     start    end',
    ...shown.map((word) => `        ${time(word.start)} ${time(word.end)}  ${word.text}`),
    ...(words.length > shown.length
      ? [`        ... and ${words.length - shown.length} more (--json has all)`]
      : []),
    ...(marks.length > 0
      ? ['marks', ...marks.map(({ name, time: at }) => `        ${time(at)}  ${name}`)]
      : []),
  ].join('\n');
}
