// Convolutions, shape by shape, by every method and by TensorFlow.js's kernel, in turns, in Node or in a
// page.
import * as tf from '#tf';
import type { Backend } from '../../src/backends/backend.js';
import type { Layer, Ops } from '../../src/backends/ops.js';
import { ConvolutionLayer, convolve } from '../../src/backends/wasm/convolution.js';
import {
  type Method,
  methodsFor,
  type PaddedConv1dSpec,
} from '../../src/backends/wasm/convolution-methods.js';
import type { KernelModule } from '../../src/backends/wasm/kernel-module.js';
import { spread } from './comparison.js';
import { noise } from './inputs.js';
import { type MeasuredCase, type Measurement, measure } from './measure.js';
import type { Table } from './report.js';
import { pairedRatios } from './statistics.js';

/** Names channels and taps. */
export const shapeKey = ({
  inChannels,
  outChannels,
  kernel,
}: Pick<ShapeClass, 'inChannels' | 'outChannels' | 'kernel'>): string =>
  `${inChannels}x${outChannels}x${kernel}`;

/** Convolutions of stride 1 that share channels and taps, and so a method. */
export interface ShapeClass {
  inChannels: number;
  outChannels: number;
  kernel: number;
  /** Every dilation in the models, ascending. */
  dilations: number[];
  /** Rows to measure with, as in a chunk of about 64 frames. */
  rows: number;
}

/** The convolutions of our voice, for pages, which cannot read the models' files. */
export const VOICE_SHAPES: readonly ShapeClass[] = [
  ...[64, 32, 16, 8].flatMap((channels) =>
    [3, 7, 11].map((kernel) => {
      const rows = Math.min(16_384, 2 ** 18 / channels);
      return { inChannels: channels, outChannels: channels, kernel, dilations: [1, 3, 5], rows };
    }),
  ),
  ...[
    [192, 768, 5],
    [768, 192, 1],
    [192, 256, 3],
    [256, 256, 3],
    [80, 128, 7],
  ].map(([inChannels, outChannels, kernel]) => {
    return { inChannels: inChannels!, outChannels: outChannels!, kernel: kernel!, dilations: [1], rows: 512 };
  }),
];

const METHODS = ['direct', 'toom-cook', 'fft'] as const satisfies Method[];

/** One convolution, all methods. @returns measurements by name, and the operations of one run. */
async function measureShape(
  backend: Backend,
  stock: Ops,
  kernels: KernelModule,
  { inChannels, outChannels, kernel, rows }: ShapeClass,
  dilation: number,
  runs: number,
): Promise<{ flops: number; measured: Measurement[] }> {
  const pad = ((kernel - 1) * dilation) / 2;
  const shape = { inChannels, outChannels, kernel, dilation };
  const weight = noise(inChannels * outChannels * kernel, 1);
  const spec: PaddedConv1dSpec = {
    ...shape,
    weight,
    padding: [pad, pad],
    leakyIn: 0.1,
    activation: { leaky: 0.1 },
  };
  const flops = 2 * kernel * inChannels * outChannels * rows;
  const repeats = Math.ceil(2.5e8 / flops);
  let layer: Layer<'conv1d'> | undefined;
  const x = backend.run(() => {
    layer = stock.prepareConv1d({ ...spec, padding: pad });
    return tf.tensor3d(noise(rows * inChannels, 2), [1, rows, inChannels]);
  });
  const stockLayer = layer!;
  const repeat = (run: () => tf.Tensor) => () => {
    for (let i = 0; i < repeats; i++) backend.run(run).dispose();
  };
  const own = methodsFor(kernels, spec).map((method) => new ConvolutionLayer(kernels, spec, method));
  const cases: MeasuredCase[] = [{ name: 'stock', run: repeat(() => stock.conv1d(x, stockLayer)) }];
  for (const layer of own) cases.push({ name: layer.method, run: repeat(() => convolve(x, layer)) });
  const measured = await measure(cases, { warmups: 3, runs });
  for (const layer of [stockLayer, ...own]) layer.dispose();
  x.dispose();
  return { flops: flops * repeats, measured };
}

/**
 * GFLOP/s (operations of the convolution by its definition, for every method) at the fastest, and ratios by
 * round.
 */
export async function shapeTable(
  backend: Backend,
  stock: Ops,
  kernels: KernelModule,
  runs: number,
  shapes: readonly ShapeClass[] = VOICE_SHAPES,
): Promise<Table> {
  const rows: Table['rows'] = [];
  for (const shape of shapes) {
    const { inChannels, outChannels, kernel, dilations } = shape;
    for (const dilation of new Set([dilations[0]!, dilations.at(-1)!])) {
      const { flops, measured } = await measureShape(backend, stock, kernels, shape, dilation, runs);
      const of = (name: string) => measured.find((one) => one.name === name);
      const speed = (name: string) => (of(name) ? flops / of(name)!.cpuMs.min / 1e6 : null);
      const ratio = (name: string) =>
        of(name) ? spread(pairedRatios(of('stock')!.samples.cpuMs, of(name)!.samples.cpuMs)) : null;
      rows.push([
        ...[inChannels, outChannels, kernel, dilation, shape.rows],
        ...['stock', ...METHODS].map(speed),
        ...METHODS.map(ratio),
      ]);
    }
  }
  const title = `Convolutions, ${kernels.arithmetic} SIMD`;
  const columns = ['Cin', 'Cout', 'k', 'dilation', 'rows', 'stock', ...METHODS];
  columns.push(...METHODS.map((method) => `stock / ${method}`));
  return { title, columns, rows };
}
