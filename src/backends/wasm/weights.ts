// Puts a convolution's weights into the heap in the form that its kernel reads: in blocks of eight output
// channels, [plane or Cout / 8] ... [Cin][8], so that an inner product reads them once, front to back. The
// kernel module does the work: in JavaScript, packing was a third of the time that a voice takes to load, and
// its garbage cost as much again.
import type { Conv1dSpec, WeightForm } from '../ops.js';
import type { HeapBlock } from './heap-blocks.js';
import { type KernelModule, unitsWorth } from './kernel-module.js';
import { FFT_BINS, FFT_PLANES, FFT_POINTS, fftPlane, filterMatrix } from './transforms.js';

/** The weights of a Conv1dSpec, [Cout, Cin, k], and their shape. */
export type Filter = Pick<Conv1dSpec, 'weight' | 'inChannels' | 'outChannels' | 'kernel'>;

/** Values that a unit of the kernel widens. */
const UNIT = 8;

/**
 * For the direct kernel: weights without the taps that are zero (those of an upsampling), and the ranges that
 * are left.
 */
export function directWeights(
  kernels: KernelModule,
  filter: Filter,
): { weights: HeapBlock; ranges: HeapBlock } {
  const ranges = tapRanges(filter);
  return { weights: pack(kernels, filter, ranges), ranges: kernels.store(ranges) };
}

/**
 * For a transform: the weights of each plane, [planes][Cout / 8][Cin][8].
 * @param matrix the share of each tap in each plane, [planes][k].
 */
export function transformedWeights(kernels: KernelModule, filter: Filter, matrix: Float32Array): HeapBlock {
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

/** Packs [Cout, Cin, k]: of each eight outputs the taps that `ranges` gives, or all. */
function pack(kernels: KernelModule, filter: Filter, ranges: Int32Array | undefined): HeapBlock {
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

/** Weights that a layer keeps in the heap, in 32 bits or in 16. */
interface HeldWeights {
  readonly block: HeapBlock;
  /** Address of the weights as 32-bit floats, for the next call of a kernel. */
  address(): number;
}

/**
 * Takes over packed weights. `half` keeps them as 16-bit floats where that loses nothing (voices are shipped
 * as such) and widens them for each call into one buffer that all layers share. A sentence widens every
 * weight of the acoustic model once, in about 10 ms.
 */
export function heldWeights(
  kernels: KernelModule,
  packed: HeapBlock,
  form: WeightForm | undefined,
): HeldWeights {
  const count = packed.bytes / 4;
  if (form === 'half' && count % UNIT === 0) {
    const block = kernels.allocate(packed.bytes / 2);
    if (kernels.ask('narrow_weights', packed.address, block.address, count / UNIT) === 1) {
      kernels.free(packed);
      kernels.wide.reserve(count * 4);
      return {
        block,
        address: () => {
          const to = kernels.wide.address;
          kernels.dispatch('widen_weights', count / UNIT, [block.address, to], unitsWorth(4 * UNIT));
          return to;
        },
      };
    }
    kernels.free(block);
  }
  return { block: packed, address: () => packed.address };
}

/**
 * First tap and number of taps without those at either end that are zero for all eight outputs of a block.
 */
function tapRange(block: Float32Array, kernel: number): [first: number, count: number] {
  const isUsed = (tap: number): boolean => {
    for (let at = tap; at < block.length; at += kernel) if (block[at] !== 0) return true;
    return false;
  };
  let [first, last] = [0, kernel - 1];
  while (first < last && !isUsed(first)) first++;
  while (last > first && !isUsed(last)) last--;
  return [first, last - first + 1];
}

/**
 * For each eight outputs: the first tap that any of them uses, and the number of taps from there on, at least
 * one.
 */
function tapRanges({ weight, inChannels, outChannels, kernel }: Filter): Int32Array {
  const ranges = new Int32Array(outChannels / 4);
  for (let o = 0; o < outChannels; o += 8) {
    const block = weight.subarray(o * inChannels * kernel, (o + 8) * inChannels * kernel);
    ranges.set(tapRange(block, kernel), o / 4);
  }
  return ranges;
}

/**
 * Outputs in eights. Where the last are fewer than eight, the last eight of all follow once more, and the
 * direct kernel computes some outputs a second time.
 */
export function inEights(filter: Filter, biases: Float32Array): { filter: Filter; biases: Float32Array } {
  const { weight, inChannels, outChannels, kernel } = filter;
  if (outChannels % 8 === 0) return { filter, biases };
  const rounded = Math.ceil(outChannels / 8) * 8;
  const again = (values: Float32Array, each: number): Float32Array => {
    const longer = new Float32Array(rounded * each);
    longer.set(values);
    longer.set(values.subarray((outChannels - 8) * each), (rounded - 8) * each);
    return longer;
  };
  const longer = again(weight, inChannels * kernel);
  return { filter: { weight: longer, inChannels, outChannels: rounded, kernel }, biases: again(biases, 1) };
}

/**
 * A strided filter over the signal in rows of `stride` times as many channels: [Cout, Cin, k] -> [Cout,
 * stride Cin, k / stride].
 */
export function stridedFilter({ weight, inChannels, outChannels, kernel }: Filter, stride: number): Filter {
  const taps = Math.ceil(kernel / stride);
  const wide = stride * inChannels;
  const strided = new Float32Array(outChannels * wide * taps);
  for (let o = 0; o < outChannels; o++) {
    for (let i = 0; i < inChannels; i++) {
      for (let k = 0; k < kernel; k++) {
        const channel = (k % stride) * inChannels + i;
        const to = (o * wide + channel) * taps + Math.floor(k / stride);
        strided[to] = weight[(o * inChannels + i) * kernel + k]!;
      }
    }
  }
  return { weight: strided, inChannels: wide, outChannels, kernel: taps };
}

/** The share of each tap in each plane, [planes][k]. */
export function toomCookMatrix(kernel: number): Float32Array {
  return Float32Array.from(filterMatrix(kernel).flat());
}

/**
 * The conjugate spectrum (a layer's convolution is a correlation) over N, for Gauss's product: c, d - c, c +
 * d.
 * @param negatedBins a bit for each bin whose imaginary input plane is stored negated.
 * @returns the share of each tap in each plane, [planes][k].
 */
export function fftMatrix(kernel: number, negatedBins: number): Float32Array {
  const matrix = new Float32Array(FFT_PLANES * kernel);
  for (let bin = 0; bin <= FFT_BINS; bin++) {
    for (let tap = 0; tap < kernel; tap++) {
      const angle = (2 * Math.PI * ((bin * tap) % FFT_POINTS)) / FFT_POINTS;
      const c = Math.cos(angle) / FFT_POINTS;
      const d = Math.sin(angle) / FFT_POINTS;
      if (bin === 0 || bin === FFT_BINS) {
        matrix[(bin === 0 ? 0 : 1) * kernel + tap] = c;
      } else {
        const sign = (negatedBins >> bin) & 1 ? -1 : 1;
        const at = fftPlane(bin) * kernel + tap;
        matrix[at] = c;
        matrix[at + kernel] = d - c;
        matrix[at + 2 * kernel] = sign * (c + d);
      }
    }
  }
  return matrix;
}
