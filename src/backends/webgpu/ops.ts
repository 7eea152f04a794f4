// The operations of the webgpu backend: our own kernels where they take the shape, the reference elsewhere;
// docs/webgpu.md has what each replaces and what was measured.
import type { Tensor, Tensor1D, Tensor3D } from '#tf';
import type {
  AttentionSpec,
  Conv1dSpec,
  ConvPart,
  Layer,
  LinearSpec,
  RowRange,
  Upsample1dSpec,
} from '../ops.js';
import { CompositeOps, type NormLayer } from '../reference.js';
import type { DeviceFaults } from './faults.js';
import type { PooledWebgpu } from './instance.js';
import { FusedAttentionLayer, fusedAttention, prepareFusedAttention } from './kernels/attention.js';
import {
  ConvolutionLayer,
  prepareConvolution,
  prepareLinear,
  prepareUpsampling,
} from './kernels/convolution.js';
import { gatherRows, layerNorm } from './kernels/layer-norm.js';

export class WebgpuOps extends CompositeOps {
  constructor(
    private readonly instance: () => PooledWebgpu,
    private readonly faults: DeviceFaults,
  ) {
    super('leakyrelu');
  }

  /** Strided convolutions (those of the source, two channels in) run by the reference. */
  override prepareConv1d(spec: Conv1dSpec): Layer<'conv1d'> {
    return prepareConvolution(spec) ?? super.prepareConv1d(spec);
  }

  override conv1d(x: Tensor3D, layer: Layer<'conv1d'>, residual?: Tensor3D, part?: ConvPart): Tensor3D {
    return layer instanceof ConvolutionLayer
      ? layer.apply(x, residual, part)
      : super.conv1d(x, layer, residual, part);
  }

  override prepareUpsample1d(spec: Upsample1dSpec): Layer<'upsample1d'> {
    return prepareUpsampling(spec) ?? super.prepareUpsample1d(spec);
  }

  override upsample1d(x: Tensor3D, layer: Layer<'upsample1d'>, frames?: RowRange): Tensor3D {
    return layer instanceof ConvolutionLayer
      ? layer.apply(x, undefined, frames && { rows: frames })
      : super.upsample1d(x, layer, frames);
  }

  override prepareLinear(spec: LinearSpec): Layer<'linear'> {
    return prepareLinear(spec);
  }

  override linear(x: Tensor3D, layer: Layer<'linear'>): Tensor3D {
    return layer instanceof ConvolutionLayer ? layer.apply(x) : super.linear(x, layer);
  }

  override prepareAttention(spec: AttentionSpec): Layer<'attention'> {
    return prepareFusedAttention(spec) ?? super.prepareAttention(spec);
  }

  override attention(x: Tensor3D, layer: Layer<'attention'>, residual?: Tensor3D): Tensor3D {
    return layer instanceof FusedAttentionLayer
      ? fusedAttention(x, layer, residual)
      : super.attention(x, layer, residual);
  }

  override layerNorm(x: Tensor3D, layer: Layer<'layer-norm'>): Tensor3D {
    return layerNorm(x, layer as NormLayer);
  }

  override gather(x: Tensor3D, indices: Tensor1D): Tensor3D {
    return gatherRows(x, indices);
  }

  override readInto(x: Tensor, out: Float32Array, from = 0): Promise<void> {
    return this.instance().copyOut(x, out, from, this.faults);
  }
}
