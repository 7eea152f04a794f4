// Inputs and outputs of rivals, for every bench that compares us with one, in Node and in pages.
import { acousticInputs, vocoderInputs } from '../lib/inputs.js';
import type { OnnxModel } from './onnx/ensure.js';
import type { RivalTensors } from './rival.js';

/** The inputs of an exported model for `frames` frames of audio. */
export function inputsOf(model: OnnxModel, frames: number, seed: number): RivalTensors {
  if (model === 'acoustic-forced') {
    const { tokens, durations, speaker } = acousticInputs(frames, seed);
    const dims = [1, tokens.length];
    return {
      tokens: { data: BigInt64Array.from(tokens, BigInt), dims },
      speaker: { data: BigInt64Array.of(BigInt(speaker)), dims: [1] },
      durations: { data: BigInt64Array.from(durations, BigInt), dims },
    };
  }
  const { mel, source } = vocoderInputs(frames, seed);
  const inputs: RivalTensors = { mel: { data: mel, dims: [1, 80, frames] } };
  if (model === 'vocoder') inputs.source = { data: source, dims: [1, 2, 256 * frames] };
  return inputs;
}

/** The largest difference between two engines' mel or audio; infinite where the lengths differ. */
export function difference(a: RivalTensors, b: RivalTensors): number {
  const name = 'audio' in a ? 'audio' : 'mel';
  const [x, y] = [a[name]!.data, b[name]!.data];
  let worst = x.length === y.length ? 0 : Number.POSITIVE_INFINITY;
  for (let i = 0; i < x.length; i++) worst = Math.max(worst, Math.abs(Number(x[i]) - Number(y[i])));
  return worst;
}
