// The contract between models and backends: the few operations that the models need and that a backend may
// supply its own fast form of. Everything else (add, mean, tanh, reshape) is plain TensorFlow.js.
//
// Shapes: B batch (always 1 here), N tokens, T mel frames, C channels, S samples, L any length.
import type { Tensor, Tensor1D, Tensor3D } from '#tf';

/**
 * What counts for a layer's weights: `fast` lets a backend keep a larger form that computes faster (transformed, 1.6 to
 * 6.7 times the size), `compact` asks for 32-bit floats and no more, `half` for 16-bit ones where that loses nothing.
 */
export type WeightForm = 'fast' | 'compact' | 'half';

/** Weights of one convolution in PyTorch's layout. */
export interface Conv1dSpec {
  /** [Cout, Cin, k], row-major. */
  weight: Float32Array;
  /** [Cout]; absent means zero. */
  bias?: Float32Array;
  inChannels: number;
  outChannels: number;
  kernel: number;
  stride?: number;
  dilation?: number;
  /** Zeros added at both ends of L. */
  padding: number;
  /** Leaky ReLU of this slope on the way in, in the same pass where the backend can. */
  leakyIn?: number;
  /** Default fast. */
  weights?: WeightForm | undefined;
  /** What is applied to the result, in the same pass where the backend can; default linear. */
  activation?: Activation;
}

/** ReLU, tanh, or leaky ReLU of a slope. */
export type Activation = 'linear' | 'relu' | 'tanh' | { leaky: number };

/** Weights of one transposed convolution in PyTorch's layout; its padding is (kernel - stride) / 2, as HiFi-GAN's. */
export interface Upsample1dSpec {
  /** [Cin, Cout, k], row-major. */
  weight: Float32Array;
  bias?: Float32Array;
  inChannels: number;
  outChannels: number;
  kernel: number;
  stride: number;
  /** Leaky ReLU of this slope on the way in. */
  leakyIn: number;
  /** Default fast. */
  weights?: WeightForm | undefined;
}

/** Weights of one linear layer in PyTorch's layout. */
export interface LinearSpec {
  /** [Cout, Cin], row-major. */
  weight: Float32Array;
  bias?: Float32Array;
  inChannels: number;
  outChannels: number;
  /** Default fast. */
  weights?: WeightForm | undefined;
}

/** Multi-head self-attention: four linear layers C -> C. */
export interface AttentionSpec {
  heads: number;
  q: LinearSpec;
  k: LinearSpec;
  v: LinearSpec;
  out: LinearSpec;
  /** For all four; default fast. */
  weights?: WeightForm | undefined;
}

/** Gain and offset over the last axis. */
export interface LayerNormSpec {
  weight: Float32Array;
  bias: Float32Array;
  epsilon: number;
}

/** Rows [from, to) of a signal. */
export interface RowRange {
  from: number;
  to: number;
}

/** What a model that works on stretches of a signal asks of a convolution. */
export interface ConvPart {
  /** Rows of the result that are computed; all of them unless told. */
  rows?: RowRange;
  /** Row of `residual` that joins the first of them; default 0. */
  residualFrom?: number;
  /** Added as well: a running sum, with just the rows that are computed. */
  sum?: Tensor3D;
}

/** A layer as its backend keeps it: packed, transformed, uploaded; opaque to the models. */
export interface Layer<Kind extends string> {
  readonly kind: Kind;
  /** Bytes of weights it holds, in the form it holds them. */
  readonly bytes: number;
  dispose(): void;
}

/** What a backend supplies. Every operation is synchronous and allocates only its result. */
export interface Ops {
  /** Whether arrays that are handed in, for layers or tensors, are copied at once: they may then be written over. */
  readonly copiesArrays?: true;

  prepareConv1d(spec: Conv1dSpec): Layer<'conv1d'>;
  prepareUpsample1d(spec: Upsample1dSpec): Layer<'upsample1d'>;
  prepareLinear(spec: LinearSpec): Layer<'linear'>;
  prepareAttention(spec: AttentionSpec): Layer<'attention'>;
  prepareLayerNorm(spec: LayerNormSpec): Layer<'layer-norm'>;

  /**
   * [1, L, Cin] -> [1, (L + 2 padding - dilation (k - 1) - 1) / stride + 1, Cout], plus `residual` and
   * `part.sum` of that shape. With `part.rows` only those rows of it, plus as many of a residual of any length, from `part.residualFrom` on.
   */
  conv1d(x: Tensor3D, layer: Layer<'conv1d'>, residual?: Tensor3D, part?: ConvPart): Tensor3D;
  /**
   * [1, L, Cin] -> [1, L * stride, Cout], transposed convolution.
   * @param frames rows of x whose samples are made; all of them unless told.
   */
  upsample1d(x: Tensor3D, layer: Layer<'upsample1d'>, frames?: RowRange): Tensor3D;
  /** [1, N, Cin] -> [1, N, Cout]. */
  linear(x: Tensor3D, layer: Layer<'linear'>): Tensor3D;
  /** [1, N, C] -> [1, N, C], every position attending to every other, plus `residual` of that shape. */
  attention(x: Tensor3D, layer: Layer<'attention'>, residual?: Tensor3D): Tensor3D;
  /** [1, N, C] -> [1, N, C], normalised over C. */
  layerNorm(x: Tensor3D, layer: Layer<'layer-norm'>): Tensor3D;
  /** Rows of x: [1, N, C] and T indices -> [1, T, C]. */
  gather(x: Tensor3D, indices: Tensor1D): Tensor3D;
  /** Copies `out.length` of a tensor's values, from value `from` (default 0) on, into the caller's buffer. */
  readInto(x: Tensor, out: Float32Array, from?: number): void | Promise<void>;
}
