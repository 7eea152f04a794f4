// voirs vocode: a vocoder alone, mel in and samples out: the shipped one, or anybody's HiFi-GAN.
import type { Backend } from '../../backends/backend.js';
import { acquireBackend } from '../../backends/registry.js';
import { floatTensor } from '../../checkpoints/tensor.js';
import { QUALITIES, SynthesisConfig } from '../../config.js';
import { throwIfAborted, VoirsError } from '../../errors.js';
import { Generator } from '../../vocoder/hifigan.js';
import { chunkPlan, type SourceRows, type VocoderInput, vocodeRange } from '../../vocoder/hifigan-chunks.js';
import { samplesPerFrame } from '../../vocoder/hifigan-config.js';
import { Excitation } from '../../vocoder/hifigan-source.js';
import {
  readVocoderCheckpoint,
  type VocoderCheckpoint,
  type VoiceFiles,
  validateVocoder,
} from '../../voices/files.js';
import { choiceOption, defineCommand, jsonOption, usageError } from '../command.js';
import { ProgressBar } from '../print.js';
import { TensorInput, writeTensors } from '../tensor-files.js';
import type { Terminal } from '../terminal.js';
import { engineOptions, openVoice, speakingOptions, threadsOption } from '../voice-options.js';

const LAYOUTS = ['frames-first', 'bands-first'] as const;
type Layout = (typeof LAYOUTS)[number];

/** Frames of a chunk: bounds the memory of long inputs. */
const CHUNK = 192;

export const vocode = defineCommand({
  usage: 'IN.safetensors -o OUT.safetensors [options]',
  details: [
    'In:  mel [T, bands] or [bands, T], natural log; for a source-driven vocoder (the shipped ones) also source [2, S],',
    '     or log_f0 [T] and speaker [1], from which it is made as in synthesis (voirs acoustic writes both).',
    'Out: audio [S], F32.',
    '--model takes any HiFi-GAN generator (jik876), PyTorch or safetensors, with its config.json.',
  ].join('\n'),
  options: {
    output: { type: 'string', short: 'o', value: 'FILE', help: 'Safetensors file to write; - is stdout' },
    model: { type: 'string', short: 'm', value: 'FILE', help: 'Checkpoint of a HiFi-GAN generator' },
    config: { type: 'string', short: 'c', value: 'FILE', help: 'Its config.json' },
    layout: {
      type: 'string',
      value: 'NAME',
      help: 'frames-first or bands-first (default: told by the shape)',
    },
    quality: speakingOptions.quality,
    ...engineOptions,
    ...jsonOption,
  },
  positionals: { min: 1, max: 1 },
  async run({ values, positionals }, terminal) {
    if (values.output === undefined) throw usageError('vocode', 'There is no output', { wanted: '-o FILE' });
    if ((values.model === undefined) !== (values.config === undefined)) {
      const given = values.model === undefined ? '--config' : '--model';
      throw usageError('vocode', 'A model comes with its config', {
        got: `${given} alone`,
        wanted: '--model and --config',
      });
    }
    if (values.output === '-') terminal.resultChannel = 'stderr';
    const layout = choiceOption('--layout', values.layout, LAYOUTS);
    const config = new SynthesisConfig(threadsOption(values.threads));
    const quality = choiceOption('--quality', values.quality, QUALITIES) ?? config.quality;
    const tensors = await TensorInput.read(positionals[0]!);

    await writeTensors(values.output, terminal, async () => {
      const voice = await openVoice(values.weights);
      const checkpoint =
        values.model === undefined
          ? await shippedVocoder(voice, quality)
          : await readVocoderCheckpoint(values.model, values.config!);
      const input = vocoderInput(tensors, checkpoint, voice, layout, terminal);
      const hold = await acquireBackend(values.backend ?? 'auto', {
        numThreads: config.numThreads,
        useGpu: config.useGpu,
      });
      try {
        const audio = await vocodeAll(hold.backend, checkpoint, input, terminal.signal);
        return new Map([['audio', floatTensor(audio, [audio.length])]]);
      } finally {
        await hold.release();
      }
    });
    if (values.json) await terminal.printJson({ path: values.output });
  },
});

async function shippedVocoder(
  files: VoiceFiles,
  quality: keyof VoiceFiles['manifest']['quality'],
): Promise<VocoderCheckpoint> {
  const entry = files.manifest.vocoders.get(files.manifest.quality[quality])!;
  const { tensors } = await files.tensors(entry);
  return { config: entry, tensors: validateVocoder(entry, tensors, entry.file) };
}

function vocoderInput(
  tensors: TensorInput,
  { config }: VocoderCheckpoint,
  voice: VoiceFiles,
  layout: Layout | undefined,
  terminal: Terminal,
): VocoderInput {
  const mel = framesFirst(tensors, config.bands, layout);
  const frames = mel.length / config.bands;
  if (config.source) return { mel, frames, excitation: excitationOf(tensors, config, voice, frames) };
  if (tensors.has('source'))
    terminal.note('this vocoder is not driven by a source: the tensor source was not used');
  return { mel, frames, excitation: undefined };
}

/** mel as [T, bands]. @throws VoirsError INVALID_OPTIONS where the shape leaves open which is which. */
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
  const turned = new Float32Array(mel.length);
  for (let band = 0; band < rows; band++) {
    for (let frame = 0; frame < columns; frame++) turned[frame * bands + band] = mel[band * columns + frame]!;
  }
  return turned;
}

function excitationOf(
  tensors: TensorInput,
  config: VocoderCheckpoint['config'],
  { manifest }: VoiceFiles,
  frames: number,
): SourceRows {
  const hop = samplesPerFrame(config);
  if (tensors.has('source')) {
    const source = tensors.floats('source', 2);
    const [channels, samples] = tensors.shape('source') as [number, number];
    if (channels !== 2 || samples !== frames * hop) throw tensors.wrong('source', `[2, ${frames * hop}]`);
    return new GivenSource(source, hop);
  }
  if (!tensors.has('log_f0')) {
    throw new VoirsError('INVALID_OPTIONS', 'This vocoder is driven by a source, and the input has none', {
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
  const sampleRate = config.sampleRate ?? manifest.sampleRate;
  const wrong = hz.findIndex((f) => !(f >= 1 && f <= sampleRate / 2));
  if (wrong === -1) return new Excitation(hz, { sampleRate, hop });
  throw new VoirsError('INVALID_OPTIONS', `log_f0 of frame ${wrong} is out of range`, {
    got: `${logF0[wrong]} (${hz[wrong]!.toPrecision(3)} Hz)`,
    wanted: `a z-score of the speaker between 1 and ${sampleRate / 2} Hz`,
  });
}

/** A source [2, S] that came with the input. */
class GivenSource implements SourceRows {
  constructor(
    private readonly source: Float32Array,
    private readonly hop: number,
  ) {}

  rows(from: number, to: number, into?: Float32Array): Float32Array {
    const samples = this.source.length / 2;
    const rows = into ?? new Float32Array((to - from) * this.hop * 2);
    for (let n = from * this.hop, at = 0; n < to * this.hop; n++, at += 2) {
      rows[at] = this.source[n]!;
      rows[at + 1] = this.source[samples + n]!;
    }
    return rows;
  }
}

async function vocodeAll(
  backend: Backend,
  { config, tensors }: VocoderCheckpoint,
  input: VocoderInput,
  signal: AbortSignal,
): Promise<Float32Array> {
  const generator = Generator.load(backend, config, tensors);
  using bar = new ProgressBar('vocoding');
  try {
    const audio = new Float32Array(input.frames * generator.hop);
    for (const range of chunkPlan(input.frames, CHUNK, CHUNK)) {
      const out = audio.subarray(range.from * generator.hop, range.to * generator.hop);
      await backend.queue.run(() => {
        throwIfAborted(signal);
        return vocodeRange(generator, input, range, out);
      });
      bar.update(range.to / input.frames);
    }
    return audio;
  } finally {
    generator.dispose();
  }
}
