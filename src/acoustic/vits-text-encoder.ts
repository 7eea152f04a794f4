// VITS's text encoder (arXiv 2106.06103, figure 1a): transformer blocks whose attention has a window of relative
// positions (arXiv 1809.04281), then the mean and deviation of each symbol's latents.
//
// N symbols, C channels, d channels of a head, W window.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops } from '../backends/ops.js';
import type { Float32Tensor } from '../checkpoints/tensor.js';
import { VoirsError } from '../errors.js';
import type { LayerReader, TensorLayer } from '../models/layers.js';
import { scoresWithinWindow, weightsWithinWindow } from '../models/relative-attention.js';
import type { VitsConfig } from './vits-config.js';

/** Symbols -> hidden states and the statistics of the prior. */
export class TextEncoder {
  private readonly embed: Float32Tensor;
  private readonly blocks: Block[];
  private readonly project: Layer<'conv1d'>;

  constructor(
    private readonly config: VitsConfig,
    read: LayerReader,
  ) {
    const { channels, vocabulary, latentChannels, encoderLayers } = config;
    this.embed = read.table('enc_p.emb.weight', vocabulary, channels);
    this.blocks = Array.from({ length: encoderLayers }, (_, i) => new Block(config, read, i));
    const out = 2 * latentChannels;
    this.project = read.conv1d('enc_p.proj', { in: channels, out, kernel: 1 });
  }

  /** symbols [N] -> x [1, N, C] and, of each symbol's latents, mean and log of the deviation: [1, N, 2 latents]. */
  apply(ops: Ops, symbols: Int32Array): { x: Tensor3D; statistics: Tensor3D } {
    let x = this.embedded(symbols);
    for (const block of this.blocks) x = block.apply(ops, x);
    return { x, statistics: ops.conv1d(x, this.project) };
  }

  /** embed[symbols] sqrt(C), on the host. */
  private embedded(symbols: Int32Array): Tensor3D {
    const { channels, vocabulary: known } = this.config;
    const rows = new Float32Array(symbols.length * channels);
    const gain = Math.sqrt(channels);
    symbols.forEach((symbol, n) => {
      if (!(symbol >= 0 && symbol < known)) {
        throw new VoirsError('INVALID_OPTIONS', `Symbol ${n} is not in the model's vocabulary`, {
          got: `${symbol}`,
          wanted: `0 to ${known - 1}`,
          suggestion: 'Use the vocabulary that belongs to this model',
        });
      }
      for (let c = 0; c < channels; c++)
        rows[n * channels + c] = this.embed.data[symbol * channels + c]! * gain;
    });
    return tf.tensor3d(rows, [1, symbols.length, channels]);
  }
}

/** Input channels up to which backends have their fastest convolutions (docs/kernels.md). */
const WIDEST = 256;

/** Attention and two convolutions, each with a residual and layer norm after it. */
class Block {
  private readonly q: Layer<'conv1d'>;
  private readonly k: Layer<'conv1d'>;
  private readonly v: Layer<'conv1d'>;
  private readonly out: Layer<'conv1d'>;
  /** Embeddings of the distances -W to W, [1, 2 W + 1, d], shared by the heads. */
  private readonly relativeKeys: TensorLayer;
  private readonly relativeValues: TensorLayer;
  private readonly norm1: Layer<'layer-norm'>;
  /** The two convolutions, between some of the inner channels each: their sum is the whole. */
  private readonly feedForward: { conv1: Layer<'conv1d'>; conv2: Layer<'conv1d'> }[];
  private readonly norm2: Layer<'layer-norm'>;

  constructor(
    private readonly config: VitsConfig,
    read: LayerReader,
    layer: number,
  ) {
    const { channels, heads, window, ffnChannels, ffnKernel } = config;
    const prefix = `enc_p.encoder.attn_layers.${layer}`;
    const width = channels / heads;
    const square = { in: channels, out: channels, kernel: 1 };
    const table = [1, 2 * window + 1, width];
    this.q = read.conv1d(`${prefix}.conv_q`, square, { gain: 1 / Math.sqrt(width) });
    this.k = read.conv1d(`${prefix}.conv_k`, square);
    this.v = read.conv1d(`${prefix}.conv_v`, square);
    this.out = read.conv1d(`${prefix}.conv_o`, square);
    this.relativeKeys = read.tensor(`${prefix}.emb_rel_k`, table);
    this.relativeValues = read.tensor(`${prefix}.emb_rel_v`, table);
    this.norm1 = read.layerNorm(`enc_p.encoder.norm_layers_1.${layer}`, channels);
    const ffn = `enc_p.encoder.ffn_layers.${layer}`;
    const wide = { in: channels, out: ffnChannels, kernel: ffnKernel };
    const narrow = { in: ffnChannels, out: channels, kernel: ffnKernel };
    this.feedForward = Array.from({ length: Math.ceil(ffnChannels / WIDEST) }, (_, i) => {
      const some = { from: i * WIDEST, to: Math.min(ffnChannels, (i + 1) * WIDEST) };
      return {
        conv1: read.conv1d(`${ffn}.conv_1`, wide, { rows: some, activation: 'relu' }),
        conv2: read.conv1d(`${ffn}.conv_2`, narrow, { columns: some }),
      };
    });
    this.norm2 = read.layerNorm(`enc_p.encoder.norm_layers_2.${layer}`, channels);
  }

  /** [1, N, C] -> [1, N, C]; x is freed. */
  apply(ops: Ops, x: Tensor3D): Tensor3D {
    const result = tf.tidy(() => {
      const attended = ops.layerNorm(ops.conv1d(this.attention(ops, x), this.out, x), this.norm1);
      const sum = this.feedForward.reduce((x, { conv1, conv2 }) => {
        return ops.conv1d(ops.conv1d(attended, conv1), conv2, x); // [1, N, F] and back
      }, attended);
      return ops.layerNorm(sum, this.norm2);
    });
    x.dispose();
    return result;
  }

  /** All heads side by side, [1, N, C]. */
  private attention(ops: Ops, x: Tensor3D): Tensor3D {
    const { heads, channels, window } = this.config;
    const [rows, width] = [x.shape[1], channels / heads];
    const [q, k, v] = [this.q, this.k, this.v].map((layer) => ops.conv1d(x, layer)) as [
      ...[Tensor3D, Tensor3D, Tensor3D],
    ];
    const turned = tf.transpose(k, [0, 2, 1]) as Tensor3D; // [1, C, N]
    const keys = tf.transpose(this.relativeKeys.tensor as Tensor3D, [0, 2, 1]); // [1, d, 2 W + 1]
    const parts = Array.from({ length: heads }, (_, h) => {
      const of = (one: Tensor3D): Tensor3D => tf.slice(one, [0, 0, h * width], [1, rows, width]);
      const query = of(q);
      const near = tf.matMul(query, keys) as Tensor3D; // [1, N, 2 W + 1]
      const scores = tf.matMul(query, tf.slice(turned, [0, h * width, 0], [1, width, rows]));
      const weights = tf.softmax(tf.add<Tensor3D>(scores, scoresWithinWindow(near, window)));
      const values = tf.matMul(weights, of(v));
      const relative = tf.matMul(weightsWithinWindow(weights, window), this.relativeValues.tensor);
      return tf.add<Tensor3D>(values, relative); // [1, N, d]
    });
    return parts.length === 1 ? parts[0]! : (tf.concat(parts, 2) as Tensor3D);
  }
}
