// The reference for every operation, composed of TensorFlow.js's stock operations: backends test their own
// kernels against it and run it wherever they have none.
import * as tf from '#tf';
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

/** How a backend computes leaky ReLU fastest; the two differ by a factor of 20. */
export type LeakyForm = 'prelu' | 'leakyrelu';

function applyLeaky(x: Tensor3D, { slope, alpha }: Leaky): Tensor3D {
  return alpha ? (tf.prelu<tf.Tensor>(x, alpha) as Tensor3D) : tf.leakyRelu(x, slope);
}

function fusedActivation(activation: ConvSettings['activation']) {
  if (activation === 'linear' || activation === 'tanh') return {};
  if (activation === 'relu') return { activation: 'relu' as const };
  const { slope, alpha } = activation;
  return alpha
    ? { activation: 'prelu' as const, preluActivationWeights: alpha }
    : { activation: 'leakyrelu' as const, leakyreluAlpha: slope };
}

/** The reference operations. An instance belongs to one backend and is used inside its runs only. */
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
    const { filter, bias, taps, before, after } = upsampleBlocks(spec);
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

  private activation(activation: Activation, channels: number): ConvSettings['activation'] {
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
   * One set of projections per head, so that no run slices or joins channels, which is slow on every backend:
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
    const { filter, bias, settings } = layer as ConvLayer;
    const { first, count, padding } = rowsRead(x.shape[1], layer as ConvLayer, part.rows);
    const read = someRows(x, first, count);
    const input = settings.leakyIn ? applyLeaky(read, settings.leakyIn) : read;
    const [, length, channels] = input.shape;
    const y = tf.fused.conv2d({
      x: tf.reshape<tf.Rank.R4>(input, [1, 1, length, channels]), // [B, L, C] -> [B, 1, L, C]
      filter,
      strides: [1, settings.stride],
      dilations: [1, settings.dilation],
      pad: [[0, 0], [0, 0], padding, [0, 0]],
      bias,
      ...fusedActivation(settings.activation),
    }) as Tensor4D;
    const flat = tf.reshape<tf.Rank.R3>(y, [1, y.shape[2], y.shape[3]]); // [B, 1, L', Cout] -> [B, L', Cout]
    const active = settings.activation === 'tanh' ? tf.tanh(flat) : flat;
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

/** A layer that keeps its weights as tensors and frees them together. */
abstract class TensorLayer<Kind extends string> implements Layer<Kind> {
  abstract readonly kind: Kind;
  readonly bytes: number;
  constructor(private readonly tensors: tf.Tensor[]) {
    this.bytes = tensors.reduce((sum, t) => sum + t.size * 4, 0);
    for (const tensor of tensors) tf.keep(tensor);
  }
  dispose(): void {
    for (const tensor of this.tensors.splice(0)) tensor.dispose();
  }
}

/** What remains of a Conv1dSpec once its weights are tensors, with a padding for each side. */
export interface ConvSettings {
  stride: number;
  dilation: number;
  padding: [before: number, after: number];
  leakyIn: Leaky | undefined;
  activation: 'linear' | 'relu' | 'tanh' | Leaky;
}

/** A slope; where prelu is the backend's fast form, also as the tensor [C] of constants that prelu takes. */
interface Leaky {
  slope: number;
  alpha: Tensor1D | undefined;
}

export class ConvLayer extends TensorLayer<'conv1d'> {
  readonly kind = 'conv1d';
  constructor(
    /** [1, k, Cin, Cout]. */
    readonly filter: Tensor4D,
    readonly bias: Tensor1D,
    readonly settings: ConvSettings,
  ) {
    super([filter, bias]);
  }
}

class UpsampleLayer extends TensorLayer<'upsample1d'> {
  readonly kind = 'upsample1d';
  constructor(
    readonly blocks: ConvLayer,
    readonly stride: number,
    readonly outChannels: number,
  ) {
    super([]);
  }
  override dispose(): void {
    this.blocks.dispose();
  }
}

class LinearLayer extends TensorLayer<'linear'> {
  readonly kind = 'linear';
  constructor(
    readonly matrix: Tensor3D,
    readonly bias: Tensor1D | undefined,
  ) {
    super(bias ? [matrix, bias] : [matrix]);
  }
}

interface AttentionHead {
  q: Layer<'linear'>;
  k: Layer<'linear'>;
  v: Layer<'linear'>;
  out: Layer<'linear'>;
}

class AttentionLayer extends TensorLayer<'attention'> {
  readonly kind = 'attention';
  constructor(
    readonly heads: AttentionHead[],
    readonly outBias: Tensor1D,
  ) {
    super([outBias]);
  }
  override dispose(): void {
    super.dispose();
    for (const head of this.heads) for (const part of Object.values(head)) part.dispose();
  }
}

export class NormLayer extends TensorLayer<'layer-norm'> {
  readonly kind = 'layer-norm';
  constructor(
    readonly gain: Tensor1D,
    readonly offset: Tensor1D,
    readonly epsilon: number,
  ) {
    super([gain, offset]);
  }
}

/** [Cout, Cin, k] -> [1, k, Cin, Cout], the order in which TensorFlow.js convolves. */
function convFilter(weight: Float32Array, cout: number, cin: number, k: number): Float32Array {
  const filter = new Float32Array(weight.length);
  for (let o = 0; o < cout; o++) {
    for (let i = 0; i < cin; i++) {
      const row = (o * cin + i) * k;
      for (let t = 0; t < k; t++) filter[(t * cin + i) * cout + o] = weight[row + t];
    }
  }
  return filter;
}

/**
 * A transposed convolution as an ordinary one that makes `stride` output samples per input frame: output
 * sample i s + r takes input frame j through tap r + p - (j - i) s, so with o = j - i the filter is
 * [o - first][Cin][r Cout + c] = weight[Cin][c][r + p - o s], and the result [L, s Cout] is [L s, Cout] in
 * memory.
 * @returns `filter` [taps, Cin, s Cout], `bias` [s Cout], and the rows of zeros `before` and `after` the
 * signal.
 */
export function upsampleBlocks(spec: Upsample1dSpec): {
  filter: Float32Array;
  bias: Float32Array;
  taps: number;
  before: number;
  after: number;
} {
  const { weight, inChannels, outChannels, kernel, stride } = spec;
  const pad = (kernel - stride) / 2;
  const before = Math.ceil((kernel - pad) / stride) - 1;
  const after = Math.floor((stride - 1 + pad) / stride);
  const taps = before + after + 1;
  const filter = new Float32Array(taps * inChannels * stride * outChannels);
  for (let o = -before; o <= after; o++) {
    for (let r = 0; r < stride; r++) {
      const tap = r + pad - o * stride;
      if (tap < 0 || tap >= kernel) continue;
      for (let i = 0; i < inChannels; i++) {
        const to = (((o + before) * inChannels + i) * stride + r) * outChannels;
        for (let c = 0; c < outChannels; c++) filter[to + c] = weight[(i * outChannels + c) * kernel + tap];
      }
    }
  }
  const bias = new Float32Array(stride * outChannels);
  if (spec.bias) for (let r = 0; r < stride; r++) bias.set(spec.bias, r * outChannels);
  return { filter, bias, taps, before, after };
}

/** The slope that makes leaky ReLU out of an activation other than tanh: 1 is linear, 0 is ReLU. */
export function slopeOf(activation: Activation): number {
  if (typeof activation === 'object') return activation.leaky;
  return activation === 'relu' ? 0 : 1;
}

/** `count` rows of x from `first` on. */
export function someRows(x: Tensor3D, first: number, count: number): Tensor3D {
  const [, length, channels] = x.shape;
  return count === length ? x : tf.slice(x, [0, first, 0], [1, count, channels]);
}

/** Adds to a result what follows the activation: rows of a residual, and a running sum. */
export function withAddends(
  y: Tensor3D,
  residual: Tensor3D | undefined,
  { residualFrom = 0, sum }: ConvPart = {},
): Tensor3D {
  const joined = residual
    ? tf.add<Tensor3D>(y, someRows(residual, residualFrom, y.shape[1]) as tf.Tensor)
    : y;
  return sum ? tf.add<Tensor3D>(joined, sum as tf.Tensor) : joined;
}

/**
 * The rows of a signal that a convolution reads for `rows` of its result, and the zeros still needed around
 * them.
 */
export function rowsRead(
  length: number,
  { filter, settings }: ConvLayer,
  rows: RowRange | undefined,
): { first: number; count: number; padding: [before: number, after: number] } {
  if (!rows) return { first: 0, count: length, padding: settings.padding };
  const { stride, dilation, padding } = settings;
  const from = rows.from * stride - padding[0];
  const to = (rows.to - 1) * stride - padding[0] + (filter.shape[1] - 1) * dilation + 1;
  const first = Math.max(0, from);
  const last = Math.min(length, to);
  return { first, count: last - first, padding: [first - from, to - last] };
}
