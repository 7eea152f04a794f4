// In a page: our two models and onnxruntime-web's on the same weights, taking turns.
import { setAssetBase } from '../../../src/host/assets.js';
import { type Ort, rivalSession } from '../../rivals/onnxruntime.js';
import { inputsOf } from '../../rivals/tensors.js';
import { type Comparison, type Contestant, compare } from '../comparison.js';
import { acousticRun, openEngine, vocoderRun } from '../engine.js';
import { acousticInputs, vocoderInputs } from '../inputs.js';
import type { MeasureOptions } from '../measure.js';

export interface ModelsWish extends MeasureOptions {
  threads: number;
  frames: number;
  seed: number;
  /** URLs of ONNX files, and the folder of onnxruntime-web's. */
  onnx: { 'acoustic-forced': string; vocoder: string };
  ort: string;
}

export interface ModelTimes {
  comparisons: Comparison[];
  /** Milliseconds until the rival's module and both its models were ready, and the bytes of them. */
  rival: { loadMs: number; bytes: number };
}

/** @throws Error where an engine has fewer threads than asked for, or its output differs. */
export async function run(wish: ModelsWish): Promise<ModelTimes> {
  const { threads, frames, seed, onnx } = wish;
  setAssetBase('/package/');
  await using engine = await openEngine({ backend: 'wasm', threads });
  const began = performance.now();
  const module = `${wish.ort}ort.wasm.min.mjs`;
  const ort = (await import(module)) as Ort;
  ort.env.wasm.wasmPaths = wish.ort;
  ort.env.wasm.numThreads = threads;
  const open = async (url: string) => {
    const file = new Uint8Array(await (await fetch(url)).arrayBuffer());
    const options = { executionProviders: ['wasm'], graphOptimizationLevel: 'all' };
    return rivalSession(ort, await ort.InferenceSession.create(file, options));
  };
  const sessions = {
    'acoustic-forced': await open(onnx['acoustic-forced']),
    vocoder: await open(onnx.vocoder),
  };
  const loadMs = performance.now() - began;
  if (ort.env.wasm.numThreads !== threads) {
    throw new Error(`onnxruntime-web runs ${ort.env.wasm.numThreads} threads here, not ${threads}`);
  }
  const resources = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
  const isRivals = (name: string) =>
    [wish.ort, ...Object.values(onnx)].some((path) => new URL(name).pathname.startsWith(path));
  const bytes = resources
    .filter(({ name }) => isRivals(name))
    .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
  const ours = {
    'acoustic-forced': acousticRun(engine.models, acousticInputs(frames, seed)),
    vocoder: vocoderRun(engine.models.vocoder, vocoderInputs(frames, seed)),
  };
  const comparisons: Comparison[] = [];
  for (const model of ['acoustic-forced', 'vocoder'] as const) {
    const inputs = inputsOf(model, frames, seed);
    const contestants: Contestant[] = [
      { name: 'voirs', run: ours[model] },
      { name: 'onnxruntime-web', run: () => sessions[model].run(inputs) },
    ];
    comparisons.push(await compare(model, frames, contestants, wish));
  }
  for (const session of Object.values(sessions)) await session.dispose();
  return { comparisons, rival: { loadMs, bytes } };
}
