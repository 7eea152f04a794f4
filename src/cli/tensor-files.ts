// Tensors in files of the user: checked by name, type and shape before use, and written as a whole.
import { readSafetensors, writeSafetensors } from '../checkpoints/safetensors.js';
import { type HostTensor, toFloat32, toInt32 } from '../checkpoints/tensor.js';
import { shown, throwIfAborted, VoirsError } from '../errors.js';
import { OutputFile } from './output-file.js';
import type { Terminal } from './terminal.js';
import { readInput } from './text-input.js';

/** The tensors of an input file. */
export class TensorInput {
  private constructor(
    private readonly path: string,
    private readonly tensors: ReadonlyMap<string, HostTensor>,
  ) {}

  /** @param path - is stdin. @throws VoirsError IO_ERROR; INVALID_WEIGHTS when the file is not a safetensors file. */
  static async read(path: string): Promise<TensorInput> {
    return new TensorInput(path, readSafetensors(await readInput(path), { source: path }).tensors);
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  shape(name: string): readonly number[] {
    return this.tensor(name).shape;
  }

  /**
   * Finite floats of a tensor with `rank` dimensions, none of them empty.
   * @throws VoirsError INVALID_OPTIONS.
   */
  floats(name: string, rank: number): Float32Array {
    const values = toFloat32(this.ranked(name, rank));
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong === -1) return values;
    throw new VoirsError('INVALID_OPTIONS', `Element ${wrong} of the tensor ${name} is not a number`, {
      got: `${values[wrong]}`,
      wanted: 'finite values',
    });
  }

  /** Integers of a tensor with `rank` dimensions, none of them empty. @throws VoirsError INVALID_OPTIONS. */
  integers(name: string, rank: number): Int32Array {
    return toInt32(this.ranked(name, rank));
  }

  /** The integer of a tensor [1] or []. @throws VoirsError INVALID_OPTIONS. */
  scalar(name: string): number {
    const tensor = this.tensor(name);
    if (tensor.shape.length === 0) return toInt32(tensor)[0]!;
    const values = this.integers(name, 1);
    if (values.length === 1) return values[0]!;
    throw this.wrong(name, '[1]');
  }

  /** @returns the error for a tensor of the wrong shape. */
  wrong(name: string, wanted: string): VoirsError {
    return new VoirsError('INVALID_OPTIONS', `The tensor ${name} of ${this.path} has the wrong shape`, {
      got: `[${this.shape(name).join(', ')}]`,
      wanted,
    });
  }

  private ranked(name: string, rank: number): HostTensor {
    const tensor = this.tensor(name);
    if (tensor.shape.length === rank && tensor.shape.every((size) => size > 0)) return tensor;
    throw this.wrong(name, `${rank} dimension${rank === 1 ? '' : 's'}, not empty`);
  }

  private tensor(name: string): HostTensor {
    const tensor = this.tensors.get(name);
    if (tensor) return tensor;
    throw new VoirsError('INVALID_OPTIONS', `${this.path} lacks the tensor ${name}`, {
      got: shown([...this.tensors.keys()]),
      wanted: name,
    });
  }
}

/**
 * Claims the output, does the work, writes its tensors.
 * @throws VoirsError IO_ERROR before the work when the path cannot be written.
 */
export async function writeTensors(
  path: string,
  terminal: Terminal,
  work: () => Promise<ReadonlyMap<string, HostTensor>>,
): Promise<void> {
  const { signal } = terminal; // Ctrl-C now ends with an error, which removes the partial file
  await using file = path === '-' ? undefined : await OutputFile.create(path);
  const bytes = writeSafetensors(await work());
  throwIfAborted(signal);
  if (!file) return terminal.write(bytes);
  await file.write(bytes);
  await file.commit();
}
