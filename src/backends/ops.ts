// The contract between models and backends: the few operations that the models need and for which a backend
// may have a faster form of its own. Everything else (add, mean, tanh, reshape) is plain TensorFlow.js.
//
// Shapes: B batch (always 1 here), N tokens, T mel frames, C channels, S samples, L any length.
import type { Tensor, Tensor1D, Tensor3D } from '#tf';

/**
 * How a layer keeps its weights: `fast` lets a backend keep a larger form that computes faster (transformed,
 * 1.6 to 6.7 times the size), `compact` asks for 32-bit floats and nothing more, `half` for 16-bit ones where
 * that loses nothing.
 */
export type WeightForm = 'fast' | 'compact' | 'half';

/**
 * One convolution, its weights in PyTorch's layout. Models and backends know this description only; what a
 * backend needs in another form it derives from it: a padding for each side (ConvSettings in reference.ts,
 * PaddedConv1dSpec in wasm/convolution-methods.ts), or the weights with their shape alone (Filter in
 * wasm/weights.ts).
 */
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
  /** Slope of a leaky ReLU applied to the input, in the same pass where the backend can. */
  leakyIn?: number;
  /** Default fast. */
  weights?: WeightForm | undefined;
  /** Applied to the result, in the same pass where the backend can; default linear. */
  activation?: Activation;
}

/** ReLU, tanh, or leaky ReLU of a slope. */
export type Activation = 'linear' | 'relu' | 'tanh' | { leaky: number };

/**
 * One transposed convolution, its weights in PyTorch's layout; its padding is (kernel - stride) / 2, as in
 * HiFi-GAN.
 */
export interface Upsample1dSpec {
  /** [Cin, Cout, k], row-major. */
  weight: Float32Array;
  bias?: Float32Array;
  inChannels: number;
  outChannels: number;
  kernel: number;
  stride: number;
  /** Slope of a leaky ReLU applied to the input. */
  leakyIn: number;
  /** Default fast. */
  weights?: WeightForm | undefined;
}

/** One linear layer, its weights in PyTorch's layout. */
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

/** What a model that works on parts of a signal asks of a convolution. */
export interface ConvPart {
  /** Rows of the result that are computed; default all. */
  rows?: RowRange;
  /** Row of `residual` that is added to the first of them; default 0. */
  residualFrom?: number;
  /** A running sum that is added too, [1, rows computed, Cout]. */
  sum?: Tensor3D;
}

/** A layer as its backend keeps it (packed, transformed, uploaded); opaque to the models. */
export interface Layer<Kind extends string> {
  readonly kind: Kind;
  /** Bytes of its weights in the form in which it keeps them. */
  readonly bytes: number;
  dispose(): void;
}

/**
 * The operations of a backend. Each is synchronous and allocates only its result, except `readInto`, which a
 * GPU answers later.
 */
export interface Ops {
  /** Set where arrays given for layers or tensors are copied at once: the caller may then write over them. */
  readonly copiesArrays?: true;

  prepareConv1d(spec: Conv1dSpec): Layer<'conv1d'>;
  prepareUpsample1d(spec: Upsample1dSpec): Layer<'upsample1d'>;
  prepareLinear(spec: LinearSpec): Layer<'linear'>;
  prepareAttention(spec: AttentionSpec): Layer<'attention'>;
  prepareLayerNorm(spec: LayerNormSpec): Layer<'layer-norm'>;

  /**
   * [1, L, Cin] -> [1, (L + 2 padding - dilation (k - 1) - 1) / stride + 1, Cout], plus `residual` and
   * `part.sum` of that shape. With `part.rows` only those rows of it, plus as many of a residual of any
   * length, from `part.residualFrom` on.
   */
  conv1d(x: Tensor3D, layer: Layer<'conv1d'>, residual?: Tensor3D, part?: ConvPart): Tensor3D;
  /**
   * [1, L, Cin] -> [1, L * stride, Cout], transposed convolution.
   * @param frames rows of x whose samples are made; default all.
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
  /**
   * Copies `out.length` of a tensor's values, from value `from` (default 0) on, into the caller's buffer; at
   * once, or by the time the promise resolves.
   */
  readInto(x: Tensor, out: Float32Array, from?: number): void | Promise<void>;
}
