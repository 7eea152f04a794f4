// HiFi-GAN's generator (arXiv 2010.05646, figure 1; code jik876/hifi-gan): mel -> samples. Plain, as any of its
// checkpoints, or driven by a source of pulses and noise that enters after each upsampling (our voices).
//
// B batch (1), T mel frames, L length at a stage's rate, C channels, S samples.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Backend } from '../backends/backend.js';
import type { Layer, Ops, RowRange, WeightForm } from '../backends/ops.js';
import { ReusedArray } from '../memory/reused-array.js';
import { type HifiganConfig, samplesPerFrame, sourceStrides } from '../voices/hifigan-config.js';
import type { Float32Tensor } from '../voices/host-tensor.js';
import { LayerReader } from '../voices/layer-reader.js';
import {
  contextFrames,
  END_REACH,
  type GeneratorRows,
  generatorRows,
  type StageRows,
} from './receptive-field.js';
import { LEAKY_SLOPE, type ResBlock, readResBlock } from './resblock.js';
import { convolveRows, type Window } from './window.js';

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
