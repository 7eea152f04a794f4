// FastSpeech 2 with a convolutional decoder: attention reads the sentence once, over tokens; from the length regulator on
// everything is local, so that mel can be made a stretch at a time and a stream need not wait for the whole sentence.
//
// B batch (1), N tokens, T mel frames, C channels, D channels between a block's convolutions.
import type { Tensor3D } from '#tf';
import * as tf from '#tf';
import type { Layer, Ops, RowRange } from '../backends/ops.js';
import type { JsonReader } from '../checkpoints/json-reader.js';
import type { LayerReader } from '../models/layers.js';
import type { AcousticModel, ModelType } from '../models/model.js';
import { described, type FrameDecoder, frameIndices } from './fastspeech2.js';
import { readFastSpeech2Config, readOddKernel } from './fastspeech2-config.js';

/** The manifest's `acoustic.decoder`. */
interface ConvDecoderConfig {
  /** D. */
  channels: number;
  kernel: number;
  /** One block each. */
  dilations: number[];
}

/** x = norm(x + conv2(relu(conv1(x)))), conv1 dilated, conv2 of kernel 1. */
interface ConvBlock {
  conv1: Layer<'conv1d'>;
  conv2: Layer<'conv1d'>;
  norm: Layer<'layer-norm'>;
  /** Frames that conv1 reaches to either side. */
  reach: number;
}

/** What a frame is told of its place: ln(1 + a), ln(1 + b), a / d, ln d. */
const PLACE_FEATURES = 4;

class ConvDecoder implements FrameDecoder {
  readonly contextFrames: number;
  readonly valuesPerFrame: number;
  private readonly position: Layer<'linear'>;
  private readonly blocks: ConvBlock[];

  constructor(
    read: LayerReader,
    channels: number,
    { channels: inner, kernel, dilations }: ConvDecoderConfig,
  ) {
    this.position = read.linear('position', { in: PLACE_FEATURES, out: channels });
    this.blocks = dilations.map((dilation, i) => ({
      conv1: read.conv1d(
        `decoder.${i}.conv1`,
        { in: channels, out: inner, kernel },
        { dilation, activation: 'relu' },
      ),
      conv2: read.conv1d(`decoder.${i}.conv2`, { in: inner, out: channels, kernel: 1 }),
      norm: read.layerNorm(`decoder.${i}.norm`, channels),
      reach: (dilation * (kernel - 1)) / 2,
    }));
    this.contextFrames = this.blocks.reduce((sum, { reach }) => sum + reach, 0);
    this.valuesPerFrame = 3 * channels + inner; // a block's input, its two results, and what is between them
  }

  apply(ops: Ops, adapted: Tensor3D, durations: Int32Array, wanted: RowRange): { x: Tensor3D; from: number } {
    const indices = frameIndices(durations);
    const last = indices.length;
    let context = this.contextFrames;
    const rowsWithin = (reach: number): RowRange => ({
      from: Math.max(0, wanted.from - reach),
      to: Math.min(last, wanted.to + reach),
    });
    let rows = rowsWithin(context);
    let x = tf.tidy(() => {
      const places = tf.tensor3d(placesOf(durations, rows), [1, rows.to - rows.from, PLACE_FEATURES]);
      const picked = tf.tensor1d(indices.slice(rows.from, rows.to), 'int32');
      // [1, N, C] -> [1, T, C], plus [1, T, 4] -> [1, T, C]
      return tf.add<Tensor3D>(ops.gather(adapted, picked), ops.linear(places, this.position));
    });
    for (const { conv1, conv2, norm, reach } of this.blocks) {
      context -= reach; // each block makes only the rows that those after it read
      const made = rowsWithin(context);
      const before = x;
      const [from, to] = [made.from - rows.from, made.to - rows.from];
      x = tf.tidy(() => {
        const hidden = ops.conv1d(before, conv1, undefined, { rows: { from, to } }); // [1, T, C] -> [1, T', D]
        const rows = { from: 0, to: to - from };
        const y = ops.conv1d(hidden, conv2, before, { rows, residualFrom: from }); // [1, T', D] -> [1, T', C]
        return ops.layerNorm(y, norm);
      });
      before.dispose();
      rows = made;
    }
    return { x, from: rows.from };
  }
}

/** [T, 4] for frames [from, to): the frame is the a-th of its token's d frames, and b more follow it. */
function placesOf(durations: Int32Array, { from, to }: RowRange): Float32Array {
  const places = new Float32Array((to - from) * PLACE_FEATURES);
  let frame = 0;
  durations.forEach((d) => {
    for (let a = Math.max(0, from - frame); a < d && frame + a < to; a++) {
      const at = (frame + a - from) * PLACE_FEATURES;
      places[at] = Math.log1p(a);
      places[at + 1] = Math.log1p(d - 1 - a);
      places[at + 2] = a / d;
      places[at + 3] = Math.log(d);
    }
    frame += d;
  });
  return places;
}

function readDecoder(decoder: JsonReader): ConvDecoderConfig {
  const kernel = readOddKernel(decoder.field('kernel'));
  const dilations = decoder
    .field('dilations')
    .items({ min: 1, max: 64 })
    .map((dilation) => dilation.integer({ min: 1, max: 1024 }));
  const context = dilations.reduce((sum, dilation) => sum + (dilation * (kernel - 1)) / 2, 0);
  const stated = decoder.field('contextFrames');
  if (!stated.isAbsent && stated.integer({ min: 0, max: 1_000_000 }) !== context)
    throw stated.invalid(`${context}, the reach of the kernels and dilations`);
  return { channels: decoder.field('channels').integer({ min: 1, max: 65_536 }), kernel, dilations };
}

/** Manifest type `fastspeech2-conv`. */
export const fastspeech2Conv: ModelType<AcousticModel> = {
  type: 'fastspeech2-conv',
  read(entry, voice) {
    const config = readFastSpeech2Config(entry);
    const decoder = readDecoder(entry.field('decoder'));
    const make = (read: LayerReader) => new ConvDecoder(read, config.channels, decoder);
    return { ...described(config, voice, make), config: { ...config, decoder } };
  },
};
