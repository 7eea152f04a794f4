// Where tests find golden files and voices, and how they skip aloud where a checkout has no shared/ beside it.
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readSafetensors } from '../src/checkpoints/safetensors.js';
import { type Float32Tensor, type HostTensor, toFloat32, toInt32 } from '../src/checkpoints/tensor.js';

const beside = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The shared folder beside the checkout, or VOIRS_SHARED. */
export const SHARED = process.env.VOIRS_SHARED ?? beside('../../shared');

/** A file below shared/, or undefined (said on stdout) where it is missing. */
export function sharedFile(path: string): string | undefined {
  const file = `${SHARED}/${path}`;
  if (existsSync(file)) return file;
  console.log(`SKIP: shared/${path} is not here; set VOIRS_SHARED to run what needs it`);
  return undefined;
}

export const fixture = (name: string): string => beside(`fixtures/${name}`);

/** A golden file's tensors by name. */
export class Golden {
  private readonly tensors: ReadonlyMap<string, HostTensor>;

  constructor(path: string) {
    this.tensors = readSafetensors(readFileSync(path)).tensors;
  }

  private tensor(name: string): HostTensor {
    const found = this.tensors.get(name);
    if (!found) throw new Error(`golden has no ${name}: ${[...this.tensors.keys()]}`);
    return found;
  }

  floats(name: string): Float32Array {
    return toFloat32(this.tensor(name));
  }

  ints(name: string): Int32Array {
    return toInt32(this.tensor(name));
  }

  shape(name: string): number[] {
    return this.tensor(name).shape;
  }
}

/** [rows, columns] -> [columns, rows]; goldens of plain vocoders keep mel as [bands, T]. */
export function transposed({ shape, data }: Float32Tensor): Float32Array {
  const [rows, columns] = shape as [number, number];
  const out = new Float32Array(data.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = data[r * columns + c]!;
  return out;
}

/** Largest absolute difference; infinite when lengths differ or a value is not a number. */
export function maxAbs(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= most)) most = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
  }
  return most;
}
