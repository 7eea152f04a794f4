// Weights in the forms that the kernels read: always in blocks of eight output channels, [plane or Cout / 8] ... [Cin][8],
// so that an inner product walks through them once, front to back.
import { FFT_BINS, FFT_PLANES, FFT_POINTS, fftPlane } from './fft-planes.js';
import { filterMatrix, TOOM_PLANES, TOOM_TAPS } from './toom-cook.js';

/** Weights of a convolution, [Cout, Cin, k]. */
export interface Filter {
  weight: Float32Array;
  inChannels: number;
  outChannels: number;
  kernel: number;
}

/** Weights for the direct kernel, and which taps they are. */
export interface DirectWeights {
  /** For each eight outputs: [taps of theirs][Cin][8]. */
  packed: Float32Array;
  /** For each eight outputs: their first tap and how many, at least one. */
  ranges: Int32Array;
}

/** Leaves out the taps at either end that are zero for all eight outputs. */
export function packDirect({ weight, inChannels, outChannels, kernel }: Filter): DirectWeights {
  const ranges = new Int32Array(outChannels / 4);
  const packed = new Float32Array(weight.length);
  let to = 0;
  for (let o = 0; o < outChannels; o += 8) {
    const block = weight.subarray(o * inChannels * kernel, (o + 8) * inChannels * kernel);
    const isUsed = (tap: number): boolean => {
      for (let at = tap; at < block.length; at += kernel) if (block[at] !== 0) return true;
      return false;
    };
    let [first, last] = [0, kernel - 1];
    while (first < last && !isUsed(first)) first++;
    while (last > first && !isUsed(last)) last--;
    ranges.set([first, last - first + 1], o / 4);
    for (let tap = first; tap <= last; tap++) {
      for (let i = 0; i < inChannels; i++) {
        for (let c = 0; c < 8; c++) packed[to++] = block[(c * inChannels + i) * kernel + tap]!;
      }
    }
  }
  return { packed: packed.subarray(0, to), ranges };
}

/** [planes][Cout / 8][Cin][8] by one linear map: matrix [planes][k]. */
function packPlanes(filter: Filter, matrix: readonly Float64Array[]): Float32Array {
  const { weight, inChannels, outChannels, kernel } = filter;
  const size = inChannels * outChannels;
  const packed = new Float32Array(matrix.length * size);
  const sums = new Float64Array(size);
  matrix.forEach((row, plane) => {
    sums.fill(0);
    for (let tap = 0; tap < kernel; tap++) {
      const factor = row[tap]!;
      for (let at = 0; at < size; at++) sums[at]! += factor * weight[at * kernel + tap]!;
    }
    let from = 0;
    for (let o = 0; o < outChannels; o++) {
      const block = plane * size + (o >> 3) * inChannels * 8 + (o & 7);
      for (let i = 0; i < inChannels; i++) packed[block + i * 8] = sums[from++]!;
    }
  });
  return packed;
}

export function packToomCook(filter: Filter): Float32Array {
  if (filter.kernel !== TOOM_TAPS) throw new Error(`${filter.kernel} taps; Toom-Cook is for ${TOOM_TAPS}`);
  const matrix = filterMatrix().map((row) => Float64Array.from(row));
  if (matrix.length !== TOOM_PLANES) throw new Error(`${matrix.length} planes; wanted ${TOOM_PLANES}`);
  return packPlanes(filter, matrix);
}

/**
 * The conjugate spectrum (a layer's convolution is a correlation) over N, for Gauss's product: c, d - c, c + d.
 * @param negatedBins a bit for each bin whose imaginary input plane is stored negated.
 */
export function packFft(filter: Filter, negatedBins: number): Float32Array {
  const matrix = Array.from({ length: FFT_PLANES }, () => new Float64Array(filter.kernel));
  for (let bin = 0; bin <= FFT_BINS; bin++) {
    for (let tap = 0; tap < filter.kernel; tap++) {
      const angle = (2 * Math.PI * ((bin * tap) % FFT_POINTS)) / FFT_POINTS;
      const c = Math.cos(angle) / FFT_POINTS;
      const d = Math.sin(angle) / FFT_POINTS;
      if (bin === 0 || bin === FFT_BINS) {
        matrix[bin === 0 ? 0 : 1]![tap] = c;
      } else {
        const plane = fftPlane(bin);
        const sign = (negatedBins >> bin) & 1 ? -1 : 1;
        matrix[plane]![tap] = c;
        matrix[plane + 1]![tap] = d - c;
        matrix[plane + 2]![tap] = sign * (c + d);
      }
    }
  }
  return packPlanes(filter, matrix);
}
