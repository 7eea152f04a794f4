// Layer norm by our own kernel, in one pass over memory.
// Replaces the composite's Mean, Sub, Square, Mean, Add, Rsqrt, Multiply, Multiply, Add: see docs/kernels.md, Measured.
import type { Tensor3D, TensorInfo } from '#tf';
import type { BackendWasm } from '#tf-wasm';
import type { Layer, LayerNormSpec } from '../../ops.js';
import type { HeapBlock } from './blocks.js';
import { type HeapLayer, runLayer } from './engine-kernel.js';
import { type ConvolutionKernels, unitsWorth } from './load.js';

/** Its name as a kernel of the engine. */
export const LAYER_NORM_KERNEL = 'VoirsLayerNorm';

/** A prepared layer norm. */
export class OwnLayerNorm implements Layer<'layer-norm'>, HeapLayer<{ x: TensorInfo }> {
  readonly kind = 'layer-norm';
  readonly bytes: number;
  private readonly channels: number;
  private readonly epsilon: number;
  /** Gain and offset in the heap; empty once disposed. */
  private readonly blocks: HeapBlock[];

  private constructor(
    private readonly kernels: ConvolutionKernels,
    { weight, bias, epsilon }: LayerNormSpec,
  ) {
    this.blocks = [kernels.store(weight), kernels.store(bias)];
    this.bytes = weight.byteLength + bias.byteLength;
    this.channels = weight.length;
    this.epsilon = epsilon;
  }

  /** @returns nothing for a width that the kernel does not take. */
  static prepare(kernels: ConvolutionKernels, spec: LayerNormSpec): OwnLayerNorm | undefined {
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
