// Transposed convolutions as convolutions by our own kernels: one that makes all samples of an input frame side by side,
// which is where they belong in memory.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import { upsampleBlocks } from '../../composite-layers.js';
import type { Layer, RowRange, Upsample1dSpec } from '../../ops.js';
import { ConvolutionLayer, convolve } from './convolution.js';
import type { ConvolutionKernels } from './load.js';
import { methodsFor } from './methods.js';

/** A prepared upsampling. */
export class UpsamplingLayer implements Layer<'upsample1d'> {
  readonly kind = 'upsample1d';

  private constructor(
    private readonly blocks: ConvolutionLayer,
    private readonly stride: number,
    private readonly outChannels: number,
  ) {}

  /** @returns nothing for a shape that the kernels do not take. */
  static prepare(kernels: ConvolutionKernels, spec: Upsample1dSpec): UpsamplingLayer | undefined {
    const { inChannels, stride, outChannels: each, leakyIn, weights } = spec;
    const { filter, taps, before, after } = upsampleBlocks(spec);
    const outChannels = stride * each;
    const weight = new Float32Array(filter.length);
    for (let tap = 0; tap < taps; tap++) {
      for (let i = 0; i < inChannels; i++) {
        const from = (tap * inChannels + i) * outChannels;
        for (let o = 0; o < outChannels; o++) weight[(o * inChannels + i) * taps + tap] = filter[from + o]!;
      }
    }
    const bias = new Float32Array(outChannels);
    if (spec.bias) for (let r = 0; r < stride; r++) bias.set(spec.bias, r * each);
    const shape = {
      inChannels,
      outChannels,
      kernel: taps,
      dilation: 1,
      padding: [before, after] as [number, number],
    };
    const convolution = { ...shape, weight, bias, leakyIn, activation: 'linear' as const, weights };
    // Direct even where there is a transform: a third of the taps are zeros, which it leaves out.
    if (!methodsFor(kernels, convolution).includes('direct')) return undefined;
    return new UpsamplingLayer(new ConvolutionLayer(kernels, convolution, 'direct'), stride, each);
  }

  get bytes(): number {
    return this.blocks.bytes;
  }

  /** [1, L, Cin] -> [1, L stride, Cout], or the samples of some of the L rows. */
  apply(x: Tensor3D, frames?: RowRange): Tensor3D {
    const y = convolve(x, this.blocks, undefined, frames && { rows: frames });
    return tf.reshape<tf.Rank.R3>(y, [1, y.shape[1] * this.stride, this.outChannels]); // [B, L, s Cout] -> [B, L s, Cout]
  }

  dispose(): void {
    this.blocks.dispose();
  }
}
