// The layers of the composite operations: weights as kept tensors, in the order in which TensorFlow.js wants them.
import * as tf from '#tf';
import type { ConvPart, Layer, RowRange, Upsample1dSpec } from './ops.js';

type Tensor1D = tf.Tensor1D;
type Tensor3D = tf.Tensor3D;
type Tensor4D = tf.Tensor4D;

/** A layer that holds kept tensors and frees them together. */
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

/** How a convolution layer runs: geometry and what is fused around it. */
export interface ConvForm {
  stride: number;
  dilation: number;
  padding: [before: number, after: number];
  leakyIn: Leaky | undefined;
  activation: 'linear' | 'relu' | 'tanh' | Leaky;
}

/** A slope, and the same as prelu's [C] of constants where that is the backend's fast form. */
export interface Leaky {
  slope: number;
  alpha: Tensor1D | undefined;
}

export class ConvLayer extends TensorLayer<'conv1d'> {
  readonly kind = 'conv1d';
  constructor(
    readonly filter: Tensor4D,
    readonly bias: Tensor1D,
    readonly form: ConvForm,
  ) {
    super([filter, bias]);
  }
}

export class UpsampleLayer extends TensorLayer<'upsample1d'> {
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

export class LinearLayer extends TensorLayer<'linear'> {
  readonly kind = 'linear';
  constructor(
    readonly matrix: Tensor3D,
    readonly bias: Tensor1D | undefined,
  ) {
    super(bias ? [matrix, bias] : [matrix]);
  }
}

export interface AttentionHead {
  q: Layer<'linear'>;
  k: Layer<'linear'>;
  v: Layer<'linear'>;
  out: Layer<'linear'>;
}

export class AttentionLayer extends TensorLayer<'attention'> {
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

/** [Cout, Cin, k] -> [1, k, Cin, Cout], the order TensorFlow convolves in. */
export function convFilter(weight: Float32Array, cout: number, cin: number, k: number): Float32Array {
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
 * A transposed convolution as an ordinary one that makes `stride` output samples per input frame:
 * output sample i s + r takes input frame j through tap r + p - (j - i) s, so with o = j - i the filter is
 * [o - first][Cin][r Cout + c] = weight[Cin][c][r + p - o s], and the result [L, s Cout] is [L s, Cout] in memory.
 */
export function upsampleBlocks(spec: Upsample1dSpec): {
  filter: Float32Array;
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
  return { filter, taps, before, after };
}

/** `count` rows of x from `first` on. */
export function someRows(x: Tensor3D, first: number, count: number): Tensor3D {
  const [, length, channels] = x.shape;
  return count === length ? x : tf.slice(x, [0, first, 0], [1, count, channels]);
}

/** A result with what joins it after the activation: rows of a residual, and a running sum. */
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

/** The rows of a signal that a convolution reads for some rows of its result, and the zeros it still needs around them. */
export function rowsRead(
  length: number,
  { filter, form }: ConvLayer,
  rows: RowRange | undefined,
): { first: number; count: number; padding: [before: number, after: number] } {
  if (!rows) return { first: 0, count: length, padding: form.padding };
  const from = rows.from * form.stride - form.padding[0];
  const to = (rows.to - 1) * form.stride - form.padding[0] + (filter.shape[1] - 1) * form.dilation + 1;
  const first = Math.max(0, from);
  const last = Math.min(length, to);
  return { first, count: last - first, padding: [first - from, to - last] };
}
