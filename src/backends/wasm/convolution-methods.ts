// Puts a convolution's weights into the heap in the form that its method reads, and says how its kernel is called. What
// `call` mentions lives as long as the layer: never the specification, whose weights would stay beside those in the heap.

import type { Activation, WeightForm } from '../ops.js';
import type { HeapBlock } from './heap-blocks.js';
import { type ConvolutionKernels, unitsWorth } from './kernel-module.js';
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

/** Where a run of a convolution reads and writes, and which rows. */
export interface ConvolutionRun {
  /** Addresses; of what is added 0 where there is nothing, and nothing in the second where the first has nothing. */
  x: number;
  y: number;
  residual: number;
  sum: number;
  rowsIn: number;
  rowsOut: number;
  /** Rows of zeros before the signal; less than none begins within it. */
  before: number;
}

/** A convolution's kernel with its weights. */
export interface ConvolutionCall {
  /** What it holds in the heap. */
  blocks: HeapBlock[];
  call(run: ConvolutionRun): void;
}

/** Asked for at each call: blocks move when a heap is made anew. */
const addressesOf = (blocks: readonly HeapBlock[]): number[] => blocks.map(({ address }) => address);

/** Any taps, stride and dilation: see tools/kernels/direct-kernel.ts. */
function directCall(
  kernels: ConvolutionKernels,
  spec: ConvolutionSpec,
  given: Float32Array,
): ConvolutionCall {
  const { stride = 1, dilation, outChannels, leakyIn = 1, activation } = spec;
  // Strided, the signal is seen in rows of `stride` times as many channels.
  const { filter, biases } = inEights(stride > 1 ? stridedFilter(spec, stride) : spec, given);
  const { inChannels, kernel } = filter;
  const { weights: packed, ranges } = directWeights(kernels, filter);
  const worth = unitsWorth(packed.bytes / 2);
  const weights = heldWeights(kernels, packed, spec.weights);
  const others = [ranges, kernels.store(biases)];
  const name = directName(inChannels);
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
function dotCall(kernels: ConvolutionKernels, spec: ConvolutionSpec, biases: Float32Array): ConvolutionCall {
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

/** See tools/kernels/tiled-kernel.ts and wide-kernel.ts. */
function transformCall(
  kernels: ConvolutionKernels,
  spec: ConvolutionSpec,
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
      const given = [
        x,
        y,
        ...addressesOf(blocks),
        residual,
        sum,
        rowsIn,
        rowsOut,
        ...form,
        before,
        ...slopes,
      ];
      kernels.dispatch(name, tiles, given, worth);
    },
  };
}

/** Prepares a convolution for a method that {@link methodsFor} has for it. */
export function prepareCall(
  kernels: ConvolutionKernels,
  spec: ConvolutionSpec,
  method: Method,
): ConvolutionCall {
  const biases = spec.bias ?? new Float32Array(spec.outChannels);
  if (method === 'direct') return directCall(kernels, spec, biases);
  if (method === 'dot') return dotCall(kernels, spec, biases);
  return transformCall(kernels, spec, biases, method);
}

// Which methods there are for a convolution of some shape, and which of them it gets.

/**
 * How a convolution is computed: tap by tap, many outputs or one; or by a transform, of tiles of a few rows (Toom-Cook) or
 * of 32 (FFT).
 */
export type Method = 'direct' | 'dot' | 'toom-cook' | 'fft';

/** A convolution whose zeros before and after the signal may differ. */
export interface ConvolutionSpec extends Filter {
  bias?: Float32Array;
  /** Rows from one result to the next; default 1. Other strides take no dilation. */
  stride?: number;
  dilation: number;
  padding: [before: number, after: number];
  leakyIn?: number;
  activation: Activation;
  weights?: WeightForm | undefined;
}

/** Widest input that the direct kernel buffers. */
const MOST_CHANNELS = 1024;

/** Fewest inputs for which a transform between any channels pays. */
const NARROWEST_WIDE = 96;

/** The slope that makes leaky ReLU out of each activation: 1 is none, 0 is ReLU. */
export function slopeOf(activation: Activation): number {
  if (typeof activation === 'object') return activation.leaky;
  return activation === 'relu' ? 0 : 1;
}

const isSlope = (slope: number): boolean => slope >= 0 && slope <= 1;

/** The next power of two that there is a kernel for. */
const widthFor = (channels: number, least: number): number =>
  Math.max(least, 2 ** Math.ceil(Math.log2(channels)));

export const directName = (channels: number): string => `direct_${widthFor(channels, 8)}`;

/** The kernel of a transform: one made for just these channels, or one between any numbers of channels. */
export function transformName(
  kernels: ConvolutionKernels,
  method: 'toom-cook' | 'fft',
  { kernel, inChannels, outChannels }: Filter,
): { name: string; isWide: boolean } | undefined {
  const prefix = `${method === 'fft' ? 'fft' : 'toom'}${kernel}`;
  const square = `${prefix}_${inChannels}`;
  if (inChannels === outChannels && kernels.has(square)) return { name: square, isWide: false };
  const wide = `${prefix}_wide_${widthFor(inChannels, 128)}`;
  const isWide = inChannels >= NARROWEST_WIDE && inChannels % 4 === 0 && kernels.has(wide);
  return isWide ? { name: wide, isWide } : undefined;
}

/** The methods that there are for a shape; none for some. The last keeps the smallest weights. */
export function methodsFor(kernels: ConvolutionKernels, spec: ConvolutionSpec): Method[] {
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
 * The method for a convolution, if there is one: the one with the fewest products, which is the fastest for every shape
 * that was measured (`npm run bench -- kernels`), or the one that keeps the smallest weights.
 */
export function methodFor(
  kernels: ConvolutionKernels,
  spec: ConvolutionSpec,
  form: WeightForm = 'fast',
): Method | undefined {
  const methods = methodsFor(kernels, spec);
  return form === 'fast' ? methods[0] : methods.at(-1);
}
