// HiFi-GAN's generator (arXiv 2010.05646, figure 1; code jik876/hifi-gan): mel -> samples. Plain, as any of its
// checkpoints, or driven by a source of pulses and noise that enters after each upsampling (our voices).
//
// B batch (1), T mel frames, L length at a stage's rate, C channels, S samples.

import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Backend } from '../backends/backend.js';
import type { ConvPart, Layer, Ops, RowRange, WeightForm } from '../backends/ops.js';
import type { Float32Tensor } from '../checkpoints/tensor.js';
import { LayerReader } from '../models/layers.js';
import { type HifiganConfig, samplesPerFrame, sourceStrides } from './hifigan-config.js';
import {
  contextFrames,
  END_REACH,
  type GeneratorRows,
  generatorRows,
  grown,
  type StageRows,
} from './hifigan-rows.js';
import { ReusedArray } from './hifigan-source.js';

/** One upsampling and what follows it at the new rate; it makes the sum of its blocks. */
interface Stage {
  up: Layer<'upsample1d'>;
  rate: number;
  source: SourceConv | undefined;
  blocks: ResBlock[];
}

/** A convolution of the source, and how many of its samples make a row. */
interface SourceConv {
  layer: Layer<'conv1d'>;
  stride: number;
}

/** PyTorch's default slope, which upstream uses before conv_post only. */
const LAST_SLOPE = 0.01;

/** A loaded generator on one backend. */
export class Generator {
  private readonly pre: Layer<'conv1d'>;
  private readonly stages: Stage[];
  private readonly post: Layer<'conv1d'>;
  private readonly reader: LayerReader;
  /** For the source of a run, until the next one: runs follow each other on the backend's queue. */
  readonly sourceMemory = new ReusedArray();
  /** Samples per mel frame. */
  readonly hop: number;
  /** Mel frames on either side that reach a sample. */
  readonly contextFrames: number;

  private constructor(
    readonly backend: Backend,
    readonly config: HifiganConfig,
    read: LayerReader,
  ) {
    this.reader = read;
    this.hop = samplesPerFrame(config);
    this.contextFrames = contextFrames(config);
    this.pre = read.conv1d('conv_pre');
    const perStage = config.resblockKernelSizes.length;
    const strides = sourceStrides(config);
    // A stage gives the sum of its blocks. Its mean is left to the weights of the next layer, which the leaky ReLU between
    // them allows: lrelu(c x) = c lrelu(x) for c > 0.
    const inputGain = 1 / perStage;
    this.stages = config.upsampleRates.map((rate, i) => ({
      up: read.upsample1d(`ups.${i}`, rate, LEAKY_SLOPE, i > 0 ? inputGain : 1),
      rate,
      source: config.source ? readSource(read, `source_convs.${i}`, strides[i]!) : undefined,
      blocks: config.resblockKernelSizes.map((kernel, k) => {
        const dilations = config.resblockDilationSizes[k]!;
        return readResBlock(read, `resblocks.${i * perStage + k}`, config.resblock, kernel, dilations);
      }),
    }));
    this.post = read.conv1d('conv_post', { leakyIn: LAST_SLOPE, activation: 'tanh', inputGain });
    read.finish();
  }

  /** Most values of one tensor for a mel frame, over the stages. */
  get valuesPerFrame(): number {
    let rate = 1;
    return Math.max(
      ...this.config.upsampleRates.map((factor, i) => {
        rate *= factor;
        return rate * (this.config.upsampleInitialChannel / 2 ** (i + 1));
      }),
    );
  }

  static load(
    backend: Backend,
    config: HifiganConfig,
    tensors: ReadonlyMap<string, Float32Tensor>,
    weights?: WeightForm,
  ): Generator {
    return LayerReader.load(backend, tensors, (read) => new Generator(backend, config, read), { weights });
  }

  /** Bytes of weights the backend holds for this model. */
  get weightBytes(): number {
    return this.reader.bytes;
  }

  /** What the samples of frames [from, to) are made from, in an utterance of `frames`. */
  rowsFor(wanted: RowRange, frames: number): GeneratorRows {
    return generatorRows(this.config, wanted, frames);
  }

  /**
   * mel [T, bands] (and source [S, 2], rows of pulse and noise) -> samples [1, S, 1], a tensor for the caller to
   * read and dispose. Zero-padded at both ends, as upstream.
   * @param part rows to work on instead of the whole utterance: mel has the frames `part.mel` of it, the source the
   * samples of `part.source`, and the result the samples `part.samples`.
   */
  run(mel: Float32Array, source: Float32Array | undefined, part?: GeneratorRows): Tensor3D {
    const { bands } = this.config;
    const given = mel.length / bands;
    const { pre, stages, samples, ...rows } = part ?? this.rowsFor({ from: 0, to: given }, given);
    return this.backend.run((ops) => {
      const excitation = source && {
        x: tf.tensor3d(source, [1, source.length / 2, 2]),
        from: rows.source.from * this.hop,
      };
      const input = { x: tf.tensor3d(mel, [1, given, bands]), from: rows.mel.from };
      let x = convolveRows(ops, input, this.pre, pre); // [B, T, bands] -> [B, T, C]
      for (const [i, stage] of this.stages.entries()) {
        const before = x.x;
        const next = tf.tidy(() => this.stage(ops, stage, x, stages[i]!, excitation).x);
        x = { x: next, from: stages[i]!.out.from }; // [B, L, C] -> [B, L rate, C / 2]
        before.dispose();
      }
      return convolveRows(ops, x, this.post, samples).x; // [B, S, C] -> [B, S, 1]
    });
  }

  private stage(
    ops: Ops,
    stage: Stage,
    { x, from }: Window,
    { before, into, out, length }: StageRows,
    excitation: Window | undefined,
  ): Window {
    const up = {
      x: ops.upsample1d(x, stage.up, { from: before.from - from, to: before.to - from }),
      from: before.from * stage.rate,
    };
    const driven = stage.source && excitation ? convolveSource(ops, excitation, stage.source, into, up) : up;
    let sum: Tensor3D | undefined;
    for (const block of stage.blocks) {
      const before: Tensor3D | undefined = sum;
      sum = block.apply(ops, driven, out, length, before).x;
      before?.dispose();
    }
    return { x: sum!, from: out.from };
  }

  dispose(): void {
    this.reader.dispose();
  }
}

/** A source convolution brings the source to a stage's rate: kernel twice the stride, or 7 taps at full rate. */
function readSource(read: LayerReader, prefix: string, stride: number): SourceConv {
  const padding = stride > 1 ? stride / 2 : END_REACH;
  return { layer: read.conv1d(prefix, { stride, padding }), stride };
}

/** The source at a stage's rate, in the wanted rows, added to the signal there. The source begins with a frame. */
function convolveSource(
  ops: Ops,
  { x, from }: Window,
  { layer, stride }: SourceConv,
  wanted: RowRange,
  added: Window,
): Window {
  const rows = { from: wanted.from - from / stride, to: wanted.to - from / stride };
  const y = ops.conv1d(x, layer, added.x, { rows, residualFrom: wanted.from - added.from });
  return { x: y, from: wanted.from };
}

// HiFi-GAN's residual blocks (arXiv 2010.05646, section 2.2.1), both kinds, with jik876's tensor names.

/** Slope of every leaky ReLU inside the generator; only the last one, before conv_post, has PyTorch's 0.01. */
export const LEAKY_SLOPE = 0.1;

/** One residual block: rows of [1, L, C] -> the wanted rows of [1, L, C]. */
export interface ResBlock {
  /**
   * @param length rows L of the whole signal, beyond which there are zeros.
   * @param sum what other blocks have made of the wanted rows: added, in the pass of the last convolution.
   */
  apply(ops: Ops, x: Window, wanted: RowRange, length: number, sum?: Tensor3D): Window;
}

/** A convolution and how far it reaches to either side. */
interface Reaching {
  layer: Layer<'conv1d'>;
  reach: number;
}

/** One residual step: x + f(x). */
interface Step {
  reach: number;
  apply(ops: Ops, x: Window, wanted: RowRange, length: number, sum?: Tensor3D): Window;
}

/** x + conv2(lrelu(conv1(lrelu(x)))), one dilated and one plain convolution per step (V1, V2). */
function pairStep(dilated: Reaching, plain: Reaching): Step {
  return {
    reach: dilated.reach + plain.reach,
    apply(ops, x, wanted, length, sum) {
      const hidden = convolveRows(ops, x, dilated.layer, grown(wanted, plain.reach, length));
      return convolveRows(ops, hidden, plain.layer, wanted, x, sum);
    },
  };
}

/** x + conv(lrelu(x)), one dilated convolution per step (V3). */
function singleStep({ layer, reach }: Reaching): Step {
  return { reach, apply: (ops, x, wanted, _length, sum) => convolveRows(ops, x, layer, wanted, x, sum) };
}

/** Steps one after the other, each making only what those after it read, and freeing what the one before it made. */
class StepBlock implements ResBlock {
  constructor(private readonly steps: readonly Step[]) {}

  apply(ops: Ops, x: Window, wanted: RowRange, length: number, sum?: Tensor3D): Window {
    let reach = this.steps.reduce((sum, step) => sum + step.reach, 0);
    let current = x;
    for (const [n, step] of this.steps.entries()) {
      reach -= step.reach;
      const rows = grown(wanted, reach, length);
      const before = current.x;
      const joined = n === this.steps.length - 1 ? sum : undefined;
      const next = tf.tidy(() => step.apply(ops, current, rows, length, joined).x as Tensor3D);
      current = { x: next, from: rows.from };
      if (before !== x.x) before.dispose();
    }
    return current;
  }
}

/** Reads `resblocks.n.convs1.m` and `convs2.m` (kind '1') or `convs.m` (kind '2'), of odd kernels. */
export function readResBlock(
  read: LayerReader,
  prefix: string,
  kind: '1' | '2',
  kernel: number,
  dilations: readonly number[],
): ResBlock {
  const half = (kernel - 1) / 2;
  const dilated = (name: string, form: Parameters<LayerReader['conv1d']>[1] & { dilation: number }) => ({
    layer: read.conv1d(`${prefix}.${name}`, { leakyIn: LEAKY_SLOPE, ...form }),
    reach: half * form.dilation,
  });
  const steps = dilations.map((dilation, m) => {
    if (kind === '2') return singleStep(dilated(`convs.${m}`, { dilation }));
    // The leaky ReLU between the two convolutions is applied once, where the first writes.
    const first = dilated(`convs1.${m}`, { dilation, activation: { leaky: LEAKY_SLOPE } });
    return pairStep(first, { layer: read.conv1d(`${prefix}.convs2.${m}`), reach: half });
  });
  return new StepBlock(steps);
}

// A stretch of a signal on the backend that knows where it lies in the whole: with it a model asks for rows by their
// place in the whole signal, whatever stretch of it there is.

/** Rows [from, from + N) of a signal, [1, N, C]. */
export interface Window {
  x: Tensor3D;
  from: number;
}

/**
 * The wanted rows of a convolution of stride 1 and `same` padding. All rows that they depend on must lie in the window,
 * but for those that the whole signal does not have either.
 * @param residual is added; it has the wanted rows at least.
 * @param sum is added too; it has just the wanted rows.
 */
export function convolveRows(
  ops: Ops,
  { x, from }: Window,
  layer: Layer<'conv1d'>,
  wanted: RowRange,
  residual?: Window,
  sum?: Tensor3D,
): Window {
  const rows = { from: wanted.from - from, to: wanted.to - from };
  const part: ConvPart = { rows, residualFrom: residual ? wanted.from - residual.from : 0 };
  if (sum) part.sum = sum;
  return { x: ops.conv1d(x, layer, residual?.x, part), from: wanted.from };
}
