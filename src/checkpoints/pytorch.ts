// Most published vocoders are PyTorch checkpoints: this reads their tensors, and runs nothing that is in them.
// Both layouts of torch.save: the zip of 1.6 and later, and the stream of pickles before it (torch/serialization.py).
import { VoirsError } from '../errors.js';
import {
  type PickleDict,
  PickleGlobal,
  type PickleHandlers,
  PickleOpaque,
  PickleTuple,
  type PickleValue,
  unpickle,
} from './pickle.js';
import {
  type HostTensor,
  ITEM_SIZES,
  MAX_RANK,
  StridedTensor,
  type TensorDtype,
  type TensorStorage,
} from './tensor.js';
import { readArchive } from './zip.js';

const STORAGES: ReadonlyMap<string, TensorDtype> = new Map([
  ['torch FloatStorage', 'F32'],
  ['torch HalfStorage', 'F16'],
  ['torch BFloat16Storage', 'BF16'],
  ['torch DoubleStorage', 'F64'],
  ['torch LongStorage', 'I64'],
  ['torch IntStorage', 'I32'],
]);

/** What the older layout starts with, and the version that follows it. */
const MAGIC = 0x1950a86a20f9469cfc6cn;
const STREAM_VERSION = 1001;

/** One list of pairs could be made into dictionaries again and again. */
const MAX_PAIRS = 1_000_000;

export interface PyTorchCheckpoint {
  /** The state dict, nested ones joined by dots; contiguous tensors are views into the file. */
  readonly tensors: Map<string, HostTensor>;
  /** The key under which the state dict lay ('generator'), or '' where it was the whole file. */
  readonly root: string;
  /** Other keys of the file that were left out (optimiser state, step counts). */
  readonly ignored: string[];
}

/** Whether the bytes begin like a PyTorch checkpoint of either layout. */
export function isPyTorch(bytes: Uint8Array): boolean {
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
  return isZip || (bytes[0] === 0x80 && bytes[1] === 0x02 && bytes[2] === 0x8a);
}

/**
 * Reads the tensors of a checkpoint written by torch.save. Only dictionaries, numbers and tensors are understood:
 * a pickle that names any other class or function is INVALID_WEIGHTS, with its name. Strides, offsets and shared
 * storages are honoured; a checkpoint of CUDA tensors reads like any other.
 */
export function readPyTorch(bytes: Uint8Array, options: { source?: string } = {}): PyTorchCheckpoint {
  const source = options.source ?? 'The PyTorch checkpoint';
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // sheds Buffer's own slice()
  if (!isPyTorch(file)) {
    throw invalid(
      source,
      'it does not begin like a checkpoint',
      `${file.length} bytes`,
      'a zip or torch.save stream',
    );
  }
  const reader = new CheckpointReader(source);
  const value = file[0] === 0x50 ? reader.readZip(file) : reader.readStream(file);
  return flattenState(value, file.length, source);
}

class CheckpointReader {
  private readonly storages = new Map<string, TensorStorage>();
  private readonly handlers: PickleHandlers;
  private pairs = 0;

  constructor(private readonly source: string) {
    this.handlers = {
      source,
      names: new Set(STORAGES.keys()),
      calls: new Map([
        ['collections OrderedDict', (args: readonly PickleValue[]) => this.orderedDict(args)],
        ['torch._utils _rebuild_tensor_v2', (args: readonly PickleValue[]) => this.tensor(args)],
        ['torch._utils _rebuild_parameter', (args: readonly PickleValue[]) => this.parameter(args)],
        ['torch.nn.parameter Parameter', (args: readonly PickleValue[]) => this.parameter(args)],
      ]),
      load: (id) => this.storage(id),
    };
  }

  readZip(file: Uint8Array): PickleValue {
    const entries = readArchive(file, this.source);
    const names = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
    if (names.length !== 1) {
      throw invalid(this.source, 'the archive is no checkpoint', `${names.length} data.pkl`, 'one');
    }
    const folder = names[0]!.slice(0, -'data.pkl'.length);
    const order = entries.get(`${folder}byteorder`);
    if (order !== undefined && new TextDecoder().decode(order).trim() !== 'little') {
      throw invalid(
        this.source,
        'the byte order is foreign',
        new TextDecoder().decode(order.subarray(0, 16)),
        'little',
      );
    }
    const { value } = unpickle(entries.get(names[0]!)!, this.handlers);
    for (const [key, storage] of this.storages) this.fill(storage, entries.get(`${folder}data/${key}`), key);
    return value;
  }

  readStream(file: Uint8Array): PickleValue {
    const magic = unpickle(file, this.handlers);
    const version = unpickle(file, this.handlers, magic.end);
    if (magic.value !== MAGIC || version.value !== STREAM_VERSION) {
      throw invalid(
        this.source,
        'it is no torch.save stream',
        `version ${printed(version.value)}`,
        `${STREAM_VERSION}`,
      );
    }
    const system = unpickle(file, this.handlers, version.end);
    if (!(system.value instanceof Map) || system.value.get('little_endian') !== true) {
      throw invalid(this.source, 'the byte order is foreign', 'big-endian', 'little-endian');
    }
    const root = unpickle(file, this.handlers, system.end);
    const keys = unpickle(file, this.handlers, root.end);
    if (!Array.isArray(keys.value))
      throw invalid(this.source, 'the storages are not listed', printed(keys.value), 'a list');
    let position = keys.end;
    for (const key of keys.value) {
      const storage = typeof key === 'string' ? this.storages.get(key) : undefined;
      if (storage === undefined)
        throw invalid(this.source, 'a storage belongs to no tensor', printed(key), 'a known key');
      const size = storage.count * ITEM_SIZES[storage.dtype];
      if (position + 8 + size > file.length) {
        throw invalid(
          this.source,
          'it ends too early',
          `${file.length} bytes`,
          `at least ${position + 8 + size}`,
        );
      }
      const count = new DataView(file.buffer, file.byteOffset).getBigUint64(position, true);
      if (count !== BigInt(storage.count)) {
        throw invalid(this.source, `storage ${printed(key)} has two sizes`, `${count}`, `${storage.count}`);
      }
      this.fill(storage, file.subarray(position + 8, position + 8 + size), printed(key));
      position += 8 + size;
    }
    for (const [key, storage] of this.storages) this.fill(storage, storage.bytes, key);
    return root.value;
  }

  private fill(storage: TensorStorage, bytes: Uint8Array | undefined, key: string): void {
    const size = storage.count * ITEM_SIZES[storage.dtype];
    if (bytes === undefined || bytes.length < size) {
      throw invalid(this.source, `storage ${key} is not whole`, `${bytes?.length ?? 'no'} bytes`, `${size}`);
    }
    storage.bytes = bytes;
  }

  /** ('storage', class, key, device, elements) and, in streams, a view of it or None. The device does not matter. */
  private storage(id: PickleValue): PickleValue {
    const [tag, kind, key, , count, view = null] = id instanceof PickleTuple ? id.items : [];
    const dtype = kind instanceof PickleGlobal ? STORAGES.get(kind.name) : undefined;
    if (
      tag !== 'storage' ||
      dtype === undefined ||
      typeof key !== 'string' ||
      !isCount(count) ||
      view !== null
    ) {
      throw invalid(
        this.source,
        'a storage is not described as torch does',
        printed(key),
        'kind, key and size',
      );
    }
    const known = this.storages.get(key) ?? { dtype, count, bytes: undefined };
    if (known.dtype !== dtype || known.count !== count) {
      throw invalid(
        this.source,
        `storage ${key} is described twice`,
        `${dtype} ${count}`,
        `${known.dtype} ${known.count}`,
      );
    }
    this.storages.set(key, known);
    return new PickleOpaque(known);
  }

  private tensor(args: readonly PickleValue[]): PickleValue {
    const [storage, offset, size, stride] = args;
    const shape = counts(size);
    const strides = counts(stride);
    const content =
      storage instanceof PickleOpaque ? (storage.content as TensorStorage | StridedTensor) : undefined;
    if (content === undefined || content instanceof StridedTensor || !isCount(offset) || !shape || !strides) {
      throw invalid(
        this.source,
        'a tensor is not described as torch does',
        'other arguments',
        'storage, offset, size, stride',
      );
    }
    return new PickleOpaque(new StridedTensor(content, offset, shape, strides));
  }

  private parameter(args: readonly PickleValue[]): PickleValue {
    const [data] = args;
    if (data instanceof PickleOpaque && data.content instanceof StridedTensor) return data;
    throw invalid(this.source, 'a parameter holds no tensor', printed(data), 'a tensor');
  }

  private orderedDict(args: readonly PickleValue[]): PickleValue {
    const pairs = args[0] ?? []; // Python 2 passes the items here
    this.pairs += Array.isArray(pairs) ? pairs.length : 0;
    if (this.pairs > MAX_PAIRS)
      throw invalid(this.source, 'its dictionaries repeat', `${this.pairs} items`, 'a state dict');
    const dict = new Map<PickleValue, PickleValue>();
    for (const pair of Array.isArray(pairs) ? pairs : [undefined]) {
      const items = pair instanceof PickleTuple ? pair.items : pair;
      if (!Array.isArray(items) || items.length !== 2) {
        throw invalid(this.source, 'an OrderedDict is not made of pairs', printed(pair), 'pairs');
      }
      dict.set(items[0] as PickleValue, items[1] as PickleValue);
    }
    return dict;
  }
}

/** A tuple of sizes or strides; longer ones than any tensor has are not even copied. */
function counts(value: PickleValue | undefined): number[] | undefined {
  if (!(value instanceof PickleTuple) || value.items.length > MAX_RANK) return undefined;
  return value.items.every(isCount) ? [...value.items] : undefined;
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function printed(value: PickleValue | undefined): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  return typeof value === 'object' || value === undefined ? 'something else' : `${value}`;
}

function invalid(source: string, what: string, got: string, wanted: string): VoirsError {
  return new VoirsError('INVALID_WEIGHTS', `${source}: ${what}`, {
    got,
    wanted,
    suggestion: 'The file is damaged or no checkpoint: fetch or save it again.',
  });
}

// A checkpoint wraps its state dict in whatever its training script liked; the models want names and tensors.

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
