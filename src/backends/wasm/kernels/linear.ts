// Linear layers by our own kernels: a convolution of one tap over the same weights.
// Replaces BatchMatMul and Add of the composite: see docs/kernels.md, Measured.
import type { Tensor3D } from '#tf';
import type { Layer, LinearSpec } from '../../ops.js';
import { ConvolutionLayer, convolve } from './convolution.js';
import type { ConvolutionKernels } from './load.js';
import { type ConvolutionSpec, methodsFor } from './methods.js';

/** A prepared linear layer. */
export class OwnLinear implements Layer<'linear'> {
  readonly kind = 'linear';

  private constructor(private readonly convolution: ConvolutionLayer) {}

  /** @returns nothing for a shape that the kernels do not take. */
  static prepare(kernels: ConvolutionKernels, spec: LinearSpec): OwnLinear | undefined {
    const shape: ConvolutionSpec = { ...spec, kernel: 1, dilation: 1, padding: [0, 0], activation: 'linear' };
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
