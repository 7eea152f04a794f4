// Hugging Face's VitsModel (MMS-TTS and others): its config.json, vocab.json and tokenizer_config.json as a voice.
import type { JsonReader } from '../../checkpoints/json-reader.js';
import type { HostTensor } from '../../checkpoints/tensor.js';
import { FILES, type ForeignVoice, mustBe, NO_FILE, ONE_QUALITY, speakersOf } from './foreign-voice.js';
import { type Inventory, spellingOf } from './inventories.js';
import { fromHuggingFace } from './vits-tensors.js';

const SIZE = { min: 1, max: 65_536 };

/** The defaults of VitsConfig: a config.json may leave out what equals them. */
const DEFAULTS = {
  hidden_size: 192,
  num_hidden_layers: 6,
  num_attention_heads: 2,
  window_size: 4,
  ffn_dim: 768,
  ffn_kernel_size: 3,
  flow_size: 192,
  layer_norm_eps: 1e-5,
  use_stochastic_duration_prediction: true,
  num_speakers: 1,
  speaker_embedding_size: 0,
  upsample_initial_channel: 512,
  upsample_rates: [8, 8, 2, 2],
  upsample_kernel_sizes: [16, 16, 4, 4],
  resblock_kernel_sizes: [3, 7, 11],
  resblock_dilation_sizes: [
    [1, 3, 5],
    [1, 3, 5],
    [1, 3, 5],
  ],
  leaky_relu_slope: 0.1,
  depth_separable_num_layers: 3,
  duration_predictor_flow_bins: 10,
  duration_predictor_tail_bound: 5,
  duration_predictor_kernel_size: 3,
  duration_predictor_num_flows: 4,
  duration_predictor_filter_channels: 256,
  prior_encoder_num_flows: 4,
  prior_encoder_num_wavenet_layers: 4,
  wavenet_kernel_size: 5,
  wavenet_dilation_rate: 1,
  speaking_rate: 1,
  noise_scale: 0.667,
  noise_scale_duration: 0.8,
  sampling_rate: 16_000,
};

/**
 * @param name of the folder.
 * @throws VoirsError INVALID_WEIGHTS with the field of config.json that is wrong or not supported.
 */
export function vitsFromHuggingFace(
  stated: JsonReader,
  tensors: ReadonlyMap<string, HostTensor>,
  inventory: Inventory | undefined,
  name: string,
): ForeignVoice {
  const root = stated.withDefaults(DEFAULTS);
  mustBe(root, 'hidden_act', 'relu');
  mustBe(root, 'depth_separable_channels', 2);
  const integer = (field: string): number => root.field(field).integer(SIZE);
  const count = integer('num_speakers');
  const width = root.field('speaker_embedding_size').integer({ min: 0, max: 65_536 });
  const isConditioned = count > 1 && width > 0;
  if (!isConditioned && width > 0)
    throw root.field('speaker_embedding_size').invalid('0 where num_speakers is 1');
  const { acoustic, vocoder } = fromHuggingFace(tensors);
  const [vocabulary] = acoustic.get('enc_p.emb.weight')?.shape ?? [integer('vocab_size')];
  const speakers = isConditioned ? { speakers: { count, channels: width } } : {};
  const rates = root.field('upsample_rates').items({ min: 1, max: 16 });
  const hop = rates.reduce((all, rate) => all * rate.integer({ min: 1, max: 1024 }), 1);
  const spelling = spellingOf(inventory, vocabulary!);
  const language = inventory?.language ?? 'en-US';
  const speakerList = speakersOf(isConditioned ? count : 1, { name, language });
  return {
    acoustic,
    vocoder,
    files: FILES,
    ...(spelling.pronunciations ? { texts: { 'pronunciations.tsv': spelling.pronunciations } } : {}),
    notes: spelling.notes,
    model: {
      format: 'voirs-voice/1',
      name,
      version: '0',
      language,
      description: `VITS, read from Hugging Face's format`,
      sampleRate: root.field('sampling_rate').integer({ min: 1000, max: 384_000 }),
      mel: { bands: integer('flow_size'), hopSize: hop, log: 'other' },
      spelling: spelling.kind,
      tokens: spelling.tokens,
      speakers: speakerList,
      defaultSpeaker: speakerList[0]!.id,
      acoustic: {
        type: 'vits',
        file: FILES.acoustic,
        ...NO_FILE,
        maxTrainedTokens: 300,
        ...(spelling.symbols ? { symbols: spelling.symbols } : {}),
        vocabulary,
        channels: integer('hidden_size'),
        heads: integer('num_attention_heads'),
        window: integer('window_size'),
        ffnChannels: integer('ffn_dim'),
        ffnKernel: integer('ffn_kernel_size'),
        encoderLayers: integer('num_hidden_layers'),
        layerNormEpsilon: root.field('layer_norm_eps').number({ min: 0, max: 1 }),
        latentChannels: integer('flow_size'),
        flow: {
          layers: integer('prior_encoder_num_flows'),
          kernel: integer('wavenet_kernel_size'),
          dilationRate: integer('wavenet_dilation_rate'),
          wavenetLayers: integer('prior_encoder_num_wavenet_layers'),
        },
        duration: durationsOf(root),
        ...speakers,
        noiseScale: root.field('noise_scale').number({ min: 0, max: 10 }),
        noiseScaleDuration: root.field('noise_scale_duration').number({ min: 0, max: 10 }),
        lengthScale: 1 / root.field('speaking_rate').number({ min: 0.1, max: 10 }),
      },
      vocoders: {
        own: {
          type: 'hifigan',
          file: FILES.vocoder,
          ...NO_FILE,
          resblock: '1',
          upsampleRates: rates.map((rate) => rate.integer()),
          upsampleKernelSizes: list(root.field('upsample_kernel_sizes')),
          upsampleInitialChannel: integer('upsample_initial_channel'),
          resblockKernelSizes: list(root.field('resblock_kernel_sizes')),
          resblockDilationSizes: root.field('resblock_dilation_sizes').items({ min: 1, max: 16 }).map(list),
          leakySlope: root.field('leaky_relu_slope').number({ min: 0, max: 1 }),
          source: false,
          ...speakers,
        },
      },
      quality: ONE_QUALITY,
    },
  };
}

function durationsOf(root: JsonReader): Record<string, unknown> {
  const kernel = root.field('duration_predictor_kernel_size').integer(SIZE);
  if (!root.field('use_stochastic_duration_prediction').boolean()) {
    const channels = root.field('duration_predictor_filter_channels').integer(SIZE);
    return { kind: 'deterministic', kernel, channels };
  }
  return {
    kind: 'stochastic',
    kernel,
    layers: root.field('depth_separable_num_layers').integer({ min: 1, max: 8 }),
    flows: root.field('duration_predictor_num_flows').integer({ min: 1, max: 64 }) - 1, // the first is for training
    bins: root.field('duration_predictor_flow_bins').integer({ min: 2, max: 500 }),
    tailBound: root.field('duration_predictor_tail_bound').number({ min: 1e-3, max: 1000 }),
  };
}

const list = (reader: JsonReader): number[] =>
  reader.items({ min: 1, max: 16 }).map((one) => one.integer({ min: 1, max: 4096 }));
