// FastSpeech 2 with Conformer blocks in place of transformers, as ESPnet trains it and Hugging Face saves it
// (FastSpeech2Conformer): tokens -> durations, pitch and energy -> mel, with a postnet. It makes no F0: its vocoder takes
// mel alone.
//
// N tokens, T frames of the decoder, C channels, P of a predictor, R frames of mel for each of the decoder.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops, RowRange } from '../backends/ops.js';
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
import { Conformer } from './conformer-block.js';
import { type ConformerConfig, type Predictor, readConformerConfig } from './conformer-config.js';
import { frameIndices, framesFromLogDurations, framesOf, roundHalfEven } from './fastspeech2.js';

/** A loaded model on one backend. Its tokens are its own vocabulary's. */
export class FastSpeech2Conformer implements AcousticModel {
  readonly tellsF0 = false;
  private readonly embed: Float32Tensor;
  private readonly speakers: Float32Tensor | undefined;
  private readonly languages: Float32Tensor | undefined;
  private readonly encoder: Conformer;
  private readonly predictors: VariancePredictor[];
  private readonly pitchEmbed: Layer<'conv1d'>;
  private readonly energyEmbed: Layer<'conv1d'>;
  private readonly decoder: Conformer;
  private readonly feature: Layer<'linear'>;
  private readonly postnet: Layer<'conv1d'>[];
  readonly contextFrames = Number.POSITIVE_INFINITY;
  readonly valuesPerFrame: number;

  constructor(
    private readonly config: ConformerConfig,
    read: LayerReader,
    private readonly layers: LoadedLayers,
  ) {
    const { channels, bands, reduction, encoder, decoder, duration, pitch, energy } = config;
    this.embed = read.table('encoder.embed.weight', config.vocabulary, channels);
    const table = (name: string, rows: number) =>
      rows > 0 ? read.table(`${name}_id_embedding.weight`, rows, channels) : undefined;
    this.speakers = table('speaker', config.speakers);
    this.languages = table('language', config.languages);
    this.encoder = new Conformer(config, encoder, read, 'encoder');
    this.predictors = [
      new VariancePredictor(read, 'duration_predictor', channels, duration),
      new VariancePredictor(read, 'pitch_predictor', channels, pitch),
      new VariancePredictor(read, 'energy_predictor', channels, energy),
    ];
    const one = { in: 1, out: channels };
    this.pitchEmbed = read.conv1d('pitch_embed.conv', { ...one, kernel: config.pitchKernel });
    this.energyEmbed = read.conv1d('energy_embed.conv', { ...one, kernel: config.energyKernel });
    this.decoder = new Conformer(config, decoder, read, 'decoder');
    this.feature = read.linear('speech_decoder_postnet.feat_out', { in: channels, out: bands * reduction });
    this.postnet = Array.from({ length: config.postnet.layers }, (_, i) => {
      const isLast = i === config.postnet.layers - 1;
      const shape = {
        in: i === 0 ? bands : config.postnet.channels,
        out: isLast ? bands : config.postnet.channels,
        kernel: config.postnet.kernel,
      };
      return read.conv1d(`speech_decoder_postnet.layers.${i}.conv`, shape);
    });
    this.valuesPerFrame = Math.max(9 * channels, 3 * channels + decoder.ffnChannels) / reduction;
  }

  /** @param speaker of `speakers`, and for each language once: speaker + language * speakers. */
  async encode(tokens: Int32Array, speaker: number): Promise<EncodedSentence> {
    const { backend } = this.layers;
    const [embedded, added] = [this.embedded(tokens), this.speakerRow(speaker)];
    const { channels } = this.config;
    const hidden = backend.run((ops) => {
      const x = this.encoder.apply(ops, tf.tensor3d(embedded, [1, tokens.length, channels]));
      return added ? tf.add<Tensor3D>(x, tf.tensor3d(added, [1, 1, channels]) as tf.Tensor) : x;
    });
    try {
      return { hidden, predicted: await this.predict(hidden), dispose: () => hidden.dispose() };
    } catch (error) {
      hidden.dispose();
      throw error;
    }
  }

  async decode(encoded: EncodedSentence, prosody: TokenProsody, range?: RowRange): Promise<DecodedFrames> {
    const { bands, reduction } = this.config;
    const total = framesOf(prosody.durations);
    throwWithoutFrames(total);
    const { from, to } = range ?? { from: 0, to: total };
    const indices = frameIndices(this.decoderFrames(prosody.durations, total));
    const { backend } = this.layers;
    const { hidden } = encoded;
    const mel = backend.run((ops) => {
      const column = (values: Float32Array) => tf.tensor3d(values.slice(), [1, values.length, 1]); // [1, N, 1]
      const withPitch = ops.conv1d(column(prosody.pitch), this.pitchEmbed, hidden); // [1, N, C]
      const adapted = ops.conv1d(column(prosody.energy), this.energyEmbed, withPitch); // [1, N, C]
      const frames = ops.gather(adapted, tf.tensor1d(indices, 'int32')); // [1, T, C]
      const features = ops.linear(this.decoder.apply(ops, frames), this.feature); // [1, T, R bands]
      const before = tf.reshape<tf.Rank.R3>(features, [1, indices.length * reduction, bands]);
      return this.refined(ops, before); // [1, R T, bands]
    });
    const rows = new Float32Array((to - from) * bands);
    try {
      await backend.read(mel, rows, from * bands);
    } finally {
      mel.dispose();
    }
    return { frames: to - from, mel: rows, logF0: new Float32Array(to - from) };
  }

  get bands(): number {
    return this.config.bands;
  }

  get weightBytes(): number {
    return this.layers.bytes;
  }

  dispose(): void {
    this.layers.dispose();
  }

  /** Mel plus what the postnet adds to it. Without layers the original code adds the mel itself. */
  private refined(ops: Ops, before: Tensor3D): Tensor3D {
    const last = this.postnet.length - 1;
    let x = before;
    for (const [i, layer] of this.postnet.entries())
      x = i === last ? ops.conv1d(x, layer, before) : tf.tanh(ops.conv1d(x, layer));
    return last < 0 ? tf.mul(before, 2) : x;
  }

  /** Durations in frames of mel -> in frames of the decoder, enough for all of them. */
  private decoderFrames(durations: Int32Array, total: number): Int32Array {
    const { reduction } = this.config;
    if (reduction === 1) return durations;
    let [mel, spent] = [0, 0];
    const frames = durations.map((duration) => {
      mel += duration;
      const upTo = mel === total ? Math.ceil(mel / reduction) : Math.round(mel / reduction);
      spent += upTo - spent;
      return upTo;
    });
    for (let n = frames.length - 1; n > 0; n--) frames[n]! -= frames[n - 1]!;
    return frames;
  }

  private async predict(hidden: Tensor3D): Promise<TokenProsody> {
    const { reduction, speed } = this.config;
    const { backend } = this.layers;
    const tokens = hidden.shape[1];
    const predictions = backend.run((ops) => this.predictors.map((one) => one.apply(ops, hidden)));
    const read: Float32Array[] = [];
    try {
      for (const prediction of predictions) {
        const values = new Float32Array(tokens);
        await backend.read(prediction, values);
        read.push(values);
      }
    } finally {
      for (const prediction of predictions) prediction.dispose();
    }
    const [logs, pitch, energy] = read as [Float32Array, Float32Array, Float32Array];
    let durations = framesFromLogDurations(logs, 1).map((frames) =>
      roundHalfEven(Math.fround(frames * Math.fround(speed))),
    );
    if (framesOf(durations) === 0) durations = durations.fill(1); // as the original's length regulator does
    durations = durations.map((frames) => frames * reduction);
    const logDurations = Float32Array.from(durations, (frames) => Math.log(frames + 1));
    return { logDurations, durations, pitch, energy };
  }

  private embedded(tokens: Int32Array): Float32Array {
    const { channels, vocabulary } = this.config;
    const rows = new Float32Array(tokens.length * channels);
    tokens.forEach((token, n) => {
      mustBeWithin(token, vocabulary, `Token ${n} is not in the model's vocabulary`);
      rows.set(this.embed.data.subarray(token * channels, (token + 1) * channels), n * channels);
    });
    return rows;
  }

  private speakerRow(speaker: number): Float32Array | undefined {
    const { channels } = this.config;
    const [speakers, languages] = [Math.max(1, this.config.speakers), Math.max(1, this.config.languages)];
    mustBeWithin(speaker, speakers * languages, 'The model has no such speaker');
    if (!this.speakers && !this.languages) return undefined;
    const row = new Float32Array(channels);
    const add = (table: Float32Tensor | undefined, index: number): void => {
      for (let c = 0; table && c < channels; c++) row[c]! += table.data[index * channels + c]!;
    };
    add(this.speakers, speaker % speakers);
    add(this.languages, Math.floor(speaker / speakers));
    return row;
  }
}

function mustBeWithin(value: number, count: number, what: string): void {
  if (value >= 0 && value < count) return;
  throw new VoirsError('INVALID_OPTIONS', what, {
    got: `${value}`,
    wanted: `0 to ${count - 1}`,
    suggestion: 'Use the vocabulary and the speakers that belong to this model',
  });
}

/** Convolutions with layer norm, and a linear layer to one number per token. */
class VariancePredictor {
  private readonly convs: { conv: Layer<'conv1d'>; norm: Layer<'layer-norm'> }[];
  private readonly out: Layer<'linear'>;

  constructor(
    read: LayerReader,
    name: string,
    channels: number,
    { layers, channels: inner, kernel }: Predictor,
  ) {
    this.convs = Array.from({ length: layers }, (_, i) => {
      const prefix = `${name}.conv_layers.${i}`;
      const shape = { in: i === 0 ? channels : inner, out: inner, kernel };
      return {
        conv: read.conv1d(`${prefix}.conv`, shape, { activation: 'relu' }),
        norm: read.layerNorm(`${prefix}.layer_norm`, inner),
      };
    });
    this.out = read.linear(`${name}.linear`, { in: inner, out: 1 });
  }

  /** [1, N, C] -> [1, N, 1]. */
  apply(ops: Ops, hidden: Tensor3D): Tensor3D {
    let x = hidden;
    for (const { conv, norm } of this.convs) x = ops.layerNorm(ops.conv1d(x, conv), norm); // [1, N, P]
    return ops.linear(x, this.out);
  }
}

/** Manifest type `fastspeech2-conformer`. */
export const fastspeech2Conformer: ModelType<AcousticModel> = {
  type: 'fastspeech2-conformer',
  read(entry) {
    const config = readConformerConfig(entry);
    const make = (read: LayerReader, layers: LoadedLayers) => new FastSpeech2Conformer(config, read, layers);
    return {
      config,
      declaration: () => declaredBy(make),
      load: (backend, tensors, source, weights) => loadModel(backend, tensors, make, { source, weights }),
    };
  },
};
