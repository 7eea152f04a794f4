// Layer norm by our own kernel, in one pass over memory.
// Replaces the composite's Mean, Sub, Square, Mean, Add, Rsqrt, Multiply, Multiply, Add: see docs/kernels.md, Measured.
import type { Tensor3D, TensorInfo } from '#tf';
import * as tf from '#tf';
import type { BackendWasm } from '#tf-wasm';
import type { Layer, LayerNormSpec } from '../../ops.js';
import { type ConvolutionKernels, unitsWorth } from './load.js';

const KERNEL_NAME = 'VoirsLayerNorm';

/** A prepared layer norm. */
export class OwnLayerNorm implements Layer<'layer-norm'> {
  readonly kind = 'layer-norm';
  readonly bytes: number;
  private readonly channels: number;
  private readonly epsilon: number;
  /** Gain and offset in the heap; empty once disposed. */
  private readonly addresses: number[];

  private constructor(
    private readonly kernels: ConvolutionKernels,
    { weight, bias, epsilon }: LayerNormSpec,
  ) {
    this.addresses = [kernels.store(weight), kernels.store(bias)];
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
    return tf.engine().runKernel(KERNEL_NAME, { x } as never, { layer: this } as never) as Tensor3D;
  }

  /** The kernel of the engine. */
  compute(backend: BackendWasm, x: TensorInfo): TensorInfo {
    const { channels, epsilon } = this;
    const rows = x.shape[1]!;
    const y = backend.makeOutput(x.shape, 'float32');
    const [from, to] = [backend.getMemoryOffset(x.dataId), backend.getMemoryOffset(y.dataId)];
    const args = [from, to, ...this.addresses, channels, epsilon];
    this.kernels.dispatch('layer_norm', rows, args, unitsWorth(8 * channels));
    return y;
  }

  dispose(): void {
    for (const address of this.addresses.splice(0)) this.kernels.free(address);
  }
}

/** Makes it a kernel of the engine, so that its result has the lifetime of any other tensor. */
export function registerLayerNorm(engineName: string): void {
  tf.registerKernel({
    kernelName: KERNEL_NAME,
    backendName: engineName,
    kernelFunc: ({ inputs, attrs, backend }) =>
      (attrs as unknown as { layer: OwnLayerNorm }).layer.compute(
        backend as BackendWasm,
        (inputs as { x: TensorInfo }).x,
      ),
  });
}
