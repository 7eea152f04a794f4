// The operations of the wasm backend: our own kernels where they take the shape, the reference elsewhere.
import type { Tensor, Tensor1D, Tensor3D, TensorInfo } from '#tf';
import * as tf from '#tf';
import type { BackendWasm } from '#tf-wasm';
import { VoirsError } from '../../errors.js';
import type {
  AttentionSpec,
  Conv1dSpec,
  ConvPart,
  Layer,
  LayerNormSpec,
  LinearSpec,
  RowRange,
  Upsample1dSpec,
} from '../ops.js';
import { CompositeOps } from '../reference.js';
import { OwnAttention } from './attention.js';
import { ConvolutionLayer, convolve } from './convolution.js';
import { methodFor, type PaddedConv1dSpec } from './convolution-methods.js';
import type { KernelModule } from './kernel-module.js';
import { OwnLayerNorm, OwnLinear, UpsamplingLayer } from './layers.js';

const ROW_GATHER = 'VoirsRowGather';

/** Copies whole rows inside the heap: x [N, C], indices [T] -> [T, C]. */
function rowGather(inputs: { x: TensorInfo; indices: TensorInfo }, backend: BackendWasm): TensorInfo {
  const { x, indices } = inputs;
  const [rows, channels] = x.shape as [number, number];
  const out = backend.makeOutput([indices.shape[0]!, channels], 'float32');
  // Views are taken after makeOutput: it may grow the heap, which detaches older ones.
  const from = backend.typedArrayFromHeap(x) as Float32Array;
  const to = backend.typedArrayFromHeap(out) as Float32Array;
  const rowsWanted = backend.typedArrayFromHeap(indices);
  for (let t = 0; t < rowsWanted.length; t++) {
    const row = rowsWanted[t]!;
    if (row < 0 || row >= rows) {
      throw new VoirsError('SYNTHESIS_FAILED', 'An index of gather is out of range', {
        got: `${row}`,
        wanted: `0 to ${rows - 1}`,
      });
    }
    to.set(from.subarray(row * channels, (row + 1) * channels), t * channels);
  }
  return out;
}

/**
 * Registers the row gather as a kernel of the engine, so that its result has the lifetime of any other
 * tensor.
 */
export function registerRowGather(engineName: string): void {
  tf.registerKernel({
    kernelName: ROW_GATHER,
    backendName: engineName,
    kernelFunc: ({ inputs, backend }) =>
      rowGather(inputs as { x: TensorInfo; indices: TensorInfo }, backend as BackendWasm),
  });
}

export class WasmOps extends CompositeOps {
  /** Arrays are copied into the heap, those of tensors included. */
  readonly copiesArrays = true;

  /** @param kernels our own kernels; undefined where they could not be loaded on the backend's memory. */
  constructor(
    private readonly backend: () => BackendWasm,
    readonly kernels: KernelModule | undefined,
  ) {
    // prelu with a constant slope per channel: the stock leakyRelu kernel is scalar (11 ms against 0.5 ms for
    // 2.1 M values), and as a fused activation it doubles the time of a convolution.
    super('prelu');
  }

  /** A layer of our own kernels; undefined where they do not take the shape. */
  private own<L>(make: (kernels: KernelModule) => L | undefined): L | undefined {
    const { kernels } = this;
    return kernels?.prepare(() => make(kernels));
  }

  /** Our own kernels replace FusedConv2D; `npm run bench -- kernels` measures the gain. */
  override prepareConv1d(spec: Conv1dSpec): Layer<'conv1d'> {
    const { dilation = 1, padding, activation = 'linear' } = spec;
    const own: PaddedConv1dSpec = { ...spec, dilation, padding: [padding, padding], activation };
    const { kernels } = this;
    const method = kernels && methodFor(kernels, own, spec.weights);
    return kernels && method
      ? kernels.prepare(() => new ConvolutionLayer(kernels, own, method))
      : super.prepareConv1d(spec);
  }

  override conv1d(x: Tensor3D, layer: Layer<'conv1d'>, residual?: Tensor3D, part?: ConvPart): Tensor3D {
    if (layer instanceof ConvolutionLayer) return convolve(x, layer, residual, part);
    return super.conv1d(x, layer, residual, part);
  }

  override prepareUpsample1d(spec: Upsample1dSpec): Layer<'upsample1d'> {
    return this.own((kernels) => UpsamplingLayer.prepare(kernels, spec)) ?? super.prepareUpsample1d(spec);
  }

  override upsample1d(x: Tensor3D, layer: Layer<'upsample1d'>, frames?: RowRange): Tensor3D {
    return layer instanceof UpsamplingLayer ? layer.apply(x, frames) : super.upsample1d(x, layer, frames);
  }

  override prepareLinear(spec: LinearSpec): Layer<'linear'> {
    return this.own((kernels) => OwnLinear.prepare(kernels, spec)) ?? super.prepareLinear(spec);
  }

  override linear(x: Tensor3D, layer: Layer<'linear'>): Tensor3D {
    return layer instanceof OwnLinear ? layer.apply(x) : super.linear(x, layer);
  }

  override prepareAttention(spec: AttentionSpec): Layer<'attention'> {
    return this.own((kernels) => OwnAttention.prepare(kernels, spec)) ?? super.prepareAttention(spec);
  }

  override attention(x: Tensor3D, layer: Layer<'attention'>, residual?: Tensor3D): Tensor3D {
    return layer instanceof OwnAttention ? layer.apply(x, residual) : super.attention(x, layer, residual);
  }

  override prepareLayerNorm(spec: LayerNormSpec): Layer<'layer-norm'> {
    return this.own((kernels) => OwnLayerNorm.prepare(kernels, spec)) ?? super.prepareLayerNorm(spec);
  }

  override layerNorm(x: Tensor3D, layer: Layer<'layer-norm'>): Tensor3D {
    return layer instanceof OwnLayerNorm ? layer.apply(x) : super.layerNorm(x, layer);
  }

  /**
   * Replaces GatherV2, which copies value by value: 40 to 67 times as fast (docs/kernels.md, length
   * regulator).
   */
  override gather(x: Tensor3D, indices: Tensor1D): Tensor3D {
    const [, rows, channels] = x.shape;
    const table = tf.reshape<tf.Rank.R2>(x, [rows, channels]);
    const picked = tf.engine().runKernel(ROW_GATHER, { x: table, indices } as never) as Tensor;
    return tf.reshape<tf.Rank.R3>(picked, [1, indices.size, channels]); // [T, C] -> [B, T, C]
  }

  /**
   * Copies from the heap; dataSync would make another copy first (0.56 ms against 0.02 ms for 10 s of audio).
   */
  override readInto(x: Tensor, out: Float32Array, from = 0): void {
    const values = this.backend().typedArrayFromHeap(x) as Float32Array;
    out.set(values.subarray(from, from + out.length));
  }
}
