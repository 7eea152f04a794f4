// Training keeps a weight as length and direction (Salimans & Kingma 2016); inference takes their product.
import type { VoirsError } from '../errors.js';
import { invalidWeights } from './invalid.js';
import type { Float32Tensor } from './tensor.js';

/** Suffixes of torch.nn.utils.weight_norm, then of torch.nn.utils.parametrizations.weight_norm. */
const PAIRS = [
  { length: '.weight_g', direction: '.weight_v' },
  { length: '.parametrizations.weight.original0', direction: '.parametrizations.weight.original1' },
] as const;

/** The name of the folded weight that `name` is a part of, or `name` itself. */
export function foldedName(name: string): string {
  for (const suffix of PAIRS.flatMap(({ length, direction }) => [length, direction])) {
    if (name.endsWith(suffix)) return `${name.slice(0, -suffix.length)}.weight`;
  }
  return name;
}

/**
 * Replaces each pair g, v by `weight` = g v / ||v||, the norm over all dimensions but the first (PyTorch's
 * dim = 0, also for transposed convolutions), accumulated in float64. Other tensors pass through; the map is
 * a new one.
 * @throws VoirsError INVALID_WEIGHTS where a half is missing, shapes disagree or a direction has no length.
 */
export function foldWeightNorm(tensors: ReadonlyMap<string, Float32Tensor>): Map<string, Float32Tensor> {
  const folded = new Map<string, Float32Tensor>();
  for (const [name, tensor] of tensors) {
    const pair = PAIRS.find(({ length, direction }) => name.endsWith(length) || name.endsWith(direction));
    const target = foldedName(name);
    if (pair === undefined) {
      folded.set(name, tensor);
      continue;
    }
    const stem = target.slice(0, -'.weight'.length);
    const g = tensors.get(stem + pair.length);
    const v = tensors.get(stem + pair.direction);
    if (g === undefined || v === undefined) {
      const missing = stem + (g === undefined ? pair.length : pair.direction);
      throw invalid(`Half of ${target} is missing`, name, `also ${missing}`);
    }
    if (name.endsWith(pair.length)) continue; // the direction, which every pair has, is where it is folded
    if (tensors.has(target) || folded.has(target)) {
      throw invalid(`${target} is given twice`, `the weight and ${name}`, 'one of the two');
    }
    folded.set(target, fold(target, g, v));
  }
  return folded;
}

function fold(name: string, g: Float32Tensor, v: Float32Tensor): Float32Tensor {
  const rows = v.shape[0] ?? 0;
  const [lengths, directions] = [g.data, v.data];
  if (rows === 0 || lengths.length !== rows || (g.shape[0] ?? 1) !== rows) {
    throw invalid(
      `${name} is not normalised along its first dimension`,
      `g [${g.shape}]`,
      `[${rows}, 1, ...]`,
    );
  }
  const width = directions.length / rows;
  const data = new Float32Array(directions.length);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = row * width; i < (row + 1) * width; i++) square += directions[i]! * directions[i]!;
    const scale = lengths[row]! / Math.sqrt(square);
    if (!Number.isFinite(scale)) {
      const got = `g = ${lengths[row]}, ||v|| = ${Math.sqrt(square)} in row ${row}`;
      throw invalid(`${name} has a direction without length`, got, 'finite numbers, ||v|| > 0');
    }
    for (let i = row * width; i < (row + 1) * width; i++) data[i] = directions[i]! * scale;
  }
  return { shape: v.shape, data };
}

function invalid(what: string, got: string, wanted: string): VoirsError {
  return invalidWeights(what, {
    got,
    wanted,
    suggestion: 'Export the checkpoint again, with weight normalisation either whole or removed.',
  });
}
