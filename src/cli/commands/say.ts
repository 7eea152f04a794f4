// voirs say: speaks a text into a WAV, streamed to the disk as it is made, and reports the cost.
import type { WavEncoding } from '../../audio/wav.js';
import type { PipelineOptions, SynthesisOptions } from '../../config.js';
import { VoirsPipeline } from '../../pipeline.js';
import { defineCommand, jsonOption, usageError } from '../command.js';
import { type MemoryFigures, megabytes, memoryFigures, ProgressBar, seconds } from '../print.js';
import { type Spoken, speakInto } from '../speak-into.js';
import type { Terminal } from '../terminal.js';
import { readText } from '../text-input.js';
import { encodingOption, pipelineOptions, speakingOptions, synthesisOptions } from '../voice-options.js';
import { WavFile, type WavForm, WavLive, type WavOutput, WavSpool } from '../wav-output.js';

/** What `say --json` prints. Times in seconds, spans in UTF-16 code units of the text. */
interface SayReport extends Spoken {
  path: string;
  bytes: number;
  encoding: WavEncoding;
  sampleRate: number;
  channels: number;
  loadSeconds: number;
  voice: string;
  backend: VoirsPipeline['backend'];
  memory: MemoryFigures;
}

/** Most words in the printed report; --json has all of them. */
const WORDS_SHOWN = 60;

export const say = defineCommand({
  usage: '"TEXT" [-o FILE] [options]',
  details: [
    'The text is an argument, the file of --file, or stdin (-). Write -- before a text that begins with a dash.',
    'With -o - stdout carries the WAV and nothing else; the report goes to stderr.',
    'An existing file is replaced at the end, as a whole: it keeps its permissions, a symbolic link its target;',
    'another hard link to it keeps the old audio.',
    '',
    'Examples:',
    '  voirs say "Hello, world." -o hello.wav',
    '  voirs say --file chapter.txt --voice bdl --rate 1.1 -o chapter.wav',
    '  fortune | voirs say - -o - --live | aplay',
  ].join('\n'),
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'WAV to write (default out.wav); - is stdout',
    },
    file: { type: 'string', short: 'f', value: 'FILE', help: 'Read the text from a UTF-8 file; - is stdin' },
    ...speakingOptions,
    ssml: { type: 'boolean', help: 'The text is SSML: spans point into the markup, marks get their times' },
    live: { type: 'boolean', help: 'With -o -: write while speaking; the header then has no length' },
    ...jsonOption,
  },
  positionals: { min: 0, max: Number.POSITIVE_INFINITY },
  async run({ values, positionals }, terminal) {
    const path = values.output ?? 'out.wav';
    if (path === '-') {
      if (process.stdout.isTTY)
        throw usageError('say', 'A WAV cannot go to a terminal', { wanted: 'a file or a pipe' });
      terminal.resultChannel = 'stderr';
    } else if (values.live)
      throw usageError('say', '--live needs stdout', { got: `-o ${path}`, wanted: '-o -' });
    const { signal } = terminal;
    const input = values.ssml ? 'ssml' : 'text';
    const synthesis: SynthesisOptions = { ...synthesisOptions(values), input, signal };
    const options = await pipelineOptions(values);
    const encoding = encodingOption(values);
    const text = await readText(positionals, values.file);

    const form: WavForm = { sampleRate: options.config!.sampleRate, channels: 1, encoding };
    await using output = await openOutput(path, form, terminal, values.live === true);
    const report = await speak(text, options, synthesis, output);
    const result: SayReport = { path, bytes: await output.finish(), encoding, ...report };
    if (values.json) await terminal.printJson(result);
    else await terminal.print(describe(result));
  },
});

function openOutput(path: string, form: WavForm, terminal: Terminal, isLive: boolean): Promise<WavOutput> {
  if (path !== '-') return WavFile.create(path, form);
  return isLive ? Promise.resolve(new WavLive(terminal, form)) : WavSpool.create(terminal, form);
}

async function speak(
  text: string,
  options: PipelineOptions,
  synthesis: SynthesisOptions,
  output: WavOutput,
): Promise<Omit<SayReport, 'path' | 'bytes' | 'encoding'>> {
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
    `path      ${report.path === '-' ? 'stdout' : report.path} (${report.encoding}, ${report.sampleRate} Hz, ${report.bytes} bytes)`,
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
