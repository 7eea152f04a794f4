// The sizes of a FastSpeech 2 with Conformer blocks, as a manifest states them.
import type { JsonReader } from '../checkpoints/json-reader.js';
import { readOddKernel } from './fastspeech2-config.js';

/** A stack of Conformer blocks: the encoder or the decoder. */
export interface ConformerStack {
  layers: number;
  heads: number;
  /** Between the two convolutions of a feed-forward part. */
  ffnChannels: number;
  /** Of the depthwise convolution. */
  kernel: number;
  /** Layer norm before each part, or after it. */
  normalizeBefore: boolean;
  /** Attention's input and result side by side through a linear layer, in place of the result alone. */
  concatAfter: boolean;
}

/** A variance predictor, and the convolution that brings its numbers back into the hidden states. */
export interface Predictor {
  layers: number;
  channels: number;
  kernel: number;
}

export interface ConformerConfig {
  /** Rows of the embedding. */
  vocabulary: number;
  channels: number;
  bands: number;
  encoder: ConformerStack;
  decoder: ConformerStack;
  ffnKernel: number;
  /** A second feed-forward part before attention, both at half weight. */
  isMacaron: boolean;
  /** The convolution part, with depthwise convolution. */
  hasConvolution: boolean;
  duration: Predictor;
  pitch: Predictor;
  energy: Predictor;
  pitchKernel: number;
  energyKernel: number;
  postnet: Predictor;
  /** Frames of mel for each frame of the decoder. */
  reduction: number;
  /** Factor on durations. */
  speed: number;
  /** Rows of speaker_id_embedding and language_id_embedding; 0: there is none. */
  speakers: number;
  languages: number;
}

const SIZE = { min: 1, max: 65_536 };

/** Reads a manifest's entry of type `fastspeech2-conformer`. @throws VoirsError INVALID_WEIGHTS. */
export function readConformerConfig(entry: JsonReader): ConformerConfig {
  const channels = entry.field('channels').integer(SIZE);
  if (channels % 2 !== 0) throw entry.field('channels').invalid('an even number');
  const stack = (name: string): ConformerStack => {
    const one = entry.field(name);
    const heads = one.field('heads');
    if (channels % heads.integer(SIZE) !== 0) throw heads.invalid(`a divisor of the ${channels} channels`);
    return {
      layers: one.field('layers').integer({ min: 0, max: 256 }),
      heads: heads.integer(SIZE),
      ffnChannels: one.field('ffnChannels').integer(SIZE),
      kernel: readOddKernel(one.field('kernel')),
      normalizeBefore: one.field('normalizeBefore').boolean(),
      concatAfter: one.field('concatAfter').boolean(),
    };
  };
  const predictor = (name: string, min = 1): Predictor => {
    const one = entry.field(name);
    return {
      layers: one.field('layers').integer({ min, max: 64 }),
      channels: one.field('channels').integer(SIZE),
      kernel: readOddKernel(one.field('kernel')),
    };
  };
  const count = (name: string): number => {
    const field = entry.field(name);
    return field.isAbsent ? 0 : field.integer({ min: 0, max: 65_536 });
  };
  return {
    vocabulary: entry.field('vocabulary').integer(SIZE),
    channels,
    bands: entry.field('bands').integer(SIZE),
    encoder: stack('encoder'),
    decoder: stack('decoder'),
    ffnKernel: readOddKernel(entry.field('ffnKernel')),
    isMacaron: entry.field('isMacaron').boolean(),
    hasConvolution: entry.field('hasConvolution').boolean(),
    duration: predictor('duration'),
    pitch: predictor('pitch'),
    energy: predictor('energy'),
    pitchKernel: readOddKernel(entry.field('pitchKernel')),
    energyKernel: readOddKernel(entry.field('energyKernel')),
    postnet: predictor('postnet', 0),
    reduction: entry.field('reduction').integer({ min: 1, max: 64 }),
    speed: entry.field('speed').number({ min: 0.01, max: 100 }),
    speakers: count('speakers'),
    languages: count('languages'),
  };
}
