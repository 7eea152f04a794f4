// Turns checkpoint tensors into backend layers by name, so that the model files read as their architecture and are the
// only place that names a tensor: a dry run of a model's constructor tells which tensors there must be.
import type { Tensor } from '#tf';
import * as tf from '#tf';
import type { Backend } from '../backends/backend.js';
import type {
  AttentionSpec,
  Conv1dSpec,
  Layer,
  LinearSpec,
  Ops,
  RowRange,
  WeightForm,
} from '../backends/ops.js';
import { LazyTensor, Staging } from '../checkpoints/lazy-tensor.js';
import type { Float32Tensor, HostTensor } from '../checkpoints/tensor.js';
import { foldWeightNorm } from '../checkpoints/weight-norm.js';
import { type Extent, mustFit } from './checkpoint-fit.js';
import { reversedChannels, scaled, someColumns } from './weight-layout.js';

/** Sizes of a convolution; `odd` takes any odd kernel that the checkpoint has. */
export interface ConvShape {
  in: number;
  out: number;
  kernel: number | 'odd';
}

/** A depthwise convolution: filter [1, k, C, 1], bias [C]. */
export interface DepthwiseLayer {
  readonly filter: TensorLayer;
  readonly bias: TensorLayer;
  readonly kernel: number;
}

/** What a checkpoint does not say about a convolution; `same` padding by default. */
export type ConvForm = Pick<Conv1dSpec, 'stride' | 'dilation' | 'leakyIn' | 'activation'> & {
  padding?: number;
  /** A factor on the input, which is folded into the weights. */
  inputGain?: number;
  /** A factor on the result, bias included. */
  gain?: number;
  /** Rows of the weight that this layer makes, where several layers share it; default all. */
  rows?: RowRange;
  /** Input channels that this layer reads, where the sum of several is the whole; the first has the bias. */
  columns?: RowRange;
  /** Turns the order of the input's or of the result's channels round. */
  reversed?: 'in' | 'out';
};

/** Weights that stay a tensor on the backend, for what is composed of TensorFlow.js's own operations. */
export interface TensorLayer {
  readonly tensor: Tensor;
  readonly bytes: number;
  dispose(): void;
}

/** What a model's constructor reads its layers from. Every call names tensors and the sizes they must have. */
export interface LayerReader {
  /** Weight [out, in, k], bias [out]. */
  conv1d(prefix: string, shape: ConvShape, form?: ConvForm): Layer<'conv1d'>;
  /** Transposed convolution of `inputGain` times the input; weight [in, out, k] as in PyTorch, bias [out]. */
  upsample1d(
    prefix: string,
    shape: { in: number; out: number; kernel: number },
    form: { stride: number; leakyIn: number; inputGain?: number },
  ): Layer<'upsample1d'>;
  /** Weight [out, in], bias [out]. */
  linear(prefix: string, shape: { in: number; out: number }): Layer<'linear'>;
  /** Four linear layers C -> C: q, k, v, out. */
  attention(prefix: string, channels: number, heads: number): Layer<'attention'>;
  /** Weight [C], bias [C]. */
  layerNorm(prefix: string, channels: number, epsilon?: number): Layer<'layer-norm'>;
  /** Weight [C, 1, k] as [1, k, C, 1] and bias [C] of a convolution of each channel alone. */
  depthwise(prefix: string, channels: number, kernel: number): DepthwiseLayer;
  /** A layer of weights that are computed, not read, such as a transform's: prepared now, freed with the others. */
  computed<Kind extends string>(prepare: (ops: Ops) => Layer<Kind>): Layer<Kind>;
  /** Values that are given to TensorFlow.js's operations as they are, of exactly this shape. */
  tensor(name: string, shape: readonly number[]): TensorLayer;
  /** Values that stay on the host: at least `rows` rows of `columns`, or exactly so many. */
  table(name: string, rows: number | { atLeast: number }, columns?: number): Float32Tensor;
}

/** A convolution that a model is made of, as benches list them. */
export interface DeclaredConvolution extends Required<Pick<ConvForm, 'stride' | 'dilation'>> {
  inChannels: number;
  outChannels: number;
  kernel: number;
}

/** What a model's constructor asks for. */
export interface Declaration {
  tensors: ReadonlyMap<string, Extent[]>;
  convolutions: readonly DeclaredConvolution[];
}

/** A model's layers on a backend, freed together. */
export interface LoadedLayers {
  readonly backend: Backend;
  /** Bytes of weights on the backend, in the form it keeps them. */
  readonly bytes: number;
  dispose(): void;
}

/** A model's constructor. It reads layers and keeps the backend, and runs nothing. */
export type MakeModel<Model> = (read: LayerReader, layers: LoadedLayers) => Model;

/** The tensors and convolutions that `make` asks for, found by running it without a checkpoint or a backend. */
export function declaredBy(make: MakeModel<unknown>): Declaration {
  const tensors = new Map<string, Extent[]>();
  const convolutions: DeclaredConvolution[] = [];
  const layer = { bytes: 0, dispose() {} } as unknown as Layer<never>;
  const nothing = { bytes: 0, dispose() {} } as unknown as TensorLayer;
  const affine = (prefix: string, out: number, weight: Extent[]): Layer<never> => {
    tensors.set(`${prefix}.weight`, weight);
    tensors.set(`${prefix}.bias`, [out]);
    return layer;
  };
  const read: LayerReader = {
    conv1d(prefix, shape, { stride = 1, dilation = 1, rows, columns } = {}) {
      const kernel = shape.kernel === 'odd' ? 1 : shape.kernel;
      const outChannels = rows ? rows.to - rows.from : shape.out;
      const inChannels = columns ? columns.to - columns.from : shape.in;
      convolutions.push({ inChannels, outChannels, kernel, stride, dilation });
      return affine(prefix, shape.out, [shape.out, shape.in, shape.kernel]);
    },
    upsample1d: (prefix, shape) => affine(prefix, shape.out, [shape.in, shape.out, shape.kernel]),
    linear: (prefix, shape) => affine(prefix, shape.out, [shape.out, shape.in]),
    attention(prefix, channels) {
      for (const part of ['q', 'k', 'v', 'out']) affine(`${prefix}.${part}`, channels, [channels, channels]);
      return layer;
    },
    layerNorm: (prefix, channels) => affine(prefix, channels, [channels]),
    depthwise(prefix, channels, kernel) {
      affine(prefix, channels, [channels, 1, kernel]);
      return { filter: nothing, bias: nothing, kernel };
    },
    computed: () => layer,
    tensor(name, shape) {
      tensors.set(name, [...shape]);
      return nothing;
    },
    table(name, rows, columns) {
      tensors.set(name, columns === undefined ? [rows] : [rows, columns]);
      const size = typeof rows === 'number' ? rows : rows.atLeast;
      return { shape: columns === undefined ? [size] : [size, columns], data: new Float32Array(0) };
    },
  };
  make(read, { backend: undefined as unknown as Backend, bytes: 0, dispose() {} });
  return { tensors, convolutions };
}

/** Weights of a model, by what its constructor asks for; a kernel of any odd width counts as 3. */
export function weightCount({ tensors }: Declaration): number {
  const size = (extent: Extent): number =>
    extent === 'odd' ? 3 : typeof extent === 'object' ? extent.atLeast : extent;
  let count = 0;
  for (const extents of tensors.values()) count += extents.reduce<number>((all, one) => all * size(one), 1);
  return count;
}

/** What holds for all layers of a model. */
export interface ReaderForm {
  /** Name of the checkpoint, for messages. */
  source: string;
  /** Default 1e-5, PyTorch's. */
  layerNormEpsilon?: number;
  weights?: WeightForm | undefined;
}

/**
 * Makes a model from a checkpoint on a backend. Weight-norm is folded; values are converted to float32 layer by layer.
 * When it fails, the layers made until then are freed.
 * @param make runs twice: first without a checkpoint, to learn which tensors it wants.
 * @throws VoirsError INVALID_WEIGHTS listing what is missing, misshapen or unknown, or for values that are not finite.
 */
export function loadModel<Model>(
  backend: Backend,
  tensors: ReadonlyMap<string, HostTensor>,
  make: MakeModel<Model>,
  form: ReaderForm,
): Model {
  mustFit(declaredBy(make).tensors, tensors, form.source);
  const lazy = new Map([...tensors].map(([name, one]) => [name, new LazyTensor(name, one, form.source)]));
  const values = foldWeightNorm(lazy);
  let model: Model | undefined;
  let reader: CheckpointReader | undefined;
  try {
    backend.run((ops) => {
      reader = new CheckpointReader(backend, ops, values, form);
      model = make(reader, reader);
      reader.finish();
    });
  } catch (error) {
    reader?.dispose();
    throw error;
  }
  return model!;
}

/** Prepares layers from tensors that are known to fit; used inside a backend's run. */
class CheckpointReader implements LayerReader, LoadedLayers {
  private readonly made: Pick<Layer<string>, 'bytes' | 'dispose'>[] = [];
  /** Where a layer's tensors are converted to, if the backend copies what it is given. */
  private staging: Staging | undefined;

  constructor(
    readonly backend: Backend,
    private readonly ops: Ops,
    private tensors: ReadonlyMap<string, Float32Tensor>,
    private readonly form: ReaderForm,
  ) {
    this.staging = ops.copiesArrays ? new Staging() : undefined;
  }

  get bytes(): number {
    return this.made.reduce((sum, layer) => sum + layer.bytes, 0);
  }

  /** Lets go of the checkpoint: the layers outlive it by far. */
  finish(): void {
    this.tensors = new Map();
    this.staging = undefined;
  }

  dispose(): void {
    for (const layer of this.made.splice(0)) layer.dispose();
  }

  conv1d(prefix: string, _shape: ConvShape, form: ConvForm = {}): Layer<'conv1d'> {
    const shape = this.tensors.get(`${prefix}.weight`)!.shape as [number, number, number];
    const [, width, kernel] = shape;
    const { inputGain = 1, gain = 1, rows = { from: 0, to: shape[0] }, reversed, ...others } = form;
    const { columns = { from: 0, to: width }, ...rest } = others;
    const { dilation = 1, padding = ((kernel - 1) * dilation) / 2, ...settings } = rest;
    const { weight, bias, ...affine } = this.affine(prefix);
    const [outChannels, inChannels] = [rows.to - rows.from, columns.to - columns.from];
    const own = weight.subarray(rows.from * width * kernel, rows.to * width * kernel);
    let taken = scaled(
      inChannels === width ? own : someColumns(own, width * kernel, columns, kernel),
      inputGain * gain,
    );
    if (reversed) taken = reversedChannels(taken, { outChannels, inChannels, kernel }, reversed);
    const offsets = scaled(bias!.subarray(rows.from, rows.to), columns.from === 0 ? gain : 0);
    return this.keep(
      this.ops.prepareConv1d({
        ...settings,
        ...affine,
        weight: taken,
        bias: reversed === 'out' ? offsets.slice().reverse() : offsets,
        ...{ dilation, inChannels, outChannels, kernel, padding },
      }),
    );
  }

  upsample1d(
    prefix: string,
    shape: { in: number; out: number; kernel: number },
    { stride, leakyIn, inputGain = 1 }: { stride: number; leakyIn: number; inputGain?: number },
  ): Layer<'upsample1d'> {
    const { weight, ...affine } = this.affine(prefix);
    return this.keep(
      this.ops.prepareUpsample1d({
        ...affine,
        weight: scaled(weight, inputGain),
        ...{ inChannels: shape.in, outChannels: shape.out, kernel: shape.kernel, stride, leakyIn },
      }),
    );
  }

  linear(prefix: string, shape: { in: number; out: number }): Layer<'linear'> {
    return this.keep(this.ops.prepareLinear(this.linearSpec(prefix, shape)));
  }

  attention(prefix: string, channels: number, heads: number): Layer<'attention'> {
    const part = (name: string) => this.linearSpec(`${prefix}.${name}`, { in: channels, out: channels });
    const spec: AttentionSpec = {
      ...{ weights: this.form.weights, heads },
      ...{ q: part('q'), k: part('k'), v: part('v'), out: part('out') },
    };
    return this.keep(this.ops.prepareAttention(spec));
  }

  layerNorm(
    prefix: string,
    _channels: number,
    epsilon = this.form.layerNormEpsilon ?? 1e-5,
  ): Layer<'layer-norm'> {
    const [weight, bias] = [this.values(`${prefix}.weight`), this.values(`${prefix}.bias`)];
    return this.keep(this.ops.prepareLayerNorm({ weight, bias, epsilon }));
  }

  depthwise(prefix: string, channels: number, kernel: number): DepthwiseLayer {
    const weight = this.values(`${prefix}.weight`);
    const filter = new Float32Array(weight.length); // [C, 1, k] -> [1, k, C, 1]
    for (let c = 0; c < channels; c++)
      for (let t = 0; t < kernel; t++) filter[t * channels + c] = weight[c * kernel + t]!;
    return {
      filter: this.kept(filter, [1, kernel, channels, 1]),
      bias: this.kept(this.values(`${prefix}.bias`).slice(), [channels]),
      kernel,
    };
  }

  computed<Kind extends string>(prepare: (ops: Ops) => Layer<Kind>): Layer<Kind> {
    return this.keep(prepare(this.ops));
  }

  tensor(name: string, shape: readonly number[]): TensorLayer {
    return this.kept(this.values(name).slice(), shape);
  }

  private kept(values: Float32Array, shape: readonly number[]): TensorLayer {
    const tensor = tf.keep(tf.reshape<tf.Rank>(tf.tensor1d(values), [...shape]));
    const layer = { tensor, bytes: values.byteLength, dispose: () => tensor.dispose() };
    this.made.push(layer);
    this.staging?.rewind();
    return layer;
  }

  table(name: string): Float32Tensor {
    const { shape, data } = this.tensors.get(name)!;
    return { shape: [...shape], data: data.slice() };
  }

  private linearSpec(prefix: string, shape: { in: number; out: number }): LinearSpec {
    return { ...this.affine(prefix), inChannels: shape.in, outChannels: shape.out };
  }

  private affine(prefix: string): Pick<LinearSpec, 'weight' | 'bias' | 'weights'> {
    const [weight, bias] = [this.values(`${prefix}.weight`), this.values(`${prefix}.bias`)];
    return { weights: this.form.weights, weight, bias };
  }

  /** Values for the layer that is being prepared, and no longer. */
  private values(name: string): Float32Array {
    const tensor = this.tensors.get(name)!;
    return this.staging && tensor instanceof LazyTensor ? tensor.via(this.staging) : tensor.data;
  }

  private keep<Kind extends string>(layer: Layer<Kind>): Layer<Kind> {
    this.made.push(layer);
    this.staging?.rewind();
    return layer;
  }
}
