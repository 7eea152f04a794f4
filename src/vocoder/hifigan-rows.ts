// Which rows of every signal in a generator the samples of some frames depend on: what a chunk is computed from, no more,
// so that streamed audio equals audio made in one piece at little more than its cost.
import type { RowRange } from '../backends/ops.js';
import { type HifiganConfig, samplesPerFrame, sourceStrides } from './hifigan-config.js';

/** Reach to either side of the convolutions before the first and after the last stage (7 taps). */
export const END_REACH = 3;

/** Rows that one stage works on, each in its own signal. */
export interface StageRows {
  /** Rows before the upsampling whose samples are made. */
  before: RowRange;
  /** Rows after it that the residual blocks read: some of those samples. */
  into: RowRange;
  /** Rows that the blocks are to make. */
  out: RowRange;
  /** Length of the whole signal after the upsampling. */
  length: number;
}

/** Rows that a generator works on. */
export interface GeneratorRows {
  /** Frames of mel. */
  mel: RowRange;
  /** Rows after conv_pre. */
  pre: RowRange;
  stages: StageRows[];
  samples: RowRange;
  /** Frames of the source that the source convolutions read. */
  source: RowRange;
  /** Frames of the whole utterance. */
  frames: number;
}

/** Farthest reach of a stage's residual blocks, in samples of its rate, to one side. */
function blockReach(config: HifiganConfig): number {
  return Math.max(
    ...config.resblockKernelSizes.map((kernel, n) => {
      const half = (kernel - 1) / 2;
      const dilations = config.resblockDilationSizes[n]!;
      const dilated = dilations.reduce((sum, dilation) => sum + half * dilation, 0);
      return config.resblock === '1' ? dilated + half * dilations.length : dilated;
    }),
  );
}

/** `rows` and `reach` more on either side, as far as a signal of this length goes. */
export function grown({ from, to }: RowRange, reach: number, length: number): RowRange {
  return { from: Math.max(0, from - reach), to: Math.min(length, to + reach) };
}

/**
 * Walks back from the samples of frames [from, to) to everything that they depend on.
 * Rows before a signal's first and after its last do not exist: there, and only there, convolutions see zeros.
 */
export function generatorRows(config: HifiganConfig, wanted: RowRange, frames: number): GeneratorRows {
  const hop = samplesPerFrame(config);
  const reach = blockReach(config);
  const strides = sourceStrides(config);
  const samples = { from: wanted.from * hop, to: wanted.to * hop };
  let length = frames * hop;
  let rows = grown(samples, END_REACH, length);
  let source: RowRange | undefined;
  const stages: StageRows[] = [];
  for (let i = config.upsampleRates.length - 1; i >= 0; i--) {
    const rate = config.upsampleRates[i]!;
    const kernel = config.upsampleKernelSizes[i]!;
    const pad = (kernel - rate) / 2;
    const into = grown(rows, reach, length);
    const before = { from: Math.floor(into.from / rate), to: Math.ceil(into.to / rate) };
    stages.unshift({ before, into, out: rows, length });
    const read = sourceRead(into, strides[i]!);
    source = source ? { from: Math.min(source.from, read.from), to: Math.max(source.to, read.to) } : read;
    length /= rate;
    // Output n of the transposed convolution takes input j when 0 <= n + pad - j rate < kernel. Whole input rows are
    // upsampled (`before`), but of the samples beyond `into` nothing is read, nor what they would depend on.
    rows = {
      from: Math.max(0, Math.ceil((into.from + pad - kernel + 1) / rate)),
      to: Math.min(length, Math.floor((into.to - 1 + pad) / rate) + 1),
    };
  }
  return {
    mel: grown(rows, END_REACH, frames),
    pre: rows,
    stages,
    samples,
    source: {
      from: Math.max(0, Math.floor(source!.from / hop)),
      to: Math.min(frames, Math.ceil(source!.to / hop)),
    },
    frames,
  };
}

/** Samples that a source convolution reads for its rows: 2 stride taps, or 7 at full rate. */
function sourceRead({ from, to }: RowRange, stride: number): RowRange {
  if (stride === 1) return { from: from - END_REACH, to: to + END_REACH };
  const padding = stride / 2;
  return { from: from * stride - padding, to: (to - 1) * stride - padding + 2 * stride };
}

/**
 * Frames of mel, beyond a frame itself, that its samples depend on, the larger of both sides (13 for V1 and V2, 11 for
 * V3).
 */
export function contextFrames(config: HifiganConfig): number {
  const far = 1e6;
  const { mel } = generatorRows(config, { from: far, to: far + 1 }, 2 * far);
  return Math.max(far - mel.from, mel.to - 1 - far);
}
