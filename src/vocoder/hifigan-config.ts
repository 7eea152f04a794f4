// One description of a HiFi-GAN generator, whether it comes with our voices or from somebody else's training run.

import { JsonReader } from '../checkpoints/json-reader.js';

/** Depth and width at which even the largest published generators stay far below: keeps a hostile config cheap. */
const MAX_STAGES = 16;
const MAX_BLOCKS = 16;
const MAX_CHANNELS = 65_536;
const MAX_KERNEL = 4096;
const MAX_FRAME = 65_536;

/** jik876's keys. */
const UPSTREAM_NAMES = {
  upsampleRates: 'upsample_rates',
  upsampleKernelSizes: 'upsample_kernel_sizes',
  upsampleInitialChannel: 'upsample_initial_channel',
  resblockKernelSizes: 'resblock_kernel_sizes',
  resblockDilationSizes: 'resblock_dilation_sizes',
} as const;

/** A generator of the HiFi-GAN family (Kong et al. 2020, https://arxiv.org/abs/2010.05646), named as in jik876's code. */
export interface HifiganConfig {
  /** '1': pairs of dilated and plain convolutions; '2': single dilated ones. */
  resblock: '1' | '2';
  /** Strides of the stages; samples per frame is their product, whatever a config says about hop_size. */
  upsampleRates: number[];
  upsampleKernelSizes: number[];
  /** Channels before the first stage; each stage halves them. */
  upsampleInitialChannel: number;
  resblockKernelSizes: number[];
  /** One list for each kernel size. */
  resblockDilationSizes: number[][];
  /** Driven by pulses and noise that enter after each stage (our voices), not by the mel alone. */
  source: boolean;
  /** Mel bands that it takes. */
  bands: number;
  /** Hz, where the config says. */
  sampleRate?: number;
  /** Slope of the leaky ReLUs but for the last; absent: 0.1. */
  leakySlope?: number;
  /** The mel is normalised first, by the tensors `mean` and `scale` [bands]. */
  isNormalised?: true;
  /** Rows and width of the tensor `speaker.weight`, whose embeddings `cond` brings to conv_pre's result. */
  speakers?: { count: number; channels: number };
}

/** Samples for each mel frame: the product of the upsampling rates. */
export function samplesPerFrame(config: HifiganConfig): number {
  return config.upsampleRates.reduce((product, rate) => product * rate, 1);
}

/** Channels after stage `stage` (0 is after the first); -1 gives those before it. Halves round down as upstream. */
export function stageChannels(config: HifiganConfig, stage: number): number {
  return Math.floor(config.upsampleInitialChannel / 2 ** (stage + 1));
}

/**
 * Reads the config.json of jik876/hifi-gan and its descendants (snake_case keys). Lists and numbers may be text;
 * `num_mels` defaults to 80 and `sampling_rate` to unknown; `source` (ours) to false; hop_size is not needed.
 * Throws INVALID_WEIGHTS with the path of the wrong field.
 */
export function parseHifiganConfig(json: string, source = 'The HiFi-GAN config'): HifiganConfig {
  return hifiganConfigOf(JsonReader.parse(json, source));
}

/** The same of a config.json that is parsed. */
export function hifiganConfigOf(root: JsonReader): HifiganConfig {
  const resblock = root.field('resblock');
  const kind = resblock.isAbsent ? '1' : resblock.asText().oneOf('1', '2');
  const depth = kind === '1' ? 3 : 2;
  const mels = root.field('num_mels').numberFromText();
  const rate = root.field('sampling_rate').numberFromText();
  const driven = root.field('source');
  const kernels = root.field('resblock_kernel_sizes').listFromText();
  const dilations = root.field('resblock_dilation_sizes').listFromText();
  const config: HifiganConfig = {
    resblock: kind,
    upsampleRates: readRates(root.field('upsample_rates').listFromText()),
    upsampleKernelSizes: readKernels(root.field('upsample_kernel_sizes').listFromText(), MAX_STAGES),
    upsampleInitialChannel: root
      .field('upsample_initial_channel')
      .numberFromText()
      .integer({ min: 1, max: MAX_CHANNELS }),
    resblockKernelSizes: readKernels(kernels, MAX_BLOCKS),
    // Upstream's blocks read the first three (ResBlock1) or two (ResBlock2) dilations and ignore what follows.
    resblockDilationSizes: dilations
      .items({ min: 1, max: MAX_BLOCKS })
      .map((list) => readDilations(list, depth).slice(0, depth)),
    source: driven.isAbsent ? false : driven.boolean(),
    bands: mels.isAbsent ? 80 : mels.integer({ min: 1, max: MAX_CHANNELS }),
  };
  if (!rate.isAbsent) config.sampleRate = rate.integer({ min: 1, max: 1_000_000 });
  checkGeometry(config, (name) => root.field(UPSTREAM_NAMES[name]));
  return config;
}

/** Reads one entry of a manifest's `vocoders` (camelCase keys); bands and sample rate are the voice's own. */
export function readHifiganEntry(entry: JsonReader, bands: number, sampleRate: number): HifiganConfig {
  const config: HifiganConfig = {
    resblock: entry.field('resblock').oneOf('1', '2'),
    upsampleRates: readRates(entry.field('upsampleRates')),
    upsampleKernelSizes: readKernels(entry.field('upsampleKernelSizes'), MAX_STAGES),
    upsampleInitialChannel: entry.field('upsampleInitialChannel').integer({ min: 1, max: MAX_CHANNELS }),
    resblockKernelSizes: readKernels(entry.field('resblockKernelSizes'), MAX_BLOCKS),
    resblockDilationSizes: entry
      .field('resblockDilationSizes')
      .items({ min: 1, max: MAX_BLOCKS })
      .map((list) => readDilations(list, 1)),
    source: entry.field('source').boolean(),
    bands,
    sampleRate,
    ...readVariations(entry),
  };
  checkGeometry(config, (name) => entry.field(name));
  return config;
}

/** What only generators of other trainers have. */
function readVariations(entry: JsonReader): Pick<HifiganConfig, 'leakySlope' | 'isNormalised' | 'speakers'> {
  const [slope, isNormalised, speakers] = ['leakySlope', 'isNormalised', 'speakers'].map((name) =>
    entry.field(name),
  ) as [JsonReader, JsonReader, JsonReader];
  return {
    ...(slope.isAbsent ? {} : { leakySlope: slope.number({ min: 0, max: 1 }) }),
    ...(!isNormalised.isAbsent && isNormalised.boolean() ? { isNormalised: true as const } : {}),
    ...(speakers.isAbsent
      ? {}
      : {
          speakers: {
            count: speakers.field('count').integer({ min: 1, max: MAX_CHANNELS }),
            channels: speakers.field('channels').integer({ min: 1, max: MAX_CHANNELS }),
          },
        }),
  };
}

function readRates(list: JsonReader): number[] {
  return list.items({ min: 1, max: MAX_STAGES }).map((rate) => rate.integer({ min: 1, max: 1024 }));
}

function readKernels(list: JsonReader, most: number): number[] {
  return list.items({ min: 1, max: most }).map((kernel) => kernel.integer({ min: 1, max: MAX_KERNEL }));
}

function readDilations(list: JsonReader, least: number): number[] {
  return list
    .items({ min: least, max: MAX_BLOCKS })
    .map((dilation) => dilation.integer({ min: 1, max: MAX_KERNEL }));
}

/** What makes the stages fit each other and each frame give exactly `samplesPerFrame` samples. */
function checkGeometry(
  config: HifiganConfig,
  field: (name: keyof typeof UPSTREAM_NAMES) => JsonReader,
): void {
  const { upsampleRates: rates, upsampleKernelSizes: kernels } = config;
  if (kernels.length !== rates.length) {
    throw field('upsampleKernelSizes').invalid(`one kernel for each of the ${rates.length} upsampling rates`);
  }
  const { resblockKernelSizes: blocks, resblockDilationSizes: dilations } = config;
  if (dilations.length !== blocks.length) {
    throw field('resblockDilationSizes').invalid(
      `one list for each of the ${blocks.length} residual kernels`,
    );
  }
  if (rates.some((rate, i) => kernels[i]! < rate || (kernels[i]! - rate) % 2 !== 0)) {
    throw field('upsampleKernelSizes').invalid(
      `kernels that exceed the rates ${rates.join(', ')} by even numbers`,
    );
  }
  if (blocks.some((kernel) => kernel % 2 === 0)) throw field('resblockKernelSizes').invalid('odd kernels');
  if (stageChannels(config, rates.length - 1) < 1) {
    throw field('upsampleInitialChannel').invalid(`at least ${2 ** rates.length} for ${rates.length} stages`);
  }
  if (samplesPerFrame(config) > MAX_FRAME)
    throw field('upsampleRates').invalid(`a product up to ${MAX_FRAME}`);
  if (config.source && sourceStrides(config).some((stride) => stride > 1 && stride % 2 !== 0)) {
    throw field('upsampleRates').invalid("even products of later rates, the source convolutions' strides");
  }
}

/** Stride of each source convolution: what is left to upsample after its stage. */
export function sourceStrides(config: HifiganConfig): number[] {
  return config.upsampleRates.map((_, i) =>
    config.upsampleRates.slice(i + 1).reduce((p, rate) => p * rate, 1),
  );
}
