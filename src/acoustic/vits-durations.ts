// VITS's two duration predictors: the stochastic one (arXiv 2106.06103, section 2.2.2), whose flows turn noise into
// durations, and the deterministic one of its ablation. Their convolutions run on the backend; the splines on the host.
//
// N symbols, C channels, D channels of the deterministic predictor, G of the speaker embedding.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Backend } from '../backends/backend.js';
import type { Layer, Ops } from '../backends/ops.js';
import { depthwise } from '../models/depthwise.js';
import type { DepthwiseLayer, LayerReader } from '../models/layers.js';
import type { DeterministicDurations, StochasticDurations, VitsConfig } from './vits-config.js';
import { SpeakerProjection } from './vits-speaker.js';
import { invertSpline } from './vits-spline.js';

/** Hidden states -> the logarithm of each symbol's frames. */
export interface DurationPredictor {
  /**
   * @param x [1, N, C] on the backend.
   * @param speaker embedding [G].
   * @param noise [2 N] of the flows, already scaled.
   * @returns [N] ln frames.
   */
  predict(
    backend: Backend,
    x: Tensor3D,
    speaker: Float32Array | undefined,
    noise: Float32Array,
  ): Promise<Float32Array>;
}

export function readDurationPredictor(config: VitsConfig, read: LayerReader): DurationPredictor {
  const { duration } = config;
  return duration.kind === 'stochastic'
    ? new StochasticPredictor(config, duration, read)
    : new DeterministicPredictor(config, duration, read);
}

class StochasticPredictor implements DurationPredictor {
  private readonly pre: Layer<'conv1d'>;
  private readonly convs: DepthwiseStack;
  private readonly proj: Layer<'conv1d'>;
  private readonly condition: SpeakerProjection | undefined;
  private readonly flows: SplineFlow[];
  private readonly mean: Float32Array;
  private readonly logScale: Float32Array;

  constructor({ channels, speakers }: VitsConfig, sizes: StochasticDurations, read: LayerReader) {
    const square = { in: channels, out: channels, kernel: 1 };
    this.pre = read.conv1d('dp.pre', square);
    this.convs = new DepthwiseStack(sizes, channels, read, 'dp.convs');
    this.proj = read.conv1d('dp.proj', square);
    this.condition = speakers && new SpeakerProjection(read, 'dp.cond', channels, speakers.channels);
    // Flow 1 is left out in inference; flows with odd numbers are splines, those between turn the channels round.
    this.flows = Array.from({ length: sizes.flows }, (_, i) => {
      return new SplineFlow(sizes, channels, read, `dp.flows.${2 * (sizes.flows - i) + 1}`);
    });
    this.mean = read.table('dp.flows.0.m', 2, 1).data;
    this.logScale = read.table('dp.flows.0.logs', 2, 1).data;
  }

  async predict(
    backend: Backend,
    x: Tensor3D,
    speaker: Float32Array | undefined,
    noise: Float32Array,
  ): Promise<Float32Array> {
    const count = x.shape[1];
    const hidden = backend.run((ops) => {
      const h = ops.conv1d(x, this.pre);
      const bias = this.condition?.tensor(speaker);
      return ops.conv1d(this.convs.apply(ops, bias ? tf.add(h, bias) : h), this.proj);
    });
    let first: Float32Array = noise.slice(0, count);
    let second: Float32Array = noise.slice(count);
    try {
      for (const flow of this.flows) {
        [first, second] = [second, first];
        second = await flow.inverted(backend, hidden, first, second);
      }
    } finally {
      hidden.dispose();
    }
    [first] = [second]; // the channels are turned round once more
    const [mean, scale] = [this.mean[0]!, Math.exp(-this.logScale[0]!)];
    return first.map((z) => (z - mean) * scale);
  }
}

/** One spline flow: the second channel moves by what the first says of each symbol. */
class SplineFlow {
  private readonly pre: Layer<'conv1d'>;
  private readonly convs: DepthwiseStack;
  private readonly proj: Layer<'conv1d'>;
  private readonly gain: number;

  constructor(
    private readonly sizes: StochasticDurations,
    channels: number,
    read: LayerReader,
    name: string,
  ) {
    this.gain = 1 / Math.sqrt(channels);
    this.pre = read.conv1d(`${name}.pre`, { in: 1, out: channels, kernel: 1 });
    this.convs = new DepthwiseStack(sizes, channels, read, `${name}.convs`);
    this.proj = read.conv1d(`${name}.proj`, { in: channels, out: 3 * sizes.bins - 1, kernel: 1 });
  }

  async inverted(
    backend: Backend,
    hidden: Tensor3D,
    first: Float32Array,
    second: Float32Array,
  ): Promise<Float32Array> {
    const { bins, tailBound: bound } = this.sizes;
    const columns = 3 * bins - 1;
    const parameters = new Float32Array(second.length * columns);
    const projected = backend.run((ops) => {
      const h = ops.conv1d(tf.tensor3d(first.slice(), [1, first.length, 1]), this.pre, hidden);
      return ops.conv1d(this.convs.apply(ops, h), this.proj); // [1, N, 3 K - 1]
    });
    try {
      await backend.read(projected, parameters);
    } finally {
      projected.dispose();
    }
    const form = { bins, gain: this.gain, bound };
    return second.map((y, n) => invertSpline(y, parameters, n * columns, form));
  }
}

/** Depthwise and pointwise convolutions of growing dilation, each pair with a residual (DDSConv of the authors' code). */
class DepthwiseStack {
  private readonly layers: {
    apart: DepthwiseLayer;
    dilation: number;
    norm1: Layer<'layer-norm'>;
    point: Layer<'conv1d'>;
    norm2: Layer<'layer-norm'>;
  }[];

  constructor({ kernel, layers }: StochasticDurations, channels: number, read: LayerReader, name: string) {
    this.layers = Array.from({ length: layers }, (_, i) => ({
      apart: read.depthwise(`${name}.convs_sep.${i}`, channels, kernel),
      dilation: kernel ** i,
      norm1: read.layerNorm(`${name}.norms_1.${i}`, channels, 1e-5),
      point: read.conv1d(`${name}.convs_1x1.${i}`, { in: channels, out: channels, kernel: 1 }),
      norm2: read.layerNorm(`${name}.norms_2.${i}`, channels, 1e-5),
    }));
  }

  apply(ops: Ops, x: Tensor3D): Tensor3D {
    return this.layers.reduce(
      (sum, { apart, dilation, norm1, point, norm2 }) =>
        tf.tidy(() => {
          const y = gelu(ops.layerNorm(depthwise(sum, apart, dilation), norm1));
          return tf.add<Tensor3D>(sum, gelu(ops.layerNorm(ops.conv1d(y, point), norm2)) as tf.Tensor);
        }),
      x,
    );
  }
}

/** x Phi(x), exactly. */
function gelu(x: Tensor3D): Tensor3D {
  const half = tf.mul<Tensor3D>(x, 0.5);
  return tf.mul(half, tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
}

class DeterministicPredictor implements DurationPredictor {
  private readonly conv1: Layer<'conv1d'>;
  private readonly norm1: Layer<'layer-norm'>;
  private readonly conv2: Layer<'conv1d'>;
  private readonly norm2: Layer<'layer-norm'>;
  private readonly proj: Layer<'conv1d'>;
  private readonly condition: SpeakerProjection | undefined;

  constructor(
    { channels, speakers }: VitsConfig,
    { channels: inner, kernel }: DeterministicDurations,
    read: LayerReader,
  ) {
    const relu = { activation: 'relu' } as const;
    this.conv1 = read.conv1d('dp.conv_1', { in: channels, out: inner, kernel }, relu);
    this.norm1 = read.layerNorm('dp.norm_1', inner);
    this.conv2 = read.conv1d('dp.conv_2', { in: inner, out: inner, kernel }, relu);
    this.norm2 = read.layerNorm('dp.norm_2', inner);
    this.proj = read.conv1d('dp.proj', { in: inner, out: 1, kernel: 1 });
    this.condition = speakers && new SpeakerProjection(read, 'dp.cond', channels, speakers.channels);
  }

  async predict(backend: Backend, x: Tensor3D, speaker: Float32Array | undefined): Promise<Float32Array> {
    const logs = backend.run((ops) => {
      const bias = this.condition?.tensor(speaker);
      const first = ops.layerNorm(ops.conv1d(bias ? tf.add(x, bias) : x, this.conv1), this.norm1); // [1, N, D]
      return ops.conv1d(ops.layerNorm(ops.conv1d(first, this.conv2), this.norm2), this.proj);
    });
    const values = new Float32Array(x.shape[1]);
    try {
      await backend.read(logs, values);
    } finally {
      logs.dispose();
    }
    return values;
  }
}
