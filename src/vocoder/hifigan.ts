// HiFi-GAN's generator (arXiv 2010.05646, figure 1; code jik876/hifi-gan): mel -> samples. Plain, as any of its
// checkpoints, or driven by a source of pulses and noise that enters after each upsampling (our voices).
//
// B batch (1), T mel frames, L length at a stage's rate, C channels, S samples. A stretch of an utterance is made from the
// rows that its samples depend on (hifigan-rows.ts), so every signal here knows which rows of the whole it holds.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Backend } from '../backends/backend.js';
import type { Layer, Ops, RowRange, WeightForm } from '../backends/ops.js';
import type { HostTensor } from '../checkpoints/tensor.js';
import {
  type Declaration,
  declaredBy,
  type LayerReader,
  type LoadedLayers,
  loadModel,
} from '../models/layers.js';
import type { ModelType, Vocoder, VocoderInput, VocoderSource } from '../models/model.js';
import {
  type HifiganConfig,
  readHifiganEntry,
  samplesPerFrame,
  sourceStrides,
  stageChannels,
} from './hifigan-config.js';
import { GeneratorInput } from './hifigan-input.js';
import { contextFrames, END_REACH, type GeneratorRows, generatorRows, grown } from './hifigan-rows.js';
import { convolve, inPlaceOf, type Signal, tidied } from './hifigan-signal.js';
import { Excitation, ReusedArray } from './hifigan-source.js';

/** Slope of every leaky ReLU inside the generator, but for the last, where its configuration states none. */
const LEAKY_SLOPE = 0.1;
/** PyTorch's default slope, which upstream uses before conv_post. */
const LAST_SLOPE = 0.01;
/** Taps of conv_pre and conv_post. */
const END_KERNEL = 2 * END_REACH + 1;

/** One upsampling and what follows it at the new rate. */
interface Stage {
  up: Layer<'upsample1d'>;
  rate: number;
  /** The convolution that brings the source to this rate, and how many of its samples make a row. */
  source: { layer: Layer<'conv1d'>; stride: number } | undefined;
  blocks: ResBlock[];
}

/** A loaded generator on one backend. */
export class Generator implements Vocoder {
  private readonly input: GeneratorInput;
  private readonly pre: Layer<'conv1d'>;
  private readonly stages: Stage[];
  private readonly post: Layer<'conv1d'>;
  /** The source of a run, until the next one: runs follow each other on the backend's queue. */
  private readonly sourceMemory = new ReusedArray();
  readonly hop: number;
  readonly contextFrames: number;

  constructor(
    readonly config: HifiganConfig,
    read: LayerReader,
    private readonly layers: LoadedLayers,
  ) {
    const { upsampleRates, upsampleKernelSizes, resblockKernelSizes, resblockDilationSizes } = config;
    const leakyIn = config.leakySlope ?? LEAKY_SLOPE;
    this.input = new GeneratorInput(config, read);
    this.hop = samplesPerFrame(config);
    this.contextFrames = contextFrames(config);
    const perStage = resblockKernelSizes.length;
    // A stage gives the sum of its blocks. Its mean is left to the weights of the next layer, which the leaky ReLU between
    // them allows: lrelu(c x) = c lrelu(x) for c > 0.
    const mean = 1 / perStage;
    const channels = (stage: number) => stageChannels(config, stage);
    this.pre = read.conv1d('conv_pre', { in: config.bands, out: channels(-1), kernel: END_KERNEL });
    this.stages = upsampleRates.map((rate, i) => {
      const sizes = { in: channels(i - 1), out: channels(i), kernel: upsampleKernelSizes[i]! };
      const form = { stride: rate, leakyIn, inputGain: i > 0 ? mean : 1 };
      const up = read.upsample1d(`ups.${i}`, sizes, form);
      const source = config.source ? readSource(read, i, channels(i), sourceStrides(config)[i]!) : undefined;
      const blocks = resblockKernelSizes.map((kernel, k) => {
        const prefix = `resblocks.${i * perStage + k}`;
        const form = { kind: config.resblock, leakyIn, dilations: resblockDilationSizes[k]! };
        return new ResBlock(read, prefix, { channels: channels(i), kernel, ...form });
      });
      return { up, rate, source, blocks };
    });
    this.post = read.conv1d(
      'conv_post',
      { in: channels(upsampleRates.length - 1), out: 1, kernel: END_KERNEL },
      { leakyIn: LAST_SLOPE, activation: 'tanh', inputGain: mean },
    );
  }

  /** mel [1, T, bands] and source [1, S, 2] -> samples [1, S, 1]; zero-padded at the true ends only, as upstream. */
  private forward(
    ops: Ops,
    mel: Signal,
    { source, bias, rows }: { source: Signal | undefined; bias: Tensor3D | undefined; rows: GeneratorRows },
  ): Tensor3D {
    let x = convolve(ops, mel, this.pre, rows.pre); // [1, T, bands] -> [1, T, C]
    if (bias) x = inPlaceOf(x, () => ({ x: tf.add(x.x, bias), from: x.from })); // the speaker's, [1, 1, C]
    for (const [i, stage] of this.stages.entries()) {
      const { before, into, out, length } = rows.stages[i]!;
      x = inPlaceOf(x, () => {
        const up = upsample(ops, x, stage, before); // [1, L, C] -> [1, L rate, C / 2]
        const driven = source && stage.source ? addSource(ops, source, stage.source, into, up) : up;
        let sum: Signal | undefined;
        for (const block of stage.blocks) {
          const others: Signal | undefined = sum;
          sum = block.apply(ops, driven, out, length, others?.x); // xs += resblock(x)
          others?.x.dispose();
        }
        return sum!;
      });
    }
    return convolve(ops, x, this.post, rows.samples).x; // [1, S, C] -> [1, S, 1]
  }

  async vocode(
    { mel, frames, source, speaker }: VocoderInput,
    range: RowRange,
    out: Float32Array,
  ): Promise<void> {
    const rows = generatorRows(this.config, range, frames);
    const { bands, hop } = this;
    const { backend } = this.layers;
    const { copiesArrays } = backend.ops;
    const melFrom = rows.mel.from;
    const [melStart, melEnd] = [melFrom * bands, rows.mel.to * bands];
    // Half a megabyte for each second of audio that would be garbage at once: not made anew where the backend copies it.
    const melRows = this.input.rows(
      copiesArrays ? mel.subarray(melStart, melEnd) : mel.slice(melStart, melEnd),
    );
    const speakerBias = this.input.speakerBias(speaker?.index);
    const length = (rows.source.to - rows.source.from) * hop;
    const memory = copiesArrays && this.isDriven ? this.sourceMemory.take(length * 2) : undefined;
    const driving = this.isDriven ? source?.rows(rows.source.from, rows.source.to, memory) : undefined;
    const samples = backend.run((ops) => {
      const melSignal = { x: tf.tensor3d(melRows, [1, rows.mel.to - melFrom, bands]), from: melFrom };
      const sourceSignal = driving && {
        x: tf.tensor3d(driving, [1, length, 2]),
        from: rows.source.from * hop,
      };
      const bias = speakerBias && tf.tensor3d(speakerBias, [1, 1, speakerBias.length]);
      return this.forward(ops, melSignal, { source: sourceSignal, bias, rows });
    });
    try {
      await backend.read(samples, out);
    } finally {
      samples.dispose();
    }
  }

  reads(range: RowRange, frames: number): RowRange {
    const { mel, source } = generatorRows(this.config, range, frames);
    // Between the centres of two frames F0 is interpolated: the source reads one more.
    return { from: Math.min(mel.from, source.from), to: Math.min(frames, Math.max(mel.to, source.to + 1)) };
  }

  source(hz: Float64Array): VocoderSource {
    return new Excitation(hz, { sampleRate: this.sampleRate ?? 22050, hop: this.hop });
  }

  get bands(): number {
    return this.config.bands;
  }

  get sampleRate(): number | undefined {
    return this.config.sampleRate;
  }

  get isDriven(): boolean {
    return this.config.source;
  }

  get valuesPerFrame(): number {
    let rate = 1;
    return Math.max(
      ...this.config.upsampleRates.map((factor, i) => {
        rate *= factor;
        return rate * stageChannels(this.config, i);
      }),
    );
  }

  get weightBytes(): number {
    return this.layers.bytes;
  }

  dispose(): void {
    this.layers.dispose();
  }
}

/** Sizes of a residual block, and the slope of its leaky ReLUs. */
interface BlockForm {
  channels: number;
  kernel: number;
  kind: '1' | '2';
  leakyIn: number;
  dilations: readonly number[];
}

/** A convolution and how far it reaches to either side. */
interface Reaching {
  layer: Layer<'conv1d'>;
  reach: number;
}

/**
 * A residual block (section 2.2.1). Kind '1' (V1, V2): x + conv2(lrelu(conv1(lrelu(x)))) for each dilation, conv1 dilated.
 * Kind '2' (V3): x + conv(lrelu(x)), dilated.
 */
class ResBlock {
  private readonly steps: { dilated: Reaching; plain: Reaching | undefined }[];

  /** Reads `resblocks.n.convs1.m` and `convs2.m` (kind '1') or `convs.m` (kind '2'), of an odd kernel. */
  constructor(read: LayerReader, prefix: string, { channels, kernel, kind, leakyIn, dilations }: BlockForm) {
    const half = (kernel - 1) / 2;
    const shape = { in: channels, out: channels, kernel };
    this.steps = dilations.map((dilation, m) => {
      const reach = half * dilation;
      if (kind === '2')
        return {
          dilated: { layer: read.conv1d(`${prefix}.convs.${m}`, shape, { dilation, leakyIn }), reach },
          plain: undefined,
        };
      // The leaky ReLU between the two convolutions is applied once, where the first writes.
      const form = { dilation, leakyIn, activation: { leaky: leakyIn } };
      return {
        dilated: { layer: read.conv1d(`${prefix}.convs1.${m}`, shape, form), reach },
        plain: { layer: read.conv1d(`${prefix}.convs2.${m}`, shape), reach: half },
      };
    });
  }

  /**
   * Rows of [1, L, C] -> the wanted rows of [1, L, C]. Each step makes only what those after it read.
   * @param length rows L of the whole signal, beyond which there are zeros.
   * @param sum what other blocks have made of the wanted rows: added, in the pass of the last convolution.
   */
  apply(ops: Ops, x: Signal, wanted: RowRange, length: number, sum?: Tensor3D): Signal {
    let reach = this.steps.reduce((all, { dilated, plain }) => all + dilated.reach + (plain?.reach ?? 0), 0);
    let current = x;
    for (const [n, { dilated, plain }] of this.steps.entries()) {
      reach -= dilated.reach + (plain?.reach ?? 0);
      const rows = grown(wanted, reach, length);
      const others = n === this.steps.length - 1 ? sum : undefined;
      const step = (): Signal => {
        if (!plain) return convolve(ops, current, dilated.layer, rows, current, others);
        const hidden = convolve(ops, current, dilated.layer, grown(rows, plain.reach, length));
        return convolve(ops, hidden, plain.layer, rows, current, others);
      };
      current = current === x ? tidied(step) : inPlaceOf(current, step);
    }
    return current;
  }
}

/** A source convolution brings the source to a stage's rate: kernel twice the stride, or 7 taps at full rate. */
function readSource(read: LayerReader, stage: number, channels: number, stride: number) {
  const kernel = stride > 1 ? 2 * stride : END_KERNEL;
  const padding = stride > 1 ? stride / 2 : END_REACH;
  const shape = { in: 2, out: channels, kernel };
  return { layer: read.conv1d(`source_convs.${stage}`, shape, { stride, padding }), stride };
}

/** The source at a stage's rate, in the wanted rows, added to the signal there. The source begins with a frame. */
function addSource(
  ops: Ops,
  { x, from }: Signal,
  { layer, stride }: NonNullable<Stage['source']>,
  wanted: RowRange,
  signal: Signal,
): Signal {
  const rows = { from: wanted.from - from / stride, to: wanted.to - from / stride };
  const y = ops.conv1d(x, layer, signal.x, { rows, residualFrom: wanted.from - signal.from });
  return { x: y, from: wanted.from };
}

/** The samples of the given rows of the input: [1, L, C] -> [1, L rate, C / 2]. */
function upsample(ops: Ops, { x, from }: Signal, { up, rate }: Stage, rows: RowRange): Signal {
  const y = ops.upsample1d(x, up, { from: rows.from - from, to: rows.to - from });
  return { x: y, from: rows.from * rate };
}

/**
 * A generator from a checkpoint with jik876's names (and `source_convs`).
 * @param source name of the checkpoint, for messages.
 * @throws VoirsError INVALID_WEIGHTS listing what is missing, misshapen or unknown.
 */
export function loadGenerator(
  backend: Backend,
  config: HifiganConfig,
  tensors: ReadonlyMap<string, HostTensor>,
  source = 'The vocoder',
  weights?: WeightForm,
): Generator {
  return loadModel(backend, tensors, generatorOf(config), { source, weights });
}

const generatorOf = (config: HifiganConfig) => (read: LayerReader, layers: LoadedLayers) =>
  new Generator(config, read, layers);

/** The tensors and convolutions of such a generator. */
export const generatorDeclaration = (config: HifiganConfig): Declaration => declaredBy(generatorOf(config));

/** A generator of these sizes, as {@link ModelType.read} returns it. */
export const generatorDescription = (config: HifiganConfig): ReturnType<ModelType<Vocoder>['read']> => ({
  config,
  declaration: () => generatorDeclaration(config),
  load: (backend, ...rest) => loadGenerator(backend, config, ...rest),
});

/** Manifest type `hifigan`. */
export const hifigan: ModelType<Vocoder> = {
  type: 'hifigan',
  read(entry, voice) {
    const config = readHifiganEntry(entry, voice.bands, voice.sampleRate);
    if (samplesPerFrame(config) !== voice.hop)
      throw entry.field('upsampleRates').invalid(`rates whose product is the hop size, ${voice.hop}`);
    return generatorDescription(config);
  },
};
