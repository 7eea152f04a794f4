// Which methods there are for a convolution, which of them it gets, and how the kernel of each is called.
// What a `call` refers to lives as long as its layer: so it never refers to the spec, whose weights are in
// the heap already.
import type { Activation, Conv1dSpec, WeightForm } from '../ops.js';
import { slopeOf } from '../reference.js';
import type { HeapBlock } from './heap-blocks.js';
import { type KernelModule, unitsWorth } from './kernel-module.js';
import {
  directWeights,
  type Filter,
  fftMatrix,
  heldWeights,
  inEights,
  stridedFilter,
  toomCookMatrix,
  transformedWeights,
} from './weights.js';

/**
 * How a convolution is computed: tap by tap, for many outputs or for one; or by a transform, of tiles of a
 * few rows (Toom-Cook) or of 32 (FFT).
 */
export type Method = 'direct' | 'dot' | 'toom-cook' | 'fft';

/** A Conv1dSpec with a padding for each side, which differ in an upsampling. */
export interface PaddedConv1dSpec extends Omit<Conv1dSpec, 'padding'> {
  /** Strides other than 1 take no dilation. */
  dilation: number;
  padding: [before: number, after: number];
  activation: Activation;
}

/** Where a run of a convolution reads and writes, and which rows. */
interface ConvolutionRun {
  /** Addresses of the signal and of the result. */
  x: number;
  y: number;
  /** Addresses of what is added, 0 for nothing; there is a `sum` only beside a `residual`. */
  residual: number;
  sum: number;
  rowsIn: number;
  rowsOut: number;
  /** Rows of zeros before the signal; a negative number begins within it. */
  before: number;
}

/** A convolution's kernel with its weights. */
export interface ConvolutionCall {
  /** The blocks of the heap that it holds. */
  blocks: HeapBlock[];
  call(run: ConvolutionRun): void;
}

/** Widest input that the direct kernel buffers, in channels. */
const MOST_CHANNELS = 1024;

/** Fewest inputs for which a transform between any channels is faster. */
const NARROWEST_WIDE = 96;

const isSlope = (slope: number): boolean => slope >= 0 && slope <= 1;

/** The methods that there are for a shape, none for some; the last keeps the smallest weights. */
export function methodsFor(kernels: KernelModule, spec: PaddedConv1dSpec): Method[] {
  const { inChannels, outChannels, stride = 1, dilation, leakyIn = 1, activation } = spec;
  if (!isSlope(leakyIn) || !isSlope(slopeOf(activation))) return [];
  if (outChannels === 1 && stride === 1 && inChannels % 4 === 0) return ['dot'];
  if (outChannels < 8 || inChannels * stride > MOST_CHANNELS || activation === 'tanh') return [];
  if (stride > 1) return dilation === 1 ? ['direct'] : [];
  const isInEights = outChannels % 8 === 0;
  const transforms = (['fft', 'toom-cook'] as const).filter(
    (method) => isInEights && transformName(kernels, method, spec),
  );
  return [...transforms, 'direct'];
}

/**
 * The method for a convolution, if there is one: with `fast` weights the one with the fewest products, which
 * was the fastest for every shape measured (`npm run bench -- kernels`); otherwise the one with the smallest
 * weights.
 */
export function methodFor(
  kernels: KernelModule,
  spec: PaddedConv1dSpec,
  form: WeightForm = 'fast',
): Method | undefined {
  const methods = methodsFor(kernels, spec);
  return form === 'fast' ? methods[0] : methods.at(-1);
}

/**
 * Puts the weights into the heap in the form that the method reads; the method is one of {@link methodsFor}.
 */
export function prepareCall(kernels: KernelModule, spec: PaddedConv1dSpec, method: Method): ConvolutionCall {
  const biases = spec.bias ?? new Float32Array(spec.outChannels);
  if (method === 'direct') return directCall(kernels, spec, biases);
  if (method === 'dot') return dotCall(kernels, spec, biases);
  return transformCall(kernels, spec, biases, method);
}

/** Any taps, stride and dilation: see tools/kernels/direct-kernel.ts. */
function directCall(kernels: KernelModule, spec: PaddedConv1dSpec, given: Float32Array): ConvolutionCall {
  const { stride = 1, dilation, outChannels, leakyIn = 1, activation } = spec;
  // Strided, the signal is read in rows of `stride` times as many channels.
  const { filter, biases } = inEights(stride > 1 ? stridedFilter(spec, stride) : spec, given);
  const { inChannels, kernel } = filter;
  const { weights: packed, ranges } = directWeights(kernels, filter);
  const worth = unitsWorth(packed.bytes / 2);
  const weights = heldWeights(kernels, packed, spec.weights);
  const others = [ranges, kernels.store(biases)];
  const name = `direct_${widthFor(inChannels, 8)}`;
  kernels.reserveScratch(kernels.ask(`${name}_scratch`, kernel, dilation, outChannels));
  const form = [inChannels, outChannels, kernel, dilation];
  const slopes = [leakyIn, slopeOf(activation)];
  const channels = spec.inChannels;
  return {
    blocks: [weights.block, ...others],
    call({ x, y, residual, sum, rowsIn, rowsOut, before }) {
      const held = [weights.address(), ...addressesOf(others)];
      const size = rowsIn * channels;
      const begin = before * channels;
      const args = [x, y, ...held, residual, sum, size, rowsOut, ...form, begin, ...slopes];
      kernels.dispatch(name, rowsOut, args, worth);
    },
  };
}

/** One output: see tools/kernels/dot-kernel.ts. */
function dotCall(kernels: KernelModule, spec: PaddedConv1dSpec, biases: Float32Array): ConvolutionCall {
  const { weight, inChannels, kernel, dilation, leakyIn = 1, activation } = spec;
  const packed = new Float32Array(weight.length); // [1, Cin, k] -> [k, Cin]
  for (let i = 0; i < inChannels; i++) {
    for (let tap = 0; tap < kernel; tap++) packed[tap * inChannels + i] = weight[i * kernel + tap]!;
  }
  const blocks = [kernels.store(packed), kernels.store(biases)];
  kernels.reserveScratch(kernels.ask('dot_scratch', inChannels, kernel, dilation));
  const form = [inChannels, kernel, dilation];
  const out = [leakyIn, slopeOf(activation), activation === 'tanh' ? 1 : 0];
  const worth = unitsWorth(2 * packed.length);
  return {
    blocks,
    call({ x, y, residual, sum, rowsIn, rowsOut, before }) {
      const given = [x, y, ...addressesOf(blocks), residual, sum, rowsIn, rowsOut, ...form, before, ...out];
      kernels.dispatch('dot', rowsOut, given, worth);
    },
  };
}

/** A transform: see tools/kernels/tiled-kernel.ts and wide-kernel.ts. */
function transformCall(
  kernels: KernelModule,
  spec: PaddedConv1dSpec,
  biases: Float32Array,
  method: 'toom-cook' | 'fft',
): ConvolutionCall {
  const { inChannels, outChannels, kernel, dilation, leakyIn = 1, activation } = spec;
  const { name, isWide } = transformName(kernels, method, spec)!;
  const isFft = method === 'fft';
  const matrix = isFft ? fftMatrix(kernel, kernels.constant('fftNegatedBins')) : toomCookMatrix(kernel);
  const blocks = [transformedWeights(kernels, spec, matrix), kernels.store(biases)];
  kernels.reserveScratch(kernels.ask(`${name}_scratch`, dilation));
  const form = [...(isWide ? [inChannels, outChannels] : []), dilation];
  const slopes = [leakyIn, slopeOf(activation)];
  const worth = unitsWorth((2 * inChannels * outChannels * matrix.length) / kernel);
  return {
    blocks,
    call({ x, y, residual, sum, rowsIn, rowsOut, before }) {
      const tiles = kernels.ask(`${name}_units`, rowsOut, dilation);
      const given = [x, y, ...addressesOf(blocks), residual, sum, rowsIn, rowsOut];
      kernels.dispatch(name, tiles, [...given, ...form, before, ...slopes], worth);
    },
  };
}

/** The kernel of a transform: one made for just these channels, or one between any numbers of channels. */
function transformName(
  kernels: KernelModule,
  method: 'toom-cook' | 'fft',
  { kernel, inChannels, outChannels }: Omit<Filter, 'weight'>,
): { name: string; isWide: boolean } | undefined {
  const prefix = `${method === 'fft' ? 'fft' : 'toom'}${kernel}`;
  const square = `${prefix}_${inChannels}`;
  if (inChannels === outChannels && kernels.has(square)) return { name: square, isWide: false };
  const wide = `${prefix}_wide_${widthFor(inChannels, 128)}`;
  const isWide = inChannels >= NARROWEST_WIDE && inChannels % 4 === 0 && kernels.has(wide);
  return isWide ? { name: wide, isWide } : undefined;
}

/** The next power of two that there is a kernel for. */
function widthFor(channels: number, least: number): number {
  return Math.max(least, 2 ** Math.ceil(Math.log2(channels)));
}

/** Read at each call: blocks move when a heap is replaced. */
function addressesOf(blocks: readonly HeapBlock[]): number[] {
  return blocks.map(({ address }) => address);
}
