// Turns checkpoint tensors into backend layers by name, so that the model files read as their architecture.
import type { Backend } from '../backends/backend.js';
import type { AttentionSpec, Conv1dSpec, Layer, LinearSpec, Ops, WeightForm } from '../backends/ops.js';
import { LazyTensor, Staging } from '../checkpoints/lazy-tensor.js';
import type { Float32Tensor } from '../checkpoints/tensor.js';
import { VoirsError } from '../errors.js';

/** What a checkpoint does not say about a convolution; `same` padding unless told. */
export type ConvForm = Pick<Conv1dSpec, 'stride' | 'dilation' | 'leakyIn' | 'activation'> & {
  padding?: number;
  /** The input is to be multiplied by this, which the weights do. */
  inputGain?: number;
};

/** What holds for all layers of a model. */
export interface ReaderForm {
  /** Default 1e-5, PyTorch's. */
  layerNormEpsilon?: number | undefined;
  weights?: WeightForm | undefined;
}

const scaled = (values: Float32Array, gain: number): Float32Array =>
  gain === 1 ? values : values.map((v) => v * gain);

/** Reads layers from a checkpoint; call it inside a backend's run. Remembers what it made, to free it together. */
export class LayerReader {
  private readonly made: Layer<string>[] = [];
  /** Where a layer's tensors are converted to, if the backend does not hold on to what it is given. */
  private staging: Staging | undefined;

  constructor(
    private readonly ops: Ops,
    private tensors: ReadonlyMap<string, Float32Tensor>,
    private readonly form: ReaderForm = {},
  ) {
    this.staging = ops.copiesArrays ? new Staging() : undefined;
  }

  /** Makes a model from a checkpoint on a backend; when that fails, the layers made until then are freed. */
  static load<Model>(
    backend: Backend,
    tensors: ReadonlyMap<string, Float32Tensor>,
    make: (read: LayerReader) => Model,
    form?: ReaderForm,
  ): Model {
    let model: Model | undefined;
    let reader: LayerReader | undefined;
    try {
      backend.run((ops) => {
        reader = new LayerReader(ops, tensors, form);
        model = make(reader);
      });
    } catch (error) {
      reader?.dispose();
      throw error;
    }
    return model!;
  }

  /** Bytes of weights in the backend, in the form it keeps them. */
  get bytes(): number {
    return this.made.reduce((sum, layer) => sum + layer.bytes, 0);
  }

  /** Lets go of the checkpoint once everything is read: the layers outlive it by far. */
  finish(): void {
    this.tensors = new Map();
    this.staging = undefined;
  }

  dispose(): void {
    for (const layer of this.made.splice(0)) layer.dispose();
  }

  /** @throws VoirsError INVALID_WEIGHTS when the tensor is missing. */
  tensor(name: string): Float32Tensor {
    const found = this.tensors.get(name);
    if (!found) {
      throw new VoirsError('INVALID_WEIGHTS', `The checkpoint has no tensor ${name}`, {
        suggestion: 'Check that the manifest and the weights belong together',
      });
    }
    return found;
  }

  /** Values for the layer that is being prepared, and no longer. */
  private values(name: string): Float32Array {
    const tensor = this.tensor(name);
    return this.staging && tensor instanceof LazyTensor ? tensor.via(this.staging) : tensor.data;
  }

  /** Weight [Cout, Cin, k]. */
  conv1d(prefix: string, form: ConvForm = {}): Layer<'conv1d'> {
    const [outChannels, inChannels, kernel] = this.shape(`${prefix}.weight`);
    const { inputGain = 1, dilation = 1, padding = ((kernel - 1) * dilation) / 2, ...rest } = form;
    const { weight, ...affine } = this.affine(prefix);
    return this.keep(
      this.ops.prepareConv1d({
        ...rest,
        ...affine,
        weight: scaled(weight, inputGain),
        ...{ dilation, inChannels, outChannels, kernel, padding },
      }),
    );
  }

  /** Transposed convolution, of the input times `inputGain`; weight [Cin, Cout, k] as in PyTorch. */
  upsample1d(prefix: string, stride: number, leakyIn: number, inputGain = 1): Layer<'upsample1d'> {
    const [inChannels, outChannels, kernel] = this.shape(`${prefix}.weight`);
    const { weight, ...affine } = this.affine(prefix);
    return this.keep(
      this.ops.prepareUpsample1d({
        ...affine,
        weight: scaled(weight, inputGain),
        ...{ inChannels, outChannels, kernel, stride, leakyIn },
      }),
    );
  }

  linear(prefix: string): Layer<'linear'> {
    return this.keep(this.ops.prepareLinear(this.linearSpec(prefix)));
  }

  attention(prefix: string, heads: number): Layer<'attention'> {
    const spec: AttentionSpec = {
      weights: this.form.weights,
      heads,
      q: this.linearSpec(`${prefix}.q`),
      k: this.linearSpec(`${prefix}.k`),
      v: this.linearSpec(`${prefix}.v`),
      out: this.linearSpec(`${prefix}.out`),
    };
    return this.keep(this.ops.prepareAttention(spec));
  }

  layerNorm(prefix: string): Layer<'layer-norm'> {
    return this.keep(
      this.ops.prepareLayerNorm({
        weight: this.values(`${prefix}.weight`),
        bias: this.values(`${prefix}.bias`),
        epsilon: this.form.layerNormEpsilon ?? 1e-5,
      }),
    );
  }

  private linearSpec(prefix: string): LinearSpec {
    const [outChannels, inChannels] = this.shape(`${prefix}.weight`);
    return { ...this.affine(prefix), inChannels, outChannels };
  }

  private shape(name: string): [number, number, number] {
    return this.tensor(name).shape as [number, number, number];
  }

  private affine(prefix: string): Pick<LinearSpec, 'weight' | 'bias' | 'weights'> {
    const [weight, bias] = [this.values(`${prefix}.weight`), this.values(`${prefix}.bias`)];
    return { weights: this.form.weights, weight, bias };
  }

  private keep<Kind extends string>(layer: Layer<Kind>): Layer<Kind> {
    this.made.push(layer);
    this.staging?.rewind();
    return layer;
  }
}
