// The convolutions of our models, shape by shape, by our own kernels and by TensorFlow.js's, taking turns.
import * as tf from '#tf';
import type { Backend } from '../src/backends/backend.js';
import type { Layer, Ops } from '../src/backends/ops.js';
import { ConvolutionLayer, convolve } from '../src/backends/wasm/kernels/convolution.js';
import { type ConvolutionSpec, type Method, methodsFor } from '../src/backends/wasm/kernels/methods.js';
import type { WasmOps } from '../src/backends/wasm/ops.js';
import { spread } from './comparison.js';
import { type MeasuredCase, measure } from './measure.js';
import type { Table } from './report.js';
import { pairedRatios } from './statistics.js';

/** A convolution that a model has. */
interface Shape {
  inChannels: number;
  outChannels: number;
  kernel: number;
  dilation: number;
  length: number;
}

const CHUNK_FRAMES = 64;
/** Channels of a vocoder stage and its rows per mel frame. */
const STAGES = [
  [64, 8],
  [32, 64],
  [16, 128],
  [8, 256],
] as const;
const ACOUSTIC = [
  [192, 768, 5],
  [768, 192, 1],
  [192, 256, 3],
  [256, 256, 3],
  [80, 128, 7],
] as const;

function shapes(): Shape[] {
  const residual = STAGES.flatMap(([channels, rows]) =>
    [3, 7, 11].flatMap((kernel) =>
      [1, 3, 5].map((dilation) => {
        const length = rows * CHUNK_FRAMES;
        return { inChannels: channels, outChannels: channels, kernel, dilation, length };
      }),
    ),
  );
  const acoustic = ACOUSTIC.map(([inChannels, outChannels, kernel]) => {
    return { inChannels, outChannels, kernel, dilation: 1, length: 300 };
  });
  return [...residual, ...acoustic];
}

const METHODS = ['direct', 'toom-cook', 'fft'] as const satisfies Method[];

const noise = (length: number): Float32Array => Float32Array.from({ length }, () => 2 * Math.random() - 1);

/** Each shape's GFLOP/s (of the convolution's own operations, however computed) at its fastest, and ratios by round. */
export async function shapeTable(
  backend: Backend,
  stock: Ops,
  kernels: NonNullable<WasmOps['kernels']>,
  runs: number,
) {
  const table: Table = {
    title: 'Convolutions',
    columns: [
      'Cin',
      'Cout',
      'k',
      'dilation',
      'rows',
      'stock',
      ...METHODS,
      ...METHODS.map((method) => `stock / ${method}`),
    ],
    rows: [],
  };
  for (const shape of shapes()) {
    const { inChannels, outChannels, kernel, dilation, length } = shape;
    const pad = ((kernel - 1) * dilation) / 2;
    const weight = noise(inChannels * outChannels * kernel);
    const spec: ConvolutionSpec = {
      ...shape,
      weight,
      padding: [pad, pad],
      leakyIn: 0.1,
      activation: { leaky: 0.1 },
    };
    const flops = 2 * kernel * inChannels * outChannels * length;
    const repeats = Math.ceil(2.5e8 / flops);
    let layer: Layer<'conv1d'> | undefined;
    const x = backend.run(() => {
      layer = stock.prepareConv1d({ ...spec, padding: pad });
      return tf.tensor3d(noise(length * inChannels), [1, length, inChannels]);
    });
    const stockLayer = layer!;
    const repeat = (run: () => tf.Tensor) => () => {
      for (let i = 0; i < repeats; i++) backend.run(run).dispose();
    };
    const own = methodsFor(kernels, spec).map((method) => new ConvolutionLayer(kernels, spec, method));
    const cases: MeasuredCase[] = [{ name: 'stock', run: repeat(() => stock.conv1d(x, stockLayer)) }];
    for (const layer of own) cases.push({ name: layer.method, run: repeat(() => convolve(x, layer)) });
    const measured = await measure(cases, { warmups: 3, runs });
    const of = (name: string) => measured.find((one) => one.name === name);
    const speed = (name: string) => {
      const found = of(name);
      return found ? (flops * repeats) / found.cpuMs.min / 1e6 : null;
    };
    const ratio = (name: string) => {
      const found = of(name);
      return found ? spread(pairedRatios(of('stock')!.samples.cpuMs, found.samples.cpuMs)) : null;
    };
    table.rows.push([
      ...[inChannels, outChannels, kernel, dilation, length],
      ...['stock', ...METHODS].map(speed),
      ...METHODS.map(ratio),
    ]);
    for (const layer of [stockLayer, ...own]) layer.dispose();
    x.dispose();
  }
  return table;
}
