// The sizes of a VITS model (arXiv 2106.06103), whether a manifest states them or they are read from a checkpoint.
import type { JsonReader } from '../checkpoints/json-reader.js';

/** The acoustic half of VITS: text encoder, duration predictor and flow; its decoder is a HiFi-GAN. */
export interface VitsConfig {
  /** Model symbols, rows of the embedding. */
  vocabulary: number;
  /** C. */
  channels: number;
  heads: number;
  /** Positions to either side that attention knows relative embeddings of. */
  window: number;
  ffnChannels: number;
  ffnKernel: number;
  encoderLayers: number;
  layerNormEpsilon: number;
  /** Channels of a latent frame, even. */
  latentChannels: number;
  /** Coupling layers, kernel and growth of the dilation in their WaveNets, and layers of each. */
  flow: { layers: number; kernel: number; dilationRate: number; wavenetLayers: number };
  duration: StochasticDurations | DeterministicDurations;
  /** Rows and width of the speaker embedding; absent: one speaker. */
  speakers?: { count: number; channels: number };
  /** Standard deviation of the latents' noise, as a factor on the predicted one; of the durations'; and the length. */
  noiseScale: number;
  noiseScaleDuration: number;
  lengthScale: number;
}

/** The stochastic duration predictor: normalizing flows of splines. */
export interface StochasticDurations {
  kind: 'stochastic';
  kernel: number;
  /** Layers of each stack of depthwise convolutions. */
  layers: number;
  /** Spline flows that inference uses. */
  flows: number;
  bins: number;
  tailBound: number;
}

/** Two convolutions and a linear layer. */
export interface DeterministicDurations {
  kind: 'deterministic';
  channels: number;
  kernel: number;
}

const SIZE = { min: 1, max: 65_536 };
const DEPTH = { min: 1, max: 256 };

/** Reads a manifest's entry of type `vits`. @throws VoirsError INVALID_WEIGHTS with the path of a wrong field. */
export function readVitsConfig(entry: JsonReader): VitsConfig {
  const channels = entry.field('channels').integer(SIZE);
  const heads = entry.field('heads');
  if (channels % heads.integer(SIZE) !== 0) throw heads.invalid(`a divisor of the ${channels} channels`);
  const latent = entry.field('latentChannels');
  if (latent.integer(SIZE) % 2 !== 0) throw latent.invalid('an even number');
  const [flow, speakers] = [entry.field('flow'), entry.field('speakers')];
  const scale = (name: string, otherwise: number, min = 0): number => {
    const field = entry.field(name);
    return field.isAbsent ? otherwise : field.number({ min, max: 10 });
  };
  return {
    vocabulary: entry.field('vocabulary').integer(SIZE),
    channels,
    heads: heads.integer(SIZE),
    window: entry.field('window').integer({ min: 1, max: 1024 }),
    ffnChannels: entry.field('ffnChannels').integer(SIZE),
    ffnKernel: oddKernel(entry.field('ffnKernel')),
    encoderLayers: entry.field('encoderLayers').integer(DEPTH),
    layerNormEpsilon: entry.field('layerNormEpsilon').number({ min: 0, max: 1 }),
    latentChannels: latent.integer(SIZE),
    flow: {
      layers: flow.field('layers').integer(DEPTH),
      kernel: oddKernel(flow.field('kernel')),
      dilationRate: flow.field('dilationRate').integer({ min: 1, max: 16 }),
      wavenetLayers: flow.field('wavenetLayers').integer({ min: 1, max: 64 }),
    },
    duration: readDurations(entry.field('duration')),
    ...(speakers.isAbsent
      ? {}
      : {
          speakers: {
            count: speakers.field('count').integer(SIZE),
            channels: speakers.field('channels').integer(SIZE),
          },
        }),
    noiseScale: scale('noiseScale', 0.667),
    noiseScaleDuration: scale('noiseScaleDuration', 0.8),
    lengthScale: scale('lengthScale', 1, 0.01),
  };
}

function readDurations(duration: JsonReader): StochasticDurations | DeterministicDurations {
  const kind = duration.field('kind').oneOf('stochastic', 'deterministic');
  const kernel = oddKernel(duration.field('kernel'));
  if (kind === 'deterministic') return { kind, kernel, channels: duration.field('channels').integer(SIZE) };
  return {
    kind,
    kernel,
    layers: duration.field('layers').integer({ min: 1, max: 8 }),
    flows: duration.field('flows').integer({ min: 0, max: 64 }),
    bins: duration.field('bins').integer({ min: 2, max: 500 }),
    tailBound: duration.field('tailBound').number({ min: 1e-3, max: 1000 }),
  };
}

function oddKernel(kernel: JsonReader): number {
  if (kernel.integer({ min: 1, max: 1023 }) % 2 === 0) throw kernel.invalid('an odd number');
  return kernel.integer();
}

/** Frames to either side that the flow lets reach a frame of the latents. */
export function flowReach({ layers, kernel, dilationRate, wavenetLayers }: VitsConfig['flow']): number {
  let reach = 0;
  for (let i = 0; i < wavenetLayers; i++) reach += ((kernel - 1) / 2) * dilationRate ** i;
  return layers * reach;
}
