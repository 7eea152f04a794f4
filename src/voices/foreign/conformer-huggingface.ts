// Hugging Face's FastSpeech2Conformer, alone with a vocoder beside it or saved together with one
// (FastSpeech2ConformerWithHifiGan): its config.json and vocab.json as a voice. Batch norms are folded into the
// convolutions before them.
import type { JsonReader } from '../../checkpoints/json-reader.js';
import { floatTensor, type HostTensor, toFloat32 } from '../../checkpoints/tensor.js';
import { VoirsError } from '../../errors.js';
import type { HifiganCheckpoint } from '../../vocoder/hifigan-checkpoint.js';
import { samplesPerFrame } from '../../vocoder/hifigan-config.js';
import { FILES, type ForeignVoice, NO_FILE, ONE_QUALITY, speakersOf, type Tensors } from './foreign-voice.js';
import { type Inventory, spellingOf } from './inventories.js';
import { zeros } from './rename.js';

const SIZE = { min: 1, max: 65_536 };
/** Widest layer that is taken, in channels. */
const MOST_ROWS = 65_536;

const EPSILON = 1e-5; // of PyTorch's batch norm

/** The defaults of FastSpeech2ConformerConfig: a config.json may leave out what equals them. */
const DEFAULTS = {
  hidden_size: 384,
  num_mel_bins: 80,
  positionwise_conv_kernel_size: 3,
  reduction_factor: 1,
  speaking_speed: 1,
  use_macaron_style_in_conformer: true,
  use_cnn_in_conformer: true,
  convolution_bias: true,
  pitch_embed_kernel_size: 1,
  energy_embed_kernel_size: 1,
  speech_decoder_postnet_layers: 5,
  speech_decoder_postnet_units: 256,
  speech_decoder_postnet_kernel: 5,
  duration_predictor_layers: 2,
  duration_predictor_channels: 256,
  duration_predictor_kernel_size: 3,
  pitch_predictor_layers: 5,
  pitch_predictor_channels: 256,
  pitch_predictor_kernel_size: 5,
  energy_predictor_layers: 2,
  energy_predictor_channels: 256,
  energy_predictor_kernel_size: 3,
  ...Object.fromEntries(
    ['encoder', 'decoder'].flatMap((name) => [
      [`${name}_layers`, 4],
      [`${name}_num_attention_heads`, 2],
      [`${name}_linear_units`, 1536],
      [`${name}_kernel_size`, name === 'encoder' ? 7 : 31],
      [`${name}_normalize_before`, false],
      [`${name}_concat_after`, false],
    ]),
  ),
};

/** What is known besides the model itself. */
interface Besides {
  name: string;
  inventory: Inventory | undefined;
  /** Undefined where the folder has none: the model makes mel and no sound. */
  vocoder: HifiganCheckpoint | undefined;
}

/** @throws VoirsError INVALID_WEIGHTS with the field of config.json that is wrong or not supported. */
export function conformerFromHuggingFace(
  stated: JsonReader,
  stored: Tensors,
  { name, inventory, vocoder }: Besides,
): ForeignVoice {
  const root = stated.withDefaults(DEFAULTS);
  const integer = (field: string): number => root.field(field).integer(SIZE);
  const notes = [...(vocoder?.notes ?? [])];
  for (const stack of ['encoder', 'decoder']) {
    const activation = root.field(`${stack}_config`);
    const stated = activation.isAbsent ? activation : activation.field('activation');
    if (!stated.isAbsent) stated.oneOf('silu', 'swish');
  }
  const acoustic = foldBatchNorms(stored);
  if ([...acoustic.keys()].some((tensor) => tensor.startsWith('projection.'))) {
    for (const tensor of [...acoustic.keys()]) if (tensor.startsWith('projection.')) acoustic.delete(tensor);
    notes.push(
      'speaker_embed_dim: the model is spoken without a speaker embedding, as without speaker_embedding',
    );
  }
  const several = (field: string): number => {
    const count = root.field(field);
    return count.isAbsent || count.integer({ min: 0, max: 65_536 }) < 2 ? 0 : count.integer();
  };
  const [speakers, languages] = [several('num_speakers'), several('num_languages')];
  const [vocabulary] = acoustic.get('encoder.embed.weight')?.shape ?? [integer('vocab_size')];
  const spelling = spellingOf(inventory, vocabulary!);
  const bands = integer('num_mel_bins');
  const hop = vocoder ? samplesPerFrame(vocoder.config) : 256;
  if (vocoder && vocoder.config.bands !== bands)
    throw root.field('num_mel_bins').invalid(`${vocoder.config.bands}, the bands of the vocoder`);
  if (!vocoder)
    notes.push('The folder has no vocoder: the model makes mel, and its hop is taken to be 256 samples');
  const language = 'en-US';
  const speakerList = speakersOf(Math.max(1, speakers) * Math.max(1, languages), { name, language });
  const stack = (of: string) => ({
    layers: root.field(`${of}_layers`).integer({ min: 0, max: 256 }),
    heads: integer(`${of}_num_attention_heads`),
    ffnChannels: integer(`${of}_linear_units`),
    kernel: integer(`${of}_kernel_size`),
    normalizeBefore: root.field(`${of}_normalize_before`).boolean(),
    concatAfter: root.field(`${of}_concat_after`).boolean(),
  });
  const predictor = (of: string) => ({
    layers: integer(`${of}_predictor_layers`),
    channels: integer(`${of}_predictor_channels`),
    kernel: integer(`${of}_predictor_kernel_size`),
  });
  return {
    acoustic,
    vocoder: vocoder?.tensors ?? new Map(),
    files: FILES,
    notes: [...notes, ...spelling.notes],
    model: {
      format: 'voirs-voice/1',
      name,
      version: '0',
      language,
      description: "FastSpeech 2 with Conformer blocks, read from Hugging Face's format",
      sampleRate: vocoder?.config.sampleRate ?? 22_050,
      mel: { bands, hopSize: hop, log: 'other' },
      tokens: spelling.tokens,
      speakers: speakerList,
      defaultSpeaker: speakerList[0]!.id,
      acoustic: {
        type: 'fastspeech2-conformer',
        file: FILES.acoustic,
        ...NO_FILE,
        maxTrainedTokens: 200,
        ...(spelling.symbols ? { symbols: spelling.symbols } : {}),
        vocabulary,
        channels: integer('hidden_size'),
        bands,
        encoder: stack('encoder'),
        decoder: stack('decoder'),
        ffnKernel: integer('positionwise_conv_kernel_size'),
        isMacaron: root.field('use_macaron_style_in_conformer').boolean(),
        hasConvolution: root.field('use_cnn_in_conformer').boolean(),
        duration: predictor('duration'),
        pitch: predictor('pitch'),
        energy: predictor('energy'),
        pitchKernel: integer('pitch_embed_kernel_size'),
        energyKernel: integer('energy_embed_kernel_size'),
        postnet: {
          layers: root.field('speech_decoder_postnet_layers').integer({ min: 0, max: 64 }),
          channels: integer('speech_decoder_postnet_units'),
          kernel: integer('speech_decoder_postnet_kernel'),
        },
        reduction: root.field('reduction_factor').integer({ min: 1, max: 64 }),
        speed: root.field('speaking_speed').number({ min: 0.01, max: 100 }),
        speakers,
        languages,
      },
      vocoders: vocoder
        ? { own: { type: 'hifigan', file: FILES.vocoder, ...NO_FILE, ...vocoder.config } }
        : {},
      quality: vocoder ? ONE_QUALITY : {},
    },
  };
}

/** conv, then g (y - mean) / sqrt(var + eps) + b, as one convolution; layers without a bias get one. */
function foldBatchNorms(stored: Tensors): Map<string, HostTensor> {
  const folded = new Map(stored);
  const take = (name: string): Float32Array => {
    const tensor = stored.get(name);
    folded.delete(name);
    if (tensor) return toFloat32(tensor);
    throw new VoirsError('INVALID_WEIGHTS', `The model lacks ${name}`, {
      got: `${stored.size} tensors`,
      wanted: 'a batch norm with weight, bias, running_mean and running_var',
      suggestion: 'Save the model again, whole',
    });
  };
  for (const name of stored.keys()) {
    if (name.endsWith('.num_batches_tracked')) folded.delete(name);
    const [, stem] = /^(.*)\.running_mean$/.exec(name) ?? [];
    if (stem === undefined) continue;
    const layer = stem.endsWith('.norm')
      ? stem.replace(/\.norm$/, '.depthwise_conv')
      : stem.replace(/\.batch_norm$/, '.conv');
    const weight = stored.get(`${layer}.weight`);
    const [gain, offset] = [take(`${stem}.weight`), take(`${stem}.bias`)];
    const [mean, variance] = [take(`${stem}.running_mean`), take(`${stem}.running_var`)];
    const rows = weight?.shape[0] ?? 0;
    if (!weight || ![gain, offset, mean, variance].every(({ length }) => length === rows))
      take(`${layer}.weight`);
    const values = toFloat32(weight!);
    const bias = stored.get(`${layer}.bias`);
    const before = bias ? toFloat32(bias) : new Float32Array(rows);
    const scale = gain.map((g, c) => g / Math.sqrt(variance[c]! + EPSILON));
    const width = values.length / rows;
    folded.set(
      `${layer}.weight`,
      floatTensor(
        values.map((value, i) => value * scale[Math.floor(i / width)]!),
        weight!.shape,
      ),
    );
    const shifted = before.map((value, c) => (value - mean[c]!) * scale[c]! + offset[c]!);
    folded.set(`${layer}.bias`, floatTensor(shifted, [rows]));
  }
  for (const [name, { shape }] of [...folded]) {
    const bias = name.replace(/weight$/, 'bias');
    const hasNone = /\.(linear_pos|pointwise_conv[12])\.weight$/.test(name) && !folded.has(bias);
    const rows = shape[0] ?? 0;
    if (hasNone && rows <= MOST_ROWS) folded.set(bias, zeros(rows)); // a shape may state what no file holds
  }
  return folded;
}
