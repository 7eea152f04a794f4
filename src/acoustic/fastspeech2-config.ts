// The sizes that a manifest states of an acoustic model of the FastSpeech 2 family.
import type { JsonReader } from '../checkpoints/json-reader.js';

/** What every model of the family says of itself in its manifest. */
export interface FastSpeech2Config {
  channels: number;
  heads: number;
  /** Between the two convolutions of an encoder block. */
  ffnChannels: number;
  ffnKernel: number;
  encoderLayers: number;
  predictorChannels: number;
  predictorKernel: number;
  layerNormEpsilon: number;
}

const MAX_SIZE = 65_536;
const SIZE = { min: 1, max: MAX_SIZE };

/** Reads what every model of the family says of itself. @throws VoirsError INVALID_WEIGHTS. */
export function readFastSpeech2Config(entry: JsonReader): FastSpeech2Config {
  const channels = entry.field('channels').integer(SIZE);
  const heads = entry.field('heads');
  if (channels % heads.integer(SIZE) !== 0) throw heads.invalid(`a divisor of the ${channels} channels`);
  if (channels % 2 !== 0) throw entry.field('channels').invalid('an even number');
  return {
    channels,
    heads: heads.integer(SIZE),
    ffnChannels: entry.field('ffnChannels').integer(SIZE),
    ffnKernel: readOddKernel(entry.field('ffnKernel')),
    encoderLayers: entry.field('encoderLayers').integer({ min: 1, max: 256 }),
    predictorChannels: entry.field('predictorChannels').integer(SIZE),
    predictorKernel: readOddKernel(entry.field('predictorKernel')),
    layerNormEpsilon: entry.field('layerNormEpsilon').number({ min: 0, max: 1 }),
  };
}

export function readOddKernel(kernel: JsonReader): number {
  if (kernel.integer({ min: 1, max: 1023 }) % 2 === 0) throw kernel.invalid('an odd number');
  return kernel.integer();
}
