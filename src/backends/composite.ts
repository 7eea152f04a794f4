// The readable form of every operation, composed of stock TensorFlow.js ops: the reference that a backend's own
// kernels are held against, and what a backend uses until it has a faster form.
import * as tf from '#tf';
import {
  AttentionLayer,
  type ConvForm,
  ConvLayer,
  convFilter,
  type Leaky,
  LinearLayer,
  NormLayer,
  rowsRead,
  someRows,
  UpsampleLayer,
  upsampleBlocks,
  withAddends,
} from './composite-layers.js';
import type {
  Activation,
  AttentionSpec,
  Conv1dSpec,
  ConvPart,
  Layer,
  LayerNormSpec,
  LinearSpec,
  Ops,
  RowRange,
  Upsample1dSpec,
} from './ops.js';

type Tensor1D = tf.Tensor1D;
type Tensor2D = tf.Tensor2D;
type Tensor3D = tf.Tensor3D;
type Tensor4D = tf.Tensor4D;

/** How a backend computes leaky ReLU fastest: measured, the two differ by a factor of 20. */
export type LeakyForm = 'prelu' | 'leakyrelu';

function applyLeaky(x: Tensor3D, { slope, alpha }: Leaky): Tensor3D {
  return alpha ? (tf.prelu<tf.Tensor>(x, alpha) as Tensor3D) : tf.leakyRelu(x, slope);
}

function fusedActivation(activation: ConvForm['activation']) {
  if (activation === 'linear' || activation === 'tanh') return {};
  if (activation === 'relu') return { activation: 'relu' as const };
  const { slope, alpha } = activation;
  return alpha
    ? { activation: 'prelu' as const, preluActivationWeights: alpha }
    : { activation: 'leakyrelu' as const, leakyreluAlpha: slope };
}

/** The composite operations; one instance belongs to one backend and is used inside its runs only. */
export class CompositeOps implements Ops {
  /** Constant slopes [C] for prelu, one per (slope, C), kept until dispose. */
  private readonly alphas = new Map<string, Tensor1D>();

  constructor(private readonly leakyForm: LeakyForm) {}

  prepareConv1d(spec: Conv1dSpec): Layer<'conv1d'> {
    const { inChannels, outChannels, kernel, stride = 1, dilation = 1, padding, leakyIn, activation } = spec;
    const filter = convFilter(spec.weight, outChannels, inChannels, kernel);
    return new ConvLayer(
      tf.tensor4d(filter, [1, kernel, inChannels, outChannels]),
      tf.tensor1d(spec.bias ?? new Float32Array(outChannels)),
      {
        stride,
        dilation,
        padding: [padding, padding],
        leakyIn: leakyIn === undefined ? undefined : this.leaky(leakyIn, inChannels),
        activation: this.activation(activation ?? 'linear', outChannels),
      },
    );
  }

  prepareUpsample1d(spec: Upsample1dSpec): Layer<'upsample1d'> {
    const { inChannels, outChannels, stride, leakyIn } = spec;
    const { filter, taps, before, after } = upsampleBlocks(spec);
    const bias = new Float32Array(stride * outChannels);
    if (spec.bias) for (let r = 0; r < stride; r++) bias.set(spec.bias, r * outChannels);
    const blocks = new ConvLayer(
      tf.tensor4d(filter, [1, taps, inChannels, stride * outChannels]),
      tf.tensor1d(bias),
      {
        stride: 1,
        dilation: 1,
        padding: [before, after],
        leakyIn: this.leaky(leakyIn, inChannels),
        activation: 'linear',
      },
    );
    return new UpsampleLayer(blocks, stride, outChannels);
  }

  private activation(activation: Activation, channels: number): ConvForm['activation'] {
    return typeof activation === 'string' ? activation : this.leaky(activation.leaky, channels);
  }

  private leaky(slope: number, channels: number): Leaky {
    if (this.leakyForm === 'leakyrelu') return { slope, alpha: undefined };
    const key = `${slope}/${channels}`;
    let alpha = this.alphas.get(key);
    if (!alpha) {
      alpha = tf.keep(tf.tensor1d(new Float32Array(channels).fill(slope)));
      this.alphas.set(key, alpha);
    }
    return { slope, alpha };
  }

  prepareLinear(spec: LinearSpec): Layer<'linear'> {
    const { inChannels, outChannels } = spec;
    // A convolution of kernel 1 has the same transposition: [Cout, Cin] -> [Cin, Cout].
    const matrix = convFilter(spec.weight, outChannels, inChannels, 1);
    return new LinearLayer(
      tf.tensor3d(matrix, [1, inChannels, outChannels]),
      spec.bias && tf.tensor1d(spec.bias),
    );
  }

  /**
   * One set of projections per head, so that no run has to slice or join channels (slow on every backend):
   * out(concat(heads)) is the sum of each head through its own columns of `out`. The softmax scale sits in q.
   */
  prepareAttention(spec: AttentionSpec): Layer<'attention'> {
    const channels = spec.q.inChannels;
    const width = channels / spec.heads;
    const scale = 1 / Math.sqrt(width);
    const heads = Array.from({ length: spec.heads }, (_, h) => {
      const rows = (linear: LinearSpec, factor: number): Layer<'linear'> =>
        this.prepareLinear({
          weight: linear.weight
            .slice(h * width * channels, (h + 1) * width * channels)
            .map((w) => w * factor),
          bias: linear.bias?.slice(h * width, (h + 1) * width).map((b) => b * factor),
          inChannels: channels,
          outChannels: width,
        });
      const columns = new Float32Array(channels * width);
      for (let o = 0; o < channels; o++) {
        columns.set(
          spec.out.weight.subarray(o * channels + h * width, o * channels + (h + 1) * width),
          o * width,
        );
      }
      const out = this.prepareLinear({ weight: columns, inChannels: width, outChannels: channels });
      return { q: rows(spec.q, scale), k: rows(spec.k, 1), v: rows(spec.v, 1), out };
    });
    return new AttentionLayer(heads, tf.tensor1d(spec.out.bias ?? new Float32Array(channels)));
  }

  prepareLayerNorm(spec: LayerNormSpec): Layer<'layer-norm'> {
    return new NormLayer(tf.tensor1d(spec.weight), tf.tensor1d(spec.bias), spec.epsilon);
  }

  conv1d(x: Tensor3D, layer: Layer<'conv1d'>, residual?: Tensor3D, part: ConvPart = {}): Tensor3D {
    const { filter, bias, form } = layer as ConvLayer;
    const { first, count, padding } = rowsRead(x.shape[1], layer as ConvLayer, part.rows);
    const read = someRows(x, first, count);
    const input = form.leakyIn ? applyLeaky(read, form.leakyIn) : read;
    const [, length, channels] = input.shape;
    const y = tf.fused.conv2d({
      x: tf.reshape<tf.Rank.R4>(input, [1, 1, length, channels]), // [B, L, C] -> [B, 1, L, C]
      filter,
      strides: [1, form.stride],
      dilations: [1, form.dilation],
      pad: [[0, 0], [0, 0], padding, [0, 0]],
      bias,
      ...fusedActivation(form.activation),
    }) as Tensor4D;
    const flat = tf.reshape<tf.Rank.R3>(y, [1, y.shape[2], y.shape[3]]); // [B, 1, L', Cout] -> [B, L', Cout]
    const active = form.activation === 'tanh' ? tf.tanh(flat) : flat;
    return withAddends(active, residual, part);
  }

  upsample1d(x: Tensor3D, layer: Layer<'upsample1d'>, frames?: RowRange): Tensor3D {
    const { blocks, stride, outChannels } = layer as UpsampleLayer;
    const y = this.conv1d(x, blocks, undefined, frames && { rows: frames });
    return tf.reshape<tf.Rank.R3>(y, [1, y.shape[1] * stride, outChannels]); // [B, L, s Cout] -> [B, L s, Cout]
  }

  linear(x: Tensor3D, layer: Layer<'linear'>): Tensor3D {
    const { matrix, bias } = layer as LinearLayer;
    const y = tf.matMul(x, matrix) as Tensor3D; // batch 1, no transpose flag: the one fast case on wasm
    return bias ? tf.add(y, bias) : y;
  }

  attention(x: Tensor3D, layer: Layer<'attention'>, residual?: Tensor3D): Tensor3D {
    const { heads, outBias } = layer as AttentionLayer;
    let sum: Tensor3D | undefined;
    for (const head of heads) {
      const keys = tf.transpose(this.linear(x, head.k), [0, 2, 1]); // [B, N, C/h] -> [B, C/h, N]
      const scores = tf.softmax(tf.matMul(this.linear(x, head.q), keys)); // [B, N, N]
      const values = tf.matMul(scores, this.linear(x, head.v)) as Tensor3D; // [B, N, C/h]
      const part = this.linear(values, head.out); // [B, N, C]
      sum = sum ? tf.add<Tensor3D>(sum, part) : part;
    }
    const attended = tf.add<Tensor3D>(sum!, outBias as tf.Tensor);
    return residual ? tf.add(attended, residual) : attended;
  }

  layerNorm(x: Tensor3D, layer: Layer<'layer-norm'>): Tensor3D {
    const { gain, offset, epsilon } = layer as NormLayer;
    const centred = tf.sub(x, tf.mean(x, 2, true));
    const variance = tf.mean(tf.square(centred), 2, true); // [B, N, 1]
    const scaled: tf.Tensor = tf.mul(centred, tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(scaled, gain), offset);
  }

  gather(x: Tensor3D, indices: Tensor1D): Tensor3D {
    const [, rows, channels] = x.shape;
    const table = tf.reshape<tf.Rank.R2>(x, [rows, channels]) as Tensor2D;
    return tf.reshape<tf.Rank.R3>(tf.gather<tf.Tensor>(table, indices), [1, indices.size, channels]); // [T, C] -> [B, T, C]
  }

  readInto(x: tf.Tensor, out: Float32Array, from = 0): void | Promise<void> {
    const values = x.dataSync() as Float32Array;
    out.set(values.subarray(from, from + out.length));
  }

  dispose(): void {
    for (const alpha of this.alphas.values()) alpha.dispose();
    this.alphas.clear();
  }
}
