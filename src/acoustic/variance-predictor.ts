// FastSpeech 2's variance predictor (arXiv 2006.04558, figure 1c): two convolutions and a linear layer to one
// number per token; the model has three, for log duration, pitch and energy.
import type { Tensor3D } from '#tf';
import type { Layer, Ops } from '../backends/ops.js';
import type { LayerReader } from '../voices/layer-reader.js';

export class VariancePredictor {
  private constructor(
    private readonly conv1: Layer<'conv1d'>,
    private readonly norm1: Layer<'layer-norm'>,
    private readonly conv2: Layer<'conv1d'>,
    private readonly norm2: Layer<'layer-norm'>,
    private readonly out: Layer<'linear'>,
  ) {}

  static read(read: LayerReader, prefix: string): VariancePredictor {
    return new VariancePredictor(
      read.conv1d(`${prefix}.conv1`, { activation: 'relu' }),
      read.layerNorm(`${prefix}.norm1`),
      read.conv1d(`${prefix}.conv2`, { activation: 'relu' }),
      read.layerNorm(`${prefix}.norm2`),
      read.linear(`${prefix}.out`),
    );
  }

  /** [B, N, C] -> [B, N, 1]. */
  apply(ops: Ops, h: Tensor3D): Tensor3D {
    const first = ops.layerNorm(ops.conv1d(h, this.conv1), this.norm1); // [B, N, P]
    const second = ops.layerNorm(ops.conv1d(first, this.conv2), this.norm2); // [B, N, P]
    return ops.linear(second, this.out);
  }
}
