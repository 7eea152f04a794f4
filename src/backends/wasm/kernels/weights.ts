// Puts a convolution's weights into the heap in the form that its kernel reads. The kernel module does the work: in
// JavaScript, packing was a third of the time that a voice takes to load, and as much again was spent on its garbage.
import type { HeapBlock } from './blocks.js';
import { type ConvolutionKernels, unitsWorth } from './load.js';
import { type Filter, tapRanges } from './pack.js';

/** Packs [Cout, Cin, k], with the taps that `ranges` has of each eight outputs (all of them unless told). */
function pack(kernels: ConvolutionKernels, filter: Filter, ranges: Int32Array | undefined): HeapBlock {
  const { weight, inChannels, outChannels, kernel } = filter;
  const blocks = outChannels / 8;
  const taps = ranges ? ranges.reduce((sum, n, i) => sum + (i % 2) * n, 0) : blocks * kernel;
  const packed = kernels.allocate(taps * inChannels * 32);
  const from = kernels.store(weight);
  const used = ranges && kernels.store(ranges);
  const args = [from.address, packed.address, used?.address ?? 0, kernel, inChannels];
  kernels.dispatch('pack_weights', blocks, args, unitsWorth(80 * inChannels * kernel));
  kernels.free(from);
  if (used) kernels.free(used);
  return packed;
}

/** For the direct kernel: without the taps that are zeros, as an upsampling has, and which are left. */
export function directWeights(
  kernels: ConvolutionKernels,
  filter: Filter,
): { weights: HeapBlock; ranges: HeapBlock } {
  const ranges = tapRanges(filter);
  return { weights: pack(kernels, filter, ranges), ranges: kernels.store(ranges) };
}

/**
 * For a transform: what each plane is multiplied with, [planes][Cout / 8][Cin][8].
 * @param matrix what the taps contribute to each plane, [planes][k].
 */
export function transformedWeights(
  kernels: ConvolutionKernels,
  filter: Filter,
  matrix: Float32Array,
): HeapBlock {
  const { inChannels, outChannels, kernel } = filter;
  const [planes, blocks] = [matrix.length / kernel, outChannels / 8];
  const transformed = kernels.allocate(planes * inChannels * outChannels * 4);
  const packed = pack(kernels, filter, undefined);
  const factors = kernels.store(matrix);
  const addresses = [packed.address, transformed.address, factors.address];
  const args = [...addresses, planes, kernel, inChannels, blocks];
  kernels.dispatch('transform_weights', blocks, args, unitsWorth(16 * inChannels * planes * kernel));
  kernels.free(packed);
  kernels.free(factors);
  return transformed;
}
