// One feed-forward transformer block of FastSpeech (arXiv 1905.09263, figure 1b): self-attention, then two
// convolutions, each with a residual and layer norm after it (post-norm).
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops } from '../backends/ops.js';
import type { LayerReader } from '../voices/layer-reader.js';

export class FftBlock {
  private constructor(
    private readonly attn: Layer<'attention'>,
    private readonly norm1: Layer<'layer-norm'>,
    private readonly conv1: Layer<'conv1d'>,
    private readonly conv2: Layer<'conv1d'>,
    private readonly norm2: Layer<'layer-norm'>,
  ) {}

  /** Reads `encoder.0.attn.q.weight` and so on; `prefix` is `encoder.0`. */
  static read(read: LayerReader, prefix: string, heads: number): FftBlock {
    return new FftBlock(
      read.attention(`${prefix}.attn`, heads),
      read.layerNorm(`${prefix}.norm1`),
      read.conv1d(`${prefix}.conv1`, { activation: 'relu' }),
      read.conv1d(`${prefix}.conv2`),
      read.layerNorm(`${prefix}.norm2`),
    );
  }

  /** [B, N, C] -> [B, N, C]. */
  apply(ops: Ops, x: Tensor3D): Tensor3D {
    // Each residual sum frees its inputs at once: a decoder block at T 900 would otherwise hold 10 MB more.
    const attended = tf.tidy(() => ops.layerNorm(ops.attention(x, this.attn, x), this.norm1));
    const result = tf.tidy(() => {
      const hidden = ops.conv1d(attended, this.conv1); // [B, N, F]
      return ops.layerNorm(ops.conv1d(hidden, this.conv2, attended), this.norm2);
    });
    attended.dispose();
    return result;
  }
}
