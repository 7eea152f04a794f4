// The acoustic model: tokens -> durations, pitch and energy -> mel and log F0, as FastSpeech 2 (arXiv 2006.04558, figure
// 1) with the exact steps of ARCHITECTURE.md. The decoder is a part of its own, so that a variant brings only that.
//
// B batch (1), N tokens, T mel frames, C channels, F channels between a block's convolutions, P channels of a predictor.
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
  type VoiceShape,
} from '../models/model.js';
import { type FastSpeech2Config, readFastSpeech2Config } from './fastspeech2-config.js';

/** From the length regulator to the last hidden frame. */
export interface FrameDecoder {
  /** Frames on either side that reach a frame; Infinity where all do. */
  readonly contextFrames: number;
  /** Most values per frame that are alive together. */
  readonly valuesPerFrame: number;
  /**
   * h [1, N, C] with pitch and energy in it, and frames per token -> hidden frames, of the whole sentence or of a stretch
   * of it that holds `wanted` (half-open, in frames); `from` is the first of them.
   */
  apply(ops: Ops, adapted: Tensor3D, durations: Int32Array, wanted: RowRange): { x: Tensor3D; from: number };
}

/** Reads a decoder's layers. */
export type DecoderReader = (read: LayerReader) => FrameDecoder;

/** A loaded model on one backend. */
export class FastSpeech2 implements AcousticModel {
  private readonly embed: Float32Tensor;
  private readonly speakers: Float32Tensor;
  private readonly tokenPositions: Sinusoid;
  private readonly encoder: FftBlock[];
  private readonly duration: VariancePredictor;
  private readonly pitch: VariancePredictor;
  private readonly energy: VariancePredictor;
  private readonly pitchEmbed: Layer<'conv1d'>;
  private readonly energyEmbed: Layer<'conv1d'>;
  private readonly decoder: FrameDecoder;
  private readonly mel: Layer<'linear'>;
  /** Mel bands; the last output of the linear layer, after them, is the frame's log F0. */
  readonly bands: number;

  constructor(
    private readonly config: FastSpeech2Config,
    voice: Pick<VoiceShape, 'tokens' | 'speakers' | 'bands'>,
    readDecoder: DecoderReader,
    read: LayerReader,
    private readonly layers: LoadedLayers,
  ) {
    const { channels, predictorChannels, predictorKernel, encoderLayers } = config;
    const predictor = (name: string) =>
      VariancePredictor.read(read, name, channels, predictorChannels, predictorKernel);
    this.embed = read.table('embed.weight', voice.tokens, channels);
    this.speakers = read.table('speaker.weight', { atLeast: voice.speakers }, channels);
    this.tokenPositions = new Sinusoid(channels, read.table('enc_scale', 1).data[0]!);
    this.encoder = Array.from({ length: encoderLayers }, (_, i) =>
      FftBlock.read(read, `encoder.${i}`, config),
    );
    this.duration = predictor('duration');
    this.pitch = predictor('pitch');
    this.energy = predictor('energy');
    this.pitchEmbed = read.conv1d('pitch_embed', { in: 1, out: channels, kernel: 'odd' });
    this.energyEmbed = read.conv1d('energy_embed', { in: 1, out: channels, kernel: 'odd' });
    this.decoder = readDecoder(read);
    this.bands = voice.bands;
    this.mel = read.linear('mel', { in: channels, out: voice.bands + 1 });
  }

  async encode(tokens: Int32Array, speaker: number): Promise<EncodedSentence> {
    const hidden = this.layers.backend.run((ops) => {
      let x: Tensor3D = this.embedTokens(tokens); // [1, N, C]
      for (const block of this.encoder) x = block.apply(ops, x);
      return tf.add<Tensor3D>(x, this.speakerRow(speaker)); // [1, N, C] + [1, 1, C]
    });
    try {
      return { hidden, predicted: await this.predict(hidden), dispose: () => hidden.dispose() };
    } catch (error) {
      hidden.dispose();
      throw error;
    }
  }

  async decode(encoded: EncodedSentence, prosody: TokenProsody, range?: RowRange): Promise<DecodedFrames> {
    const { from, to } = range ?? { from: 0, to: framesOf(prosody.durations) };
    throwWithoutFrames(to);
    const { hidden } = encoded;
    let first = 0;
    const decoded = this.layers.backend.run((ops) => {
      const column = (values: Float32Array) => tf.tensor3d(values.slice(), [1, values.length, 1]); // [1, N, 1]
      const withPitch = ops.conv1d(column(prosody.pitch), this.pitchEmbed, hidden); // [1, N, C]
      const adapted = ops.conv1d(column(prosody.energy), this.energyEmbed, withPitch); // [1, N, C]
      const frames = this.decoder.apply(ops, adapted, prosody.durations, { from, to }); // [1, T, C]
      first = frames.from;
      return ops.linear(frames.x, this.mel); // [1, T, bands + 1]
    });
    const width = this.bands + 1;
    const rows = new Float32Array((to - from) * width);
    try {
      await this.layers.backend.read(decoded, rows, (from - first) * width);
    } finally {
      decoded.dispose();
    }
    return splitRows(rows, to - from, this.bands);
  }

  get contextFrames(): number {
    return this.decoder.contextFrames;
  }

  get valuesPerFrame(): number {
    return this.decoder.valuesPerFrame;
  }

  get weightBytes(): number {
    return this.layers.bytes;
  }

  dispose(): void {
    this.layers.dispose();
  }

  /** embed[tokens] sqrt(C) + enc_scale sinusoid, on the host: N rows are too few to be worth a kernel. */
  private embedTokens(tokens: Int32Array): Tensor3D {
    const { channels } = this.config;
    const vocabulary = this.embed.shape[0]!;
    const rows = this.tokenPositions.rows(tokens.length).slice();
    const gain = Math.sqrt(channels);
    tokens.forEach((token, n) => {
      if (!(token >= 0 && token < vocabulary)) {
        throw new VoirsError('INVALID_OPTIONS', `Token ${n} is not in the vocabulary`, {
          got: `${token}`,
          wanted: `0 to ${vocabulary - 1}`,
        });
      }
      for (let c = 0; c < channels; c++)
        rows[n * channels + c]! += this.embed.data[token * channels + c]! * gain;
    });
    return tf.tensor3d(rows, [1, tokens.length, channels]);
  }

  private speakerRow(speaker: number): Tensor3D {
    const { channels } = this.config;
    const count = this.speakers.shape[0]!;
    if (!(speaker >= 0 && speaker < count)) {
      throw new VoirsError('INVALID_OPTIONS', 'The model has no such speaker', {
        got: `${speaker}`,
        wanted: `0 to ${count - 1}`,
      });
    }
    const row = this.speakers.data.slice(speaker * channels, (speaker + 1) * channels);
    return tf.tensor3d(row, [1, 1, channels]);
  }

  private async predict(hidden: Tensor3D): Promise<TokenProsody> {
    const tokens = hidden.shape[1];
    const predictions = this.layers.backend.run((ops) =>
      [this.duration, this.pitch, this.energy].map((predictor) => predictor.apply(ops, hidden)),
    );
    const read: Float32Array[] = [];
    try {
      for (const prediction of predictions) {
        const values = new Float32Array(tokens);
        await this.layers.backend.read(prediction, values);
        read.push(values);
      }
    } finally {
      for (const prediction of predictions) prediction.dispose();
    }
    const [logDurations, pitch, energy] = read as [Float32Array, Float32Array, Float32Array];
    return { logDurations, durations: framesFromLogDurations(logDurations, 1), pitch, energy };
  }
}

/**
 * A feed-forward transformer block (arXiv 1905.09263, figure 1b): self-attention, then two convolutions, each with a
 * residual and layer norm after it (post-norm).
 */
class FftBlock {
  private constructor(
    private readonly attn: Layer<'attention'>,
    private readonly norm1: Layer<'layer-norm'>,
    private readonly conv1: Layer<'conv1d'>,
    private readonly conv2: Layer<'conv1d'>,
    private readonly norm2: Layer<'layer-norm'>,
  ) {}

  static read(read: LayerReader, prefix: string, config: FastSpeech2Config): FftBlock {
    const { channels, heads, ffnChannels, ffnKernel } = config;
    const wide = { in: channels, out: ffnChannels, kernel: ffnKernel };
    const narrow = { in: ffnChannels, out: channels, kernel: 1 };
    return new FftBlock(
      read.attention(`${prefix}.attn`, channels, heads),
      read.layerNorm(`${prefix}.norm1`, channels),
      read.conv1d(`${prefix}.conv1`, wide, { activation: 'relu' }),
      read.conv1d(`${prefix}.conv2`, narrow),
      read.layerNorm(`${prefix}.norm2`, channels),
    );
  }

  /** [B, N, C] -> [B, N, C]. */
  apply(ops: Ops, x: Tensor3D): Tensor3D {
    // Each residual sum frees its inputs at once: a decoder block at T 900 would otherwise hold 10 MB more.
    const attended = tf.tidy(() => ops.layerNorm(ops.attention(x, this.attn, x), this.norm1));
    const result = tf.tidy(() => {
      const hidden = ops.conv1d(attended, this.conv1); // [B, N, F]
      return ops.layerNorm(ops.conv1d(hidden, this.conv2, attended), this.norm2); // [B, N, C]
    });
    attended.dispose();
    return result;
  }
}

/** A variance predictor (figure 1c): two convolutions and a linear layer to one number per token. */
class VariancePredictor {
  private constructor(
    private readonly conv1: Layer<'conv1d'>,
    private readonly norm1: Layer<'layer-norm'>,
    private readonly conv2: Layer<'conv1d'>,
    private readonly norm2: Layer<'layer-norm'>,
    private readonly out: Layer<'linear'>,
  ) {}

  static read(
    read: LayerReader,
    prefix: string,
    channels: number,
    inner: number,
    kernel: number,
  ): VariancePredictor {
    const relu = { activation: 'relu' } as const;
    return new VariancePredictor(
      read.conv1d(`${prefix}.conv1`, { in: channels, out: inner, kernel }, relu),
      read.layerNorm(`${prefix}.norm1`, inner),
      read.conv1d(`${prefix}.conv2`, { in: inner, out: inner, kernel }, relu),
      read.layerNorm(`${prefix}.norm2`, inner),
      read.linear(`${prefix}.out`, { in: inner, out: 1 }),
    );
  }

  /** [B, N, C] -> [B, N, 1]. */
  apply(ops: Ops, h: Tensor3D): Tensor3D {
    const first = ops.layerNorm(ops.conv1d(h, this.conv1), this.norm1); // [B, N, P]
    const second = ops.layerNorm(ops.conv1d(first, this.conv2), this.norm2); // [B, N, P]
    return ops.linear(second, this.out);
  }
}

/** FastSpeech 2's own decoder: positions and transformer blocks over all frames, so that it runs on whole sentences. */
class TransformerDecoder implements FrameDecoder {
  readonly contextFrames = Number.POSITIVE_INFINITY;
  readonly valuesPerFrame: number;
  private readonly positions: Sinusoid;
  private readonly blocks: FftBlock[];

  constructor(read: LayerReader, config: FastSpeech2Config, layers: number) {
    const { channels, ffnChannels } = config;
    this.positions = new Sinusoid(channels, read.table('dec_scale', 1).data[0]!);
    this.blocks = Array.from({ length: layers }, (_, i) => FftBlock.read(read, `decoder.${i}`, config));
    this.valuesPerFrame = Math.max(2 * channels + ffnChannels, 7 * channels); // between convolutions, in attention
  }

  apply(ops: Ops, adapted: Tensor3D, durations: Int32Array): { x: Tensor3D; from: number } {
    const indices = frameIndices(durations);
    const [frames, channels] = [indices.length, adapted.shape[2]];
    const positions = tf.tensor3d(this.positions.rows(frames), [1, frames, channels]);
    let x: Tensor3D = tf.add(ops.gather(adapted, tf.tensor1d(indices, 'int32')), positions); // [1, N, C] -> [1, T, C]
    for (const block of this.blocks) {
      const next = block.apply(ops, x);
      x.dispose();
      x = next;
    }
    return { x, from: 0 };
  }
}

/** Rounds half to even, as PyTorch's torch.round does. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** The length regulator's first half: frames[n] = max(0, round((exp(log_duration[n]) - 1) / rate)). */
export function framesFromLogDurations(logDurations: Float32Array, rate: number): Int32Array {
  return Int32Array.from(logDurations, (logD) => Math.max(0, roundHalfEven((Math.exp(logD) - 1) / rate)));
}

/** T: the sum of durations [N]. */
export function framesOf(durations: Int32Array): number {
  return durations.reduce((sum, d) => sum + d, 0);
}

/** Its second half: the token that each frame repeats, durations [N] -> indices [T]. */
export function frameIndices(durations: Int32Array): Int32Array {
  const indices = new Int32Array(framesOf(durations));
  let at = 0;
  durations.forEach((duration, token) => {
    if (duration < 0) {
      throw new VoirsError('INVALID_OPTIONS', `The duration of token ${token} is negative`, {
        got: `${duration}`,
        wanted: 'frames >= 0',
      });
    }
    indices.fill(token, at, at + duration);
    at += duration;
  });
  return indices;
}

/** [T, bands + 1] -> mel [T, bands], moved together where the rows are, and log F0 [T]. */
function splitRows(rows: Float32Array, frames: number, bands: number): DecodedFrames {
  const logF0 = new Float32Array(frames);
  for (let t = 0; t < frames; t++) {
    const row = t * (bands + 1);
    logF0[t] = rows[row + bands]!;
    rows.copyWithin(t * bands, row, row + bands);
  }
  return { frames, mel: rows.subarray(0, frames * bands), logF0 };
}

/** Rows that a table of positions grows by: a multiple saves making it anew for every slightly longer sentence. */
const GROWTH = 256;

/**
 * Positions as sines and cosines (Vaswani et al. 2017, section 3.5), on the host:
 * pe[n, 2i] = sin(n w_i), pe[n, 2i + 1] = cos(n w_i), w_i = exp(-ln(10000) 2i / C), times `scale`.
 * Rates and angles are rounded to float32 as PyTorch's are: at n = 900 that moves the fifth decimal.
 * The table is kept, as long as the longest sentence so far: 160,000 sines are 5 ms of a 10 s sentence.
 */
export class Sinusoid {
  private table = new Float32Array(0);

  constructor(
    private readonly channels: number,
    private readonly scale: number,
  ) {}

  /** @returns [N, C] of N = `length`, row-major; the caller must not change it. */
  rows(length: number): Float32Array {
    const { channels } = this;
    const known = this.table.length / channels;
    if (length > known) this.extend(known, Math.ceil(length / GROWTH) * GROWTH);
    return this.table.subarray(0, length * channels);
  }

  private extend(from: number, to: number): void {
    const { channels, scale } = this;
    const table = new Float32Array(to * channels);
    table.set(this.table);
    for (let i = 0; i < channels; i += 2) {
      const rate = Math.fround(Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / channels)));
      for (let n = from; n < to; n++) {
        const angle = Math.fround(n * rate);
        table[n * channels + i] = Math.sin(angle) * scale;
        if (i + 1 < channels) table[n * channels + i + 1] = Math.cos(angle) * scale;
      }
    }
    this.table = table;
  }
}

/** Manifest type `fastspeech2`. */
export const fastspeech2: ModelType<AcousticModel> = {
  type: 'fastspeech2',
  read(entry, voice) {
    const config = readFastSpeech2Config(entry);
    const decoderLayers = entry.field('decoderLayers').integer({ min: 1, max: 256 });
    const readDecoder = (read: LayerReader) => new TransformerDecoder(read, config, decoderLayers);
    return { ...described(config, voice, readDecoder), config: { ...config, decoderLayers } };
  },
};

/** A model of the family with the given decoder, as {@link ModelType.read} returns it. */
export function described(
  config: FastSpeech2Config,
  voice: VoiceShape,
  readDecoder: DecoderReader,
): ReturnType<ModelType<AcousticModel>['read']> {
  const make = (read: LayerReader, layers: LoadedLayers) =>
    new FastSpeech2(config, voice, readDecoder, read, layers);
  return {
    config,
    declaration: () => declaredBy(make),
    load: (backend, tensors, source, weights) =>
      loadModel(backend, tensors, make, { source, weights, layerNormEpsilon: config.layerNormEpsilon }),
  };
}
