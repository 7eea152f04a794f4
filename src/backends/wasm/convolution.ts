// Convolutions by our own kernels, as a kernel of the TensorFlow.js engine.
import type { Tensor3D, TensorInfo } from '#tf';
import type { BackendWasm } from '#tf-wasm';
import { VoirsError } from '../../errors.js';
import type { ConvPart, Layer, RowRange } from '../ops.js';
import { withAddends } from '../reference.js';
import {
  type ConvolutionCall,
  type Method,
  type PaddedConv1dSpec,
  prepareCall,
} from './convolution-methods.js';
import { type HeapLayer, runLayer } from './engine-kernel.js';
import type { HeapBlock } from './heap-blocks.js';
import type { KernelModule } from './kernel-module.js';

/** The name of convolution as a kernel of the engine. */
export const CONVOLUTION_KERNEL = 'VoirsConvolution';

/** The signal [1, L, Cin], and what is added to the result. */
interface ConvolutionInputs {
  x: TensorInfo;
  residual?: TensorInfo;
  sum?: TensorInfo;
}

/** A convolution ready to run: its weights in the heap and its kernel. */
export class ConvolutionLayer implements Layer<'conv1d'>, HeapLayer<ConvolutionInputs, ConvPart | undefined> {
  readonly kind = 'conv1d';
  readonly bytes: number;
  readonly outChannels: number;
  readonly hasActivation: boolean;
  /** Its weights in the heap; empty once disposed. */
  private readonly blocks: HeapBlock[];
  private readonly call: ConvolutionCall['call'];
  /** Rows of the signal from one result to the next. */
  private readonly stride: number;
  /** Rows of zeros before the signal. */
  private readonly before: number;
  /** Rows of zeros around the signal, minus the rows that the first result takes. */
  private readonly halo: number;

  constructor(
    private readonly kernels: KernelModule,
    spec: PaddedConv1dSpec,
    readonly method: Method,
  ) {
    const { outChannels, kernel, stride = 1, dilation, padding, activation } = spec;
    this.hasActivation = activation !== 'linear';
    this.outChannels = outChannels;
    this.stride = stride;
    this.before = padding[0];
    this.halo = padding[0] + padding[1] - (kernel - 1) * dilation - 1;
    const { blocks, call } = prepareCall(kernels, spec, method);
    this.blocks = blocks;
    this.bytes = blocks.reduce((sum, { bytes }) => sum + bytes, 0);
    this.call = call;
  }

  /** The kernel of the engine: [1, L, Cin] and what is added -> [1, L', Cout], or some rows of it. */
  compute(
    backend: BackendWasm,
    { x, residual, sum }: ConvolutionInputs,
    part: ConvPart | undefined,
  ): TensorInfo {
    if (this.blocks.length === 0) throw new VoirsError('DISPOSED', 'A convolution was used after dispose()');
    const rowsIn = x.shape[1]!;
    const { from, to } = this.rowsOf(rowsIn, part?.rows);
    const rowsOut = to - from;
    const residualFrom = part?.residualFrom ?? 0;
    checkAddend(residual, residualFrom, rowsOut, this.outChannels, part?.rows !== undefined);
    checkAddend(sum, 0, rowsOut, this.outChannels, false);
    const y = backend.makeOutput([1, rowsOut, this.outChannels], 'float32');
    const address = (tensor: TensorInfo): number => backend.getMemoryOffset(tensor.dataId);
    const addends = sum ? [address(sum)] : [];
    if (residual) addends.unshift(address(residual) + residualFrom * this.outChannels * 4);
    const [first = 0, second = 0] = addends;
    // A result that begins later reads later rows: fewer zeros before them, or a negative number of them.
    const before = this.before - from * this.stride;
    this.call({ x: address(x), y: address(y), residual: first, sum: second, rowsIn, rowsOut, before });
    return y;
  }

  /** @throws VoirsError SYNTHESIS_FAILED on rows that the result does not have, or when it has none. */
  private rowsOf(rowsIn: number, wanted: RowRange | undefined): RowRange {
    const length = Math.floor((rowsIn + this.halo) / this.stride) + 1;
    if (length < 1) {
      throw new VoirsError('SYNTHESIS_FAILED', 'A signal is shorter than the convolution over it', {
        got: `${rowsIn} rows`,
        wanted: `at least ${-this.halo}`,
      });
    }
    const { from, to } = wanted ?? { from: 0, to: length };
    if (from >= 0 && from < to && to <= length) return { from, to };
    throw new VoirsError('SYNTHESIS_FAILED', 'A convolution has no such rows', {
      got: `${from} to ${to}`,
      wanted: `from 0 to ${length}, at least one`,
    });
  }

  dispose(): void {
    for (const block of this.blocks.splice(0)) this.kernels.free(block);
  }
}

/** @throws VoirsError SYNTHESIS_FAILED on an addend whose shape or rows do not fit the result. */
function checkAddend(
  addend: TensorInfo | undefined,
  from: number,
  count: number,
  channels: number,
  isPart: boolean,
): void {
  if (!addend) return;
  const [batch, rows, width] = addend.shape;
  const hasRows = isPart ? from >= 0 && from + count <= rows! : rows === count;
  if (addend.shape.length === 3 && batch === 1 && hasRows && width === channels) return;
  throw new VoirsError('SYNTHESIS_FAILED', 'A residual has another shape than the result it is added to', {
    got: `[${addend.shape}]${from ? ` from row ${from}` : ''}`,
    wanted: `[1,${count},${channels}]`,
  });
}

/** [1, L, Cin] -> [1, L', Cout], plus `residual` of that shape; or the rows of it that `part` names. */
export function convolve(
  x: Tensor3D,
  layer: ConvolutionLayer,
  residual?: Tensor3D,
  part?: ConvPart,
): Tensor3D {
  const sum = part?.sum;
  // The kernels add before they store, where an activation would have to come first.
  if ((residual || sum) && layer.hasActivation) {
    return withAddends(convolve(x, layer, undefined, part?.rows && { rows: part.rows }), residual, part);
  }
  const inputs = { x, ...(residual && { residual }), ...(sum && { sum }) };
  return runLayer(CONVOLUTION_KERNEL, layer, inputs, part);
}
