// Operations on libtensorflow: the reference's, with convolution, bias and leaky ReLU or residual as one
// oneDNN call on the CPU. The reference runs them as three passes over memory.
import type { Tensor, Tensor3D } from '#tf';
import * as tf from '#tf';
import type { ConvPart, Layer } from '../ops.js';
import { CompositeOps, type ConvLayer, type ConvSettings, rowsRead, someRows } from '../reference.js';
import type { Binding, NodeBackend, OpAttribute } from './binding.js';

/**
 * TensorFlow's internal operation behind its graph optimiser: CPU and inference only, without a stability
 * promise.
 */
const FUSED_OP = '_MklNativeFusedConv2D';

export class TensorflowOps extends CompositeOps {
  /** Constant attributes of a layer's calls, by padding and by whether they add a residual. */
  private readonly attributes = new WeakMap<ConvSettings, Map<string, OpAttribute[]>>();

  private readonly widenAttributes: OpAttribute[];
  private readonly narrowAttributes: OpAttribute[];
  /** The axis that a convolution of rank 4 has and the contract's tensors lack, kept on the backend. */
  private readonly axis: Tensor;

  /** Call it inside a run on the backend. */
  constructor(
    private readonly engineBackend: NodeBackend,
    /** Whether convolutions run as the fused operation: {@link hasFusedConvolution}. */
    readonly isFused: boolean,
  ) {
    super('leakyrelu');
    this.axis = tf.keep(tf.tensor1d([1], 'int32'));
    const { TF_ATTR_TYPE, TF_ATTR_INT, TF_FLOAT, TF_INT32 } = engineBackend.binding;
    const type = { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT };
    this.widenAttributes = [type, { name: 'Tdim', type: TF_ATTR_TYPE, value: TF_INT32 }];
    this.narrowAttributes = [type, { name: 'squeeze_dims', type: TF_ATTR_INT, value: [1] }];
  }

  override conv1d(x: Tensor3D, layer: Layer<'conv1d'>, residual?: Tensor3D, part: ConvPart = {}): Tensor3D {
    if (!this.isFused) return super.conv1d(x, layer, residual, part);
    const conv = layer as ConvLayer;
    const { first, count, padding } = rowsRead(x.shape[1], conv, part.rows);
    const { rows, residualFrom = 0 } = part;
    const added = rows && residual ? someRows(residual, residualFrom, rows.to - rows.from) : residual;
    const y = this.fusedConv1d(someRows(x, first, count), conv, padding, added);
    return part.sum ? tf.add(y, part.sum) : y;
  }

  private attributesOf(
    settings: ConvSettings,
    padding: ConvSettings['padding'],
    residual: boolean,
  ): OpAttribute[] {
    let calls = this.attributes.get(settings);
    if (!calls) {
      calls = new Map();
      this.attributes.set(settings, calls);
    }
    const key = `${padding} ${residual}`;
    let attributes = calls.get(key);
    if (!attributes) {
      attributes = fusedAttributes(this.engineBackend.binding, { ...settings, padding }, residual);
      calls.set(key, attributes);
    }
    return attributes;
  }

  private fusedConv1d(
    x: Tensor3D,
    { filter, bias, settings }: ConvLayer,
    padding: ConvSettings['padding'],
    residual?: Tensor3D,
  ): Tensor3D {
    const { leakyIn, activation } = settings;
    const input = leakyIn ? tf.leakyRelu(x, leakyIn.slope) : x;
    const row = this.widened(input);
    // The fused operation adds the residual before an activation, so a layer that has both adds it
    // afterwards.
    const isInside = residual !== undefined && activation === 'linear';
    const attributes = this.attributesOf(settings, padding, isInside);
    const inputs = isInside ? [row, filter, bias, this.widened(residual)] : [row, filter, bias];
    const y = this.engineBackend.executeSingleOutput(FUSED_OP, attributes, inputs);
    const flat = this.narrowed(y);
    const active = activation === 'tanh' ? tf.tanh(flat) : flat;
    return residual && !isInside ? tf.add(active, residual) : active;
  }

  /** [B, L, C] -> [B, 1, L, C]; the stock reshape would make a tensor of the shape in each call. */
  private widened(x: Tensor3D): Tensor {
    return this.engineBackend.executeSingleOutput('ExpandDims', this.widenAttributes, [x, this.axis]);
  }

  /** [B, 1, L, C] -> [B, L, C]. */
  private narrowed(x: Tensor): Tensor3D {
    return this.engineBackend.executeSingleOutput('Squeeze', this.narrowAttributes, [x]) as Tensor3D;
  }

  override dispose(): void {
    super.dispose();
    this.axis.dispose();
  }
}

function fusedAttributes(
  binding: Binding,
  { stride, dilation, padding, activation }: ConvSettings,
  residual: boolean,
): OpAttribute[] {
  const fusedOps = ['BiasAdd'];
  if (residual) fusedOps.push('Add');
  else if (activation === 'relu') fusedOps.push('Relu');
  else if (typeof activation === 'object') fusedOps.push('LeakyRelu');
  const extra = residual ? 2 : 1;
  const slope = typeof activation === 'string' ? 0 : activation.slope;
  const { TF_ATTR_TYPE, TF_ATTR_INT, TF_ATTR_BOOL, TF_ATTR_STRING, TF_ATTR_FLOAT, TF_FLOAT } = binding;
  return [
    { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT },
    { name: 'TArgs', type: TF_ATTR_TYPE, value: new Array(extra).fill(TF_FLOAT) },
    { name: 'num_args', type: TF_ATTR_INT, value: extra },
    { name: 'num_host_args', type: TF_ATTR_INT, value: 0 },
    { name: 'strides', type: TF_ATTR_INT, value: [1, 1, stride, 1] },
    { name: 'is_filter_const', type: TF_ATTR_BOOL, value: false },
    { name: 'padding', type: TF_ATTR_STRING, value: 'EXPLICIT' },
    { name: 'explicit_paddings', type: TF_ATTR_INT, value: [0, 0, 0, 0, ...padding, 0, 0] },
    { name: 'data_format', type: TF_ATTR_STRING, value: 'NHWC' },
    { name: 'dilations', type: TF_ATTR_INT, value: [1, 1, dilation, 1] },
    { name: 'fused_ops', type: TF_ATTR_STRING, value: fusedOps },
    { name: 'leakyrelu_alpha', type: TF_ATTR_FLOAT, value: slope },
    { name: '_kernel', type: TF_ATTR_STRING, value: 'MklNameChangeOp' },
  ];
}

/**
 * Whether the fused operation works, found by one call: builds of libtensorflow for other processors lack it,
 * a GPU has no use for it, and an add-on without our patch cannot pass its attributes. Call it inside a run
 * on the backend.
 */
export function hasFusedConvolution(backend: NodeBackend): boolean {
  if (backend.isUsingGpuDevice) return false;
  const settings: ConvSettings = {
    stride: 1,
    dilation: 1,
    padding: [1, 1],
    leakyIn: undefined,
    activation: { slope: 0.1, alpha: undefined },
  };
  try {
    const y = backend.executeSingleOutput(FUSED_OP, fusedAttributes(backend.binding, settings, false), [
      tf.tensor4d(new Float32Array([1, -2, 3, -4]), [1, 1, 4, 1]),
      tf.tensor4d(new Float32Array([1, 1, 1]), [1, 3, 1, 1]),
      tf.tensor1d(new Float32Array([1])),
    ]);
    const wanted = [0, 3, -0.2, 0]; // leaky(1 + sum of neighbours) of 1, -2, 3, -4
    return y.dataSync().every((value, i) => Math.abs(value - wanted[i]!) < 1e-5);
  } catch {
    return false;
  }
}
