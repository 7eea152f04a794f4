// VITS (arXiv 2106.06103, figure 1a) in two halves, so that an end-to-end model is spoken, streamed and timed like any
// other: this half turns symbols into frames of latents where others make mel; its decoder is a HiFi-GAN
// (vocoder/hifigan.ts) that takes the latents.
//
// N symbols, T frames, C channels, L channels of the latents.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { RowRange } from '../backends/ops.js';
import type { Float32Tensor } from '../checkpoints/tensor.js';
import { VoirsError } from '../errors.js';
import { declaredBy, type LayerReader, type LoadedLayers, loadModel } from '../models/layers.js';
import {
  type AcousticModel,
  type DecodedFrames,
  type EncodedSentence,
  type ModelType,
  type TokenProsody,
  throwWithoutFrames,
} from '../models/model.js';
import { fillNormal, seedOf } from '../models/noise.js';
import { frameIndices, framesOf } from './fastspeech2.js';
import { flowReach, readVitsConfig, type VitsConfig } from './vits-config.js';
import { type DurationPredictor, readDurationPredictor } from './vits-durations.js';
import { Flow, type Halves } from './vits-flow.js';
import { TextEncoder } from './vits-text-encoder.js';

/** A sentence after the text encoder. */
interface EncodedSymbols extends EncodedSentence {
  /** [N, 2 L] mean and log of the deviation of each symbol's latents. */
  readonly statistics: Float32Array;
  readonly speaker: Float32Array | undefined;
  /** Of the latents' noise. */
  readonly seed: number;
}

/** A loaded model on one backend. Its tokens are the model's own symbols. */
export class Vits implements AcousticModel {
  readonly tellsF0 = false;
  private readonly encoder: TextEncoder;
  private readonly durations: DurationPredictor;
  private readonly flow: Flow;
  private readonly speakers: Float32Tensor | undefined;
  readonly contextFrames: number;
  readonly isFixed = true;
  readonly valuesPerFrame: number;

  constructor(
    private readonly config: VitsConfig,
    read: LayerReader,
    private readonly layers: LoadedLayers,
  ) {
    const { speakers, channels, latentChannels } = config;
    this.encoder = new TextEncoder(config, read);
    this.durations = readDurationPredictor(config, read);
    this.flow = new Flow(config, read);
    this.speakers = speakers && read.table('emb_g.weight', speakers.count, speakers.channels);
    this.contextFrames = flowReach(config.flow);
    // A WaveNet's input, skips, both halves of a gate and their product; and the latents.
    this.valuesPerFrame = 5 * channels + 2 * latentChannels;
  }

  async encode(tokens: Int32Array, speaker: number): Promise<EncodedSymbols> {
    const { backend } = this.layers;
    const { latentChannels, noiseScaleDuration, lengthScale } = this.config;
    const embedding = this.embeddingOf(speaker);
    const seed = seedOf(tokens);
    const { x, statistics } = backend.run((ops) => this.encoder.apply(ops, tokens));
    try {
      const values = new Float32Array(tokens.length * 2 * latentChannels);
      await backend.read(statistics, values);
      const noise = new Float32Array(2 * tokens.length);
      fillNormal(noise, seed ^ 1, 0, noiseScaleDuration);
      const logs = await this.durations.predict(backend, x, embedding, noise);
      const durations = Int32Array.from(logs, (log) => framesOfLog(log, lengthScale));
      const predicted: TokenProsody = {
        durations,
        logDurations: Float32Array.from(durations, (frames) => Math.log(frames + 1)),
        pitch: new Float32Array(tokens.length),
        energy: new Float32Array(tokens.length),
        isFixed: true,
      };
      return {
        hidden: x,
        predicted,
        statistics: values,
        speaker: embedding,
        seed,
        dispose: () => x.dispose(),
      };
    } catch (error) {
      x.dispose();
      throw error;
    } finally {
      statistics.dispose();
    }
  }

  async decode(encoded: EncodedSentence, prosody: TokenProsody, range?: RowRange): Promise<DecodedFrames> {
    const total = framesOf(prosody.durations);
    throwWithoutFrames(total);
    const { from, to } = range ?? { from: 0, to: total };
    const rows = {
      from: Math.max(0, from - this.contextFrames),
      to: Math.min(total, to + this.contextFrames),
    };
    const { backend } = this.layers;
    const sentence = encoded as EncodedSymbols;
    const [first, second] = this.priorSamples(sentence, frameIndices(prosody.durations), rows);
    const half = this.bands / 2;
    const moved = backend.run((ops) => {
      const shape: [number, number, number] = [1, rows.to - rows.from, half];
      const halves: Halves = { first: tf.tensor3d(first, shape), second: tf.tensor3d(second, shape) };
      const { first: a, second: b } = this.flow.reversed(ops, halves, sentence.speaker);
      return [a, b] as [Tensor3D, Tensor3D];
    });
    const frames = to - from;
    const read: Float32Array[] = [];
    try {
      for (const one of moved) {
        const values = new Float32Array(frames * half);
        await backend.read(one, values, (from - rows.from) * half);
        read.push(values);
      }
    } finally {
      for (const one of moved) one.dispose();
    }
    return { frames, mel: this.joined(read[0]!, read[1]!), logF0: new Float32Array(frames) };
  }

  get bands(): number {
    return this.config.latentChannels;
  }

  get weightBytes(): number {
    return this.layers.bytes;
  }

  dispose(): void {
    this.layers.dispose();
  }

  /** Mean and noise of the frames [from, to), each half of the channels in rows of its own: [T, L / 2] twice. */
  private priorSamples(
    { statistics, seed }: EncodedSymbols,
    symbols: Int32Array,
    { from, to }: RowRange,
  ): [Float32Array, Float32Array] {
    const { noiseScale } = this.config;
    const channels = this.bands;
    const half = channels / 2;
    const [first, second] = [new Float32Array((to - from) * half), new Float32Array((to - from) * half)];
    const noise = new Float32Array(channels);
    for (let t = from; t < to; t++) {
      fillNormal(noise, seed, t * channels, noiseScale);
      const row = symbols[t]! * 2 * channels;
      for (let c = 0; c < channels; c++) {
        const deviation = noiseScale === 0 ? 0 : noise[c]! * Math.exp(statistics[row + channels + c]!);
        const value = statistics[row + c]! + deviation;
        if (c < half) first[(t - from) * half + c] = value;
        else second[(t - from) * half + c - half] = value;
      }
    }
    return [first, second];
  }

  /** Both halves of the latents [T, L / 2] -> [T, L], in the order of the decoder. */
  private joined(first: Float32Array, second: Float32Array): Float32Array {
    const channels = this.bands;
    const half = channels / 2;
    const joined = new Float32Array(2 * first.length);
    for (let t = 0; t * half < first.length; t++) {
      joined.set(first.subarray(t * half, (t + 1) * half), t * channels);
      joined.set(second.subarray(t * half, (t + 1) * half), t * channels + half);
      if (this.flow.isReversed) joined.subarray(t * channels, (t + 1) * channels).reverse();
    }
    return joined;
  }

  private embeddingOf(speaker: number): Float32Array | undefined {
    const { speakers } = this;
    const count = speakers?.shape[0] ?? 1;
    if (!(speaker >= 0 && speaker < count)) {
      throw new VoirsError('INVALID_OPTIONS', 'The model has no such speaker', {
        got: `${speaker}`,
        wanted: `0 to ${count - 1}`,
        suggestion: 'Choose one of the voices that voirs voices lists',
      });
    }
    const width = this.config.speakers?.channels ?? 0;
    return speakers?.data.subarray(speaker * width, (speaker + 1) * width);
  }
}

/** Frames of one symbol that no model was trained on; keeps a hostile checkpoint's memory within bounds. */
const MOST_FRAMES = 1000;

function framesOfLog(log: number, lengthScale: number): number {
  return Math.min(MOST_FRAMES, Math.max(0, Math.ceil(Math.fround(Math.exp(log) * lengthScale))));
}

/** Manifest type `vits`. */
export const vits: ModelType<AcousticModel> = {
  type: 'vits',
  read(entry) {
    const config = readVitsConfig(entry);
    const make = (read: LayerReader, layers: LoadedLayers) => new Vits(config, read, layers);
    return {
      config,
      declaration: () => declaredBy(make),
      load: (backend, tensors, source, weights) =>
        loadModel(backend, tensors, make, { source, weights, layerNormEpsilon: config.layerNormEpsilon }),
    };
  },
};
