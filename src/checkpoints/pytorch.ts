// Most published vocoders are PyTorch checkpoints: this reads their tensors, and runs nothing that is in
// them. torch.save has two layouts: the zip of 1.6 and later, and the stream of pickles before it
// (torch/serialization.py).
import { printed, type Refusal, refusal } from './invalid.js';
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

const DAMAGED = 'The file is damaged or not a checkpoint: fetch or save it again.';

/** What a storage class holds. */
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

/** Keys under which training scripts keep the network that is used, in order of preference. */
const ROOTS = ['generator', 'state_dict', 'model'];

const MAX_DEPTH = 8;
const MAX_NAME = 1000;
const MAX_ENTRIES = 200_000;
/** What copies of strided tensors may take beyond the size of the file: windows can overlap without end. */
const COPY_ALLOWANCE = 64 * 2 ** 20;

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
 * Reads the tensors of a checkpoint written by torch.save. Strides, offsets and shared storages are honoured;
 * a checkpoint of CUDA tensors reads like any other.
 * @throws VoirsError INVALID_WEIGHTS for a damaged file, and for a pickle that names a class or function
 * other than those of dictionaries and tensors: the error gives that name.
 */
export function readPyTorch(bytes: Uint8Array, options: { source?: string } = {}): PyTorchCheckpoint {
  const source = options.source ?? 'The PyTorch checkpoint';
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength); // sheds Buffer's own slice()
  if (!isPyTorch(file)) {
    const got = `${file.length} bytes`;
    throw refusal(source, DAMAGED)(
      'it does not begin as a checkpoint does',
      got,
      'a zip or torch.save stream',
    );
  }
  const reader = new CheckpointReader(source);
  const value = file[0] === 0x50 ? reader.readZip(file) : reader.readStream(file);
  return flattenState(value, file.length, source);
}

/** Reads the pickles of one file: what their calls would make are plain descriptions of tensors here. */
class CheckpointReader {
  private readonly storages = new Map<string, TensorStorage>();
  private readonly handlers: PickleHandlers;
  private readonly refuse: Refusal;
  private pairs = 0;

  constructor(private readonly source: string) {
    this.refuse = refusal(source, DAMAGED);
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
      throw this.refuse('the archive is not a checkpoint', `${names.length} data.pkl`, 'one');
    }
    const folder = names[0]!.slice(0, -'data.pkl'.length);
    const order = entries.get(`${folder}byteorder`);
    if (order !== undefined && new TextDecoder().decode(order).trim() !== 'little') {
      throw this.refuse(
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
      throw this.refuse(
        'it is not a torch.save stream',
        `version ${printed(version.value)}`,
        `${STREAM_VERSION}`,
      );
    }
    const system = unpickle(file, this.handlers, version.end);
    if (!(system.value instanceof Map) || system.value.get('little_endian') !== true) {
      throw this.refuse('the byte order is foreign', 'big-endian', 'little-endian');
    }
    const root = unpickle(file, this.handlers, system.end);
    const keys = unpickle(file, this.handlers, root.end);
    if (!Array.isArray(keys.value))
      throw this.refuse('the storages are not listed', printed(keys.value), 'a list');
    let position = keys.end;
    for (const key of keys.value) {
      const storage = typeof key === 'string' ? this.storages.get(key) : undefined;
      if (storage === undefined)
        throw this.refuse('a storage belongs to no tensor', printed(key), 'a known key');
      const size = storage.count * ITEM_SIZES[storage.dtype];
      if (position + 8 + size > file.length) {
        throw this.refuse('it ends too early', `${file.length} bytes`, `at least ${position + 8 + size}`);
      }
      const count = new DataView(file.buffer, file.byteOffset).getBigUint64(position, true);
      if (count !== BigInt(storage.count)) {
        throw this.refuse(`storage ${printed(key)} has two sizes`, `${count}`, `${storage.count}`);
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
      throw this.refuse(`storage ${key} is not whole`, `${bytes?.length ?? 'no'} bytes`, `${size}`);
    }
    storage.bytes = bytes;
  }

  /** ('storage', class, key, device, elements) and, in streams, a view of it or None; of any device. */
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
      throw this.refuse('a storage is not described as torch does', printed(key), 'kind, key and size');
    }
    const known = this.storages.get(key) ?? { dtype, count, bytes: undefined };
    if (known.dtype !== dtype || known.count !== count) {
      throw this.refuse(
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
      throw this.refuse(
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
    throw this.refuse('a parameter holds no tensor', printed(data), 'a tensor');
  }

  private orderedDict(args: readonly PickleValue[]): PickleValue {
    const pairs = args[0] ?? []; // Python 2 passes the items here
    this.pairs += Array.isArray(pairs) ? pairs.length : 0;
    if (this.pairs > MAX_PAIRS)
      throw this.refuse('its dictionaries repeat', `${this.pairs} items`, 'a state dict');
    const dict = new Map<PickleValue, PickleValue>();
    for (const pair of Array.isArray(pairs) ? pairs : [undefined]) {
      const items = pair instanceof PickleTuple ? pair.items : pair;
      if (!Array.isArray(items) || items.length !== 2) {
        throw this.refuse('an OrderedDict is not made of pairs', printed(pair), 'pairs');
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

/**
 * The tensors of a checkpoint's dictionary, nested keys joined by dots. If none stand at the top, those under
 * 'generator', 'state_dict', 'model' or the only dictionary with tensors are taken without that prefix.
 */
function flattenState(value: PickleValue, fileBytes: number, source: string): PyTorchCheckpoint {
  const refuse = refusal(source, 'Save the state dict alone: torch.save(model.state_dict(), ...).');
  const flattener = new Flattener(refuse, 2 * fileBytes + COPY_ALLOWANCE);
  if (!(value instanceof Map)) throw refuse('it holds no dictionary', 'another value', 'a state dict');
  const keys = [...value.keys()].filter((key) => typeof key === 'string');
  const hasTensors = [...value.values()].some((entry) => isTensor(entry));
  const named = hasTensors ? undefined : ROOTS.find((key) => value.get(key) instanceof Map);
  const dicts = keys.filter((key) => value.get(key) instanceof Map);
  const root = hasTensors ? '' : (named ?? (dicts.length === 1 ? dicts[0]! : ''));
  const state = root === '' ? value : (value.get(root) as PickleDict);
  flattener.flatten(state, '', 0);
  if (flattener.tensors.size === 0) throw refuse('it holds no tensors', 'other values', 'a state dict');
  const ignored = keys.filter((key) => (root === '' ? !flattener.contributors.has(key) : key !== root));
  return { tensors: flattener.tensors, root, ignored };
}

/** Walks nested dictionaries, which may contain themselves or each other. */
class Flattener {
  readonly tensors = new Map<string, HostTensor>();
  /** Top-level keys with tensors in them. */
  readonly contributors = new Set<PickleValue>();
  private visited = 0;
  private copied = 0;

  constructor(
    private readonly refuse: Refusal,
    private readonly copyLimit: number,
  ) {}

  flatten(dict: PickleDict, prefix: string, depth: number): void {
    if (depth > MAX_DEPTH)
      throw this.refuse('its dictionaries nest too deeply', `over ${MAX_DEPTH}`, 'a state dict');
    for (const [key, value] of dict) {
      if (++this.visited > MAX_ENTRIES) {
        throw this.refuse('it has too many entries', `over ${MAX_ENTRIES}`, 'a state dict');
      }
      if (typeof key !== 'string' && typeof key !== 'number') continue;
      const name = `${prefix}${key}`;
      if (name.length > MAX_NAME)
        throw this.refuse('a name is too long', `${name.length} characters`, `${MAX_NAME}`);
      const before = this.tensors.size;
      if (value instanceof Map) this.flatten(value, `${name}.`, depth + 1);
      else if (isTensor(value)) this.add(name, value.content);
      if (depth === 0 && this.tensors.size > before) this.contributors.add(key);
    }
  }

  private add(name: string, tensor: StridedTensor): void {
    if (this.tensors.has(name)) throw this.refuse('a tensor is named twice', name.slice(0, 80), 'each once');
    const { count, shape, storage } = tensor;
    if (count === undefined) {
      const window = `[${shape.join(', ')}] with strides [${tensor.strides.join(', ')}] from ${tensor.offset}`;
      throw this.refuse(
        `tensor ${name.slice(0, 80)} lies outside its storage`,
        window,
        `${storage.count} elements`,
      );
    }
    if (!tensor.isContiguous) this.copied += count * ITEM_SIZES[storage.dtype];
    if (this.copied > this.copyLimit) {
      throw this.refuse('its strided tensors expand too far', `${this.copied} bytes`, `${this.copyLimit}`);
    }
    this.tensors.set(name, tensor.toHostTensor());
  }
}

function isTensor(value: PickleValue): value is PickleOpaque<StridedTensor> {
  return value instanceof PickleOpaque && value.content instanceof StridedTensor;
}
