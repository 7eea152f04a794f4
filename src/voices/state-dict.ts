// A checkpoint wraps its state dict in whatever its training script liked; the models want names and tensors.

import { VoirsError } from '../errors.js';
import { type HostTensor, ITEM_SIZES } from './host-tensor.js';
import { type PickleDict, PickleOpaque, type PickleValue } from './pickle-values.js';
import { StridedTensor } from './strided-tensor.js';

/** Keys under which training scripts keep the network to be used, in order of preference. */
const ROOTS = ['generator', 'state_dict', 'model'];

const MAX_DEPTH = 8;
const MAX_NAME = 1000;
const MAX_ENTRIES = 200_000;
/** What copies of strided tensors may take beyond the size of the file: windows can overlap without end. */
const COPY_ALLOWANCE = 64 * 2 ** 20;

export interface FlatState {
  tensors: Map<string, HostTensor>;
  root: string;
  ignored: string[];
}

/**
 * The tensors of a checkpoint's dictionary, nested keys joined by dots. If none stand at the top, those under
 * 'generator', 'state_dict', 'model' or the only dictionary with tensors are taken without that prefix.
 */
export function flattenState(value: PickleValue, fileBytes: number, source: string): FlatState {
  const flattener = new Flattener(source, 2 * fileBytes + COPY_ALLOWANCE);
  if (!(value instanceof Map))
    throw flattener.invalid('it holds no dictionary', 'another value', 'a state dict');
  const keys = [...value.keys()].filter((key) => typeof key === 'string');
  const hasTensors = [...value.values()].some((entry) => isTensor(entry));
  const named = hasTensors ? undefined : ROOTS.find((key) => value.get(key) instanceof Map);
  const dicts = keys.filter((key) => value.get(key) instanceof Map);
  const root = hasTensors ? '' : (named ?? (dicts.length === 1 ? dicts[0]! : ''));
  const state = root === '' ? value : (value.get(root) as PickleDict);
  flattener.flatten(state, '', 0);
  if (flattener.tensors.size === 0)
    throw flattener.invalid('it holds no tensors', 'other values', 'a state dict');
  const ignored = keys.filter((key) => (root === '' ? !flattener.contributors.has(key) : key !== root));
  return { tensors: flattener.tensors, root, ignored };
}

class Flattener {
  readonly tensors = new Map<string, HostTensor>();
  /** Top-level keys with tensors in them. */
  readonly contributors = new Set<PickleValue>();
  private visited = 0;
  private copied = 0;

  constructor(
    private readonly source: string,
    private readonly copyLimit: number,
  ) {}

  flatten(dict: PickleDict, prefix: string, depth: number): void {
    if (depth > MAX_DEPTH)
      throw this.invalid('its dictionaries nest too deeply', `over ${MAX_DEPTH}`, 'a state dict');
    for (const [key, value] of dict) {
      if (++this.visited > MAX_ENTRIES) {
        throw this.invalid('it has too many entries', `over ${MAX_ENTRIES}`, 'a state dict');
      }
      if (typeof key !== 'string' && typeof key !== 'number') continue;
      const name = `${prefix}${key}`;
      if (name.length > MAX_NAME)
        throw this.invalid('a name is far too long', `${name.length} characters`, `${MAX_NAME}`);
      const before = this.tensors.size;
      if (value instanceof Map) this.flatten(value, `${name}.`, depth + 1);
      else if (isTensor(value)) this.add(name, value.content);
      if (depth === 0 && this.tensors.size > before) this.contributors.add(key);
    }
  }

  invalid(what: string, got: string, wanted: string): VoirsError {
    return new VoirsError('INVALID_WEIGHTS', `${this.source}: ${what}`, {
      got,
      wanted,
      suggestion: 'Save the state dict alone: torch.save(model.state_dict(), ...).',
    });
  }

  private add(name: string, tensor: StridedTensor): void {
    if (this.tensors.has(name)) throw this.invalid('a tensor is named twice', name.slice(0, 80), 'each once');
    const { count, shape, storage } = tensor;
    if (count === undefined) {
      const window = `[${shape.join(', ')}] with strides [${tensor.strides.join(', ')}] from ${tensor.offset}`;
      throw this.invalid(
        `tensor ${name.slice(0, 80)} lies outside its storage`,
        window,
        `${storage.count} elements`,
      );
    }
    if (!tensor.isContiguous) this.copied += count * ITEM_SIZES[storage.dtype];
    if (this.copied > this.copyLimit) {
      throw this.invalid(
        'its strided tensors expand beyond reason',
        `${this.copied} bytes`,
        `${this.copyLimit}`,
      );
    }
    this.tensors.set(name, tensor.toHostTensor());
  }
}

function isTensor(value: PickleValue): value is PickleOpaque<StridedTensor> {
  return value instanceof PickleOpaque && value.content instanceof StridedTensor;
}
