// Upsampling, linear layers and layer norm by our own kernels; docs/kernels.md, Measured, has what each
// gains.
import type { Tensor3D, TensorInfo } from '#tf';
import * as tf from '#tf';
import type { BackendWasm } from '#tf-wasm';
import type { Layer, LayerNormSpec, LinearSpec, RowRange, Upsample1dSpec } from '../ops.js';
import { upsampleBlocks } from '../reference.js';
import { ConvolutionLayer, convolve } from './convolution.js';
import { methodsFor, type PaddedConv1dSpec } from './convolution-methods.js';
import { type HeapLayer, runLayer } from './engine-kernel.js';
import type { HeapBlock } from './heap-blocks.js';
import { type KernelModule, unitsWorth } from './kernel-module.js';

/** The name of layer norm as a kernel of the engine. */
export const LAYER_NORM_KERNEL = 'VoirsLayerNorm';

/**
 * A transposed convolution as an ordinary one, which makes all samples of an input frame side by side: that
 * is their order in memory.
 */
export class UpsamplingLayer implements Layer<'upsample1d'> {
  readonly kind = 'upsample1d';

  private constructor(
    private readonly blocks: ConvolutionLayer,
    private readonly stride: number,
    private readonly outChannels: number,
  ) {}

  /** @returns undefined for a shape that the kernels do not take. */
  static prepare(kernels: KernelModule, spec: Upsample1dSpec): UpsamplingLayer | undefined {
    const { inChannels, stride, outChannels: each, leakyIn, weights } = spec;
    const { filter, bias, taps, before, after } = upsampleBlocks(spec);
    const outChannels = stride * each;
    const weight = new Float32Array(filter.length);
    for (let tap = 0; tap < taps; tap++) {
      for (let i = 0; i < inChannels; i++) {
        const from = (tap * inChannels + i) * outChannels;
        for (let o = 0; o < outChannels; o++) weight[(o * inChannels + i) * taps + tap] = filter[from + o]!;
      }
    }
    const shape = {
      inChannels,
      outChannels,
      kernel: taps,
      dilation: 1,
      padding: [before, after] as [number, number],
    };
    const convolution = { ...shape, weight, bias, leakyIn, activation: 'linear' as const, weights };
    // Direct even where there is a transform: a third of the taps are zero, and the direct kernel skips them.
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

/** A linear layer as a convolution of one tap over the same weights. Replaces BatchMatMul and Add. */
export class OwnLinear implements Layer<'linear'> {
  readonly kind = 'linear';

  private constructor(private readonly convolution: ConvolutionLayer) {}

  /** @returns undefined for a shape that the kernels do not take. */
  static prepare(kernels: KernelModule, spec: LinearSpec): OwnLinear | undefined {
    const shape: PaddedConv1dSpec = {
      ...spec,
      kernel: 1,
      dilation: 1,
      padding: [0, 0],
      activation: 'linear',
    };
    const method = methodsFor(kernels, shape).at(-1);
    return method && new OwnLinear(new ConvolutionLayer(kernels, shape, method));
  }

  get bytes(): number {
    return this.convolution.bytes;
  }

  /** [1, N, Cin] -> [1, N, Cout], plus `residual`. */
  apply(x: Tensor3D, residual?: Tensor3D): Tensor3D {
    return convolve(x, this.convolution, residual);
  }

  dispose(): void {
    this.convolution.dispose();
  }
}

/**
 * Layer norm in one pass over memory. Replaces Mean, Sub, Square, Mean, Add, Rsqrt, Multiply, Multiply and
 * Add.
 */
export class OwnLayerNorm implements Layer<'layer-norm'>, HeapLayer<{ x: TensorInfo }> {
  readonly kind = 'layer-norm';
  readonly bytes: number;
  private readonly channels: number;
  private readonly epsilon: number;
  /** Gain and offset in the heap; empty once disposed. */
  private readonly blocks: HeapBlock[];

  private constructor(
    private readonly kernels: KernelModule,
    { weight, bias, epsilon }: LayerNormSpec,
  ) {
    this.blocks = [kernels.store(weight), kernels.store(bias)];
    this.bytes = weight.byteLength + bias.byteLength;
    this.channels = weight.length;
    this.epsilon = epsilon;
  }

  /** @returns undefined for a width that the kernel does not take. */
  static prepare(kernels: KernelModule, spec: LayerNormSpec): OwnLayerNorm | undefined {
    return spec.weight.length % 4 === 0 ? new OwnLayerNorm(kernels, spec) : undefined;
  }

  /** [1, N, C] -> [1, N, C]. */
  apply(x: Tensor3D): Tensor3D {
    return runLayer(LAYER_NORM_KERNEL, this, { x });
  }

  /** The kernel of the engine. */
  compute(backend: BackendWasm, { x }: { x: TensorInfo }): TensorInfo {
    const { channels, epsilon } = this;
    const rows = x.shape[1]!;
    const y = backend.makeOutput(x.shape, 'float32');
    const [from, to] = [backend.getMemoryOffset(x.dataId), backend.getMemoryOffset(y.dataId)];
    const args = [from, to, ...this.blocks.map(({ address }) => address), channels, epsilon];
    this.kernels.dispatch('layer_norm', rows, args, unitsWorth(8 * channels));
    return y;
  }

  dispose(): void {
    for (const block of this.blocks.splice(0)) this.kernels.free(block);
  }
}
