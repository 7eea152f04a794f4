// Puts a convolution's weights into the heap in the form that its method reads, and says how its kernel is called. What
// `call` mentions lives as long as the layer: never the specification, whose weights would stay beside those in the heap.
import type { HeapBlock } from './blocks.js';
import { heldWeights } from './half.js';
import { type ConvolutionKernels, unitsWorth } from './load.js';
import { type ConvolutionSpec, directName, type Method, slopeOf, transformName } from './methods.js';
import { fftMatrix, inEights, stridedFilter, toomCookMatrix } from './pack.js';
import { directWeights, transformedWeights } from './weights.js';

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

/** Any taps, stride and dilation: see scripts/kernels/direct-kernel.ts. */
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

/** One output: see scripts/kernels/dot-kernel.ts. */
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

/** See scripts/kernels/tiled-kernel.ts and wide-kernel.ts. */
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
