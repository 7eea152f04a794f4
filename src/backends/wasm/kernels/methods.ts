// Which methods there are for a convolution of some shape, and which of them it gets.
import type { Activation, WeightForm } from '../../ops.js';
import type { ConvolutionKernels } from './load.js';
import table from './methods.json' with { type: 'json' };
import type { Filter } from './pack.js';

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

/** Convolutions that share a row of methods.json, whatever their dilation and length. */
export const shapeKey = ({ inChannels, outChannels, kernel }: Omit<Filter, 'weight'>): string =>
  `${inChannels}x${outChannels}x${kernel}`;

/**
 * The method for a convolution, if there is one: what `npm run bench -- kernels --choose` found fastest for its shape with
 * these kernels, or with the fewest products for a shape that was not measured; or what keeps the smallest weights.
 */
export function methodFor(
  kernels: ConvolutionKernels,
  spec: ConvolutionSpec,
  form: WeightForm = 'fast',
): Method | undefined {
  const methods = methodsFor(kernels, spec);
  if (form !== 'fast') return methods.at(-1);
  const measured: Readonly<Record<string, string>> = table[kernels.arithmetic];
  return methods.find((method) => method === measured[shapeKey(spec)]) ?? methods[0];
}
