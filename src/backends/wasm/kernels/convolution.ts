// Convolutions by our own kernels, as a kernel of the TensorFlow.js engine: which shapes they take, which method each
// shape gets, and the call.
import type { Tensor3D, TensorInfo } from '#tf';
import * as tf from '#tf';
import type { BackendWasm } from '#tf-wasm';
import { VoirsError } from '../../../errors.js';
import { someRows } from '../../composite-layers.js';
import type { Activation, ConvPart, Layer, RowRange } from '../../ops.js';
import type { HeapBlock } from './blocks.js';
import { type HeapLayer, runLayer } from './engine-kernel.js';
import { type ConvolutionKernels, unitsWorth } from './load.js';
import { type Filter, fftMatrix, toomCookMatrix } from './pack.js';
import { directWeights, transformedWeights } from './weights.js';

/** Its name as a kernel of the engine. */
export const CONVOLUTION_KERNEL = 'VoirsConvolution';

/** How a convolution is computed. */
export type Method = 'direct' | 'transform';

/** A convolution of stride 1, whose zeros before and after the signal may differ. */
export interface ConvolutionSpec extends Filter {
  bias?: Float32Array;
  dilation: number;
  padding: [before: number, after: number];
  leakyIn?: number;
  activation: Activation;
}

/** Widest input that the direct kernel buffers. */
const MOST_CHANNELS = 1024;

/** Fewest inputs for which a transform between any channels pays. */
const NARROWEST_WIDE = 96;

/** The slope that makes leaky ReLU out of each activation: 1 is none, 0 is ReLU. */
function slopeOf(activation: Activation): number {
  if (typeof activation === 'object') return activation.leaky;
  return activation === 'relu' ? 0 : 1;
}

const isSlope = (slope: number): boolean => slope >= 0 && slope <= 1;

/** [1, L, Cin], and what is added to the result, if anything. */
interface ConvolutionInputs {
  x: TensorInfo;
  residual?: TensorInfo;
}

/** A convolution ready to run: its weights in the heap and its kernel. */
export class ConvolutionLayer implements Layer<'conv1d'>, HeapLayer<ConvolutionInputs, ConvPart | undefined> {
  readonly kind = 'conv1d';
  readonly bytes: number;
  readonly outChannels: number;
  /** What it holds in the heap; empty once disposed. */
  private readonly blocks: HeapBlock[] = [];
  /** Runs the kernel over addresses of x, y and residual (0: none). */
  private readonly call: (
    x: number,
    y: number,
    residual: number,
    rowsIn: number,
    rowsOut: number,
    before: number,
  ) => void;
  /** Rows of zeros before the signal, and how many rows longer than it the result is. */
  private readonly before: number;
  private readonly halo: number;
  readonly hasActivation: boolean;

  constructor(
    private readonly kernels: ConvolutionKernels,
    spec: ConvolutionSpec,
    readonly method: Method,
  ) {
    const { inChannels, outChannels, kernel, dilation, padding, leakyIn = 1, activation } = spec;
    const slopes = [leakyIn, slopeOf(activation)] as const;
    this.hasActivation = slopes[1] !== 1;
    this.outChannels = outChannels;
    this.before = padding[0];
    this.halo = padding[0] + padding[1] - (kernel - 1) * dilation;
    const hold = (block: HeapBlock): HeapBlock => {
      this.blocks.push(block);
      return block;
    };
    const bias = () => hold(kernels.store(spec.bias ?? new Float32Array(outChannels)));
    if (method === 'direct') {
      const { weights, ranges } = directWeights(kernels, spec);
      const held = [hold(weights), hold(ranges), bias()] as const;
      const name = directName(inChannels);
      kernels.reserveScratch(kernels.ask(`${name}_scratch`, kernel, dilation, outChannels));
      const form = [inChannels, outChannels, kernel, dilation] as const;
      const worth = unitsWorth(weights.bytes / 2);
      this.call = (x, y, residual, rowsIn, rowsOut, before) => {
        const [w, taps, b] = held;
        const addresses = [x, y, w.address, taps.address, b.address, residual];
        const given = [...addresses, rowsIn, rowsOut, ...form, before, ...slopes];
        kernels.dispatch(name, rowsOut, given, worth);
      };
    } else {
      const isWide = !isSquare(kernels, spec);
      const isFft = kernel > 3 && !isWide;
      const matrix = isFft ? fftMatrix(kernel, kernels.constant('fftNegatedBins')) : toomCookMatrix(kernel);
      const held = [hold(transformedWeights(kernels, spec, matrix)), bias()] as const;
      const name = isWide ? wideName(spec) : transformName(spec);
      kernels.reserveScratch(kernels.ask(`${name}_scratch`, dilation));
      const form = [...(isWide ? [inChannels, outChannels] : []), dilation];
      const worth = unitsWorth((2 * inChannels * outChannels * matrix.length) / kernel);
      this.call = (x, y, residual, rowsIn, rowsOut, before) => {
        const tiles = kernels.ask(`${name}_units`, rowsOut, dilation);
        const addresses = [x, y, held[0].address, held[1].address, residual];
        const given = [...addresses, rowsIn, rowsOut, ...form, before, ...slopes];
        kernels.dispatch(name, tiles, given, worth);
      };
    }
    this.bytes = this.blocks.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** The kernel of the engine: [1, L, Cin] and a residual, or none, -> [1, L', Cout], or some rows of it. */
  compute(backend: BackendWasm, { x, residual }: ConvolutionInputs, part: ConvPart | undefined): TensorInfo {
    if (this.blocks.length === 0) throw new VoirsError('DISPOSED', 'A convolution was used after dispose()');
    const rowsIn = x.shape[1]!;
    const { from, to } = this.rowsOf(rowsIn, part?.rows);
    const residualFrom = part?.residualFrom ?? 0;
    checkResidual(residual, residualFrom, to - from, this.outChannels, part?.rows !== undefined);
    const y = backend.makeOutput([1, to - from, this.outChannels], 'float32');
    const address = (tensor: TensorInfo): number => backend.getMemoryOffset(tensor.dataId);
    const added = residual ? address(residual) + residualFrom * this.outChannels * 4 : 0;
    // A result that begins later reads later rows: fewer zeros before them, or less than none.
    this.call(address(x), address(y), added, rowsIn, to - from, this.before - from);
    return y;
  }

  /** @throws VoirsError SYNTHESIS_FAILED on rows that the result does not have, or when it has none. */
  private rowsOf(rowsIn: number, wanted: RowRange | undefined): RowRange {
    const length = rowsIn + this.halo;
    if (length < 1) {
      throw new VoirsError('SYNTHESIS_FAILED', 'A signal is shorter than the convolution over it', {
        got: `${rowsIn} rows`,
        wanted: `at least ${1 - this.halo}`,
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

/** @throws VoirsError SYNTHESIS_FAILED on a residual of another shape than what it joins, or without the rows for it. */
function checkResidual(
  residual: TensorInfo | undefined,
  from: number,
  count: number,
  channels: number,
  isPart: boolean,
): void {
  if (!residual) return;
  const [batch, rows, width] = residual.shape;
  const hasRows = isPart ? from >= 0 && from + count <= rows! : rows === count;
  if (residual.shape.length === 3 && batch === 1 && hasRows && width === channels) return;
  throw new VoirsError('SYNTHESIS_FAILED', 'A residual has another shape than the convolution it joins', {
    got: `[${residual.shape}]${from ? ` from row ${from}` : ''}`,
    wanted: `[1,${count},${channels}]`,
  });
}

function directName(inChannels: number): string {
  return `direct_${Math.max(8, 2 ** Math.ceil(Math.log2(inChannels)))}`;
}

/** Three taps by Toom-Cook, longer ones by FFT; see docs/kernels.md. */
function transformName({ kernel, inChannels }: Filter): string {
  return `${kernel === 3 ? 'toom' : 'fft'}${kernel}_${inChannels}`;
}

/** Transforms between any numbers of channels: Toom-Cook, whose weights stay small. */
function wideName({ kernel, inChannels }: Filter): string {
  return `toom${kernel}_wide_${Math.max(128, 2 ** Math.ceil(Math.log2(inChannels)))}`;
}

/** Whether there is a transform made for just these channels. */
const isSquare = (kernels: ConvolutionKernels, filter: Filter): boolean =>
  filter.inChannels === filter.outChannels && kernels.has(transformName(filter));

/** The methods there are for a shape, fastest first as measured by `npm run bench -- kernels`; none for some. */
export function methodsFor(kernels: ConvolutionKernels, spec: ConvolutionSpec): Method[] {
  const { inChannels, outChannels, leakyIn = 1, activation } = spec;
  if (outChannels % 8 !== 0 || inChannels > MOST_CHANNELS) return [];
  if (!isSlope(leakyIn) || !isSlope(slopeOf(activation))) return [];
  const isWide = inChannels >= NARROWEST_WIDE && inChannels % 4 === 0 && kernels.has(wideName(spec));
  return isSquare(kernels, spec) || isWide ? ['transform', 'direct'] : ['direct'];
}

/** [1, L, Cin] -> [1, L', Cout], plus `residual` of that shape; or the rows of it that `part` names. */
export function convolve(
  x: Tensor3D,
  layer: ConvolutionLayer,
  residual?: Tensor3D,
  part?: ConvPart,
): Tensor3D {
  if (residual && layer.hasActivation) {
    const y = convolve(x, layer, undefined, part);
    return tf.add<Tensor3D>(y, someRows(residual, part?.residualFrom ?? 0, y.shape[1]) as tf.Tensor);
  }
  const inputs = residual ? { x, residual } : { x };
  return runLayer(CONVOLUTION_KERNEL, layer, inputs, part);
}
