// Self-attention by our own kernels: queries, keys and values in one product; then scores, softmax and values
// in one kernel, without an [N, N] tensor; then the output product, with the residual in the same pass.
// Replaces BatchMatMul, Transpose, Softmax and Add of the reference; docs/kernels.md, Measured, has the gain.
import type { Tensor3D, TensorInfo } from '#tf';
import type { BackendWasm } from '#tf-wasm';
import type { AttentionSpec, Layer, LinearSpec } from '../ops.js';
import { ConvolutionLayer, convolve } from './convolution.js';
import { type HeapLayer, runLayer } from './engine-kernel.js';
import { type KernelModule, unitsWorth } from './kernel-module.js';

/** The name of self-attention as a kernel of the engine. */
export const ATTENTION_KERNEL = 'VoirsAttention';

/** Widest head that the kernel buffers, in channels. */
const WIDEST_HEAD = 128;

/** A linear layer as a convolution of one tap: the same weights in the same order. */
function product(kernels: KernelModule, spec: LinearSpec): ConvolutionLayer {
  const one = { kernel: 1, dilation: 1, padding: [0, 0] as [number, number] };
  return new ConvolutionLayer(kernels, { ...spec, ...one, activation: 'linear' }, 'direct');
}

/** The rows of q, k and v in one layer, [3 C, C]. */
function joined({ q, k, v, weights }: AttentionSpec): LinearSpec {
  const channels = q.inChannels;
  const weight = new Float32Array(3 * channels * channels);
  const bias = new Float32Array(3 * channels);
  for (const [i, part] of [q, k, v].entries()) {
    weight.set(part.weight, i * channels * channels);
    if (part.bias) bias.set(part.bias, i * channels);
  }
  return { weight, bias, inChannels: channels, outChannels: 3 * channels, weights };
}

/** A prepared self-attention. */
export class OwnAttention implements Layer<'attention'>, HeapLayer<{ qkv: TensorInfo }> {
  readonly kind = 'attention';

  private constructor(
    private readonly kernels: KernelModule,
    private readonly heads: number,
    private readonly qkv: ConvolutionLayer,
    private readonly out: ConvolutionLayer,
  ) {}

  /** @returns undefined for a shape that the kernels do not take. */
  static prepare(kernels: KernelModule, spec: AttentionSpec): OwnAttention | undefined {
    const { heads, q, out, weights } = spec;
    const width = q.inChannels / heads;
    if (width % 8 !== 0 || width > WIDEST_HEAD) return undefined;
    return new OwnAttention(
      kernels,
      heads,
      product(kernels, joined(spec)),
      product(kernels, { ...out, weights }),
    );
  }

  get bytes(): number {
    return this.qkv.bytes + this.out.bytes;
  }

  /** [1, N, C] -> [1, N, C], plus `residual`. */
  apply(x: Tensor3D, residual: Tensor3D | undefined): Tensor3D {
    const qkv = convolve(x, this.qkv); // [B, N, 3 C]
    const attended = runLayer(ATTENTION_KERNEL, this, { qkv });
    qkv.dispose();
    const y = convolve(attended, this.out, residual);
    attended.dispose();
    return y;
  }

  /** The kernel of the engine: qkv [1, N, 3 C] -> [1, N, C]. */
  compute(backend: BackendWasm, { qkv }: { qkv: TensorInfo }): TensorInfo {
    const { kernels, heads } = this;
    const [, n, channels] = qkv.shape as [number, number, number];
    const width = channels / 3 / heads;
    const form = [n, heads, width];
    // Everything that throws in a full heap comes before the result, which would not be freed.
    kernels.reserveScratch(kernels.ask('attention_scratch', n));
    const packed = backend.makeOutput([kernels.ask('attention_pack_bytes', ...form) / 4], 'float32');
    try {
      const y = backend.makeOutput([1, n, channels / 3], 'float32');
      const address = (tensor: TensorInfo): number => backend.getMemoryOffset(tensor.dataId);
      const [from, between, to] = [qkv, packed, y].map(address) as [number, number, number];
      kernels.dispatch('attention_pack', n, [from, between, ...form], unitsWorth(2 * channels));
      const units = kernels.ask('attention_units', n, heads);
      const operations = (4 * n * n * width * heads) / units;
      const scale = 1 / Math.sqrt(width);
      kernels.dispatch('attention', units, [from, between, to, ...form, scale], unitsWorth(operations));
      return y;
    } finally {
      backend.disposeData(packed.dataId);
    }
  }

  dispose(): void {
    this.qkv.dispose();
    this.out.dispose();
  }
}
