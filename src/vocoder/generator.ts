// HiFi-GAN's generator (arXiv 2010.05646, figure 1; code jik876/hifi-gan): mel -> samples. Plain, as any of its
// checkpoints, or driven by a source of pulses and noise that enters after each upsampling (our voices).
//
// B batch (1), T mel frames, L length at a stage's rate, C channels, S samples.
import type { Tensor, Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Backend } from '../backends/backend.js';
import type { Layer, Ops } from '../backends/ops.js';
import { type HifiganConfig, samplesPerFrame } from '../voices/hifigan-config.js';
import type { Float32Tensor } from '../voices/host-tensor.js';
import { LayerReader } from '../voices/layer-reader.js';
import { contextFrames } from './receptive-field.js';
import { LEAKY_SLOPE, type ResBlock, readResBlock } from './resblock.js';

/** One upsampling and what follows it at the new rate. */
interface Stage {
  up: Layer<'upsample1d'>;
  source: Layer<'conv1d'> | undefined;
  blocks: ResBlock[];
}

/** PyTorch's default slope, which upstream uses before conv_post only. */
const LAST_SLOPE = 0.01;

/** A loaded generator on one backend. */
export class Generator {
  private readonly pre: Layer<'conv1d'>;
  private readonly stages: Stage[];
  private readonly post: Layer<'conv1d'>;
  private readonly reader: LayerReader;
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
    this.contextFrames = config.contextFrames ?? contextFrames(config);
    this.pre = read.conv1d('conv_pre');
    const perStage = config.resblockKernelSizes.length;
    let stride = this.hop;
    this.stages = config.upsampleRates.map((rate, i) => {
      stride /= rate;
      return {
        up: read.upsample1d(`ups.${i}`, rate, LEAKY_SLOPE),
        source: config.source ? read.conv1d(`source_convs.${i}`, sourceForm(stride)) : undefined,
        blocks: config.resblockDilationSizes.map((dilations, k) =>
          readResBlock(read, `resblocks.${i * perStage + k}`, config.resblock, dilations),
        ),
      };
    });
    this.post = read.conv1d('conv_post', { leakyIn: LAST_SLOPE });
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
  ): Generator {
    return LayerReader.load(backend, tensors, (read) => new Generator(backend, config, read));
  }

  /** Bytes of weights the backend holds for this model. */
  get weightBytes(): number {
    return this.reader.bytes;
  }

  /**
   * mel [T, bands] (and source [S, 2], rows of pulse and noise) -> samples [1, S, 1], a tensor for the caller to
   * read and dispose. Zero-padded at both ends, as upstream.
   */
  run(mel: Float32Array, source: Float32Array | undefined): Tensor3D {
    const frames = mel.length / this.config.bands;
    return this.backend.run((ops) => {
      const excitation = source && tf.tensor3d(source, [1, frames * this.hop, 2]);
      const input = tf.tensor3d(mel, [1, frames, this.config.bands]);
      let x = ops.conv1d(input, this.pre); // [B, T, bands] -> [B, T, C]
      for (const stage of this.stages) {
        const next = tf.tidy(() => this.stage(ops, stage, x, excitation));
        x.dispose();
        x = next; // [B, L, C] -> [B, L rate, C / 2]
      }
      return tf.tanh(ops.conv1d(x, this.post)); // [B, S, C] -> [B, S, 1]
    });
  }

  private stage(ops: Ops, stage: Stage, x: Tensor3D, excitation: Tensor3D | undefined): Tensor3D {
    const up = ops.upsample1d(x, stage.up);
    const driven = stage.source && excitation ? ops.conv1d(excitation, stage.source, up) : up;
    let sum: Tensor | undefined;
    for (const block of stage.blocks) {
      const before: Tensor | undefined = sum;
      const y = block.apply(ops, driven);
      if (before) {
        sum = tf.add(before, y);
        before.dispose();
        y.dispose();
      } else {
        sum = y;
      }
    }
    return tf.mul(sum!, 1 / stage.blocks.length);
  }

  dispose(): void {
    this.reader.dispose();
  }
}

/** A source convolution brings the source to a stage's rate: kernel twice the stride, or 7 taps at full rate. */
function sourceForm(stride: number): { stride: number; padding: number } {
  return stride > 1 ? { stride, padding: stride / 2 } : { stride: 1, padding: 3 };
}
