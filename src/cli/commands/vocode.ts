// voirs vocode: a vocoder alone, mel in and samples out: the shipped one, or any HiFi-GAN generator.
import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { formatOfExtension } from '../../audio/formats/format.js';
import type { Backend } from '../../backends/backend.js';
import { acquireBackend } from '../../backends/registry.js';
import { floatTensor, type HostTensor } from '../../checkpoints/tensor.js';
import { QUALITIES, type Quality, SynthesisConfig } from '../../config.js';
import { throwIfAborted, VoirsError } from '../../errors.js';
import type { Vocoder, VocoderInput, VocoderSource } from '../../models/model.js';
import { LARGEST_CHUNK } from '../../synthesis/memory-limit.js';
import { type Job, vocodeAll } from '../../synthesis/vocode.js';
import { loadGenerator } from '../../vocoder/hifigan.js';
import { GivenSource } from '../../vocoder/hifigan-source.js';
import { vocoderOf } from '../../voices/catalog.js';
import { readVocoderCheckpoint, type VoiceFiles } from '../../voices/files.js';
import { AudioFile, type AudioForm } from '../audio-output.js';
import { choiceOption, defineCommand, jsonOption, usageError } from '../command.js';
import { OutputFile } from '../output-file.js';
import { ProgressBar } from '../print.js';
import { TensorInput, writeTensors } from '../tensor-files.js';
import type { Terminal } from '../terminal.js';
import { engineOptions, formatOptions, openVoice, speakingOptions, threadsOption } from '../voice-options.js';

const LAYOUTS = ['frames-first', 'bands-first'] as const;
type Layout = (typeof LAYOUTS)[number];

export const vocode = defineCommand({
  usage: 'IN.safetensors|- -o OUT.safetensors|OUT.wav|- [options]',
  details: [
    'In:  mel [T, bands] or [bands, T], natural log; for a source-driven vocoder (the shipped ones) also source [2, S],',
    '     or log_f0 [T] and speaker [1], from which it is made as in synthesis (voirs acoustic writes both).',
    'Out: audio [S], F32; or an audio file, when OUT ends in .wav, .flac, .mp3, .opus, .pcm, .ulaw or .alaw.',
    'A - is stdin or stdout: voirs acoustic x.safetensors -o - | voirs vocode - -o y.wav',
    '--model takes any HiFi-GAN generator, PyTorch or safetensors, with its config.json: jik876, or Hugging Face',
    '(SpeechT5HifiGan, FastSpeech2ConformerHifiGan), also as the folder that holds both.',
  ].join('\n'),
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      help: 'Safetensors or audio file to write; - is stdout',
    },
    model: { type: 'string', short: 'm', value: 'PATH', help: 'HiFi-GAN generator: its file, or its folder' },
    config: {
      type: 'string',
      short: 'c',
      value: 'FILE',
      help: 'Its config.json (default: the one beside it)',
    },
    layout: {
      type: 'string',
      value: 'NAME',
      help: 'frames-first or bands-first (default: the shape decides)',
    },
    format: speakingOptions.format,
    encoding: speakingOptions.encoding,
    'bit-rate': speakingOptions['bit-rate'],
    quality: speakingOptions.quality,
    ...engineOptions,
    ...jsonOption,
  },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals }, terminal) {
    if (values.output === undefined) throw usageError('vocode', 'There is no output', { wanted: '-o FILE' });
    const checkpoint = checkpointPaths(values.model, values.config);
    if (values.output === '-') terminal.resultChannel = 'stderr';
    const layout = choiceOption('--layout', values.layout, LAYOUTS);
    const config = new SynthesisConfig(threadsOption(values.threads));
    const quality = choiceOption('--quality', values.quality, QUALITIES) ?? config.quality;
    const tensors = await TensorInput.read(positionals[0]!);

    const { output } = values;
    const isAudio = values.format !== undefined || formatOfExtension(output) !== undefined;
    const form = isAudio ? formatOptions(values, output) : undefined;
    if (!form && (values.encoding !== undefined || values['bit-rate'] !== undefined))
      throw usageError('vocode', 'Tensors have no encoding', {
        got: output,
        wanted: '-o FILE.wav, or --format',
      });

    /** The samples, at the rate of the vocoder. */
    const speak = async (): Promise<{ audio: Float32Array; sampleRate: number }> => {
      const voice = await openVoice(values.weights);
      const load =
        checkpoint === undefined
          ? await shippedVocoder(voice, quality)
          : await givenVocoder(checkpoint, terminal);
      const hold = await acquireBackend(values.backend ?? 'auto', {
        numThreads: config.numThreads,
        useGpu: config.useGpu,
      });
      try {
        const vocoder = load(hold.backend);
        try {
          const input = vocoderInput(tensors, vocoder, voice, layout, terminal);
          const audio = await vocodeInput(hold.backend, vocoder, input, terminal.signal);
          return { audio, sampleRate: vocoder.sampleRate ?? voice.manifest.sampleRate };
        } finally {
          vocoder.dispose();
        }
      } finally {
        await hold.release();
      }
    };
    if (form) await writeAudio(output, form, terminal, speak);
    else {
      await writeTensors(output, terminal, async () => {
        const { audio } = await speak();
        return new Map<string, HostTensor>([['audio', floatTensor(audio, [audio.length])]]);
      });
    }
    if (values.json) await terminal.printJson({ path: values.output });
  },
});

/** Claims the output, does the work, writes the audio. @throws VoirsError IO_ERROR before the work. */
async function writeAudio(
  path: string,
  options: AudioForm['options'],
  terminal: Terminal,
  work: () => Promise<{ audio: Float32Array; sampleRate: number }>,
): Promise<void> {
  const { signal } = terminal;
  await using claimed = path === '-' ? await OutputFile.temporary() : await OutputFile.create(path);
  const { audio, sampleRate } = await work();
  throwIfAborted(signal);
  await using file = await AudioFile.into(claimed, { sampleRate, channels: 1, options });
  await file.write(audio);
  if (path !== '-') {
    await file.finish();
    return;
  }
  await file.seal();
  for await (const piece of claimed.read()) await terminal.write(piece);
}

type LoadVocoder = (backend: Backend) => Vocoder;

async function shippedVocoder(files: VoiceFiles, quality: Quality): Promise<LoadVocoder> {
  const entry = vocoderOf(files.manifest, quality);
  const { tensors } = await files.tensors(entry);
  return (backend) => entry.model.load(backend, tensors, entry.file);
}

/** Where a model and its configuration lie; a folder holds both. @throws VoirsError INVALID_OPTIONS where one of them is missing. */
function checkpointPaths(
  model: string | undefined,
  config: string | undefined,
): { model: string; config: string | undefined } | undefined {
  if (model === undefined) {
    if (config === undefined) return undefined;
    throw usageError('vocode', 'A config needs its model', { got: '--config alone', wanted: '--model too' });
  }
  if (config !== undefined || statSync(model, { throwIfNoEntry: false })?.isDirectory())
    return { model, config };
  const beside = join(dirname(model), 'config.json');
  if (existsSync(beside)) return { model, config: beside };
  throw usageError('vocode', 'A model needs its config', {
    got: '--model alone, and no config.json beside it',
    wanted: '--model and --config',
  });
}

async function givenVocoder(
  { model, config: configPath }: { model: string; config: string | undefined },
  terminal: Terminal,
): Promise<LoadVocoder> {
  const { config, tensors, source, notes } = await readVocoderCheckpoint(model, configPath);
  for (const note of notes) terminal.note(note);
  return (backend) => loadGenerator(backend, config, tensors, source);
}

function vocoderInput(
  tensors: TensorInput,
  vocoder: Vocoder,
  voice: VoiceFiles,
  layout: Layout | undefined,
  terminal: Terminal,
): VocoderInput {
  const mel = framesFirst(tensors, vocoder.bands, layout);
  const frames = mel.length / vocoder.bands;
  if (vocoder.isDriven) return { mel, frames, source: sourceOf(tensors, vocoder, voice, frames) };
  if (tensors.has('source')) terminal.note('this vocoder takes no source: the tensor source was not used');
  return { mel, frames, source: undefined };
}

/** The mel as [T, bands]. @throws VoirsError INVALID_OPTIONS for an ambiguous or a wrong shape. */
function framesFirst(tensors: TensorInput, bands: number, layout: Layout | undefined): Float32Array {
  const mel = tensors.floats('mel', 2);
  const [rows, columns] = tensors.shape('mel') as [number, number];
  if (rows === bands && columns === bands && layout === undefined) {
    throw new VoirsError('INVALID_OPTIONS', 'The layout of mel is ambiguous', {
      got: `[${rows}, ${columns}] for ${bands} bands`,
      wanted: `--layout ${LAYOUTS.join(' or ')}`,
    });
  }
  const actual = layout ?? (columns === bands ? 'frames-first' : 'bands-first');
  if ((actual === 'frames-first' ? columns : rows) !== bands) {
    const wanted =
      layout === undefined
        ? `[T, ${bands}] or [${bands}, T]`
        : { 'frames-first': `[T, ${bands}]`, 'bands-first': `[${bands}, T]` }[layout];
    throw tensors.wrong('mel', wanted);
  }
  if (actual === 'frames-first') return mel;
  return turned(mel, rows, columns);
}

/** [rows, columns] -> [columns, rows]. */
function turned(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column]!;
  }
  return result;
}

function sourceOf(
  tensors: TensorInput,
  vocoder: Vocoder,
  { manifest }: VoiceFiles,
  frames: number,
): VocoderSource {
  const { hop } = vocoder;
  if (tensors.has('source')) {
    const source = tensors.floats('source', 2);
    const [channels, samples] = tensors.shape('source') as [number, number];
    if (channels !== 2 || samples !== frames * hop) throw tensors.wrong('source', `[2, ${frames * hop}]`);
    return new GivenSource(turned(source, channels, samples), hop); // [2, S] -> [S, 2]
  }
  if (!tensors.has('log_f0')) {
    throw new VoirsError('INVALID_OPTIONS', 'This vocoder needs a source, and the input has none', {
      got: 'mel alone',
      wanted: `source [2, ${frames * hop}], or log_f0 [${frames}] and speaker [1]`,
    });
  }
  const logF0 = tensors.floats('log_f0', 1);
  if (logF0.length !== frames) throw tensors.wrong('log_f0', `[${frames}]`);
  const index = tensors.scalar('speaker');
  const speaker = manifest.speakers.find((one) => one.index === index);
  if (!speaker) {
    throw new VoirsError('VOICE_NOT_FOUND', 'The voice set has no such speaker', {
      got: `${index}`,
      wanted: manifest.speakers.map((one) => `${one.index} (${one.id})`).join(', '),
    });
  }
  const { mean, std } = speaker.logF0;
  const hz = Float64Array.from(logF0, (z) => Math.exp(mean + std * z));
  const sampleRate = vocoder.sampleRate ?? manifest.sampleRate;
  const wrong = hz.findIndex((f) => !(f >= 1 && f <= sampleRate / 2));
  if (wrong === -1) return vocoder.source(hz);
  throw new VoirsError('INVALID_OPTIONS', `log_f0 of frame ${wrong} is out of range`, {
    got: `${logF0[wrong]} (${hz[wrong]!.toPrecision(3)} Hz)`,
    wanted: `a z-score of the speaker between 1 and ${sampleRate / 2} Hz`,
  });
}

async function vocodeInput(
  backend: Backend,
  vocoder: Vocoder,
  input: VocoderInput,
  signal: AbortSignal,
): Promise<Float32Array> {
  using bar = new ProgressBar('vocoding');
  const audio = new Float32Array(input.frames * vocoder.hop);
  const job: Job = (work) =>
    backend.queue.run(() => {
      throwIfAborted(signal);
      return work();
    });
  await vocodeAll(job, vocoder, input, LARGEST_CHUNK, audio, (share) => bar.update(share));
  return audio;
}
