// The acoustic model: tokens -> mel, durations, pitch, energy and log F0, FastSpeech 2 style (arXiv 2006.04558)
// exactly as shared voices are trained: see weights/*/model.json and ARCHITECTURE.md.
//
// B batch (1), N tokens, T mel frames, C channels.

import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Backend } from '../backends/backend.js';
import type { Layer, Ops, WeightForm } from '../backends/ops.js';
import type { Float32Tensor } from '../checkpoints/tensor.js';
import { VoirsError } from '../errors.js';
import { LayerReader } from '../models/layers.js';

/** The sizes of the model, from the voice's manifest. */
export interface AcousticConfig {
  channels: number;
  /** Between the two convolutions of a block. */
  ffnChannels: number;
  heads: number;
  encoderLayers: number;
  decoderLayers: number;
  layerNormEpsilon: number;
}

/** One number of each kind per token. */
export interface TokenProsody {
  /** [N] ln(frames + 1) as predicted. */
  logDurations: Float32Array;
  /** [N] frames. */
  durations: Int32Array;
  /** [N] z-scores of log F0. */
  pitch: Float32Array;
  /** [N] z-scores of log energy. */
  energy: Float32Array;
}

/** A sentence after the encoder: predictions on the host, hidden states on the backend. Dispose it. */
export interface EncodedSentence {
  readonly predicted: TokenProsody;
  /** h [1, N, C]: encoder output plus speaker. */
  readonly hidden: tf.Tensor3D;
  dispose(): void;
}

/** What the decoder says, on the host. */
export interface DecodedSentence {
  frames: number;
  /** [T, bands] natural-log mel, row-major. */
  mel: Float32Array;
  /** [T] z-scores of log F0. */
  logF0: Float32Array;
}

/** A loaded acoustic model on one backend. */
export class FastSpeech {
  private readonly encoder: FftBlock[];
  private readonly decoder: FftBlock[];
  private readonly duration: VariancePredictor;
  private readonly pitch: VariancePredictor;
  private readonly energy: VariancePredictor;
  private readonly pitchEmbed: Layer<'conv1d'>;
  private readonly energyEmbed: Layer<'conv1d'>;
  private readonly melLinear: Layer<'linear'>;
  private readonly embed: Float32Tensor;
  private readonly speakers: Float32Tensor;
  private readonly tokenPositions: Sinusoid;
  private readonly framePositions: Sinusoid;
  private readonly reader: LayerReader;
  /** Mel bands; the last output of the linear layer after them is the frame's log F0. */
  readonly bands: number;

  private constructor(
    private readonly backend: Backend,
    private readonly config: AcousticConfig,
    read: LayerReader,
  ) {
    this.reader = read;
    const block = (prefix: string) => FftBlock.read(read, prefix, config.heads);
    this.encoder = Array.from({ length: config.encoderLayers }, (_, i) => block(`encoder.${i}`));
    this.decoder = Array.from({ length: config.decoderLayers }, (_, i) => block(`decoder.${i}`));
    this.duration = VariancePredictor.read(read, 'duration');
    this.pitch = VariancePredictor.read(read, 'pitch');
    this.energy = VariancePredictor.read(read, 'energy');
    this.pitchEmbed = read.conv1d('pitch_embed');
    this.energyEmbed = read.conv1d('energy_embed');
    this.melLinear = read.linear('mel');
    this.bands = read.tensor('mel.weight').shape[0]! - 1;
    this.embed = copyOf(read.tensor('embed.weight'));
    this.speakers = copyOf(read.tensor('speaker.weight'));
    const positions = (scale: string) => new Sinusoid(config.channels, read.tensor(scale).data[0]!);
    this.tokenPositions = positions('enc_scale');
    this.framePositions = positions('dec_scale');
    read.finish();
  }

  static load(
    backend: Backend,
    config: AcousticConfig,
    tensors: ReadonlyMap<string, Float32Tensor>,
    weights?: WeightForm,
  ): FastSpeech {
    const make = (read: LayerReader) => new FastSpeech(backend, config, read);
    return LayerReader.load(backend, tensors, make, { layerNormEpsilon: config.layerNormEpsilon, weights });
  }

  /** Bytes of weights the backend holds for this model. */
  get weightBytes(): number {
    return this.reader.bytes;
  }

  /** Most values per frame that are alive together: between the convolutions of a block, or in its attention. */
  get valuesPerFrame(): number {
    const { channels, ffnChannels } = this.config;
    return Math.max(2 * channels + ffnChannels, 7 * channels);
  }

  /**
   * tokens [N] -> hidden states and the predictions per token (durations at rate 1).
   * @throws VoirsError INVALID_OPTIONS for a token or speaker that the model does not have.
   */
  async encode(tokens: Int32Array, speaker: number): Promise<EncodedSentence> {
    const hidden = this.backend.run((ops) => this.encoderGraph(ops, tokens, speaker));
    try {
      return { hidden, predicted: await this.predict(hidden), dispose: () => hidden.dispose() };
    } catch (error) {
      hidden.dispose();
      throw error;
    }
  }

  /**
   * Hidden states and the numbers to speak them with -> mel and log F0.
   * @throws VoirsError SYNTHESIS_FAILED when all durations are 0.
   */
  async decode(encoded: EncodedSentence, prosody: TokenProsody): Promise<DecodedSentence> {
    const indices = frameIndices(prosody.durations);
    const frames = indices.length;
    if (frames === 0) {
      throw new VoirsError('SYNTHESIS_FAILED', 'Every token of the sentence has duration 0', {
        wanted: 'at least one frame',
        suggestion: 'Lower the rate, or give a token a duration',
      });
    }
    const rows = new Float32Array(frames * (this.bands + 1));
    const decoded = this.backend.run((ops) => this.decoderGraph(ops, encoded.hidden, prosody, indices));
    try {
      await this.backend.read(decoded, rows);
    } finally {
      decoded.dispose();
    }
    return { frames, ...splitRows(rows, frames, this.bands) };
  }

  dispose(): void {
    this.reader.dispose();
  }

  /** [N] -> h [1, N, C]: embedding, positions, encoder blocks, speaker. */
  private encoderGraph(ops: Ops, tokens: Int32Array, speaker: number): tf.Tensor3D {
    const { channels } = this.config;
    const speakers = this.speakers.shape[0]!;
    if (!(speaker >= 0 && speaker < speakers)) {
      throw new VoirsError('INVALID_OPTIONS', 'The model has no such speaker', {
        got: `${speaker}`,
        wanted: `0 to ${speakers - 1}`,
      });
    }
    let x: tf.Tensor3D = tf.tensor3d(this.embedTokens(tokens), [1, tokens.length, channels]);
    for (const block of this.encoder) x = block.apply(ops, x);
    const voice = this.speakers.data.subarray(speaker * channels, (speaker + 1) * channels);
    return tf.add(x, tf.tensor3d(voice.slice(), [1, 1, channels])); // [1, N, C] + [1, 1, C]
  }

  /** embed[tokens] sqrt(C) + enc_scale sinusoid, on the host: N rows are too few to be worth a kernel. */
  private embedTokens(tokens: Int32Array): Float32Array {
    const { channels } = this.config;
    const rows = this.tokenPositions.rows(tokens.length).slice();
    const gain = Math.sqrt(channels);
    tokens.forEach((token, n) => {
      if (token < 0 || token >= this.embed.shape[0]!) {
        throw new VoirsError('INVALID_OPTIONS', `Token ${n} is not in the vocabulary`, {
          got: `${token}`,
          wanted: `0 to ${this.embed.shape[0]! - 1}`,
        });
      }
      for (let c = 0; c < channels; c++)
        rows[n * channels + c]! += this.embed.data[token * channels + c]! * gain;
    });
    return rows;
  }

  private async predict(hidden: tf.Tensor3D): Promise<TokenProsody> {
    const tokens = hidden.shape[1];
    const predictions = this.backend.run((ops) => [
      this.duration.apply(ops, hidden),
      this.pitch.apply(ops, hidden),
      this.energy.apply(ops, hidden),
    ]);
    const [logDurations, pitch, energy] = [0, 1, 2].map(() => new Float32Array(tokens)) as Float32Array[];
    try {
      await this.backend.read(predictions[0]!, logDurations!);
      await this.backend.read(predictions[1]!, pitch!);
      await this.backend.read(predictions[2]!, energy!);
    } finally {
      for (const prediction of predictions) prediction.dispose();
    }
    return {
      logDurations: logDurations!,
      durations: framesFromLogDurations(logDurations!, 1),
      pitch: pitch!,
      energy: energy!,
    };
  }

  /** h [1, N, C] with its pitch, energy and durations -> [1, T, bands + 1]. */
  private decoderGraph(
    ops: Ops,
    hidden: tf.Tensor3D,
    prosody: TokenProsody,
    indices: Int32Array,
  ): tf.Tensor3D {
    const { channels } = this.config;
    const tokens = hidden.shape[1];
    const frames = indices.length;
    const curve = (values: Float32Array) => tf.tensor3d(values.slice(), [1, tokens, 1]);
    const withPitch = ops.conv1d(curve(prosody.pitch), this.pitchEmbed, hidden); // [1, N, C]
    const adapted = ops.conv1d(curve(prosody.energy), this.energyEmbed, withPitch); // [1, N, C]
    const positions = tf.tensor3d(this.framePositions.rows(frames), [1, frames, channels]);
    const picked = tf.tensor1d(indices, 'int32');
    let x: tf.Tensor3D = tf.add(ops.gather(adapted, picked), positions); // [1, N, C] -> [1, T, C]
    for (const block of this.decoder) {
      const next = block.apply(ops, x);
      x.dispose();
      x = next;
    }
    return ops.linear(x, this.melLinear);
  }
}

/** A small table that outlives the checkpoint it was read from. */
function copyOf(weights: Float32Tensor): Float32Tensor {
  return { shape: [...weights.shape], data: weights.data.slice() };
}

/** [T, bands + 1] -> mel [T, bands], moved together where the rows are, and log F0 [T]. */
function splitRows(
  rows: Float32Array,
  frames: number,
  bands: number,
): { mel: Float32Array; logF0: Float32Array } {
  const logF0 = new Float32Array(frames);
  for (let t = 0; t < frames; t++) {
    const row = t * (bands + 1);
    logF0[t] = rows[row + bands]!;
    rows.copyWithin(t * bands, row, row + bands);
  }
  return { mel: rows.subarray(0, frames * bands), logF0 };
}

// One feed-forward transformer block of FastSpeech (arXiv 1905.09263, figure 1b): self-attention, then two
// convolutions, each with a residual and layer norm after it (post-norm).

export class FftBlock {
  private constructor(
    private readonly attn: Layer<'attention'>,
    private readonly norm1: Layer<'layer-norm'>,
    private readonly conv1: Layer<'conv1d'>,
    private readonly conv2: Layer<'conv1d'>,
    private readonly norm2: Layer<'layer-norm'>,
  ) {}

  /** Reads `encoder.0.attn.q.weight` and so on; `prefix` is `encoder.0`. */
  static read(read: LayerReader, prefix: string, heads: number): FftBlock {
    return new FftBlock(
      read.attention(`${prefix}.attn`, heads),
      read.layerNorm(`${prefix}.norm1`),
      read.conv1d(`${prefix}.conv1`, { activation: 'relu' }),
      read.conv1d(`${prefix}.conv2`),
      read.layerNorm(`${prefix}.norm2`),
    );
  }

  /** [B, N, C] -> [B, N, C]. */
  apply(ops: Ops, x: Tensor3D): Tensor3D {
    // Each residual sum frees its inputs at once: a decoder block at T 900 would otherwise hold 10 MB more.
    const attended = tf.tidy(() => ops.layerNorm(ops.attention(x, this.attn, x), this.norm1));
    const result = tf.tidy(() => {
      const hidden = ops.conv1d(attended, this.conv1); // [B, N, F]
      return ops.layerNorm(ops.conv1d(hidden, this.conv2, attended), this.norm2);
    });
    attended.dispose();
    return result;
  }
}

// FastSpeech 2's variance predictor (arXiv 2006.04558, figure 1c): two convolutions and a linear layer to one
// number per token; the model has three, for log duration, pitch and energy.

export class VariancePredictor {
  private constructor(
    private readonly conv1: Layer<'conv1d'>,
    private readonly norm1: Layer<'layer-norm'>,
    private readonly conv2: Layer<'conv1d'>,
    private readonly norm2: Layer<'layer-norm'>,
    private readonly out: Layer<'linear'>,
  ) {}

  static read(read: LayerReader, prefix: string): VariancePredictor {
    return new VariancePredictor(
      read.conv1d(`${prefix}.conv1`, { activation: 'relu' }),
      read.layerNorm(`${prefix}.norm1`),
      read.conv1d(`${prefix}.conv2`, { activation: 'relu' }),
      read.layerNorm(`${prefix}.norm2`),
      read.linear(`${prefix}.out`),
    );
  }

  /** [B, N, C] -> [B, N, 1]. */
  apply(ops: Ops, h: Tensor3D): Tensor3D {
    const first = ops.layerNorm(ops.conv1d(h, this.conv1), this.norm1); // [B, N, P]
    const second = ops.layerNorm(ops.conv1d(first, this.conv2), this.norm2); // [B, N, P]
    return ops.linear(second, this.out);
  }
}

// FastSpeech's length regulator: from predicted log durations to whole frames, and from tokens to frames.

/** Rounds half to even, as PyTorch's torch.round does. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** frames[n] = max(0, round((exp(log_duration[n]) - 1) / rate)). */
export function framesFromLogDurations(logDurations: Float32Array, rate: number): Int32Array {
  return Int32Array.from(logDurations, (logD) => Math.max(0, roundHalfEven((Math.exp(logD) - 1) / rate)));
}

/** The token that each frame repeats: durations [N] -> indices [T], T = sum of durations. */
export function frameIndices(durations: Int32Array): Int32Array {
  const frames = durations.reduce((sum, d) => sum + d, 0);
  const indices = new Int32Array(frames);
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

// Positions as sines and cosines (Vaswani et al. 2017, section 3.5), computed on the host and added to a sequence.

/** Rows that a table grows by: a multiple saves making it anew for every slightly longer sentence. */
const GROWTH = 256;

/**
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
