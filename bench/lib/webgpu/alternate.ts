// Times our WGSL kernels and their composites on one adapter, taking turns; in Node and in pages alike. A run
// is some dispatches and one small read, which waits for all of them.
import * as tf from '#tf';
import type { Layer, Ops } from '../../../src/backends/ops.js';
import { CompositeOps } from '../../../src/backends/reference.js';
import { type WebgpuBackend, webgpuPlugin } from '../../../src/backends/webgpu/backend.js';
import { noise } from '../inputs.js';
import { type KernelCase, kernelCases } from './cases.js';

/** What is timed and how often. */
export interface KernelWish {
  /** Mel frames of the chunk. */
  frames: number;
  runs: number;
  warmups: number;
  /** Least milliseconds of a run: as many dispatches as it takes. */
  leastMs: number;
  /** Only this kernel. */
  only?: string;
}

/** One case, both forms. */
export interface KernelTimes {
  kernel: string;
  shape: string;
  rows: number;
  operations: number;
  /** Milliseconds of one dispatch, the n-th of both from the same round. */
  ownMs: number[];
  compositeMs: number[];
  /** Between the two results. */
  maxAbs: number;
}

/** All cases of a wish. */
export interface KernelAnswer {
  adapter: string;
  /** Whether it is a GPU, as opposed to a software one. */
  isGpu: boolean;
  times: KernelTimes[];
}

/** One form of an operation, ready to run. */
interface Form {
  ops: Ops;
  layer: Layer<string>;
  x: tf.Tensor3D;
}

async function timesOf(
  backend: WebgpuBackend,
  stock: Ops,
  one: KernelCase,
  { runs, warmups, leastMs }: KernelWish,
): Promise<KernelTimes> {
  const forms = [backend.ops, stock].map((ops): Form => {
    let layer: Layer<string> | undefined;
    const x = backend.run(() => {
      layer = one.prepare(ops);
      return tf.tensor3d(noise(one.rows * one.channels, 17, 0.5), [1, one.rows, one.channels]);
    });
    return { ops, layer: layer!, x };
  });
  const result = ({ ops, layer, x }: Form) => backend.run(() => one.run(ops, x, layer));
  const values: Float32Array[] = [];
  for (const form of forms) {
    const y = result(form);
    const out = new Float32Array(y.size);
    await backend.read(y, out);
    y.dispose();
    values.push(out);
  }
  const probe = new Float32Array(1);
  /** Milliseconds of one of `dispatches` dispatches. */
  const run = async (form: Form, dispatches: number): Promise<number> => {
    const began = performance.now();
    for (let n = 1; n < dispatches; n++) result(form).dispose();
    const last = result(form);
    await backend.read(last, probe);
    last.dispose();
    return (performance.now() - began) / dispatches;
  };
  const once = Math.max(await run(forms[0]!, 1), await run(forms[1]!, 1), 0.01);
  const dispatches = Math.max(1, Math.min(200, Math.ceil(leastMs / once)));
  const samples = forms.map((): number[] => []);
  for (let round = -warmups; round < runs; round++) {
    for (const [i, form] of forms.entries()) {
      const ms = await run(form, dispatches);
      if (round >= 0) samples[i]!.push(ms);
    }
  }
  for (const { layer, x } of forms) {
    layer.dispose();
    x.dispose();
  }
  const [own, composite] = values as [Float32Array, Float32Array];
  const maxAbs = own.reduce((most, v, i) => Math.max(most, Math.abs(v - composite[i]!)), 0);
  const { kernel, shape, rows, operations } = one;
  return { kernel, shape, rows, operations, ownMs: samples[0]!, compositeMs: samples[1]!, maxAbs };
}

/** @throws VoirsError DEVICE_ERROR where there is no WebGPU. */
export async function alternate(wish: KernelWish): Promise<KernelAnswer> {
  const backend = (await webgpuPlugin.create({ numThreads: 1 })) as WebgpuBackend;
  const stock = new CompositeOps('leakyrelu');
  const times: KernelTimes[] = [];
  for (const one of kernelCases(wish.frames)) {
    if (wish.only === undefined || wish.only === one.kernel)
      times.push(await timesOf(backend, stock, one, wish));
  }
  const { adapter } = backend.versions;
  const isGpu = backend.usesGpu;
  stock.dispose();
  backend.dispose();
  return { adapter: adapter!, isGpu, times };
}
