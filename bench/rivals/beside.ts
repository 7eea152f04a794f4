// One model in every rival, loaded and given the same seeded inputs as ours: what the suites that compare
// engines share.
import { type Comparison, type Contestant, compare } from '../lib/comparison.js';
import type { MeasureOptions } from '../lib/measure.js';
import { isUnavailable } from '../lib/unavailable.js';
import { ensureOnnx, type OnnxModel } from './onnx/ensure.js';
import type { Rival, RivalOptions } from './rival.js';
import { inputsOf } from './tensors.js';

/** What the inputs are made from. */
export interface InputOptions {
  frames: number;
  seed: number;
}

/** The path of a model's ONNX file; undefined, with a note, where it cannot be exported here. */
export async function onnxOrNote(model: OnnxModel, notes: string[]): Promise<string | undefined> {
  const onnx = await ensureOnnx(model);
  if (!isUnavailable(onnx)) return onnx;
  notes.push(onnx.unavailable);
  return undefined;
}

/** A rival with an ONNX file loaded, ready to run; the caller disposes it. */
export async function loadContestant(
  rival: Rival,
  onnx: string,
  model: OnnxModel,
  { frames, seed, threads }: InputOptions & RivalOptions,
): Promise<Contestant & AsyncDisposable> {
  const session = await rival.load(onnx, { threads });
  const inputs = inputsOf(model, frames, seed);
  return {
    name: rival.name,
    run: () => session.run(inputs),
    [Symbol.asyncDispose]: () => session.dispose(),
  };
}

/**
 * Times our run of a model and every rival's in turns; rivals are loaded for it and disposed after it.
 *
 * @throws Error when a rival's output differs from ours.
 */
export async function compareWithRivals(
  model: OnnxModel,
  ours: Contestant['run'],
  rivals: readonly Rival[],
  onnx: string,
  options: InputOptions & RivalOptions & MeasureOptions,
): Promise<Comparison> {
  const loaded: (Contestant & AsyncDisposable)[] = [];
  try {
    for (const rival of rivals) loaded.push(await loadContestant(rival, onnx, model, options));
    return await compare(model, options.frames, [{ name: 'voirs', run: ours }, ...loaded], options);
  } finally {
    for (const one of loaded) await one[Symbol.asyncDispose]();
  }
}
