// The shapes on which our WGSL kernels are timed beside their composites: those of the shipped voice. Runs in
// Node and in pages alike.
import * as tf from '#tf';
import type { Layer, LinearSpec, Ops } from '../../../src/backends/ops.js';
import { noise } from '../inputs.js';

/** One operation of one shape. */
export interface KernelCase {
  /** What is picked by --only. */
  kernel: 'convolution' | 'upsampling' | 'linear' | 'attention' | 'layer-norm' | 'gather';
  /** For people. */
  shape: string;
  /** [1, rows, channels] of the input. */
  rows: number;
  channels: number;
  /** Multiplications and additions by the operation's definition; 0 where memory is the measure. */
  operations: number;
  /** To be called inside a run on the backend. */
  prepare(ops: Ops): Layer<string>;
  run(ops: Ops, x: tf.Tensor3D, layer: Layer<string>): tf.Tensor;
}

/** Weights that are halves, as our voices' are. */
function halves(length: number, seed: number): Float32Array {
  return noise(length, seed, 0.5).map((w) => Math.round(w * 512) / 1024);
}

/** Channels of a vocoder stage and its rows per mel frame. */
const STAGES = [
  [64, 8],
  [32, 64],
  [16, 128],
  [8, 256],
] as const;

/** Kernel and dilation of residual convolutions. */
const TAPS = [
  [3, 1],
  [7, 3],
  [11, 5],
] as const;

/** Channels in, out, kernel and stride of the upsamplings, and rows per mel frame before them. */
const UPSAMPLINGS = [
  [128, 64, 16, 8, 1],
  [64, 32, 16, 8, 8],
  [32, 16, 4, 2, 64],
  [16, 8, 4, 2, 128],
] as const;

/** The decoder's convolutions and the predictors': in, out, kernel. */
const ACOUSTIC = [
  [192, 768, 5],
  [768, 192, 1],
  [192, 256, 3],
] as const;

const CHANNELS = 192;
const HEADS = 2;

function convolution(
  inChannels: number,
  outChannels: number,
  kernel: number,
  dilation: number,
  rows: number,
): KernelCase {
  const size = inChannels * outChannels * kernel;
  const isResidual = inChannels === outChannels;
  const spec = {
    ...{ inChannels, outChannels, kernel, dilation, padding: ((kernel - 1) * dilation) / 2 },
    weight: halves(size, 1),
    bias: noise(outChannels, 2, 0.5),
    ...(isResidual ? { leakyIn: 0.1 } : { activation: 'relu' as const }),
  };
  const channels = isResidual ? `${inChannels}` : `${inChannels} -> ${outChannels}`;
  return {
    kernel: 'convolution',
    shape: `${channels}, k ${kernel}, dilation ${dilation}, ${isResidual ? 'leaky ReLU in, residual out' : 'ReLU out'}`,
    rows,
    channels: inChannels,
    operations: 2 * size * rows,
    prepare: (ops) => ops.prepareConv1d(spec),
    run: (ops, x, layer) => ops.conv1d(x, layer as Layer<'conv1d'>, isResidual ? x : undefined),
  };
}

function upsampling(
  [inChannels, outChannels, kernel, stride, perFrame]: (typeof UPSAMPLINGS)[number],
  frames: number,
) {
  const weight = halves(inChannels * outChannels * kernel, 3);
  const spec = {
    inChannels,
    outChannels,
    kernel,
    stride,
    leakyIn: 0.1,
    weight,
    bias: noise(outChannels, 4, 0.5),
  };
  const rows = perFrame * frames;
  return {
    kernel: 'upsampling',
    shape: `${inChannels} -> ${outChannels}, by ${stride}`,
    rows,
    channels: inChannels,
    operations: 2 * inChannels * outChannels * kernel * rows,
    prepare: (ops) => ops.prepareUpsample1d(spec),
    run: (ops, x, layer) => ops.upsample1d(x, layer as Layer<'upsample1d'>),
  } satisfies KernelCase;
}

function acoustic(rows: number): KernelCase[] {
  const c = CHANNELS;
  const linear = (seed: number): LinearSpec => ({
    weight: halves(c * c, seed).map((w) => w / 8),
    bias: noise(c, seed + 1, 0.5),
    inChannels: c,
    outChannels: c,
  });
  const attention = { heads: HEADS, q: linear(5), k: linear(7), v: linear(9), out: linear(11) };
  const tokens = Math.ceil(rows / 6);
  const indices = Int32Array.from({ length: rows }, (_, t) => Math.floor(t / 6));
  return [
    ...ACOUSTIC.map(([inChannels, outChannels, kernel]) =>
      convolution(inChannels, outChannels, kernel, 1, rows),
    ),
    {
      kernel: 'linear',
      shape: `${c} -> ${c}`,
      rows,
      channels: c,
      operations: 2 * rows * c * c,
      prepare: (ops) => ops.prepareLinear(linear(5)),
      run: (ops, x, layer) => ops.linear(x, layer as Layer<'linear'>),
    },
    {
      kernel: 'attention',
      shape: `${c}, ${HEADS} heads`,
      rows,
      channels: c,
      operations: 8 * rows * c * c + 4 * rows * rows * c,
      prepare: (ops) => ops.prepareAttention(attention),
      run: (ops, x, layer) => ops.attention(x, layer as Layer<'attention'>, x),
    },
    {
      kernel: 'layer-norm',
      shape: `${c}`,
      rows,
      channels: c,
      operations: 0,
      prepare: (ops) =>
        ops.prepareLayerNorm({ weight: noise(c, 13, 0.5), bias: noise(c, 14, 0.5), epsilon: 1e-5 }),
      run: (ops, x, layer) => ops.layerNorm(x, layer as Layer<'layer-norm'>),
    },
    {
      kernel: 'gather',
      shape: `${c}, ${tokens} rows -> ${rows}`,
      rows: tokens,
      channels: c,
      operations: 0,
      prepare: () => ({ kind: 'none', bytes: 0, dispose() {} }),
      run: (ops, x) => ops.gather(x, tf.tensor1d(indices, 'int32')),
    },
  ];
}

/** All cases for a vocoder chunk, and a sentence, of `frames` mel frames. */
export function kernelCases(frames: number): KernelCase[] {
  return [
    ...STAGES.flatMap(([channels, perFrame]) =>
      TAPS.map(([kernel, dilation]) => convolution(channels, channels, kernel, dilation, perFrame * frames)),
    ),
    ...UPSAMPLINGS.map((one) => upsampling(one, frames)),
    ...acoustic(frames),
  ];
}
