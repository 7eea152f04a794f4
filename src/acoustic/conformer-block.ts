// A Conformer block (arXiv 2005.08100, figure 1) as ESPnet and Hugging Face have it: attention with relative positions
// (arXiv 1901.02860), a convolution part, and one or two feed-forward parts of convolutions.
//
// N positions, C channels, d channels of a head, F of a feed-forward part.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops } from '../backends/ops.js';
import { depthwise } from '../models/depthwise.js';
import type { DepthwiseLayer, LayerReader, TensorLayer } from '../models/layers.js';
import { scoresByPosition } from '../models/relative-attention.js';
import type { ConformerConfig, ConformerStack } from './conformer-config.js';

/** One part of a block: what it makes of its input, without the residual. */
type Part = (ops: Ops, x: Tensor3D) => Tensor3D;

/** A part with its layer norm; `weight` of its result is added to its input. */
interface Step {
  part: Part;
  norm: Layer<'layer-norm'>;
  weight: number;
}

/** Blocks one after another. */
export class Conformer {
  private readonly blocks: Block[];

  constructor(config: ConformerConfig, stack: ConformerStack, read: LayerReader, name: string) {
    this.blocks = Array.from(
      { length: stack.layers },
      (_, i) => new Block(config, stack, read, `${name}.conformer_layers.${i}`),
    );
  }

  /** x sqrt(C) through all blocks: [1, N, C] -> [1, N, C]; x stays. */
  apply(ops: Ops, input: Tensor3D): Tensor3D {
    const [, rows, channels] = input.shape;
    const distances = tf.tensor3d(distancesOf(rows, channels), [1, 2 * rows, channels]);
    let x = tf.mul<Tensor3D>(input, Math.sqrt(channels));
    for (const block of this.blocks) {
      const next = tf.tidy(() => block.apply(ops, x, distances));
      x.dispose();
      x = next;
    }
    distances.dispose();
    return x;
  }
}

class Block {
  private readonly before: Step[] = [];
  private readonly attention: Attention;
  private readonly attentionNorm: Layer<'layer-norm'>;
  private readonly after: Step[] = [];
  private readonly final: Layer<'layer-norm'> | undefined;
  private readonly normalizeBefore: boolean;

  constructor(config: ConformerConfig, stack: ConformerStack, read: LayerReader, name: string) {
    const { channels, isMacaron, hasConvolution } = config;
    const norm = (of: string) => read.layerNorm(`${name}.${of}`, channels);
    const weight = isMacaron ? 0.5 : 1;
    this.normalizeBefore = stack.normalizeBefore;
    if (isMacaron) {
      const part = feedForward(config, stack, read, `${name}.feed_forward_macaron`);
      this.before.push({ part, norm: norm('ff_macaron_layer_norm'), weight });
    }
    this.attention = new Attention(channels, stack, read, name);
    this.attentionNorm = norm('self_attn_layer_norm');
    if (hasConvolution) {
      const part = convolution(channels, stack.kernel, read, `${name}.conv_module`);
      this.after.push({ part, norm: norm('conv_layer_norm'), weight: 1 });
    }
    const part = feedForward(config, stack, read, `${name}.feed_forward`);
    this.after.push({ part, norm: norm('ff_layer_norm'), weight });
    this.final = hasConvolution ? norm('final_layer_norm') : undefined;
  }

  apply(ops: Ops, input: Tensor3D, distances: Tensor3D): Tensor3D {
    const attend: Step = {
      part: (_, x) => this.attention.apply(ops, x, distances),
      norm: this.attentionNorm,
      weight: 1,
    };
    const x = [...this.before, attend, ...this.after].reduce((x, { part, norm, weight }) => {
      return tf.tidy(() => {
        const made = part(ops, this.normalizeBefore ? ops.layerNorm(x, norm) : x);
        const sum = tf.add<Tensor3D>(x, weight === 1 ? made : tf.mul<tf.Tensor>(made, weight));
        return this.normalizeBefore ? sum : ops.layerNorm(sum, norm);
      });
    }, input);
    return this.final ? ops.layerNorm(x, this.final) : x;
  }
}

/** Two convolutions, [1, N, C] -> [1, N, F] -> [1, N, C]. */
function feedForward(
  { channels, ffnKernel: kernel }: ConformerConfig,
  { ffnChannels }: ConformerStack,
  read: LayerReader,
  name: string,
): Part {
  const wide = { in: channels, out: ffnChannels, kernel };
  const conv1 = read.conv1d(`${name}.conv1`, wide, { activation: 'relu' });
  const conv2 = read.conv1d(`${name}.conv2`, { in: ffnChannels, out: channels, kernel });
  return (ops, x) => ops.conv1d(ops.conv1d(x, conv1), conv2);
}

/** Gated pointwise, depthwise (batch norm folded into it), SiLU, pointwise. */
function convolution(channels: number, kernel: number, read: LayerReader, name: string): Part {
  const wide = { in: channels, out: 2 * channels, kernel: 1 };
  // a sigmoid(b) = (a / 2) tanh(b / 2) + a / 2.
  const value = read.conv1d(`${name}.pointwise_conv1`, wide, { rows: { from: 0, to: channels }, gain: 0.5 });
  const gate = read.conv1d(`${name}.pointwise_conv1`, wide, {
    rows: { from: channels, to: 2 * channels },
    gain: 0.5,
  });
  const apart: DepthwiseLayer = read.depthwise(`${name}.depthwise_conv`, channels, kernel);
  const out = read.conv1d(`${name}.pointwise_conv2`, { in: channels, out: channels, kernel: 1 });
  return (ops, x) => {
    const half = ops.conv1d(x, value);
    const gated = tf.add<Tensor3D>(tf.mul(half, tf.tanh(ops.conv1d(x, gate))), half as tf.Tensor);
    const y = depthwise(gated, apart);
    return ops.conv1d(tf.mul(y, tf.sigmoid(y)), out);
  };
}

/** Scores of contents and of distances: ((q + u) k^T + (q + v) (pos P)^T) / sqrt(d). */
class Attention {
  private readonly q: Layer<'linear'>;
  private readonly k: Layer<'linear'>;
  private readonly v: Layer<'linear'>;
  private readonly position: Layer<'linear'>;
  private readonly out: Layer<'linear'>;
  private readonly biasU: TensorLayer;
  private readonly biasV: TensorLayer;
  private readonly concat: Layer<'linear'> | undefined;

  constructor(
    private readonly channels: number,
    private readonly stack: ConformerStack,
    read: LayerReader,
    name: string,
  ) {
    const square = { in: channels, out: channels };
    const linear = (of: string) => read.linear(`${name}.self_attn.linear_${of}`, square);
    this.q = linear('q');
    this.k = linear('k');
    this.v = linear('v');
    this.position = linear('pos');
    this.out = linear('out');
    const shape = [stack.heads, channels / stack.heads];
    this.biasU = read.tensor(`${name}.self_attn.pos_bias_u`, shape);
    this.biasV = read.tensor(`${name}.self_attn.pos_bias_v`, shape);
    this.concat = stack.concatAfter
      ? read.linear(`${name}.concat_linear`, { in: 2 * channels, out: channels })
      : undefined;
  }

  /** @param distances [1, 2 N, C], a row of zeros and then those of the distances N - 1 to 1 - N. */
  apply(ops: Ops, x: Tensor3D, distances: Tensor3D): Tensor3D {
    const { heads } = this.stack;
    const [rows, width] = [x.shape[1], this.channels / heads];
    const scale = 1 / Math.sqrt(width);
    const query = ops.linear(x, this.q);
    const biased = (bias: TensorLayer): Tensor3D => {
      const row = tf.reshape<tf.Rank.R3>(bias.tensor, [1, 1, this.channels]);
      return tf.mul(tf.add<Tensor3D>(query, row as tf.Tensor), scale);
    };
    const [content, place] = [biased(this.biasU), biased(this.biasV)];
    const keys = tf.transpose(ops.linear(x, this.k), [0, 2, 1]) as Tensor3D; // [1, C, N]
    const places = tf.transpose(ops.linear(distances, this.position), [0, 2, 1]) as Tensor3D; // [1, C, 2 N]
    const values = ops.linear(x, this.v);
    const parts = Array.from({ length: heads }, (_, h) =>
      tf.tidy(() => {
        const own = (one: Tensor3D): Tensor3D => tf.slice(one, [0, 0, h * width], [1, rows, width]);
        const turned = (one: Tensor3D): Tensor3D =>
          tf.slice(one, [0, h * width, 0], [1, width, one.shape[2]]);
        const byDistance = tf.matMul(own(place), turned(places)) as Tensor3D; // [1, N, 2 N]
        const byContent = tf.matMul(own(content), turned(keys));
        const weights = tf.softmax(tf.add<Tensor3D>(byContent, scoresByPosition(byDistance) as tf.Tensor));
        return tf.matMul(weights, own(values)) as Tensor3D; // [1, N, d]
      }),
    );
    const joined = parts.length === 1 ? parts[0]! : (tf.concat(parts, 2) as Tensor3D);
    const attended = ops.linear(joined, this.out);
    return this.concat ? ops.linear(tf.concat([x, attended], 2) as Tensor3D, this.concat) : attended;
  }
}

/** A row of zeros, then sines and cosines of the distances N - 1 to 1 - N, rounded to float32 as PyTorch's are. */
function distancesOf(rows: number, channels: number): Float32Array {
  const table = new Float32Array(2 * rows * channels);
  for (let i = 0; i < channels; i += 2) {
    const rate = Math.fround(Math.exp(Math.fround(i * Math.fround(-Math.log(10000) / channels))));
    for (let row = 1; row < 2 * rows; row++) {
      const angle = Math.fround((rows - row) * rate);
      table[row * channels + i] = Math.sin(angle);
      table[row * channels + i + 1] = Math.cos(angle);
    }
  }
  return table;
}
