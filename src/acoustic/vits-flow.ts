// VITS's flow (arXiv 2106.06103, section 2.1.2), reversed: the prior's samples become the latents that the decoder
// speaks. Each coupling layer moves one half of the channels by what a small WaveNet makes of the other half. Between two
// layers the channels are turned round; here the weights are turned instead, and the halves take turns.
//
// T frames, H channels of the WaveNets, L latents.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops } from '../backends/ops.js';
import type { LayerReader } from '../models/layers.js';
import type { VitsConfig } from './vits-config.js';
import { SpeakerProjection } from './vits-speaker.js';

/** The halves of the latents, [1, T, L / 2] each. */
export interface Halves {
  first: Tensor3D;
  second: Tensor3D;
}

export class Flow {
  /** In the order in which they run. */
  private readonly layers: CouplingLayer[];
  /** Whether the channels come out in the reverse order. */
  readonly isReversed: boolean;

  constructor({ flow, ...config }: VitsConfig, read: LayerReader) {
    this.isReversed = flow.layers % 2 === 1;
    this.layers = Array.from({ length: flow.layers }, (_, i) => {
      const name = `flow.flows.${2 * (flow.layers - 1 - i)}`;
      return new CouplingLayer({ flow, ...config }, read, name, i % 2 === 0);
    });
  }

  /**
   * The prior's samples -> latents; the halves are freed.
   * @param speaker embedding of the speaker, [G].
   */
  reversed(ops: Ops, halves: Halves, speaker: Float32Array | undefined): Halves {
    let { first, second } = halves;
    // Before every layer the channels are turned round: then what was second comes first.
    this.layers.forEach((layer, i) => {
      const moved = (one: Tensor3D, by: Tensor3D): Tensor3D => {
        const result = layer.move(ops, one, by, speaker);
        one.dispose();
        return result;
      };
      if (i % 2 === 0) first = moved(first, second);
      else second = moved(second, first);
    });
    return { first, second };
  }
}

/** One coupling layer, mean only. */
class CouplingLayer {
  private readonly pre: Layer<'conv1d'>;
  private readonly wavenet: WaveNet;
  private readonly post: Layer<'conv1d'>;

  /** @param isTurned whether the channels are in the reverse order where it stands. */
  constructor(config: VitsConfig, read: LayerReader, name: string, isTurned: boolean) {
    const { channels, latentChannels } = config;
    const half = latentChannels / 2;
    this.pre = read.conv1d(
      `${name}.pre`,
      { in: half, out: channels, kernel: 1 },
      isTurned ? { reversed: 'in' } : {},
    );
    this.wavenet = new WaveNet(config, read, `${name}.enc`);
    this.post = read.conv1d(
      `${name}.post`,
      { in: channels, out: half, kernel: 1 },
      isTurned ? { reversed: 'out', gain: -1 } : { gain: -1 },
    );
  }

  /** `half` less the mean that the other half predicts, [1, T, L / 2]. */
  move(ops: Ops, half: Tensor3D, other: Tensor3D, speaker: Float32Array | undefined): Tensor3D {
    return tf.tidy(() => {
      const hidden = this.wavenet.apply(ops, ops.conv1d(other, this.pre), speaker);
      return ops.conv1d(hidden, this.post, half);
    });
  }
}

/** Dilated convolutions with gates, residuals and skips (arXiv 1609.03499, figure 4). */
class WaveNet {
  private readonly layers: {
    filter: Layer<'conv1d'>;
    gate: Layer<'conv1d'>;
    residual: Layer<'conv1d'> | undefined;
    skip: Layer<'conv1d'>;
  }[];
  private readonly condition: SpeakerProjection | undefined;
  private readonly channels: number;

  constructor({ channels, flow, speakers }: VitsConfig, read: LayerReader, name: string) {
    const { kernel, dilationRate, wavenetLayers: count } = flow;
    this.channels = channels;
    // tanh(a) sigmoid(b) = 2 (sigmoid(2 a) - 1 / 2) sigmoid(b): TensorFlow.js has a fast sigmoid and no fast tanh. The two
    // goes into the weights behind.
    const [lower, upper] = [
      { from: 0, to: channels },
      { from: channels, to: 2 * channels },
    ];
    this.layers = Array.from({ length: count }, (_, i) => {
      const wide = { in: channels, out: 2 * channels, kernel };
      const form = { dilation: dilationRate ** i };
      const isLast = i === count - 1;
      const out = { in: channels, out: isLast ? channels : 2 * channels, kernel: 1 };
      const behind = `${name}.res_skip_layers.${i}`;
      return {
        filter: read.conv1d(`${name}.in_layers.${i}`, wide, { ...form, rows: lower, gain: 2 }),
        gate: read.conv1d(`${name}.in_layers.${i}`, wide, { ...form, rows: upper }),
        residual: isLast ? undefined : read.conv1d(behind, out, { rows: lower, inputGain: 2 }),
        skip: read.conv1d(behind, out, { rows: isLast ? lower : upper, inputGain: 2 }),
      };
    });
    const rows = 2 * channels * count;
    this.condition = speakers && new SpeakerProjection(read, `${name}.cond_layer`, rows, speakers.channels);
  }

  /** [1, T, H] -> [1, T, H]. */
  apply(ops: Ops, input: Tensor3D, speaker: Float32Array | undefined): Tensor3D {
    let x = input;
    let skipped: Tensor3D | undefined;
    this.layers.forEach(({ filter, gate, residual, skip }, i) => {
      const acts = tf.tidy(() => {
        const part = (layer: Layer<'conv1d'>, half: 0 | 1): Tensor3D => {
          const y = ops.conv1d(x, layer);
          const from = (2 * i + half) * this.channels;
          const rows = { from, to: from + this.channels, gain: half === 0 ? 2 : 1 };
          const bias = this.condition?.tensor(speaker, rows);
          return tf.sigmoid(bias ? tf.add<Tensor3D>(y, bias) : y);
        };
        return tf.mul<Tensor3D>(tf.sub<tf.Tensor>(part(filter, 0), 0.5), part(gate, 1)); // half the gated value
      });
      const before = [skipped, residual && i > 0 ? x : undefined];
      skipped = ops.conv1d(acts, skip, skipped);
      if (residual) x = ops.conv1d(acts, residual, x);
      acts.dispose();
      for (const used of before) used?.dispose();
    });
    return skipped!;
  }
}
